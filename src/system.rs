//! The few system calls that no safe crate offers.

pub mod files;
