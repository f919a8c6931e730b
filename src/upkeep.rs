//! What keeps a home in order beside the line: looking through everything that it holds, and a second one of it elsewhere.

pub mod backup;
pub mod check;
pub mod rebuild;
pub mod restore;
