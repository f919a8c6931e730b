//! Judges evidence from its bytes: signatures, time-stamps, certificates, acts, checkpoints, manifests.
//!
//! It decodes and never encodes, knows nothing of how evidence is made, and takes trust anchors only from its caller.
//! Each refusal is a variant of its own, so that a verdict can name what is wrong. The one decoder of foreign DER is
//! here; stamping uses it too, to judge what an authority sends.

mod act;
mod cades;
mod certificate;
mod chain;
mod checkpoint;
mod der;
mod manifest;
mod signature;
mod timestamp;

pub use act::{ActError, act};
pub use cades::{SignatureError, SignedManifest, cades};
pub use certificate::{Certificate, SubjectFields};
pub use chain::{Anchors, ChainError, Path, Purpose, chain};
pub use checkpoint::{CheckpointError, checkpoint};
pub use der::Malformed;
pub use manifest::{ManifestError, manifest};
pub use signature::{Algorithm, PublicKey, SignatureFault};
pub use timestamp::{
    Refusal, ReplyError, StampClaim, StampError, StampInfo, StampRules, timestamp_claim, timestamp_response,
    timestamp_token,
};
