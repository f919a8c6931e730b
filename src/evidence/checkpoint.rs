//! The journal's signed head, as C2SP `tlog-checkpoint` and `signed-note` write it, so that any client of such logs can
//! read it, and a person with `openssl pkeyutl`.
//!
//! A checkpoint says how many entries the journal has and what its Merkle root is. The signature (Ed25519) covers the
//! text with its last newline.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use crate::ids::Digest;

/// The algorithm byte of Ed25519 in a signed note.
const ED25519: u8 = 1;

/// What a journal's head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which journal: also the name of the key that signs it.
    pub origin: Origin,
    /// How many entries.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()))
    }

    /// The whole note: the text, an empty line and the signature line.
    #[must_use]
    pub fn note(&self, public_key: &[u8; 32], signature: &[u8; 64]) -> String {
        let mut value = VerifierKey { name: self.origin.clone(), public_key: *public_key }.key_id().to_vec();
        value.extend_from_slice(signature);
        format!("{}\n\u{2014} {} {}\n", self.text(), self.origin, BASE64.encode(&value))
    }
}

/// A journal's name: printable ASCII without blanks or `+`, with a `/`, at most 200 characters
/// (`torikomi.example/journal/<home>`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for Origin {
    type Err = InvalidCheckpointWord;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpointWord> {
        let allowed = |b: u8| b.is_ascii_graphic() && b != b'+';
        if (1..=200).contains(&text.len()) && text.bytes().all(allowed) && text.contains('/') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCheckpointWord { what: "a journal's name (printable ASCII with a /, no blank, no +)" })
        }
    }
}

/// A journal's public key as others keep it: `name+key id+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    pub name: Origin,
    pub public_key: [u8; 32],
}

impl VerifierKey {
    /// The first four bytes of SHA-256 over name, newline, algorithm and key: it tells keys apart, it proves nothing.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        let mut hash = Sha256::new();
        hash.update(self.name.as_str());
        hash.update([b'\n', ED25519]);
        hash.update(self.public_key);
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(&self.public_key);
        write!(f, "{}+{}+{}", self.name, data_encoding::HEXLOWER.encode(&self.key_id()), BASE64.encode(&key))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidCheckpointWord;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpointWord> {
        let wrong = InvalidCheckpointWord { what: "a verifier key (name+key id+base64, Ed25519)" };
        let parts = text.split_once('+').and_then(|(name, rest)| Some((name, rest.split_once('+')?.1)));
        let key = parts.and_then(|(name, key)| {
            let key = BASE64.decode(key.as_bytes()).ok()?;
            let (&[ED25519], key) = key.split_first_chunk::<1>()? else { return None };
            Some(Self { name: name.parse().ok()?, public_key: key.try_into().ok()? })
        });
        // The key id must be the right one, and there is one spelling.
        key.filter(|key| key.to_string() == text).ok_or(wrong)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not {what}")]
pub struct InvalidCheckpointWord {
    what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_c2sp() {
        let checkpoint =
            Checkpoint { origin: "torikomi.example/journal".parse().unwrap(), size: 20, root: Digest::of(b"root") };
        assert_eq!(checkpoint.text(), "torikomi.example/journal\n20\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n");
        let note = checkpoint.note(&[7; 32], &[9; 64]);
        let (text, signature) = note.split_once("\n\n").unwrap();
        assert_eq!(format!("{text}\n"), checkpoint.text());
        assert!(signature.starts_with("\u{2014} torikomi.example/journal "), "{signature}");
    }

    /// The example of the Go module checksum database, whose key and id are public.
    #[test]
    fn a_well_known_key_id() {
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let key_bytes = BASE64.decode(b"Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
        let key = VerifierKey { name: Origin("sum.golang.org".into()), public_key: key_bytes[1..].try_into().unwrap() };
        assert_eq!(key.to_string(), text);
    }

    #[test]
    fn a_verifier_key_has_one_spelling() {
        let key = VerifierKey { name: "torikomi.example/journal".parse().unwrap(), public_key: [7; 32] };
        let text = key.to_string();
        assert_eq!(text.parse::<VerifierKey>().unwrap(), key);
        for wrong in [
            text.replace("journal", "journaL"),
            text.to_uppercase(),
            format!("{text}A"),
            text.replacen('+', "", 1),
            String::new(),
        ] {
            assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_stay_on_their_line() {
        for wrong in ["", "no-slash", "a/b c", "a/b+c", "a/b\nc", "あ/い", &format!("a/{}", "b".repeat(200))] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
