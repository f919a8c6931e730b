//! OpenSSL as a certificate authority outside the hospital: a root, an authority below it, and whatever they are asked to issue.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::Path;
use std::process::Command;

const SECTIONS: &str = "\
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[between]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[person]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, keyCertSign
[encipher]
basicConstraints = critical, CA:false
keyUsage = critical, keyEncipherment
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[policy]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
certificatePolicies = critical, 1.2.392.200257.1
";

pub struct ForeignCa {
    folder: tempfile::TempDir,
}

/// What the authority does otherwise than it should.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    pub section: &'a str,
    /// Another name than the request has.
    pub name: Option<&'a str>,
    /// By another clock.
    pub clock: &'a str,
    pub digest: &'a str,
    /// The certificate of the authority below the root goes with it.
    pub with_issuer: bool,
}

pub const WELL: How<'static> =
    How { section: "person", name: None, clock: "+0d", digest: "-sha256", with_issuer: true };

impl ForeignCa {
    pub fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(authority.folder.path().join("ca.cnf"), SECTIONS).unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-noenc"];
        let root = ["req", "-x509", "-keyout", "root.key", "-out", "root.pem", "-days", "7300", "-config", "ca.cnf"];
        let root = [&root[..], &key, &["-extensions", "root", "-subj", "/C=JP/O=Outside authority for tests/CN=Root"]];
        authority.openssl("-60d", &root.concat());
        let between = ["req", "-keyout", "between.key", "-out", "between.csr", "-config", "ca.cnf"];
        let subject = ["-subj", "/C=JP/O=Outside authority for tests/CN=People"];
        authority.openssl("-60d", &[&between[..], &key, &subject].concat());
        authority.sign("-60d", "between.csr", "root", "between", "between.pem", &["-days", "3650", "-sha256"]);
        authority
    }

    /// The root, in PEM.
    pub fn root(&self) -> String {
        self.read("root.pem")
    }

    /// What the authority sends for a request.
    pub fn issue(&self, request: &str, how: How<'_>) -> String {
        std::fs::write(self.folder.path().join("request.csr"), request).unwrap();
        let mut more = vec!["-days", "30", how.digest];
        let subject = how.name.map(|name| format!("/C=JP/CN={name}"));
        more.extend(subject.iter().flat_map(|subject| ["-subj", subject.as_str()]));
        self.sign(how.clock, "request.csr", "between", how.section, "issued.pem", &more);
        self.read("issued.pem") + &if how.with_issuer { self.read("between.pem") } else { String::new() }
    }

    /// The certificate of the authority below the root, in PEM.
    pub fn between(&self) -> String {
        self.read("between.pem")
    }

    /// Another root, older than this one, and the certificate that it issued for this one; in PEM.
    pub fn crossed(&self) -> (String, String) {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-noenc"];
        let root = ["req", "-x509", "-keyout", "older.key", "-out", "older.pem", "-days", "7300", "-config", "ca.cnf"];
        let root = [&root[..], &key, &["-extensions", "root", "-subj", "/C=JP/O=Outside authority for tests/CN=Older"]];
        self.openssl("-60d", &root.concat());
        let request = ["req", "-new", "-key", "root.key", "-out", "root.csr", "-config", "ca.cnf"];
        self.openssl("-60d", &[&request[..], &["-subj", "/C=JP/O=Outside authority for tests/CN=Root"]].concat());
        self.sign("-60d", "root.csr", "older", "between", "crossed.pem", &["-days", "3650", "-sha256"]);
        (self.read("older.pem"), self.read("crossed.pem"))
    }

    /// A request for somebody's own key that was never made here.
    pub fn strange_request(&self) -> String {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "strange.key"];
        let rest = ["-out", "strange.csr", "-config", "ca.cnf", "-subj", "/C=JP/CN=Stranger"];
        self.openssl("+0d", &[&["req"][..], &key, &rest].concat());
        self.read("strange.csr")
    }

    fn sign(&self, clock: &str, request: &str, by: &str, section: &str, out: &str, more: &[&str]) {
        let (certificate, key) = (format!("{by}.pem"), format!("{by}.key"));
        let words = ["x509", "-req", "-in", request, "-CA", &certificate, "-CAkey", &key, "-out", out];
        let extensions = ["-extfile", "ca.cnf", "-extensions", section];
        self.openssl(clock, &[&words[..], &extensions, more].concat());
    }

    fn openssl(&self, clock: &str, words: &[&str]) {
        let mut command = Command::new("faketime");
        let ran = command.args(["-f", clock, "openssl"]).args(words).current_dir(self.folder.path()).output().unwrap();
        assert!(ran.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// Puts a root among those of a home.
pub fn believe(home: &Path, root: &str) {
    let path = home.join("keys/roots.pem");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, before + root).unwrap();
}
