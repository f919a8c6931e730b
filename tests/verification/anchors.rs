//! Authorities certify one another: whoever comes to believe in one more of them denies nothing that was good before.

use jiff::Timestamp;
use torikomi::crypto::check::{Anchors, Certificate, ChainError, SignedManifest, cades};
use torikomi::crypto::make::{KeyPair, Subject, Suite, certificate_request, sign_cades};
use torikomi::crypto::pem;
use torikomi::ids::Digest;
use torikomi::instant::Instant;
use torikomi::people::importing::imported;
use torikomi::people::register::NewPerson;

use crate::foreign::{ForeignCa, WELL};

fn anchors(roots: &[&Vec<u8>]) -> Anchors {
    Anchors::new(&roots.iter().map(|root| (*root).clone()).collect::<Vec<_>>()).unwrap()
}

fn one(pem: &str) -> Vec<u8> {
    pem::certificates(pem).unwrap().remove(0)
}

#[test]
fn a_further_anchor_makes_no_older_signature_stray() {
    let outside = ForeignCa::new();
    let (older, crossed) = outside.crossed();
    let (root, between, older, crossed) = (one(&outside.root()), one(&outside.between()), one(&older), one(&crossed));
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let subject =
        Subject {
            common_name: "見本 太郎".to_owned(), organization: "見本病院".to_owned(), organizational_unit: None
        };
    let person = one(&outside.issue(&certificate_request(&key, &subject).unwrap(), WELL));
    let now: Instant = Timestamp::now().into();
    let signed = |with: &[&Vec<u8>]| -> SignedManifest {
        let with: Vec<Vec<u8>> = with.iter().map(|der| (*der).clone()).collect();
        cades(&sign_cades(&key, &person, &with, b"manifest", now).unwrap(), b"manifest").unwrap()
    };
    let by_older = signed(&[&between, &crossed]);
    for roots in [vec![&older], vec![&older, &root], vec![&root, &older]] {
        by_older.signer_path(&anchors(&roots), now).unwrap();
    }
    // What leads to none of them has no part in it.
    let stray = |of: &[u8]| Err(ChainError::Stray { fingerprint: Digest::of(of).hex() });
    assert_eq!(by_older.signer_path(&anchors(&[&root]), now), stray(&crossed));
    let stranger = one(&ForeignCa::new().between());
    assert_eq!(signed(&[&between, &stranger]).signer_path(&anchors(&[&root, &older]), now), stray(&stranger));

    // Believed in itself, the authority between is no root: who believes in its root alone needs it all the same.
    let account = NewPerson {
        login: "taro".to_owned(),
        name: "見本 太郎".to_owned(),
        kana: None,
        occupation: "医師".to_owned(),
        department: "内科".to_owned(),
    };
    let account = account.into_person(None, now).unwrap();
    let certificate = Certificate::read(&person).unwrap();
    for roots in [[&between], [&root]] {
        let ours = imported(&account, None, &certificate, std::slice::from_ref(&between), &anchors(&roots), now);
        assert_eq!(ours.unwrap().issuers, std::slice::from_ref(&between));
    }
}
