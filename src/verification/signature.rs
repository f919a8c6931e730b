//! The signature, its time-stamp and its signer.

use super::content::fault_of;
use super::finding::{Doubt, Fact, Fault, Outcome};
use super::parts::Parts;
use super::record::Read;
use super::trust::Trust;
use super::{CLOCK_SKEW, Unverifiable};
use crate::crypto::check::{
    self, Anchors, Certificate, ChainError, SignatureError, SignedManifest, StampClaim, StampError,
};
use crate::crypto::oid;
use crate::evidence::container::EntryName;
use crate::ids::Digest;
use crate::instant::Instant;
use crate::profile::{Profile, Signer, TimestampPolicy};

/// A signature with a chain and a token has some kilobytes.
const LONGEST_SIGNATURE: u64 = 1 << 20;

/// Verifies the signature over the manifest. Gives it with the digest of its file.
pub(super) fn signature(
    parts: &mut Parts<'_>,
    manifest: &[u8],
) -> Result<Result<(SignedManifest, Digest), Fault>, Unverifiable> {
    let bytes = match parts.bytes(&EntryName::Signature, LONGEST_SIGNATURE) {
        Ok(bytes) => bytes,
        Err(error) => return fault_of(error).map(Err),
    };
    Ok(match check::cades(&bytes, manifest) {
        Ok(signed) => Ok((signed, Digest::of(&bytes))),
        Err(SignatureError::OtherManifest) => Err(Fault::OtherManifest),
        Err(error) => Err(Fault::SignatureWrong { detail: error.to_string() }),
    })
}

pub(super) fn fact(signed: &SignedManifest) -> Fact {
    let algorithm = serde_json::to_value(signed.algorithm).ok();
    let algorithm = algorithm.and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default();
    Fact::SignatureFits { signed_at: signed.signing_time, algorithm }
}

/// A time-stamp, judged.
pub(super) struct Stamp {
    pub outcome: Outcome,
    /// The token's time, where the token is right in itself. Whether its authority counts is in the outcome.
    pub time: Option<Instant>,
    pub evaluation: bool,
    /// The profile asks for none, and there is none.
    pub not_asked: bool,
}

/// Judges the token over the signature.
pub(super) fn timestamp(signed: &SignedManifest, profile: Option<&Profile>, trust: &Trust) -> Stamp {
    let asked = profile.map(|profile| profile.timestamp.policy);
    let without = |outcome: Outcome, not_asked| Stamp { outcome, time: None, evaluation: false, not_asked };
    let Some(token) = &signed.timestamp else {
        return match asked {
            Some(TimestampPolicy::None) => without(Ok(Fact::TimestampNotAsked), true),
            _ => without(Err(Fault::TimestampMissing.into()), false),
        };
    };
    let claim = match check::timestamp_claim(token, &signed.signature) {
        Ok(claim) => claim,
        Err(error) => return without(Err(wrong(&error).into()), false),
    };
    let evaluation = claim.policy == oid::EVALUATION_TIMESTAMP || claim.certificate.is_evaluation();
    if claim.gen_time.plus(CLOCK_SKEW) < signed.signing_time {
        let (signed_at, timestamped_at) = (signed.signing_time, claim.gen_time);
        let fault = Fault::TimestampBeforeSignature { signed_at, timestamped_at };
        return Stamp { outcome: Err(fault.into()), time: None, evaluation, not_asked: false };
    }
    let (outcome, under_evaluation) = believed(token, signed, &claim, trust);
    let evaluation = evaluation || under_evaluation;
    // A token that is denied tells no time.
    let denied = matches!(outcome, Err(super::Objection::Fault(_)));
    Stamp { outcome, time: Some(claim.gen_time).filter(|_| !denied), evaluation, not_asked: false }
}

/// Whether one of the authorities that the caller believes in made the token, and whether an evaluation authority stands
/// behind it, which its own certificate need not say.
fn believed(token: &[u8], signed: &SignedManifest, claim: &StampClaim, trust: &Trust) -> (Outcome, bool) {
    let authority = name(&claim.certificate);
    match trust.judge_stamp(token, &signed.signature, claim) {
        Ok((info, trusted)) => {
            let counts = Fact::TimestampCounts {
                timestamped_at: info.gen_time,
                authority,
                policy: info.policy.to_string(),
                accredited: trusted.accredited,
            };
            (Ok(counts), info.path.certificates.iter().any(Certificate::is_evaluation))
        }
        Err(Some(error)) => (Err(wrong(&error).into()), false),
        Err(None) => (Err(Doubt::AuthorityUnknown { claimed_at: claim.gen_time, authority }.into()), false),
    }
}

fn wrong(error: &StampError) -> Fault {
    let detail = error.to_string();
    match error {
        StampError::OtherImprint => Fault::TimestampOfAnother,
        StampError::Policy(policy) => Fault::TimestampPolicy { policy: policy.to_string() },
        StampError::Chain(_) | StampError::NotForTimestamping => Fault::TimestampUntrusted { detail },
        _ => Fault::TimestampWrong { detail },
    }
}

/// The signer, judged.
pub(super) struct KnownSigner {
    pub outcome: Outcome,
    pub evaluation: bool,
}

/// Judges who signed, at the time that the stamp proves (or, where none is asked for, at the signer's own).
pub(super) fn signer(
    signed: &SignedManifest,
    record: Option<&Read>,
    stamp: &Stamp,
    trust: &Trust,
    accept_evaluation: bool,
) -> KnownSigner {
    let evaluation = signed.signer.is_evaluation();
    let judged = |outcome| KnownSigner { outcome, evaluation };
    let certificate = signed.signer.fingerprint();
    if let Some(record) = record {
        if record.json.signer.certificate != certificate {
            let named = record.json.signer.certificate;
            return judged(Err(Fault::OtherSigner { found: certificate, named }.into()));
        }
        let allowed = record.profile.signing.by.iter().any(|by| capacity(*by) == record.json.signer.capacity);
        if !allowed {
            let capacity = record.json.signer.capacity.clone();
            return judged(Err(Fault::CapacityNotAllowed { capacity }.into()));
        }
    }
    let at = match stamp.time {
        Some(time) => time,
        None if stamp.not_asked => signed.signing_time,
        None => return judged(Err(Doubt::NotReached { because: super::Step::Timestamp }.into())),
    };
    let signer = name(&signed.signer);
    if trust.signers.certificates().is_empty() {
        return judged(Err(Doubt::SignerUnknown { signer, certificate }.into()));
    }
    let (root, evaluation) = match path(signed, &trust.signers, at) {
        Ok(path) => {
            let root = path.certificates.last().map(Certificate::fingerprint);
            (
                root.map(|root| root.to_string()).unwrap_or_default(),
                path.certificates.iter().any(Certificate::is_evaluation),
            )
        }
        Err(ChainError::Expired | ChainError::NotYetValid) => {
            return judged(Err(Fault::SignerNotValid { at }.into()));
        }
        Err(error) => return judged(Err(Fault::SignerUntrusted { detail: error.to_string() }.into())),
    };
    let outcome = match (evaluation || stamp.evaluation, accept_evaluation) {
        (true, false) => Err(Doubt::EvaluationOnly { signer }.into()),
        (true, true) => Ok(Fact::SignerOfEvaluation { signer, certificate, root }),
        (false, _) => Ok(Fact::SignerKnown { signer, certificate, root }),
    };
    KnownSigner { outcome, evaluation }
}

fn path(signed: &SignedManifest, anchors: &Anchors, at: Instant) -> Result<check::Path, ChainError> {
    signed.signer_path(anchors, at)
}

/// As records write it.
pub(super) fn capacity(by: Signer) -> &'static str {
    match by {
        Signer::Operator => "operator",
        Signer::InformationManager => "information_manager",
    }
}

/// Whom a certificate names, as far as it does.
pub(super) fn name(certificate: &Certificate) -> String {
    let subject = &certificate.subject;
    let parts = [&subject.common_name, &subject.organizational_unit, &subject.organization];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
}
