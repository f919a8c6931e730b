//! What OpenSSL says of our certificates and signatures.

use torikomi::crypto::check;
use torikomi::crypto::make::{
    EvaluationCa, KeyPair, Subject, Suite, Validity, embed_timestamp, sign_cades, signature_value,
};

use crate::parts::{ATTIME, NOW, Parts, at, pem, rules, subject};

#[test]
fn a_p256_signature_is_cades_for_the_documented_command() {
    let parts = Parts::new(Suite::EcdsaP256);
    let documentation = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence.md")).unwrap();
    let command = documentation.split("```sh cms\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let command = command.replace("\\\n", "").replace("-out /dev/null", &format!("{ATTIME} -out /dev/null"));
    let manifest = parts.manifest();
    let signature = parts.sign(&manifest);
    let stamped = parts.stamp(&signature);
    parts.write("META-INF/ASiCManifest001.xml", &manifest);
    parts.write("other.xml", &[&manifest[..], b"\n"].concat());
    for p7s in [&signature, &stamped] {
        parts.write("META-INF/signature001.p7s", p7s);
        assert!(parts.succeed(&command).contains("CAdES Verification successful"));
        let other = command.replace("META-INF/ASiCManifest001.xml", "other.xml");
        assert!(parts.fail(&other).contains("verification failure"), "a changed manifest");
    }
}

#[test]
fn both_suites_say_the_same_of_themselves() {
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let parts = Parts::new(suite);
        let manifest = parts.manifest();
        let signature = parts.sign(&manifest);
        let stamped = parts.stamp(&signature);
        let signed = check::cades(&stamped, &manifest).unwrap();
        assert_eq!(signed.signing_time, at("2026-11-20T09:30:00.000000Z"));
        assert_eq!(signed.signer.subject.common_name.as_deref(), Some("見本 太郎"));
        assert_eq!(signed.signer.subject.organization.as_deref(), Some("見本病院"));
        assert_eq!(signed.signer.subject.organizational_unit.as_deref(), Some("診療情報管理室"));
        assert!(signed.signer.is_evaluation());
        assert_eq!(signed.signature, signature_value(&signature).unwrap());
        let anchors = parts.anchors();
        let path = signed.signer_path(&anchors, at(NOW)).unwrap();
        assert_eq!(path.certificates.len(), 2);
        let info = check::timestamp_token(&signed.timestamp.unwrap(), &signed.signature, &rules(&anchors)).unwrap();
        assert_eq!(info.gen_time, at(NOW));
        assert_eq!(info.accuracy, Some(1_000_000));
    }
}

/// OpenSSL before 3.5 cannot verify Ed25519 in CMS; the documented way by hand works with all.
#[test]
fn an_ed25519_signature_is_verified_by_the_documented_commands() {
    let parts = Parts::new(Suite::Ed25519);
    let documentation = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence.md")).unwrap();
    let script = documentation.split("```sh by-hand\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    parts.write("by-hand.sh", script.as_bytes());
    let manifest = parts.manifest();
    parts.write("META-INF/ASiCManifest001.xml", &manifest);
    let signature = parts.stamp(&parts.sign(&manifest));
    parts.write("META-INF/signature001.p7s", &signature);
    let said = parts.succeed("sh -eu by-hand.sh");
    assert!(said.contains("Signature Verified Successfully"), "{said}");
    assert!(said.contains("Verification: OK"), "the time-stamp: {said}");

    parts.write("META-INF/ASiCManifest001.xml", &[&manifest[..], b"\n"].concat());
    parts.fail("sh -eu by-hand.sh");
    parts.write("META-INF/ASiCManifest001.xml", &manifest);
    let mut wrong = signature.clone();
    let value = signature_value(&parts.sign(&manifest)).unwrap();
    let place = wrong.windows(value.len()).position(|window| window == value).unwrap();
    wrong[place] ^= 1;
    parts.write("META-INF/signature001.p7s", &wrong);
    parts.fail("sh -eu by-hand.sh");
}

#[test]
fn certificates_pass_strict_verification() {
    let parts = Parts::new(Suite::Ed25519);
    let verify = |purpose: &str, file: &str| {
        format!("openssl verify -x509_strict -purpose {purpose} -policy_check -CAfile root.pem {ATTIME} {file}")
    };
    assert!(parts.succeed(&verify("smimesign", "signer.pem")).contains("signer.pem: OK"));
    assert!(parts.succeed(&verify("timestampsign", "tsa.pem")).contains("tsa.pem: OK"));
    assert!(parts.fail(&verify("timestampsign", "signer.pem")).contains("error"), "a signer does not stamp");

    let text = parts.succeed("openssl x509 -in signer.pem -noout -text -nameopt utf8,sep_comma_plus");
    for expected in [
        "Subject: O=見本病院,OU=診療情報管理室,CN=見本 太郎",
        "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "Policy: 2.25.89548296575212297958082581627253016147.1",
        "CA:FALSE",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let text = parts.succeed("openssl x509 -in tsa.pem -noout -ext extendedKeyUsage,keyUsage");
    assert!(text.contains("X509v3 Extended Key Usage: critical\n    Time Stamping\n"), "{text}");
    let text = parts.succeed("openssl x509 -in root.pem -noout -ext basicConstraints,keyUsage,certificatePolicies");
    assert!(text.contains("critical\n    CA:TRUE, pathlen:0"), "{text}");
    assert!(text.contains("Certificate Sign, CRL Sign"), "{text}");
    assert!(text.contains("2.25.89548296575212297958082581627253016147.1"), "{text}");
}

#[test]
fn after_2049_times_change_their_form_and_nothing_else() {
    let until_2060 =
        Validity { not_before: at("2040-01-01T00:00:00.000000Z"), not_after: at("2060-01-01T00:00:00.000000Z") };
    for (now, attime, form) in [
        ("2049-12-31T23:59:59.000000Z", 2_524_607_999_i64, "UTCTIME"),
        ("2050-01-01T00:00:00.000000Z", 2_524_608_000, "GENERALIZEDTIME"),
        ("2050-06-01T12:00:00.500000Z", 2_537_697_600, "GENERALIZEDTIME"),
    ] {
        let mut parts = Parts::new(Suite::EcdsaP256);
        parts.ca = EvaluationCa::create(&subject("評価用認証局"), until_2060).unwrap();
        let public_key = parts.key.public_key().unwrap();
        parts.certificate = parts.ca.issue_operator(&public_key, &subject("見本 太郎"), until_2060).unwrap();
        parts.renew_authority(until_2060);
        parts.write("root.pem", pem("CERTIFICATE", parts.ca.certificate()).as_bytes());
        let manifest = parts.manifest();
        let signature = sign_cades(&parts.key, &parts.certificate, &[], &manifest, at(now)).unwrap();
        let token = parts.token_at(&signature_value(&signature).unwrap(), at(now));
        let stamped = embed_timestamp(&signature, &token).unwrap();
        parts.write("manifest.xml", &manifest);
        parts.write("signature.p7s", &stamped);
        parts.write("token.der", &token);
        parts.write("value.bin", &signature_value(&signature).unwrap());
        parts.succeed(&format!(
            "openssl cms -verify -binary -cades -inform DER -in signature.p7s -content manifest.xml \
             -CAfile root.pem -purpose any -attime {attime} -out /dev/null"
        ));
        parts.succeed(&format!(
            "openssl ts -verify -token_in -in token.der -data value.bin -CAfile root.pem -attime {attime}"
        ));
        let parsed = parts.succeed("openssl asn1parse -inform DER -in signature.p7s");
        let after = parsed.lines().skip_while(|line| !line.contains(":signingTime")).nth(2).unwrap();
        assert!(after.contains(form), "{now}: {after}");

        let signed = check::cades(&stamped, &manifest).unwrap();
        assert_eq!(signed.signing_time.as_seconds(), attime);
        let anchors = parts.anchors();
        let info = check::timestamp_token(&token, &signed.signature, &rules(&anchors)).unwrap();
        assert_eq!(info.gen_time, at(now));
        assert!(signed.signer_path(&anchors, info.gen_time).is_ok());
    }
}

#[test]
fn a_certificate_is_for_its_own_key_and_a_known_suite() {
    let parts = Parts::new(Suite::Ed25519);
    let other = KeyPair::generate(Suite::Ed25519).unwrap();
    let signed = sign_cades(&other, &parts.certificate, &[], b"manifest", at(NOW));
    assert!(signed.unwrap_err().to_string().contains("another key"));
    parts.succeed("openssl genrsa -out rsa.pem 2048");
    parts.succeed("openssl rsa -in rsa.pem -pubout -outform DER -out rsa.der");
    let name = Subject { common_name: "x".into(), organization: "y".into(), organizational_unit: None };
    assert!(parts.ca.issue_operator(&parts.read("rsa.der"), &name, crate::parts::validity()).is_err());
    let backwards = Validity { not_before: at(NOW), not_after: at(NOW) };
    assert!(parts.ca.issue_operator(&other.public_key().unwrap(), &name, backwards).is_err());
}
