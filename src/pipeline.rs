//! The only place that knows the order of the stages; resumes it.

pub mod driver;
