//! Every bit of manifest, signature and token, changed once: whatever is signed must be refused.

use std::ops::Range;

use torikomi::crypto::check;
use torikomi::crypto::make::Suite;

use crate::parts::{NOW, Parts, at, rules};

/// Accepts as a verifier does: signature, signer, time-stamp.
fn accepted(parts: &Parts, anchors: &check::Anchors, signature: &[u8], manifest: &[u8]) -> bool {
    let Ok(members) = check::manifest(manifest) else { return false };
    let Ok(signed) = check::cades(signature, manifest) else { return false };
    let Some(token) = &signed.timestamp else { return false };
    let Ok(stamp) = check::timestamp_token(token, &signed.signature, &rules(anchors)) else { return false };
    members.len() == 2
        && signed.signer.der == parts.certificate
        && stamp.gen_time == at(NOW)
        && signed.signer_path(anchors, stamp.gen_time).is_ok()
}

#[test]
fn every_changed_bit_is_refused_but_in_what_nothing_signs_ed25519() {
    flip(Suite::Ed25519);
}

#[test]
fn every_changed_bit_is_refused_but_in_what_nothing_signs_p256() {
    flip(Suite::EcdsaP256);
}

fn flip(suite: Suite) {
    let parts = Parts::new(suite);
    let anchors = parts.anchors();
    let manifest = parts.manifest();
    let signature = parts.stamp(&parts.sign(&manifest));
    assert!(accepted(&parts, &anchors, &signature, &manifest));

    for position in 0..manifest.len() {
        for bit in 0..8 {
            let mut changed = manifest.clone();
            changed[position] ^= 1 << bit;
            assert!(!accepted(&parts, &anchors, &signature, &changed), "bit {bit} of the manifest's byte {position}");
        }
    }

    let unsigned = unsigned_range(&parts, &signature);
    let mut survived = 0;
    for position in 0..signature.len() {
        for bit in 0..8 {
            let mut changed = signature.clone();
            changed[position] ^= 1 << bit;
            if accepted(&parts, &anchors, &changed, &manifest) {
                survived += 1;
                assert!(unsigned.contains(&position), "bit {bit} of the signature's byte {position} is not noticed");
            }
        }
    }
    assert!(survived > 0, "the exception below would be needless");

    for length in 0..signature.len() {
        assert!(!accepted(&parts, &anchors, &signature[..length], &manifest), "cut at {length}");
    }
    assert!(!accepted(&parts, &anchors, &[&signature[..], b"\0"].concat(), &manifest));
}

/// The bytes of a stamped signature that no signature covers, and that mean nothing: in the token, which is kept as
/// the authority sent it, the list of digest algorithms that the message announces.
fn unsigned_range(parts: &Parts, signature: &[u8]) -> Range<usize> {
    let signed = check::cades(signature, &parts.manifest()).unwrap();
    let token = signed.timestamp.unwrap();
    let token_start = signature.windows(token.len()).position(|window| window == token).unwrap();
    // SET { SEQUENCE { SHA-256 } } right after the version, 3.
    let announced = [0x02, 0x01, 0x03, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x09];
    let place = token.windows(announced.len()).position(|window| window == announced).unwrap();
    let start = token_start + place + 5;
    start..start + 13
}
