//! Takes custody of what has come to rest in a drop folder.
//!
//! From the bottom up: what a source is and its name says ([`source`], [`names`]), what lies in a folder and belongs
//! together ([`mod@drop`], [`companions`]), when it has stopped changing ([`rest`]), its private copy ([`custody`]), the
//! removal of the source ([`release`]), when to look ([`watch`]), what the station's people read ([`status`]). [`mod@line`]
//! drives them all and keeps the ledger.
//!
//! Invariants: nothing is done with a delivery before its ledger entry is durable. A source is removed only while its
//! bytes are in custody or filed, and only if it still is what was copied. Whether a copy is *complete* is not said here.

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
