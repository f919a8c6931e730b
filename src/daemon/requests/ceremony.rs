//! The ceremony of two, as far as it is the daemon's: what would be issued, and the certificate that was.

use std::sync::PoisonError;

use super::hand::Signers;
use super::people::{Entering, noted};
use super::{Peer, Requests};
use crate::config::Mode;
use crate::control::ceremony::{Certified, Planned};
use crate::control::facts::Noted;
use crate::control::{Credentials, Refusal, Secret};
use crate::crypto::make::{Passphrase, Validity};
use crate::crypto::{check, pem};
use crate::instant::Instant;
use crate::people::acts::ActRules;
use crate::people::ceremony::{self, Opening};
use crate::people::certificates::{self, Signer};
use crate::people::enrolment::{self, KeyFile};
use crate::people::importing::Unfit;
use crate::people::register::{self, Person};
use crate::people::{PassphraseRule, PeopleError, Refused};

impl Requests {
    /// What these would issue, unless they may not: before anybody types a passphrase. Nobody is proven by it, and nothing changes.
    pub(super) fn plan_certificate(
        &self,
        by: &str,
        witness: Option<&str>,
        login: &str,
        renew: bool,
    ) -> Result<Planned, Refusal> {
        let now = self.line.clock.believed().map_err(|clock| Refusal::ClockInDoubt { clock })?;
        self.refuse_in_production()?;
        let rules = ActRules::of(self.line.home.id(), &self.line.config);
        let person = self.line.database.read::<_, PeopleError, _>(async |tx| {
            let person = register::active(tx, login).await?;
            let by = register::active(tx, by).await?.id;
            let witness = match witness {
                Some(witness) => Some(register::active(tx, witness).await?.id),
                None => None,
            };
            let ending = if renew { Some(certificates::current(tx, &person, now).await?.fingerprint) } else { None };
            let opening = Opening { by, witness, owner: person.id };
            ceremony::check_asking(tx, by, now).await?;
            enrolment::check_opening(tx, opening, ending, &rules, now).await?;
            Ok(person)
        })?;
        let root = self.own_root()?;
        let Validity { not_before, not_after } = self.validity(&root, now);
        Ok(Planned {
            login: person.login,
            name: person.name,
            department: person.department,
            organization: self.organization()?,
            suite: self.line.config.signing.suite.into(),
            not_before,
            not_after,
            root: root.fingerprint(),
        })
    }

    /// Enters what a ceremony brought forth. The person typed the new passphrase; two others, who asked and a witness, opened the
    /// authority. Where a key is in force still, its owner ends it with its `present` passphrase: nobody else can have another
    /// made meanwhile.
    pub(super) fn enrol(
        &self,
        (by, witness): (&Credentials, Option<&Credentials>),
        own: &Credentials,
        present: Option<Secret>,
        certified: &Certified,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        self.refuse_in_production()?;
        let by = self.prove(by, hand.now)?;
        let witness = self.prove_second(witness, hand.now)?;
        let ending = present.map(|passphrase| Credentials { login: own.login.clone(), passphrase });
        let ending = ending.map(|present| self.prove(&present, hand.now)).transpose()?.map(Signers::from);
        let _alone = self.enrolling.lock().unwrap_or_else(PoisonError::into_inner);
        let person = self.person(&own.login)?;
        enrolment::refuse_weak(&person, own.passphrase.expose(), PassphraseRule::from(&self.line.config.people))?;
        let file = KeyFile::made(certified.key.expose());
        let key = file.open(&person, &Passphrase::new(own.passphrase.expose().to_owned()))?;
        let der = self.as_planned(&person, &certified.certificate, hand.now)?;
        let certificate = enrolment::certified(&person, der, key.suite(), hand.now)?;
        let own = Signer::new(&person, certificate.clone(), key)?;
        Ok(noted(self.enter(Entering { by, witness, ending, person, certificate, own, file }, hand)?))
    }

    /// What it opens would count for nothing.
    fn refuse_in_production(&self) -> Result<(), Refusal> {
        match self.line.config.mode {
            Mode::Production => Err(Refused::EvaluationAuthorityShut.into()),
            Mode::Evaluation => Ok(()),
        }
    }

    /// The certificate, if it is what [`Self::plan_certificate`] would have told those who held the ceremony.
    fn as_planned(&self, person: &Person, text: &str, now: Instant) -> Result<Vec<u8>, Refusal> {
        let unfit = |unfit| Refusal::from(Refused::UnfitCertificate { login: person.login.to_string(), unfit });
        let ders = pem::certificates(text).unwrap_or_default();
        let [der] = &ders[..] else { return Err(unfit(Unfit::NoCertificate)) };
        let read =
            check::Certificate::read(der).map_err(|error| unfit(Unfit::Unreadable { detail: error.to_string() }))?;
        let root = self.own_root()?;
        let subject = enrolment::subject(person, &self.organization()?);
        ceremony::as_planned(&read, &subject, self.validity(&root, now), &root, now).map_err(unfit)?;
        Ok(der.clone())
    }

    /// From when until when a certificate is valid that is issued now.
    fn validity(&self, root: &check::Certificate, now: Instant) -> Validity {
        let wanted = now.plus(self.line.config.people.certificate_valid.as_signed());
        Validity { not_before: now.cut_to_second(), not_after: wanted.min(root.not_after).cut_to_second() }
    }
}
