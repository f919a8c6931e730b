//! What keeps a home in order beside the line: looking through everything that it holds.

pub mod check;
pub mod rebuild;
