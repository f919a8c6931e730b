//! Signed checkpoints (C2SP signed notes) of a journal.

use data_encoding::BASE64;

use super::signature::SignatureFault;
use crate::evidence::checkpoint::{Checkpoint, VerifierKey};
use crate::ids::Digest;

/// Reads a note and verifies its signature with the journal's key. Signatures by other keys (witnesses) may stand
/// beside it and are passed over; one by this key must be there, and right.
///
/// # Errors
/// The first thing that is wrong.
pub fn checkpoint(note: &str, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
    let (body, signatures) = note.split_once("\n\n").ok_or(CheckpointError::NotANote)?;
    let text = format!("{body}\n");
    let checkpoint = read_text(body).ok_or(CheckpointError::NotACheckpoint)?;
    if checkpoint.origin != key.name {
        return Err(CheckpointError::OtherJournal { found: checkpoint.origin.to_string() });
    }
    if checkpoint.text() != text {
        return Err(CheckpointError::NotACheckpoint);
    }
    let lines = signatures.strip_suffix('\n').ok_or(CheckpointError::NotANote)?;
    let mut found = None;
    for line in lines.split('\n') {
        let (name, value) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or(CheckpointError::NotANote)?;
        let value = BASE64.decode(value.as_bytes()).map_err(|_| CheckpointError::NotANote)?;
        let (id, signature) = value.split_at_checked(4).ok_or(CheckpointError::NotANote)?;
        if name == key.name.as_str() && id == key.key_id() && found.replace(signature.to_vec()).is_some() {
            return Err(CheckpointError::NotANote);
        }
    }
    let signature = found.ok_or(CheckpointError::NotSigned)?;
    aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, &key.public_key)
        .verify(text.as_bytes(), &signature)
        .map_err(|_| CheckpointError::Signature(SignatureFault::Wrong))?;
    Ok(checkpoint)
}

/// Why a checkpoint does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("this is not a signed note")]
    NotANote,
    #[error("the note is not a checkpoint")]
    NotACheckpoint,
    #[error("the checkpoint is that of another journal, {found}")]
    OtherJournal { found: String },
    #[error("the journal's key has not signed this checkpoint")]
    NotSigned,
    #[error(transparent)]
    Signature(SignatureFault),
}

fn read_text(body: &str) -> Option<Checkpoint> {
    let mut lines = body.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    if lines.next().is_some() {
        return None;
    }
    let root = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
    Some(Checkpoint { origin: origin.parse().ok()?, size: size.parse().ok()?, root: Digest::from_bytes(root) })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signer as _;

    use super::*;

    /// Even the journal's own key cannot give one checkpoint two spellings.
    #[test]
    fn a_signed_text_has_one_spelling() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let verifier = VerifierKey {
            name: "torikomi.example/journal".parse().unwrap(),
            public_key: key.verifying_key().to_bytes(),
        };
        let judged = |text: &str| {
            let value = [&verifier.key_id()[..], &key.sign(text.as_bytes()).to_bytes()].concat();
            checkpoint(&format!("{text}\n\u{2014} {} {}\n", verifier.name, BASE64.encode(&value)), &verifier)
        };
        let root = BASE64.encode(Digest::of(b"root").as_bytes());
        assert!(judged(&format!("torikomi.example/journal\n42\n{root}\n")).is_ok());
        for wrong in ["042", "+42", "-1", "", "18446744073709551616"] {
            let found = judged(&format!("torikomi.example/journal\n{wrong}\n{root}\n"));
            assert_eq!(found, Err(CheckpointError::NotACheckpoint), "{wrong}");
        }
        let extended = judged(&format!("torikomi.example/journal\n42\n{root}\nmore\n"));
        assert_eq!(extended, Err(CheckpointError::NotACheckpoint));
    }
}
