//! Takes custody of what has come to rest in a drop folder.

pub mod source;
pub mod names;
pub mod drop;
pub mod companions;
pub mod rest;
pub mod custody;
pub mod release;
pub mod watch;
pub mod status;
pub mod line;
