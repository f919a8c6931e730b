//! Certificates as text (RFC 7468).

use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error, PemObject as _};

const LABEL: &str = "CERTIFICATE";

/// A certificate's text.
#[must_use]
pub fn write(der: &[u8]) -> String {
    pem::encode_config(&Pem::new(LABEL, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The certificates of a text, as DER, in its order. What stands between them is passed over, as `openssl x509 -text` puts text
/// there, and so are other things of this form.
///
/// # Errors
/// When something begins and does not end, or is no base64.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, Error> {
    CertificateDer::pem_slice_iter(text.as_bytes()).map(|found| found.map(|der| der.to_vec())).collect()
}
