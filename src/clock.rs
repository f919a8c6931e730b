//! The time now, and whether to believe it.
