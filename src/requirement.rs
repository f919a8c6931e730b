//! The clauses Torikomi answers to, by edition.
