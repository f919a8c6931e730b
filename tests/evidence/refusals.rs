//! Tokens and signatures that are wrong in one way each, made with OpenSSL where we would not make them.

use torikomi::crypto::check::{self, Anchors, ChainError, Malformed, SignatureError, SignatureFault, StampError};
use torikomi::crypto::make::{
    EvaluationAuthority, EvaluationCa, KeyPair, Suite, Validity, embed_timestamp, sign_cades, signature_value,
    timestamp_request,
};
use torikomi::crypto::oid;

use crate::parts::{NOW, Parts, at, pem, rules, subject, validity};

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut value = vec![tag];
    match u8::try_from(content.len()).unwrap() {
        length @ ..=0x7f => value.push(length),
        length => value.extend([0x81, length]),
    }
    value.extend(content);
    value
}

/// A TSTInfo over "signature", with what follows the serial number.
struct Info {
    version: u8,
    imprint: Vec<u8>,
    time: &'static [u8],
    rest: Vec<u8>,
}

impl Default for Info {
    fn default() -> Self {
        let digest = torikomi::ids::Digest::of(b"signature");
        let algorithm = tlv(0x30, &[&tlv(6, &[oid::SHA_256.as_bytes()])]);
        Self {
            version: 1,
            imprint: tlv(0x30, &[&algorithm, &tlv(4, &[digest.as_bytes()])]),
            time: b"20261120093000Z",
            rest: vec![],
        }
    }
}

impl Info {
    fn der(&self) -> Vec<u8> {
        let policy = tlv(6, &[oid::EVALUATION_TIMESTAMP.octets()]);
        let time = tlv(0x18, &[self.time]);
        tlv(0x30, &[&[2, 1, self.version], &policy, &self.imprint, &[2, 1, 7], &time, &self.rest])
    }
}

/// A time-stamping key and certificate of OpenSSL's making, below a root of its own.
struct Stamper {
    parts: Parts,
    anchors: Anchors,
}

impl Stamper {
    fn new(extensions: &str) -> Self {
        Self::below("keyUsage=critical,keyCertSign\n", extensions)
    }

    fn below(root_extensions: &str, extensions: &str) -> Self {
        let parts = Parts::new(Suite::EcdsaP256);
        parts.write("ca.ext", format!("basicConstraints=critical,CA:TRUE\n{root_extensions}").as_bytes());
        parts.write("stamp.ext", extensions.as_bytes());
        for name in ["top", "stamp"] {
            parts.succeed(&format!(
                "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key \
                 -subj /CN={name} -out {name}.csr"
            ));
        }
        parts.succeed("openssl x509 -req -in top.csr -signkey top.key -days 3650 -extfile ca.ext -out top.pem");
        parts.succeed(
            "openssl x509 -req -in stamp.csr -CA top.pem -CAkey top.key -CAcreateserial -days 3650 \
             -extfile stamp.ext -out stamp.pem",
        );
        parts.succeed("openssl x509 -in top.pem -outform DER -out top.der");
        let anchors = Anchors::new(&[parts.read("top.der")]).unwrap();
        Self { parts, anchors }
    }

    fn sign(&self, info: &Info, how: &str) -> Vec<u8> {
        self.parts.write("info.der", &info.der());
        self.parts.succeed(&format!(
            "openssl cms -sign -binary -nodetach -outform DER -in info.der -signer stamp.pem -inkey stamp.key \
             -econtent_type 1.2.840.113549.1.9.16.1.4 {how} -out token.der"
        ));
        self.parts.read("token.der")
    }

    fn judge(&self, info: &Info, how: &str) -> Result<check::StampInfo, StampError> {
        check::timestamp_token(&self.sign(info, how), b"signature", &rules(&self.anchors))
    }
}

const PROPER: &str = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n";
/// The certificates' validity begins when the test runs, so the stamp must be later; it ends in ten years.
const LATER: &[u8] = b"20300101000000.125Z";

fn later() -> Info {
    Info { time: LATER, ..Info::default() }
}

#[test]
fn a_token_is_judged_in_every_part() {
    let stamper = Stamper::new(PROPER);
    let good = stamper.judge(&later(), "-cades").unwrap();
    assert_eq!(good.gen_time, at("2030-01-01T00:00:00.125000Z"));

    let extension = |critical: &[u8]| {
        let extension = tlv(0x30, &[&tlv(6, &[&[42, 3]]), critical, &tlv(4, &[b"\x05\x00"])]);
        Info { rest: tlv(0xa1, &[&extension]), ..later() }
    };
    assert!(stamper.judge(&extension(b""), "-cades").is_ok(), "an extension that is not critical");
    assert_eq!(
        stamper.judge(&extension(b"\x01\x01\xff"), "-cades"),
        Err(StampError::CriticalExtension("1.2.3".parse().unwrap()))
    );
    assert_eq!(stamper.judge(&later(), ""), Err(StampError::Attribute("signingCertificate")));
    assert_eq!(stamper.judge(&Info { version: 2, ..later() }, "-cades"), Err(StampError::NotAToken));
    let malformed = Err(StampError::Malformed(Malformed("a token's content")));
    assert_eq!(stamper.judge(&Info { time: b"20300101000000.120Z", ..later() }, "-cades"), malformed);
    assert_eq!(stamper.judge(&Info { rest: b"\x04\x00".to_vec(), ..later() }, "-cades"), malformed);
    let sha_1 = tlv(0x30, &[&tlv(0x30, &[&tlv(6, &[oid::SHA_1.as_bytes()])]), &tlv(4, &[&[0; 20]])]);
    assert_eq!(
        stamper.judge(&Info { imprint: sha_1, ..later() }, "-cades"),
        Err(StampError::ImprintAlgorithm(oid::SHA_1.into()))
    );
    assert_eq!(
        stamper.judge(&later(), "-cades -nocerts"),
        Err(StampError::NoCertificate),
        "the certificate did not come along"
    );
    assert!(matches!(
        stamper.judge(&later(), "-cades -md sha1"),
        Err(StampError::Signature(SignatureFault::Digest(_)))
    ));
    assert_eq!(
        stamper.judge(&Info { time: b"20200101000000Z", ..later() }, "-cades"),
        Err(StampError::Chain(ChainError::NotYetValid))
    );
    assert_eq!(
        stamper.judge(&Info { time: b"20990101000000Z", ..later() }, "-cades"),
        Err(StampError::Chain(ChainError::Expired))
    );
    stamper.sign(&later(), "-cades");
    stamper.parts.succeed(
        "openssl cms -sign -binary -nodetach -outform DER -in info.der -signer stamp.pem -inkey stamp.key -out data.der",
    );
    let data = check::timestamp_token(&stamper.parts.read("data.der"), b"signature", &rules(&stamper.anchors));
    assert_eq!(data, Err(StampError::NotAToken));
}

/// Two certificates of one key, issuer and serial number: only one of them was meant.
#[test]
fn a_signature_is_bound_to_one_certificate() {
    let stamper = Stamper::new(PROPER);
    let parts = &stamper.parts;
    for name in ["meant", "other"] {
        let days = if name == "meant" { 3650 } else { 3651 };
        parts.succeed(&format!(
            "openssl x509 -req -in stamp.csr -CA top.pem -CAkey top.key -set_serial 77 -days {days} \
             -extfile stamp.ext -out {name}.pem"
        ));
        parts.succeed(&format!("openssl x509 -in {name}.pem -outform DER -out {name}.der"));
    }
    parts.write("stamp.pem", &parts.read("meant.pem"));
    let judge = |sent: &str| {
        let token = stamper.sign(&later(), &format!("-cades -nocerts -certfile {sent}"));
        check::timestamp_token(&token, b"signature", &rules(&stamper.anchors))
    };
    assert!(judge("meant.pem").is_ok());
    assert_eq!(judge("other.pem"), Err(StampError::OtherCertificate));

    let manifest = parts.manifest();
    parts.write("manifest.xml", &manifest);
    for (name, expected) in [("meant", true), ("other", false)] {
        parts.succeed(&format!(
            "openssl cms -sign -binary -outform DER -in manifest.xml -signer meant.pem -inkey stamp.key -cades \
             -nosmimecap -nocerts -certfile {name}.pem -out signed.p7s"
        ));
        let judged = check::cades(&parts.read("signed.p7s"), &manifest);
        assert_eq!(judged.is_ok(), expected);
        assert!(expected || judged == Err(SignatureError::OtherCertificate));
    }
}

/// Some authorities send the signed attributes in another order than that in which they were signed.
#[test]
fn unsorted_attributes_are_sorted_before_they_are_checked() {
    let parts = Parts::new(Suite::Ed25519);
    let token = parts.token(b"signature");
    let attribute = |oid: &[u8]| {
        let place = token.windows(oid.len()).position(|window| window == oid).unwrap() - 4;
        (place, usize::from(token[place + 1]) + 2)
    };
    let (first, first_length) = attribute(oid::CONTENT_TYPE.as_bytes());
    let (second, second_length) = attribute(oid::SIGNING_TIME.as_bytes());
    assert_eq!(first + first_length, second, "they are neighbours");
    let mut unsorted = token.clone();
    unsorted[first..second + second_length].rotate_left(first_length);
    assert_ne!(unsorted, token);
    let anchors = parts.anchors();
    let judge = |token: &[u8]| check::timestamp_token(token, b"signature", &rules(&anchors));
    assert_eq!(judge(&unsorted), judge(&token));
    assert!(judge(&unsorted).is_ok());
}

#[test]
fn the_authority_must_be_one_and_nothing_else() {
    for (extensions, expected) in [
        ("extendedKeyUsage=timeStamping\nkeyUsage=critical,digitalSignature\n", StampError::NotForTimestamping),
        ("extendedKeyUsage=critical,timeStamping,clientAuth\n", StampError::NotForTimestamping),
        ("extendedKeyUsage=critical,clientAuth\n", StampError::NotForTimestamping),
        ("keyUsage=critical,digitalSignature\n", StampError::NotForTimestamping),
        (
            "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,keyEncipherment\n",
            StampError::Chain(ChainError::KeyUsage),
        ),
        (
            "extendedKeyUsage=critical,timeStamping\n1.2.3.4=critical,DER:0500\n",
            StampError::Chain(ChainError::CriticalExtension),
        ),
    ] {
        assert_eq!(Stamper::new(extensions).judge(&later(), "-cades"), Err(expected), "{extensions}");
    }
    let idle_root = Stamper::below("keyUsage=critical,digitalSignature\n", PROPER);
    assert_eq!(idle_root.judge(&later(), "-cades"), Err(StampError::Chain(ChainError::KeyUsage)));
}

#[test]
fn a_stamp_by_a_key_without_the_right_certificate() {
    let parts = Parts::new(Suite::Ed25519);
    let anchors = parts.anchors();
    let request = timestamp_request(b"signature", &[7; 16], None).unwrap();
    // A person's certificate that stamps.
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let certificate = parts.ca.issue_operator(&key.public_key().unwrap(), &subject("見本 太郎"), validity()).unwrap();
    let authority = EvaluationAuthority::new(key, certificate, vec![]).unwrap();
    let reply = authority.answer(&request, at(NOW), &[1; 16]).unwrap();
    let judged = check::timestamp_response(&reply, b"signature", &[7; 16], &rules(&anchors));
    assert_eq!(judged.unwrap_err().to_string(), StampError::NotForTimestamping.to_string());
    // Another root with the same name.
    let other = EvaluationCa::create(&subject("評価用認証局"), validity()).unwrap();
    let anchors = Anchors::new(&[other.certificate().to_vec()]).unwrap();
    let judged = check::timestamp_token(&parts.token(b"signature"), b"signature", &rules(&anchors));
    assert_eq!(judged, Err(StampError::Chain(ChainError::Signature)));
    let nonce = check::timestamp_response(&reply, b"signature", &[8; 16], &rules(&parts.anchors()));
    assert!(nonce.is_err());
    assert!(EvaluationAuthority::new(KeyPair::generate(Suite::Ed25519).unwrap(), vec![], vec![]).is_err());
}

#[test]
fn each_wrong_signature_has_its_reason() {
    let parts = Parts::new(Suite::EcdsaP256);
    let manifest = parts.manifest();
    let signature = parts.sign(&manifest);
    assert_eq!(check::cades(&signature, b"another"), Err(SignatureError::OtherManifest));
    assert!(matches!(check::cades(b"garbage", &manifest), Err(SignatureError::Malformed(_))));
    assert_eq!(check::cades(&parts.token(b"x"), &manifest), Err(SignatureError::NotThisKind));

    // OpenSSL's own signatures: with attributes of its liking, with content, without certificate.
    parts.write("manifest.xml", &manifest);
    let locked = parts.key.to_encrypted_pem(&torikomi::crypto::make::Passphrase::new("words".into())).unwrap();
    parts.write("key.pem", locked.as_bytes());
    let sign = |how: &str| {
        parts.succeed(&format!(
            "openssl cms -sign -binary -outform DER -in manifest.xml -signer signer.pem -inkey key.pem \
             -passin pass:words {how} -out other.p7s"
        ));
        check::cades(&parts.read("other.p7s"), &manifest)
    };
    assert!(sign("-cades -nosmimecap").is_ok(), "the same four attributes");
    assert!(matches!(sign("-cades"), Err(SignatureError::Attribute(_))), "sMIMECapabilities");
    assert_eq!(sign("-nosmimecap"), Err(SignatureError::Missing("signingCertificateV2")));
    assert_eq!(sign("-cades -nosmimecap -nodetach"), Err(SignatureError::NotDetached));
    assert_eq!(sign("-cades -nosmimecap -nocerts"), Err(SignatureError::NoCertificate));
    assert!(matches!(sign("-noattr"), Err(SignatureError::Malformed(_))));
    assert_eq!(sign("-cades -nosmimecap -keyid"), Err(SignatureError::NotThisKind));
    assert!(matches!(
        sign("-cades -nosmimecap -md sha1"),
        Err(SignatureError::Signature(SignatureFault::Digest(digest))) if digest == oid::SHA_1
    ));
}

#[test]
fn rsa_signatures_as_cards_make_them_are_accepted() {
    let parts = Parts::new(Suite::EcdsaP256);
    let manifest = parts.manifest();
    parts.write("manifest.xml", &manifest);
    for (bits, good) in [(2048, true), (1024, false)] {
        parts.succeed(&format!(
            "openssl req -x509 -newkey rsa:{bits} -nodes -keyout rsa.key -subj /CN=card -days 30 -out rsa.pem"
        ));
        parts.succeed(
            "openssl cms -sign -binary -outform DER -in manifest.xml -signer rsa.pem -inkey rsa.key -cades -nosmimecap \
             -out rsa.p7s",
        );
        let signed = check::cades(&parts.read("rsa.p7s"), &manifest);
        match signed {
            Ok(signed) => assert!(good && signed.algorithm == check::Algorithm::Rsa),
            Err(error) => assert!(!good && error == SignatureError::Signature(SignatureFault::Wrong), "{error}"),
        }
    }
}

#[test]
fn a_signer_must_lead_to_a_root_and_bring_nothing_else() {
    let parts = Parts::new(Suite::Ed25519);
    let manifest = parts.manifest();
    let anchors = parts.anchors();
    let path = |chain: &[Vec<u8>], anchors: &Anchors, time: &str| {
        let signature = sign_cades(&parts.key, &parts.certificate, chain, &manifest, at(NOW)).unwrap();
        check::cades(&signature, &manifest).unwrap().signer_path(anchors, at(time))
    };
    let root = parts.ca.certificate().to_vec();
    assert!(path(&[], &anchors, NOW).is_ok());
    assert_eq!(path(std::slice::from_ref(&root), &anchors, NOW).unwrap().holds_until(), Some(validity().not_after));
    assert_eq!(path(&[], &Anchors::default(), NOW), Err(ChainError::UnknownIssuer));
    assert_eq!(path(&[], &anchors, "2025-12-31T23:59:59.000000Z"), Err(ChainError::NotYetValid));
    assert_eq!(path(&[], &anchors, "2029-01-01T00:00:00.000000Z"), Err(ChainError::Expired));
    let stray = parts.authority.certificate().to_vec();
    assert!(matches!(path(&[root, stray], &anchors, NOW), Err(ChainError::Stray { .. })));

    // A root that has expired before what it issued.
    let short = Validity { not_after: at("2026-06-01T00:00:00.000000Z"), ..validity() };
    let ca = EvaluationCa::create(&subject("短命"), short).unwrap();
    let certificate = ca.issue_operator(&parts.key.public_key().unwrap(), &subject("見本 太郎"), validity()).unwrap();
    let signature = sign_cades(&parts.key, &certificate, &[], &manifest, at(NOW)).unwrap();
    let signed = check::cades(&signature, &manifest).unwrap();
    let anchors = Anchors::new(&[ca.certificate().to_vec()]).unwrap();
    assert!(matches!(signed.signer_path(&anchors, at(NOW)), Err(ChainError::AnchorNotValid { .. })));
    assert!(signed.signer_path(&anchors, at("2026-05-01T00:00:00.000000Z")).is_ok());

    // A time-stamping certificate signs no documents; a person's certificate issues none.
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let stamping = parts.ca.issue_timestamping(&key.public_key().unwrap(), &subject("時刻"), validity()).unwrap();
    let signature = sign_cades(&key, &stamping, &[], &manifest, at(NOW)).unwrap();
    let signed = check::cades(&signature, &manifest).unwrap();
    assert_eq!(signed.signer_path(&parts.anchors(), at(NOW)), Err(ChainError::Purpose));
    parts.write("operator.pem", pem("CERTIFICATE", &parts.certificate).as_bytes());
    let locked = parts.key.to_encrypted_pem(&torikomi::crypto::make::Passphrase::new("words".into())).unwrap();
    parts.write("key.pem", locked.as_bytes());
    parts.succeed("openssl req -new -newkey ed25519 -nodes -keyout evil.key -subj /CN=evil -out evil.csr");
    parts.succeed(
        "openssl x509 -req -in evil.csr -CA operator.pem -CAkey key.pem -passin pass:words -CAcreateserial -days 30 \
         -outform DER -out evil.der",
    );
    let evil = check::Certificate::read(&parts.read("evil.der"));
    // OpenSSL writes version 1 where no extension is asked for.
    if let Ok(evil) = evil {
        let found = check::chain(
            &evil,
            std::slice::from_ref(&parts.certificate),
            &parts.anchors(),
            check::Purpose::Signing,
            evil.not_before,
        );
        assert!(found.is_err());
    }
}

#[test]
fn one_stamp_in_our_own_signature_and_no_other() {
    let parts = Parts::new(Suite::Ed25519);
    let manifest = parts.manifest();
    let signature = parts.sign(&manifest);
    let stamped = parts.stamp(&signature);
    assert!(embed_timestamp(&stamped, b"\x30\x00").is_err());
    assert!(signature_value(&stamped).is_err());
    assert!(embed_timestamp(b"garbage", b"\x30\x00").is_err());
    // A stamp of something else is embedded as any, and refused when it is judged.
    let wrong = embed_timestamp(&signature, &parts.token(b"something else")).unwrap();
    let signed = check::cades(&wrong, &manifest).unwrap();
    let anchors = parts.anchors();
    let judged = check::timestamp_token(&signed.timestamp.unwrap(), &signed.signature, &rules(&anchors));
    assert_eq!(judged, Err(StampError::OtherImprint));
}
