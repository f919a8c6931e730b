//! Accounts, keys and appointments.

use std::sync::Arc;
use std::time::Duration;

use super::hand::{Hand, Signers};
use super::{Peer, Requests, queue};
use crate::control::facts::Noted;
use crate::control::{Credentials, Refusal};
use crate::crypto::check;
use crate::database::{DatabaseError, Tx};
use crate::document::HoldReason;
use crate::ids::{Name, PersonId};
use crate::instant::Instant;
use crate::journal::append::Appended;
use crate::keyring;
use crate::ledger::{decisions, documents, waiting};
use crate::people::acts::{Act, Deed, RevocationReason, Signed};
use crate::people::appointments::{self, Appointment, Changing};
use crate::people::certificates::{Certificate, Signer};
use crate::people::enrolment::{self, KeyFile, Next};
use crate::people::register::{self, Called, NewPerson, Person};
use crate::people::sessions::{self, CloseReason};
use crate::people::{Change, PeopleError, Refused, Role};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Line;

/// How long an appointment from now on can lie ahead.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A certificate that is about to be entered.
pub(super) struct Entering {
    /// Who answers for whose it is.
    pub(super) by: Signer,
    /// Who stood by when the home's own authority was opened for it.
    pub(super) witness: Option<Signer>,
    /// The key in force, which its owner ends with this.
    pub(super) ending: Option<Signers>,
    pub(super) person: Person,
    pub(super) certificate: Certificate,
    pub(super) own: Signer,
    pub(super) file: KeyFile,
}

/// An appointment that is asked for.
pub(super) struct Wanted {
    pub(super) login: String,
    pub(super) role: Name,
    pub(super) rank: u32,
    pub(super) from: Option<Instant>,
    pub(super) until: Option<Instant>,
}

impl Requests {
    pub(super) fn add_person(&self, by: &Credentials, new: NewPerson, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        let signer = self.prove(by, hand.now)?;
        let person = new.into_person(Some(signer.person()), hand.now)?;
        let (act, private) = enrolment::add_person_act(&person, &signer, hand.now, hand.rules.home)?;
        let signed = Signed::sign(act, &[&signer])?;
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let change = enrolment::add_person(tx, signed, person, private, &hand.rules, hand.now).await?;
            hand.apply(tx, &change).await
        })?;
        Ok(noted(appended))
    }

    pub(super) fn rename(&self, by: &Credentials, login: &str, called: Called, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let signer = self.prove(by, hand.now)?;
        let login = login.to_owned();
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let person = register::named(tx, &login).await?.renamed(called)?;
            let (act, private) = enrolment::rename_act(&person, &signer, hand.now, hand.rules.home)?;
            let signed = Signed::sign(act, &[&signer])?;
            let change = enrolment::rename(tx, signed, person, private, &hand.rules, hand.now).await?;
            hand.apply(tx, &change).await
        })?;
        Ok(noted(appended))
    }

    /// Enters a certificate, whoever issued it, and ends the key in whose place it comes.
    pub(super) fn enter(&self, entering: Entering, hand: Hand) -> Result<Appended, Refusal> {
        let Entering { by, witness, ending, person, certificate, own, file } = entering;
        // All sign: the one who has it entered, who stood by, and the new key, which proves that its owner has it.
        let mut act = Act::new(Deed::Enrol(certificate.issued()), by.person(), hand.now, hand.rules.home);
        if let Some(witness) = &witness {
            act = act.with_witness(witness.person());
        }
        let signers: Vec<&Signer> = [Some(&by), witness.as_ref(), Some(&own)].into_iter().flatten().collect();
        let signed = Signed::sign(act.with_second(own.person()), &signers)?;
        // Asked before the key is saved, so that a refusal leaves nothing behind.
        let (asked, new, rules, now) = (signed.clone(), certificate.clone(), hand.rules, hand.now);
        let ended = ending.as_ref().map(|signers| signers.first.certificate().fingerprint);
        self.line.database.read::<_, PeopleError, _>(async move |tx| {
            enrolment::enrol(tx, asked, new, ended, &rules, now).await.map(drop)
        })?;
        file.save(&self.line.keys, &certificate.key_file)?;
        // The journal names their digests alone: the bytes have to outlast the database.
        for der in std::iter::once(&certificate.der).chain(&certificate.issuers) {
            self.line.objects.put(der)?;
        }
        if ending.is_some() {
            self.line.sessions.close_all_of(person.id);
        }
        let (clock, owner) = (Arc::clone(&self.line.clock), person.id);
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // What was stamped while the passphrases were tried stays good.
            let (began, hand) = (hand.now, hand.at(clock.now()));
            // Whoever reads the journal asks the act's time and the entry's for the same rules.
            if hand.now.since(began).abs() > hand.rules.clock_skew {
                return Err(Refused::ActOutOfTime { stated: began, now: hand.now }.into());
            }
            let certificate = Certificate { issued_at: hand.now, ..certificate };
            if let Some(signers) = ending {
                let (login, why) = (person.login.to_string(), RevocationReason::Renewal);
                let (held, change) =
                    Revocation { login, why, since: None, next: Next::AtOnce }.act(tx, &signers, &hand).await?;
                hand.apply(tx, &change).await?;
                close_sessions_of(tx, held.person, CloseReason::Revoked, &hand).await?;
            }
            let change = enrolment::enrol(tx, signed, certificate, None, &hand.rules, began).await?;
            hand.apply(tx, &change).await
        })?;
        if ended.is_some() {
            // A session that was being opened meanwhile.
            self.line.sessions.close_all_of(owner);
        }
        Ok(appended)
    }

    pub(super) fn own_root(&self) -> Result<check::Certificate, Refusal> {
        let root = keyring::certificate_of_authority(self.line.home.layout())
            .map_err(|error| Refusal::Environment { problem: error.to_string() })?;
        check::Certificate::read(&root).map_err(|_| unreadable_root())
    }

    /// The hospital's name, as certificates have it: the founders gave it to their own authority.
    pub(super) fn organization(&self) -> Result<String, Refusal> {
        self.own_root()?.subject.organization.ok_or_else(unreadable_root)
    }

    pub(super) fn revoke(
        &self,
        by: &Credentials,
        second: Option<&Credentials>,
        login: &str,
        why: RevocationReason,
        since: Option<Instant>,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers { first: self.prove(by, hand.now)?, second: self.prove_second(second, hand.now)? };
        let wanted = Revocation { login: login.to_owned(), why, since, next: Next::Open };
        // Asked before the keys are wiped, so that a refusal ends nobody's session.
        let held = self.line.database.read::<_, Refusal, _>(async |tx| Ok(wanted.act(tx, &signers, &hand).await?.0))?;
        // Whoever has another key in force by now goes on with that.
        let ends = held.is_in_force(hand.now);
        if ends {
            self.line.sessions.close_all_of(held.person);
        }
        let (clock, profiles) = (Arc::clone(&self.line.clock), self.line.profiles());
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // Now that nothing is signed with it any more: what was filed while the passphrases were tried stays good.
            let hand = hand.at(clock.now());
            let (held, change) = wanted.act(tx, &signers, &hand).await?;
            let appended = hand.apply(tx, &change).await?;
            if ends {
                close_sessions_of(tx, held.person, CloseReason::Revoked, &hand).await?;
            }
            queue::ask_anew(tx, appended.index, &profiles, &hand).await?;
            // What only this person could have signed asks for somebody else.
            decisions::resume_those_of(tx, held.person, HoldReason::NoSession, hand.now).await?;
            Ok(appended)
        })?;
        if ends {
            // A session that was being opened meanwhile.
            self.line.sessions.close_all_of(held.person);
        }
        self.line.shared.wake(&[StageName::Signing]);
        Ok(noted(appended))
    }

    pub(super) fn appoint(
        &self,
        by: &Credentials,
        second: Option<&Credentials>,
        wanted: &Wanted,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        let role = role_of(&wanted.role)?;
        let signers = Signers { first: self.prove(by, hand.now)?, second: self.prove_second(second, hand.now)? };
        let (login, rank, asked_for) = (wanted.login.clone(), wanted.rank, wanted.from);
        let until = wanted.until.map(appointments::whole_second_from);
        let clock = Arc::clone(&self.line.clock);
        let (appended, from) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // Now that the passphrases are tried: nobody is in office before the entry that says so.
            let hand = hand.at(clock.now());
            let person = register::active(tx, &login).await?.id;
            let changing = Changing::Begins { person, role, rank, until };
            let earliest = appointments::soonest(tx, changing, hand.now).await?;
            let from = asked_for.map_or(earliest, appointments::whole_second_from);
            if from < earliest {
                return Err(Refusal::BegunInPast { from });
            }
            let deed = Deed::Appoint(Appointment { person, role, rank, from, until });
            let signed = hand.sign(deed, &signers, None)?;
            let change = enrolment::appoint(tx, signed, &hand.rules, hand.now).await?;
            Ok((hand.apply(tx, &change).await?, from))
        })?;
        if wanted.from.is_none() {
            self.wait_for(from);
        }
        resume_under_manager(&self.line)?;
        Ok(noted(appended))
    }

    /// An appointment ends now, or when it is said to.
    pub(super) fn end_appointment(
        &self,
        by: &Credentials,
        login: &str,
        role: &Name,
        ends: Option<Instant>,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let (role, asked_for) = (role_of(role)?, ends);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let login = login.to_owned();
        let clock = Arc::clone(&self.line.clock);
        let (appended, ends) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // What was signed while the passphrase was tried was signed in office.
            let hand = hand.at(clock.now());
            let person = register::named(tx, &login).await?.id;
            let soonest = appointments::soonest(tx, Changing::Ends { person, role }, hand.now).await?;
            let ends = asked_for.map_or(soonest, appointments::whole_second_from);
            let open = appointments::list(tx, ends).await?;
            if !open.iter().any(|held| held.person == person && held.role == role) {
                return Err(Refusal::NotAppointed { login, role: role.to_string() });
            }
            let signed = hand.sign(Deed::EndAppointment { person, role, ends }, &signers, None)?;
            let change = enrolment::appoint(tx, signed, &hand.rules, hand.now).await?;
            Ok((hand.apply(tx, &change).await?, ends))
        })?;
        if asked_for.is_none() {
            self.wait_for(ends);
        }
        Ok(noted(appended))
    }

    /// Whoever asked for something from now on is answered once it is so, a second or two later.
    pub(super) fn wait_for(&self, at: Instant) {
        let left = Duration::try_from(at.since(self.line.clock.now())).unwrap_or_default();
        // No longer where somebody set the clock back meanwhile.
        std::thread::sleep(left.min(LONGEST_WAIT));
    }
}

/// What waited for an information manager goes on while there is one: appointed just now, or long before and in office only
/// since. To be called every few seconds.
///
/// # Errors
/// When the database fails.
pub fn resume_under_manager(line: &Line) -> Result<(), DatabaseError> {
    let now = line.clock.now();
    let goes_on = line.database.read::<_, DatabaseError, _>(async |tx| {
        Ok(waiting::any(tx, HoldReason::NoInformationManager).await?
            && appointments::information_manager(tx, now).await?.is_some())
    })?;
    if goes_on {
        line.database.write::<_, DatabaseError, _>(async move |tx| {
            documents::resume_all(tx, None, HoldReason::NoInformationManager, now).await
        })?;
        line.shared.wake(&[StageName::Signing]);
    }
    Ok(())
}

fn unreadable_root() -> Refusal {
    Refusal::Environment { problem: "the authority's own certificate cannot be read".into() }
}

/// Closes the sessions of somebody who signs no more.
pub(super) async fn close_sessions_of(
    tx: &mut Tx,
    person: PersonId,
    reason: CloseReason,
    hand: &Hand,
) -> Result<(), Refusal> {
    for session in sessions::list(tx, true).await?.into_iter().filter(|row| row.person == person) {
        let change = sessions::close(tx, session.id, reason, hand.now).await?;
        hand.apply(tx, &change).await?;
    }
    Ok(())
}

/// The command line writes words with hyphens.
fn role_of(name: &Name) -> Result<Role, Refusal> {
    name.as_str().replace('-', "_").parse().map_err(|_| Refusal::Unknown { what: name.to_string() })
}

/// A revocation that is asked for: from now on, or from a time that has passed.
pub(super) struct Revocation {
    pub(super) login: String,
    pub(super) why: RevocationReason,
    pub(super) since: Option<Instant>,
    pub(super) next: Next,
}

impl Revocation {
    /// The certificate that it is about, and what it changes.
    pub(super) async fn act(
        &self,
        tx: &mut Tx,
        signers: &Signers,
        hand: &Hand,
    ) -> Result<(Certificate, Change), Refusal> {
        let person = register::named(tx, &self.login).await?;
        let held = enrolment::to_revoke(tx, &person, self.since, hand.now).await?;
        let since = match self.since {
            Some(since) => since,
            None => enrolment::from_now_on(tx, &held, hand.now).await?,
        };
        let (person, certificate, why) = (person.id, held.fingerprint, self.why);
        let signed = hand.sign(Deed::Revoke { person, certificate, since, why }, signers, None)?;
        Ok((held, enrolment::revoke(tx, signed, self.next, &hand.rules, hand.now).await?))
    }
}

pub(super) fn noted(appended: Appended) -> Noted {
    Noted { journal_index: appended.index, entry: appended.entry }
}
