//! A throw-away evaluation authority with a signer and a time-stamping key, and outside programs to run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use torikomi::crypto::check::Anchors;
use torikomi::crypto::make::{
    EvaluationAuthority, EvaluationCa, KeyPair, Subject, Suite, Validity, embed_timestamp, sign_cades, signature_value,
    timestamp_request,
};
use torikomi::crypto::{check, oid};
use torikomi::evidence::manifest::{Member, encode};
use torikomi::ids::Digest;
use torikomi::instant::Instant;

/// Some moment at which everything is valid.
pub const NOW: &str = "2026-11-20T09:30:00.250000Z";

/// The same moment for OpenSSL.
pub const ATTIME: &str = "-attime 1795167000";

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn subject(common_name: &str) -> Subject {
    Subject {
        common_name: common_name.into(),
        organization: "見本病院".into(),
        organizational_unit: Some("診療情報管理室".into()),
    }
}

pub fn validity() -> Validity {
    Validity { not_before: at("2026-01-01T00:00:00.000000Z"), not_after: at("2028-12-31T23:59:59.000000Z") }
}

/// Files, keys and certificates of one test.
pub struct Parts {
    pub folder: TempDir,
    pub ca: EvaluationCa,
    pub key: KeyPair,
    pub certificate: Vec<u8>,
    pub authority: EvaluationAuthority,
}

impl Parts {
    pub fn new(suite: Suite) -> Self {
        let ca = EvaluationCa::create(&subject("評価用認証局"), validity()).unwrap();
        let key = KeyPair::generate(suite).unwrap();
        let certificate = ca.issue_operator(&key.public_key().unwrap(), &subject("見本 太郎"), validity()).unwrap();
        let authority = authority(&ca, validity());
        let parts = Self { folder: TempDir::new().unwrap(), ca, key, certificate, authority };
        parts.write("root.pem", pem("CERTIFICATE", parts.ca.certificate()).as_bytes());
        parts.write("signer.pem", pem("CERTIFICATE", &parts.certificate).as_bytes());
        parts.write("tsa.pem", pem("CERTIFICATE", parts.authority.certificate()).as_bytes());
        parts
    }

    pub fn manifest(&self) -> Vec<u8> {
        let members = ["original-001.tif", "record.json"].map(|name| Member {
            name: name.parse().unwrap(),
            media_type: "application/octet-stream".parse().unwrap(),
            digest: Digest::of(name.as_bytes()),
        });
        encode(&members).unwrap()
    }

    pub fn sign(&self, manifest: &[u8]) -> Vec<u8> {
        let chain = [self.ca.certificate().to_vec()];
        sign_cades(&self.key, &self.certificate, &chain, manifest, at(NOW)).unwrap()
    }

    /// A token of the built-in authority.
    pub fn token(&self, stamped: &[u8]) -> Vec<u8> {
        self.token_at(stamped, at(NOW))
    }

    pub fn token_at(&self, stamped: &[u8], now: Instant) -> Vec<u8> {
        let nonce = [7; 16];
        let request = timestamp_request(stamped, &nonce, None).unwrap();
        let reply = self.authority.answer(&request, now, &[1; 16]).unwrap();
        let anchors = self.anchors();
        check::timestamp_response(&reply, stamped, &nonce, &rules(&anchors)).unwrap().0
    }

    /// Another key and certificate for the time-stamping authority.
    pub fn renew_authority(&mut self, validity: Validity) {
        self.authority = authority(&self.ca, validity);
    }

    pub fn stamp(&self, signature: &[u8]) -> Vec<u8> {
        embed_timestamp(signature, &self.token(&signature_value(signature).unwrap())).unwrap()
    }

    pub fn anchors(&self) -> Anchors {
        Anchors::new(&[self.ca.certificate().to_vec()]).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs a program in the folder; its words are split at blanks.
    pub fn run(&self, command: &str) -> Output {
        run(self.folder.path(), command)
    }

    /// Runs a program that must succeed, and gives both its outputs.
    pub fn succeed(&self, command: &str) -> String {
        let output = self.run(command);
        let said = said(&output);
        assert!(output.status.success(), "{command}\n{said}");
        said
    }

    /// Runs a program that must fail, and gives both its outputs.
    pub fn fail(&self, command: &str) -> String {
        let output = self.run(command);
        let said = said(&output);
        assert!(!output.status.success(), "{command}\n{said}");
        said
    }
}

pub fn authority(ca: &EvaluationCa, validity: Validity) -> EvaluationAuthority {
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let subject = subject("評価用時刻認証局");
    let certificate = ca.issue_timestamping(&key.public_key().unwrap(), &subject, validity).unwrap();
    EvaluationAuthority::new(key, certificate, vec![]).unwrap()
}

pub fn rules<'a>(anchors: &'a Anchors) -> check::StampRules<'a> {
    check::StampRules { anchors, policies: std::slice::from_ref(const { &oid::EVALUATION_TIMESTAMP }) }
}

pub fn run(folder: &Path, command: &str) -> Output {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().unwrap();
    Command::new(program).args(words).current_dir(folder).output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
