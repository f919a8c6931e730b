//! What OpenSSL says of our keys, certificates, signatures and time-stamps.

use torikomi::crypto::check;
use torikomi::crypto::make::Suite;

use crate::parts::{NOW, Parts, at, rules};

/// Seconds since 1970 of [`NOW`].
const ATTIME: &str = "-attime 1795167000";

#[test]
fn a_p256_signature_is_cades_for_openssl() {
    let parts = Parts::new(Suite::EcdsaP256);
    let manifest = parts.manifest();
    let signature = parts.sign(&manifest);
    let stamped = parts.stamp(&signature);
    parts.write("manifest.xml", &manifest);
    parts.write("other.xml", &[&manifest[..], b"\n"].concat());
    for p7s in [&signature, &stamped] {
        parts.write("signature.p7s", p7s);
        let verify = |content: &str| {
            format!(
                "openssl cms -verify -binary -cades -inform DER -in signature.p7s -content {content} \
                 -CAfile root.pem -purpose any {ATTIME} -out /dev/null"
            )
        };
        assert!(parts.succeed(&verify("manifest.xml")).contains("CAdES Verification successful"));
        assert!(parts.fail(&verify("other.xml")).contains("verification failure"), "a changed manifest");
    }
    let signed = check::cades(&stamped, &manifest).unwrap();
    assert_eq!(signed.signing_time, at("2026-11-20T09:30:00.000000Z"));
    let path = signed.signer_path(&parts.anchors(), at(NOW)).unwrap();
    assert_eq!(path.certificates.len(), 2);
    let anchors = parts.anchors();
    let info = check::timestamp_token(&signed.timestamp.unwrap(), &signed.signature, &rules(&anchors)).unwrap();
    assert_eq!(info.gen_time, at(NOW));
}
