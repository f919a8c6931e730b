//! What pyHanko says of exported records.

use torikomi::crypto::make::Suite;

use crate::hospital::{Hospital, Recipe};
use crate::{run, unpacked};

const PYHANKO: &str = r#"
import asyncio, sys
from datetime import datetime, timezone
from asn1crypto import cms, pem, x509
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

def context():
    _, _, der = pem.unarmor(open("claimed-anchors/roots.pem", "rb").read())
    return ValidationContext(trust_roots=[x509.Certificate.load(der)], allow_fetching=False,
                             moment=datetime(2026, 11, 20, 5, 10, tzinfo=timezone.utc))

content = cms.ContentInfo.load(open("record/META-INF/signature001.p7s", "rb").read())
with open("record/META-INF/ASiCManifest001.xml", "rb") as signed:
    status = asyncio.run(async_validate_detached_cms(
        signed, content["content"], signer_validation_context=context(), ts_validation_context=context()))
stamp = status.timestamp_validity
good = status.intact and status.valid and status.trusted and stamp is not None and stamp.valid and stamp.trusted
print(good, stamp and stamp.timestamp.isoformat())
sys.exit(0 if good else 1)
"#;

/// `scripts/test` installs pyHanko.
#[test]
fn pyhanko_validates_what_was_exported() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/.test-env/venv/bin/python");
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let hospital = Hospital::with(suite);
        let filed = hospital.file(Recipe::default());
        let folder = unpacked(&hospital, &filed);
        let (good, said) = run(&folder, python, &["-c", PYHANKO]);
        assert!(good && said.contains("True 2026-11-20T05:10:00.600000+00:00"), "{suite:?}: {said}");
        let manifest = folder.join("record/META-INF/ASiCManifest001.xml");
        let mut bytes = std::fs::read(&manifest).unwrap();
        bytes[300] ^= 1;
        std::fs::write(&manifest, bytes).unwrap();
        let (good, said) = run(&folder, python, &["-c", PYHANKO]);
        assert!(!good && said.contains("False"), "{suite:?}: {said}");
    }
}
