//! Time-stamps by OpenSSL's authority, through our client.

use std::time::Duration;

use torikomi::authority::{Authority, Settings, StampingError};
use torikomi::crypto::check::{self, Anchors, Certificate, ChainError, StampError};
use torikomi::crypto::make::{Suite, embed_timestamp, signature_value};
use torikomi::instant::Instant;

use crate::parts::{Parts, run};
use crate::servers::http;

const POLICY: &str = "1.2.3.4.1";

/// The line by which an authority sends its issuer along.
const SENDS_ISSUER: &str = "certs = issuer.pem\n";

/// A root, an issuer below it, and a time-stamping certificate below that, all made by OpenSSL.
struct OpensslAuthority {
    parts: Parts,
    root: Vec<u8>,
}

impl OpensslAuthority {
    fn new(key: &str, settings: &str) -> Self {
        let parts = Parts::new(Suite::EcdsaP256);
        parts.write(
            "tsa.cnf",
            format!(
                "[ tsa ]\ndefault_tsa = one\n[ one ]\nserial = serial\ncrypto_device = builtin\n\
                 signer_cert = stamp.pem\nsigner_key = stamp.key\ndefault_policy = {POLICY}\n\
                 other_policies = 1.2.3.4.2\ndigests = sha256, sha384, sha512\naccuracy = secs:1, millisecs:500, \
                 microsecs:100\nordering = no\ness_cert_id_chain = no\n{SENDS_ISSUER}{settings}\n"
            )
            .as_bytes(),
        );
        parts.write("serial", b"01");
        parts.write("ca.ext", b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
        parts.write("stamp.ext", b"extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n");
        for name in ["top", "issuer", "stamp"] {
            parts.succeed(&format!("openssl genpkey {key} -out {name}.key"));
            parts.succeed(&format!("openssl req -new -key {name}.key -subj /O=Example/CN={name} -out {name}.csr"));
        }
        parts.succeed("openssl x509 -req -in top.csr -signkey top.key -days 30 -extfile ca.ext -out top.pem");
        for (name, by, extensions) in [("issuer", "top", "ca.ext"), ("stamp", "issuer", "stamp.ext")] {
            parts.succeed(&format!(
                "openssl x509 -req -in {name}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -days 30 \
                 -extfile {extensions} -out {name}.pem"
            ));
        }
        parts.succeed("openssl x509 -in top.pem -outform DER -out top.der");
        let root = parts.read("top.der");
        Self { parts, root }
    }

    /// A client of this authority behind HTTP.
    fn client(&self, change: impl FnOnce(&mut Settings)) -> Authority {
        let folder = self.parts.folder.path().to_owned();
        let address = http(move |request| {
            std::fs::write(folder.join("query.tsq"), request).unwrap();
            let output = run(&folder, "openssl ts -reply -config tsa.cnf -queryfile query.tsq -out reply.tsr");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            (200, "application/timestamp-reply", std::fs::read(folder.join("reply.tsr")).unwrap())
        });
        let mut settings = Settings {
            url: format!("http://{address}/"),
            tls_roots: vec![],
            anchors: Anchors::new(std::slice::from_ref(&self.root)).unwrap(),
            policies: vec![POLICY.parse().unwrap()],
            request_policy: None,
            accredited: vec![],
            timeout: Duration::from_secs(20),
        };
        change(&mut settings);
        Authority::new(settings)
    }
}

#[test]
fn stamps_of_all_key_kinds_are_accepted_and_embedded() {
    for (key, settings) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "signer_digest = sha256\ness_cert_id_alg = sha1"),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:3072", "signer_digest = sha512\ness_cert_id_alg = sha512"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "signer_digest = sha256\ness_cert_id_alg = sha256"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "signer_digest = sha384\nclock_precision_digits = 3"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "signer_digest = sha512\ntsa_name = yes"),
    ] {
        let authority = OpensslAuthority::new(key, settings);
        let signer = &authority.parts;
        let manifest = signer.manifest();
        let signature = signer.sign(&manifest);
        let value = signature_value(&signature).unwrap();
        let stamp = authority.client(|_| ()).stamp(&value).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(stamp.info.policy.to_string(), POLICY);
        assert_eq!(stamp.info.accuracy, Some(1_500_100));
        let names: Vec<_> =
            stamp.info.path.certificates.iter().map(|c| c.subject.common_name.clone().unwrap()).collect();
        assert_eq!(names, ["stamp", "issuer", "top"]);
        assert!(!stamp.info.path.certificates[0].is_evaluation());

        // As it came, octet for octet; and OpenSSL still knows it when it is taken out again.
        let stamped = embed_timestamp(&signature, &stamp.token).unwrap();
        let token = check::cades(&stamped, &manifest).unwrap().timestamp.unwrap();
        assert_eq!(token, stamp.token);
        assert!(authority.parts.read("reply.tsr").ends_with(&token));
        signer.write("token.der", &token);
        signer.write("value.bin", &value);
        signer.succeed(
            "openssl ts -verify -token_in -in token.der -data value.bin -CAfile top.pem -untrusted issuer.pem",
        );
        assert!(embed_timestamp(&stamped, &stamp.token).is_err(), "one stamp is enough");
    }
}

#[test]
fn a_stamp_counts_only_by_the_rules() {
    let authority = OpensslAuthority::new("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "signer_digest = sha256");
    let invalid = |change: fn(&mut Settings)| match authority.client(change).stamp(b"signature").unwrap_err() {
        StampingError::Invalid(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!(invalid(|settings| settings.policies.clear()), StampError::Policy(POLICY.parse().unwrap()));
    assert_eq!(
        invalid(|settings| settings.policies = vec!["1.2.3.4.2".parse().unwrap()]),
        StampError::Policy(POLICY.parse().unwrap())
    );
    assert_eq!(invalid(|settings| settings.anchors = Anchors::default()), StampError::Chain(ChainError::UnknownIssuer));
    // A policy may be asked for.
    let asking = authority.client(|settings| {
        settings.request_policy = Some("1.2.3.4.2".parse().unwrap());
        settings.policies = vec!["1.2.3.4.2".parse().unwrap()];
    });
    assert_eq!(asking.stamp(b"signature").unwrap().info.policy.to_string(), "1.2.3.4.2");
    let refused = authority.client(|settings| settings.request_policy = Some("1.9".parse().unwrap()));
    let StampingError::Refused(refusal) = refused.stamp(b"signature").unwrap_err() else { panic!("not refused") };
    assert_eq!(refusal.failures, ["unacceptedPolicy"]);
    assert!(!refusal.text.is_empty());
    // Nothing that lies elsewhere makes up for an issuer that does not come with the stamp.
    let settings = String::from_utf8(authority.parts.read("tsa.cnf")).unwrap();
    authority.parts.write("tsa.cnf", settings.replace(SENDS_ISSUER, "").as_bytes());
    assert_eq!(invalid(|_| ()), StampError::Chain(ChainError::UnknownIssuer));
}

#[test]
fn every_changed_bit_of_a_foreign_token_is_refused_but_where_nothing_signs() {
    let authority = OpensslAuthority::new("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "signer_digest = sha256");
    let stamp = authority.client(|_| ()).stamp(b"signature").unwrap();
    let anchors = Anchors::new(std::slice::from_ref(&authority.root)).unwrap();
    let policies = [POLICY.parse().unwrap()];
    let rules = check::StampRules { anchors: &anchors, policies: &policies };
    let judged = |token: &[u8]| check::timestamp_token(token, b"signature", &rules);
    assert_eq!(judged(&stamp.token), Ok(stamp.info.clone()));
    assert_eq!(check::timestamp_token(&stamp.token, b"another", &rules), Err(StampError::OtherImprint));

    // The announced digest algorithms: SET { SEQUENCE { SHA-256, perhaps NULL } } after the version.
    let announced = stamp.token.windows(4).position(|window| window == [2, 1, 3, 0x31]).unwrap() + 5;
    let length = usize::from(stamp.token[announced - 1]);
    for position in 0..stamp.token.len() {
        for bit in 0..8 {
            let mut changed = stamp.token.clone();
            changed[position] ^= 1 << bit;
            let inside = (announced..announced + length).contains(&position);
            if let Ok(info) = judged(&changed) {
                // NULL may also be left out; its two spellings are one algorithm.
                let null = changed.get(position - 1..=position).is_some_and(|pair| pair[0] == 0x05 || pair[1] == 0x04);
                assert!(inside || null, "bit {bit} of byte {position} is not noticed");
                assert_eq!(info, stamp.info);
            }
        }
    }
}

#[test]
fn certificates_of_openssl_are_read() {
    let authority = OpensslAuthority::new("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "");
    let root = Certificate::read(&authority.root).unwrap();
    assert_eq!(root.subject.common_name.as_deref(), Some("top"));
    assert_eq!(root.subject.organization.as_deref(), Some("Example"));
    assert!(root.may_issue() && !root.may_sign() && !root.is_evaluation());
    let printed = authority.parts.succeed("openssl x509 -in top.pem -noout -enddate -fingerprint -sha256");
    assert!(printed.replace(':', "").to_lowercase().contains(&root.fingerprint().hex()), "{printed}");
    let end = printed.lines().find_map(|line| line.strip_prefix("notAfter=")).unwrap();
    let seconds = std::process::Command::new("date").args(["-u", "-d", end, "+%s"]).output().unwrap().stdout;
    let seconds: i64 = String::from_utf8(seconds).unwrap().trim().parse().unwrap();
    assert_eq!(root.not_after, Instant::from_microseconds(seconds * 1_000_000).unwrap());
}
