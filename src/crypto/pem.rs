//! Certificates as text (RFC 7468).

use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const LABEL: &str = "CERTIFICATE";
const BEGIN: &str = "-----BEGIN ";

/// A certificate's text.
#[must_use]
pub fn write(der: &[u8]) -> String {
    pem::encode_config(&Pem::new(LABEL, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The certificates of a text, as DER, in its order. What stands between them is passed over, as `openssl x509 -text` puts text
/// there, and so are other things of this form, such as keys.
///
/// # Errors
/// When something begins and does not end, is no base64, or begins in the middle of a line, or is called another sort of
/// certificate (`TRUSTED CERTIFICATE`, `X509 CERTIFICATE`): one that is passed over in silence would be missing where it counts.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, NotCertificates> {
    // An editor puts this mark before a text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let found = found.map_err(|_| NotCertificates)?;
    let labels = text.match_indices(BEGIN).filter_map(|(at, mark)| text.get(at + mark.len()..)?.split_once("-----"));
    if found.len() != labels.filter(|(label, _)| label.trim_end().ends_with(LABEL)).count() {
        return Err(NotCertificates);
    }
    Ok(found.into_iter().map(|der| der.to_vec()).collect())
}

/// Something in a text looks like a certificate and cannot be read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "something between the marks of a certificate is none, or a mark is not `-----BEGIN CERTIFICATE-----` at the beginning of \
     its line"
)]
pub struct NotCertificates;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certificate_is_passed_over_in_silence() {
        let two = write(&[1; 100]) + &write(&[2; 48]);
        let ders = [vec![1; 100], vec![2; 48]];
        for good in [two.clone(), format!("\u{feff}{two}"), two.replace('\n', "\r\n"), format!("Subject: CN=x\n{two}")]
        {
            assert_eq!(certificates(&good).as_deref(), Ok(&ders[..]), "{good}");
        }
        assert_eq!(certificates("# none\n"), Ok(Vec::new()));
        let key = write(&[4; 10]).replace("CERTIFICATE", "PRIVATE KEY");
        assert_eq!(certificates(&(key + &two)).as_deref(), Ok(&ders[..]), "a key is none");
        let indented = two.replacen("-----BEGIN", " -----BEGIN", 1);
        let cut = two.trim_end().trim_end_matches("-----END CERTIFICATE-----").to_owned();
        let called = |sort: &str| two.clone() + &write(&[3; 10]).replace("CERTIFICATE", &format!("{sort} CERTIFICATE"));
        let [trusted, x509] = ["TRUSTED", "X509"].map(called);
        for wrong in [indented, cut, two.replacen('A', "*", 1), trusted, x509] {
            assert_eq!(certificates(&wrong), Err(NotCertificates), "{wrong}");
        }
    }
}
