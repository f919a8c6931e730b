//! Locked keys, signed acts and checkpoints before OpenSSL.

use torikomi::crypto::check::{self, CheckpointError};
use torikomi::crypto::make::{EvaluationCa, KeyPair, Passphrase, Suite, UnlockError};
use torikomi::evidence::checkpoint::Checkpoint;
use torikomi::ids::Digest;

use crate::parts::{Parts, pem, subject, validity};

#[test]
fn openssl_opens_our_keys() {
    let parts = Parts::new(Suite::Ed25519);
    let words = "naisho-no-kotoba";
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let key = KeyPair::generate(suite).unwrap();
        let locked = key.to_encrypted_pem(&Passphrase::new(words.into())).unwrap();
        parts.write("key.pem", locked.as_bytes());
        parts.succeed(&format!("openssl pkey -in key.pem -passin pass:{words} -pubout -outform DER -out public.der"));
        assert_eq!(parts.read("public.der"), key.public_key().unwrap());
        parts.fail("openssl pkey -in key.pem -passin pass:other -pubout -outform DER -out public.der");
        let parsed = parts.succeed("openssl asn1parse -in key.pem");
        for expected in ["PBKDF2", "0927C0", "hmacWithSHA256", "aes-256-cbc"] {
            assert!(parsed.contains(expected), "{expected} (600,000 is 0x927C0): {parsed}");
        }
    }
}

#[test]
fn the_root_key_has_a_passphrase_of_its_own() {
    let parts = Parts::new(Suite::Ed25519);
    let passphrase = || Passphrase::new("ca-no-kotoba".into());
    let locked = parts.ca.to_encrypted_pem(&passphrase()).unwrap();
    parts.write("ca.pem", locked.as_bytes());
    parts.succeed("openssl pkey -in ca.pem -passin pass:ca-no-kotoba -pubout -out public.pem");
    parts.succeed("openssl x509 -in root.pem -pubkey -noout -out /dev/null");
    let wrong = EvaluationCa::unlock(&locked, &Passphrase::new("x".into()), parts.ca.certificate());
    assert_eq!(wrong.unwrap_err(), UnlockError::WrongPassphrase);
    let other = EvaluationCa::unlock(&locked, &passphrase(), &parts.certificate);
    assert_eq!(other.unwrap_err(), UnlockError::OtherCertificate);

    // Opened again, it issues certificates that lead to the same root.
    let ca = EvaluationCa::unlock(&locked, &passphrase(), parts.ca.certificate()).unwrap();
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let certificate = ca.issue_operator(&key.public_key().unwrap(), &subject("架空 花子"), validity()).unwrap();
    parts.write("later.pem", pem("CERTIFICATE", &certificate).as_bytes());
    parts.succeed(&format!("openssl verify -x509_strict -CAfile root.pem {} later.pem", crate::parts::ATTIME));
}

#[test]
fn openssl_verifies_acts() {
    let parts = Parts::new(Suite::Ed25519);
    let act = br#"{"act":"accept","reason":"seen"}"#;
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let key = KeyPair::generate(suite).unwrap();
        let public_key = key.public_key().unwrap();
        let signature = key.sign_act(act);
        assert_eq!(check::act(&public_key, act, &signature), Ok(()));
        assert!(check::act(&public_key, b"{}", &signature).is_err());
        assert!(check::act(&KeyPair::generate(suite).unwrap().public_key().unwrap(), act, &signature).is_err());
        for position in 0..signature.len() {
            let mut changed = signature.clone();
            changed[position] ^= 1;
            assert!(check::act(&public_key, act, &changed).is_err(), "{position}");
        }

        parts.write("public.der", &public_key);
        parts.write("act.bin", &[b"torikomi-act-v1\n", &act[..]].concat());
        parts.write("act.sig", &signature);
        parts.write("bare.bin", act);
        let verify = |file: &str| {
            let how = if suite == Suite::Ed25519 { "-rawin" } else { "-rawin -digest sha256" };
            format!("openssl pkeyutl -verify {how} -pubin -keyform DER -inkey public.der -in {file} -sigfile act.sig")
        };
        parts.succeed(&verify("act.bin"));
        parts.fail(&verify("bare.bin"));
    }
}

#[test]
fn openssl_verifies_checkpoints() {
    let parts = Parts::new(Suite::Ed25519);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let origin: torikomi::evidence::checkpoint::Origin = "torikomi.example/journal".parse().unwrap();
    let checkpoint = Checkpoint { origin: origin.clone(), size: 42, root: Digest::of(b"root") };
    let note = key.sign_checkpoint(&checkpoint).unwrap();
    let verifier = key.verifier_key(origin.clone()).unwrap();
    assert_eq!(check::checkpoint(&note, &verifier), Ok(checkpoint.clone()));

    // By hand: the text with its last newline, and the signature without the four octets of the key's id.
    let (text, signature_line) = note.split_once("\n\n").unwrap();
    let value = data_encoding::BASE64.decode(signature_line.trim().rsplit(' ').next().unwrap().as_bytes()).unwrap();
    parts.write("text", format!("{text}\n").as_bytes());
    parts.write("wrong", text.as_bytes());
    parts.write("sig", &value[4..]);
    parts.write("public.der", &key.public_key().unwrap());
    let verify = |file: &str| {
        format!("openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -in {file} -sigfile sig")
    };
    parts.succeed(&verify("text"));
    parts.fail(&verify("wrong"));

    // A witness's signature beside it is passed over.
    let witnessed = format!("{note}\u{2014} witness.example/w AAAAAAAA\n");
    assert_eq!(check::checkpoint(&witnessed, &verifier), Ok(checkpoint.clone()));
    let other = KeyPair::generate(Suite::Ed25519).unwrap().verifier_key(origin.clone()).unwrap();
    assert_eq!(check::checkpoint(&note, &other), Err(CheckpointError::NotSigned));
    let elsewhere = key.verifier_key("torikomi.example/other".parse().unwrap()).unwrap();
    assert!(matches!(check::checkpoint(&note, &elsewhere), Err(CheckpointError::OtherJournal { .. })));
    let refused = |note: &str| check::checkpoint(note, &verifier).is_err();
    assert!(refused(&note.replace("\n42\n", "\n43\n")));
    assert!(refused(&note.replace("\n42\n", "\n042\n")));
    assert!(refused(&note.replacen("\n\n", "\nextra\n\n", 1)));
    assert!(refused(note.trim_end()));
    assert!(refused(&format!("{note}{signature_line}")), "the same signature twice");
    for position in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[position] ^= 1;
        assert!(String::from_utf8(bytes).is_ok_and(|note| refused(&note)) || note.as_bytes()[position] > 0x7f);
    }
    assert!(KeyPair::generate(Suite::EcdsaP256).unwrap().sign_checkpoint(&checkpoint).is_err());
}
