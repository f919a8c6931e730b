//! pyHanko validates our signatures with their time-stamps. `scripts/test` installs it.

use torikomi::crypto::make::Suite;

use crate::parts::Parts;

const VALIDATE: &str = r#"
import asyncio, sys
from datetime import datetime, timezone
from asn1crypto import cms, pem, x509
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

def context():
    _, _, der = pem.unarmor(open("root.pem", "rb").read())
    return ValidationContext(trust_roots=[x509.Certificate.load(der)], allow_fetching=False,
                             moment=datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc))

content = cms.ContentInfo.load(open("signature.p7s", "rb").read())
with open(sys.argv[1], "rb") as signed:
    status = asyncio.run(async_validate_detached_cms(
        signed, content["content"], signer_validation_context=context(), ts_validation_context=context()))
stamp = status.timestamp_validity
print("intact", status.intact, "valid", status.valid, "trusted", status.trusted,
      "stamp", stamp is not None and stamp.valid and stamp.trusted and stamp.timestamp.isoformat())
"#;

#[test]
fn pyhanko_validates_both_suites_and_their_stamps() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/.test-env/venv/bin/python");
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let parts = Parts::new(suite);
        let manifest = parts.manifest();
        parts.write("validate.py", VALIDATE.as_bytes());
        parts.write("manifest.xml", &manifest);
        parts.write("other.xml", b"<other/>");
        parts.write("signature.p7s", &parts.stamp(&parts.sign(&manifest)));
        let said = parts.succeed(&format!("{python} validate.py manifest.xml"));
        let expected = "intact True valid True trusted True stamp 2026-11-20T09:30:00.250000+00:00";
        assert!(said.contains(expected), "{suite:?}: {said}");
        let said = parts.succeed(&format!("{python} validate.py other.xml"));
        assert!(said.contains("intact False"), "{suite:?}: {said}");
    }
}
