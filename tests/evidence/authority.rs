//! The client before servers of all kinds, and the built-in authority behind HTTP.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair as TlsKey};
use rustls::pki_types::PrivateKeyDer;
use torikomi::authority::{Authority, Settings, StampingError, serve};
use torikomi::crypto::check::{self, StampError};
use torikomi::crypto::make::{Suite, timestamp_request};
use torikomi::crypto::oid;
use torikomi::ids::Digest;

use crate::parts::{ATTIME, NOW, Parts, at, authority, rules, validity};
use crate::servers::{Answer, http, https, nobody, silent};

const REPLY: &str = "application/timestamp-reply";

fn settings(parts: &Parts, url: String) -> Settings {
    Settings {
        url,
        tls_roots: vec![],
        anchors: parts.anchors(),
        policies: vec![oid::EVALUATION_TIMESTAMP],
        request_policy: None,
        accredited: vec![],
        timeout: Duration::from_secs(20),
    }
}

/// The built-in authority's answers, without its server.
fn answers(parts: &Parts) -> impl Fn(&[u8]) -> Answer + Send + 'static {
    let authority = authority(&parts.ca, validity());
    move |request| (200, REPLY, authority.answer(request, at(NOW), &[9; 16]).unwrap())
}

fn error(parts: &Parts, url: String) -> StampingError {
    Authority::new(settings(parts, url)).stamp(b"signature").unwrap_err()
}

#[test]
fn the_built_in_server_stamps_and_stops() {
    let parts = Parts::new(Suite::Ed25519);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = runtime.spawn(serve::serve(listener, authority(&parts.ca, validity()), || at(NOW), async {
        let _asked = stopped.await;
    }));

    let client = Authority::new(settings(&parts, format!("http://{address}/")));
    let first = client.stamp(b"signature").unwrap();
    let second = client.stamp(b"signature").unwrap();
    assert_eq!(first.info.gen_time, at(NOW));
    assert!(!first.accredited);
    assert!(first.info.path.certificates[0].is_evaluation());
    assert_ne!(first.info.serial, second.info.serial, "no serial number comes twice");
    let anchors = parts.anchors();
    assert!(check::timestamp_token(&first.token, b"signature", &rules(&anchors)).is_ok());

    // On the list, by the certificate or by its issuer, it is shown as accredited.
    for fingerprint in first.info.path.certificates.iter().map(check::Certificate::fingerprint) {
        let mut settings = settings(&parts, format!("http://{address}/"));
        settings.accredited = vec![Digest::of(b"another"), fingerprint];
        assert!(Authority::new(settings).stamp(b"signature").unwrap().accredited);
    }

    // Only time-stamp queries, and no large ones.
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |media_type: &str, body: &[u8]| {
        agent.post(format!("http://{address}/")).content_type(media_type).send(body).unwrap().status().as_u16()
    };
    assert_eq!(post("text/plain", b"x"), 415);
    assert_eq!(post("application/timestamp-query", &[0; 20_000]), 413);
    assert_eq!(post("application/timestamp-query", b"x"), 200, "a refusal is a reply");

    stop.send(()).unwrap();
    runtime.block_on(server).unwrap().unwrap();
}

#[test]
fn openssl_asks_and_accepts() {
    let parts = Parts::new(Suite::Ed25519);
    parts.write("data", b"signature");
    for (digest, extra) in [("sha256", "-cert"), ("sha384", "-cert"), ("sha512", "-cert -no_nonce"), ("sha256", "")] {
        parts.succeed(&format!("openssl ts -query -data data -{digest} {extra} -out query.tsq"));
        let reply = parts.authority.answer(&parts.read("query.tsq"), at(NOW), &[5; 16]).unwrap();
        parts.write("reply.tsr", &reply);
        let untrusted = if extra.is_empty() { "-untrusted tsa.pem" } else { "" };
        let verify =
            |file: &str| format!("openssl ts -verify {file} -in reply.tsr -CAfile root.pem {untrusted} {ATTIME}");
        assert!(parts.succeed(&verify("-queryfile query.tsq")).contains("Verification: OK"));
        assert!(parts.succeed(&verify("-data data")).contains("Verification: OK"));
        assert!(parts.fail(&verify("-data root.pem")).contains("FAILED"));
    }
    let text = parts.succeed("openssl ts -reply -in reply.tsr -text");
    assert!(text.contains("Time stamp: Nov 20 09:30:00.25 2026 GMT"), "{text}");
    assert!(text.contains("Policy OID: 2.25.89548296575212297958082581627253016147.2"), "{text}");
    assert!(text.contains("Serial number: 0x05050505050505050505050505050505"), "{text}");
}

#[test]
fn openssl_reads_our_refusals() {
    let parts = Parts::new(Suite::Ed25519);
    parts.write("data", b"signature");
    let refused = |request: &[u8]| {
        parts.write("reply.tsr", &parts.authority.answer(request, at(NOW), &[5; 16]).unwrap());
        parts.succeed("openssl ts -reply -in reply.tsr -text")
    };
    let query = |extra: &str| {
        parts.succeed(&format!("openssl ts -query -data data {extra} -out query.tsq"));
        parts.read("query.tsq")
    };
    for (request, expected) in [
        (query("-sha1"), "unrecognized or unsupported algorithm identifier"),
        (query("-sha256 -tspolicy 1.2.3.4"), "the requested TSA policy is not supported by the TSA"),
        (b"garbage".to_vec(), "the data submitted has the wrong format"),
        (vec![], "the data submitted has the wrong format"),
        (query("-sha256")[..20].to_vec(), "the data submitted has the wrong format"),
    ] {
        let text = refused(&request);
        assert!(text.contains("Status: Rejected.") && text.contains(expected), "{text}");
    }
    let mut version_2 = query("-sha256");
    version_2[4] = 2;
    assert!(refused(&version_2).contains("transaction not permitted or supported"));
    // The optional fields have one order, and each comes once: SEQ { 1, imprint, nonce 5, nonce 5 }.
    let mut twice = query("-sha256 -no_nonce");
    twice.extend(b"\x02\x01\x05");
    twice[1] += 3;
    assert!(refused(&twice).contains("Status: Granted."));
    twice.extend(b"\x02\x01\x05");
    twice[1] += 3;
    assert!(refused(&twice).contains("the data submitted has the wrong format"));
    // Every bit of a request, changed: an answer or a refusal, never a panic.
    let request = timestamp_request(b"signature", &[3; 16], Some(&oid::EVALUATION_TIMESTAMP)).unwrap();
    for position in 0..request.len() {
        for bit in 0..8 {
            let mut changed = request.clone();
            changed[position] ^= 1 << bit;
            assert!(parts.authority.answer(&changed, at(NOW), &[5; 16]).is_ok());
        }
    }
}

#[test]
fn who_must_wait_and_who_must_act() {
    let parts = Parts::new(Suite::Ed25519);
    let server = |answer: Answer| format!("http://{}/", http(move |_| answer.clone()));

    let unreachable = error(&parts, format!("http://{}/", nobody()));
    assert!(matches!(unreachable, StampingError::Unreachable { .. }) && unreachable.can_retry(), "{unreachable}");
    let mut impatient = settings(&parts, format!("http://{}/", silent()));
    impatient.timeout = Duration::from_millis(200);
    let late = Authority::new(impatient).stamp(b"signature").unwrap_err();
    assert!(matches!(late, StampingError::Unreachable { .. }) && late.can_retry(), "{late}");

    for (status, retry) in [(500, true), (503, true), (429, true), (404, false), (403, false), (302, false)] {
        let error = error(&parts, server((status, REPLY, vec![])));
        assert!(matches!(error, StampingError::Http { status: found } if found == status), "{error}");
        assert_eq!(error.can_retry(), retry, "{status}");
    }
    let error_of = |answer: Answer| {
        let error = error(&parts, server(answer));
        assert!(!error.can_retry());
        error
    };
    assert!(
        matches!(error_of((200, "text/html", vec![])), StampingError::ContentType { found } if found == "text/html")
    );
    assert!(matches!(error_of((200, REPLY, vec![0x30; 70_000])), StampingError::TooLong));
    assert!(matches!(error_of((200, REPLY, b"garbage".to_vec())), StampingError::Invalid(StampError::Malformed(_))));
    let unusable = error(&parts, "no address".into());
    assert!(matches!(unusable, StampingError::Settings { .. }) && !unusable.can_retry(), "{unusable}");
}

#[test]
fn a_refusal_comes_with_its_words() {
    let parts = Parts::new(Suite::Ed25519);
    let mut wrong_policy = settings(&parts, format!("http://{}/", http(answers(&parts))));
    wrong_policy.request_policy = Some("1.2.3.4".parse().unwrap());
    let error = Authority::new(wrong_policy).stamp(b"signature").unwrap_err();
    let StampingError::Refused(refusal) = &error else { panic!("{error}") };
    assert_eq!((refusal.status, &refusal.failures[..]), (2, &["unacceptedPolicy"][..]));
    assert!(refusal.text.contains("evaluation policy"), "{}", refusal.text);
    assert!(!error.can_retry());

    // No time today: try again. SEQ { SEQ { 2, SEQ { UTF8String }, BIT STRING bit 14 } }
    let no_time = b"\x30\x13\x30\x11\x02\x01\x02\x30\x06\x0c\x04\x1b[1m\x03\x04\x01\x00\x02\x00".to_vec();
    let error = self::error(&parts, format!("http://{}/", http(move |_| (200, REPLY, no_time.clone()))));
    let StampingError::Refused(refusal) = &error else { panic!("{error}") };
    assert_eq!(refusal.failures, ["timeNotAvailable"]);
    assert_eq!(refusal.text, "[1m", "control characters go");
    assert!(error.can_retry());
}

#[test]
fn a_reply_to_another_request_is_no_stamp() {
    let parts = Parts::new(Suite::Ed25519);
    let answers = answers(&parts);
    let replayed = answers(&timestamp_request(b"signature", &[1; 16], None).unwrap());
    let error = error(&parts, format!("http://{}/", http(move |_| replayed.clone())));
    assert!(matches!(error, StampingError::Invalid(StampError::OtherNonce)), "{error}");
}

#[test]
fn https_needs_a_root_from_the_settings() {
    let parts = Parts::new(Suite::Ed25519);
    let key = TlsKey::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let url = format!("https://{}/", https(Arc::new(config), answers(&parts)));

    let mut trusting = settings(&parts, url.clone());
    trusting.tls_roots = vec![certificate.der().to_vec()];
    assert_eq!(Authority::new(trusting).stamp(b"signature").unwrap().info.gen_time, at(NOW));
    for roots in [vec![], vec![parts.ca.certificate().to_vec()]] {
        let mut wary = settings(&parts, url.clone());
        wary.tls_roots = roots;
        let error = Authority::new(wary).stamp(b"signature").unwrap_err();
        assert!(matches!(error, StampingError::Untrusted { .. }) && !error.can_retry(), "{error}");
    }
}
