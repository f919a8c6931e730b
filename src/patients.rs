//! The patient master.
