//! Whose a document is, and of which kind.
