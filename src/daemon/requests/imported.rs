//! Keys that an outside authority certifies: the request for it, and what came back.

use std::sync::PoisonError;

use zeroize::Zeroizing;

use super::hand::Signers;
use super::people::{Entering, noted};
use super::{Peer, Requests};
use crate::control::facts::Noted;
use crate::control::production::Requested;
use crate::control::{Credentials, Refusal, Secret};
use crate::crypto::check::{Anchors, Certificate};
use crate::crypto::make::certificate_request;
use crate::crypto::pem;
use crate::durable::Folder;
use crate::ids::Digest;
use crate::keyring;
use crate::people::certificates;
use crate::people::enrolment::{self, KeyFile, OwnKey};
use crate::people::importing::{self, Unfit};
use crate::people::register::{self, Person};
use crate::people::{PassphraseRule, PeopleError, Refused};

impl Requests {
    /// The person makes the own key, for which somebody outside is asked for a certificate. Until that has come it signs nothing.
    pub(super) fn request_certificate(&self, by: &Credentials, own: &Credentials) -> Result<Requested, Refusal> {
        let now = self.line.clock.now();
        self.prove(by, now)?;
        let _alone = self.enrolling.lock().unwrap_or_else(PoisonError::into_inner);
        let person = self.person(&own.login)?;
        let config = &self.line.config;
        let passphrase = Zeroizing::new(own.passphrase.expose().to_owned());
        let key = OwnKey::make(&person, passphrase, PassphraseRule::from(&config.people), config.signing.suite.into())?;
        let public_key = key.key.public_key().map_err(PeopleError::from)?;
        let subject = enrolment::subject(&person, &self.organization()?);
        let request = certificate_request(&key.key, &subject).map_err(PeopleError::from)?;
        key.save(&self.line.keys, &importing::request_file(&person.login, &public_key))?;
        Ok(Requested { request, public_key: Digest::of(&public_key) })
    }

    /// Enters the certificate that came back. Its owner opens the key for which it was asked; `by`, somebody else, answers for
    /// who that is, as with a certificate of the home's own authority.
    pub(super) fn import(
        &self,
        by: &Credentials,
        own: &Credentials,
        present: Option<Secret>,
        certificates: &str,
        named: Option<&str>,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        let by = self.prove(by, hand.now)?;
        let ending = present.map(|passphrase| Credentials { login: own.login.clone(), passphrase });
        let ending = ending.map(|present| self.prove(&present, hand.now)).transpose()?.map(Signers::from);
        let _alone = self.enrolling.lock().unwrap_or_else(PoisonError::into_inner);
        let person = self.person(&own.login)?;
        let unfit = |unfit: Unfit| Refusal::from(Refused::UnfitCertificate { login: own.login.clone(), unfit });
        let came = pem::certificates(certificates).map_err(|_| unfit(Unfit::NoCertificate))?;
        let requested = |file: &str| self.line.keys.join(file).is_file();
        let (certificate, others) = importing::of_requested_key(&person.login, came, requested).map_err(unfit)?;
        let request = importing::request_file(&person.login, &certificate.public_key);
        let anchors = self.outside_roots()?;
        let imported = importing::imported(&person, named, &certificate, &others, &anchors, hand.now).map_err(unfit)?;
        let file = KeyFile::read(&self.line.keys, &request)?;
        let pending = certificates::Certificate { key_file: request.clone(), ..imported.clone() };
        let own = self.unlock_requested(&person, pending, &own.passphrase)?;
        let entering = Entering { by, witness: None, ending, person, certificate: imported, own, file };
        let appended = self.enter(entering, hand)?;
        // It lies under the name of its certificate now.
        if let Err(error) = Folder::open(&self.line.keys).and_then(|keys| keys.remove(&request)) {
            tracing::warn!(%error, "The file of a request that was answered stays: {request}");
        }
        Ok(noted(appended))
    }

    pub(super) fn person(&self, login: &str) -> Result<Person, Refusal> {
        Ok(self.line.database.read::<_, PeopleError, _>(async |tx| register::active(tx, login).await)?)
    }

    /// The roots that the hospital put beside its own, read anew: whoever has just entered one imports what it vouches for.
    fn outside_roots(&self) -> Result<Anchors, Refusal> {
        let unusable = |problem: String| Refusal::Environment { problem };
        let roots = keyring::certificates(&self.line.home.layout().roots());
        let mut roots = roots.map_err(|error| unusable(error.to_string()))?;
        roots.retain(|root| !Certificate::read(root).is_ok_and(|root| root.is_evaluation()));
        Anchors::new(&roots).map_err(|error| unusable(error.to_string()))
    }
}
