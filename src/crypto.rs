//! Keys, certificates, signatures and time-stamps: `make` encodes, `check` decodes.
//!
//! Neither names the other, so a mistake of the one is not repeated by the other; OpenSSL and pyHanko judge both
//! (`tests/evidence.rs`). Foreign DER is carried verbatim and never encoded again.

pub mod oid;
pub mod pem;
pub mod make;
pub mod check;
