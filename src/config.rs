//! Settings of a home, one file a concern.
