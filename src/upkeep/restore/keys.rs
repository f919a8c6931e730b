//! Keys that people had stopped after the backup: by the restored register they are in force again.
//!
//! Whoever may stop them anew needs the line at work, which would sign with them, and file what rests on them, first. So nothing is
//! signed with them until then, and what rests on one that was revoked waits for a person.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::database::{DatabaseError, Tx};
use crate::ids::{Digest, DocumentId, Name, PersonId};
use crate::instant::Instant;
use crate::journal::{Entry, Kind};
use crate::ledger::attempts;
use crate::people::acts::{Act, Deed, RevocationReason};
use crate::people::certificates::{self, Certificate};
use crate::people::register::{self, PersonState};
use crate::people::undoing;

/// A key that the restore has put in force again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoppedKey {
    pub person: PersonId,
    pub login: Name,
    pub certificate: Digest,
    /// From when on it had been revoked; none where its owner had been suspended.
    pub revoked_from: Option<Instant>,
    /// The file to which it was set aside, so that nobody signs with it; none where the backup does not hold it.
    pub set_aside: Option<String>,
}

/// What was stopped, as the entries that are lost tell in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stopped {
    /// Certificates, each with the time from which on it counts no more.
    revoked: BTreeMap<Digest, Instant>,
    suspended: BTreeSet<PersonId>,
}

impl Stopped {
    pub(super) fn entry(&mut self, entry: &Entry) {
        if !matches!(entry.kind, Kind::CertificateRevoked | Kind::PersonSuspended | Kind::PersonResumed) {
            return;
        }
        let Some(act) = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok()) else { return };
        match act.deed {
            // Whoever renews their own key distrusts nobody; and the next one is lost.
            Deed::Revoke { person, why: RevocationReason::Renewal, .. } if person == act.by => {}
            Deed::Revoke { certificate, since, .. } => self.revoked_from(certificate, since),
            Deed::Suspend { person, .. } => {
                self.suspended.insert(person);
            }
            Deed::Resume { person, .. } => {
                self.suspended.remove(&person);
            }
            _ => {}
        }
    }

    /// What another past tells.
    pub(super) fn add(&mut self, told: Self) {
        for (certificate, since) in told.revoked {
            self.revoked_from(certificate, since);
        }
        self.suspended.extend(told.suspended);
    }

    fn revoked_from(&mut self, certificate: Digest, since: Instant) {
        let earliest = self.revoked.entry(certificate).or_insert(since);
        *earliest = (*earliest).min(since);
    }

    /// Undoes what was decided with the keys that had been revoked; `by` is the entry of the epoch. Answers the documents that
    /// rest on one of them: what was decided about them, or a signature of which nothing proves that it was made before.
    pub(super) async fn undo(&self, tx: &mut Tx, by: u64) -> Result<BTreeSet<DocumentId>, DatabaseError> {
        let mut resting: BTreeSet<_> = undoing::undo(tx, &self.revoked, by).await?.into_iter().collect();
        for (certificate, since) in &self.revoked {
            resting.extend(attempts::documents_not_proven_before(tx, *certificate, *since).await?);
        }
        Ok(resting)
    }

    /// The certificates that count for more by the restored register than they should.
    pub(super) async fn in_force(&self, tx: &mut Tx) -> Result<Vec<InForce>, DatabaseError> {
        let mut found = Vec::new();
        for (fingerprint, since) in &self.revoked {
            let Some(certificate) = certificates::get(tx, *fingerprint).await? else { continue };
            if certificate.revoked_at.is_none_or(|before| *since < before)
                && let Some(person) = register::get(tx, certificate.person).await?
            {
                found.push(InForce { login: person.login, certificate, revoked_from: Some(*since) });
            }
        }
        for person in &self.suspended {
            let person = register::get(tx, *person).await?;
            let Some(person) = person.filter(|person| person.state == PersonState::Active) else { continue };
            let theirs = certificates::of_person(tx, person.id).await?.into_iter();
            let theirs =
                theirs.filter(|held| held.revoked_at.is_none() && !self.revoked.contains_key(&held.fingerprint));
            let login = || person.login.clone();
            found.extend(theirs.map(|certificate| InForce { login: login(), certificate, revoked_from: None }));
        }
        Ok(found)
    }
}

/// A certificate, with the time from which on it had been revoked; none where its owner had been suspended.
pub(super) struct InForce {
    login: Name,
    certificate: Certificate,
    revoked_from: Option<Instant>,
}

impl InForce {
    /// Sets the file of its key aside.
    pub(super) fn set_aside(self, keys: &Path) -> io::Result<StoppedKey> {
        let Self { login, certificate, revoked_from } = self;
        let set_aside = certificates::set_aside(keys, &certificate)?.map(|path| path.display().to_string());
        let (person, certificate) = (certificate.person, certificate.fingerprint);
        Ok(StoppedKey { person, login, certificate, revoked_from, set_aside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::engines;
    use crate::ids::HomeId;
    use crate::journal::{Actor, ENTRY_VERSION, SignedAct};

    fn instant(microseconds: i64) -> Instant {
        Instant::from_microseconds(microseconds).unwrap()
    }

    fn entry(deed: Deed, by: PersonId) -> Entry {
        let (kind, subject, home) = (deed.kind(), deed.subject(), HomeId::new());
        let text = Act::new(deed, by, instant(9), home).canonical().unwrap();
        Entry {
            v: ENTRY_VERSION,
            home,
            index: 7,
            at: instant(9),
            kind,
            actor: Actor::Person(by),
            subject,
            facts: serde_json::Map::new(),
            private: None,
            act: Some(SignedAct { text, signatures: Vec::new() }),
        }
    }

    #[test]
    fn what_stops_a_key_is_told_from_what_renews_it_or_lets_somebody_in_again() {
        let (clerk, admin) = (PersonId::new(), PersonId::new());
        let [stolen, renewed] = ["stolen", "renewed"].map(|key| Digest::of(key.as_bytes()));
        let revoke = |certificate, since, why| Deed::Revoke { person: clerk, certificate, since: instant(since), why };
        let mut stopped = Stopped::default();
        stopped.entry(&entry(revoke(renewed, 3, RevocationReason::Renewal), clerk));
        assert_eq!(stopped, Stopped::default());
        stopped.entry(&entry(revoke(stolen, 5, RevocationReason::KeyLost), admin));
        stopped.entry(&entry(Deed::Suspend { person: clerk, from: instant(9) }, admin));
        let mut elsewhere = Stopped::default();
        elsewhere.entry(&entry(revoke(stolen, 4, RevocationReason::KeyCompromised), admin));
        // Somebody else than the owner means it, whatever the reason.
        elsewhere.entry(&entry(revoke(renewed, 6, RevocationReason::Renewal), admin));
        stopped.add(elsewhere);
        let revoked = BTreeMap::from([(stolen, instant(4)), (renewed, instant(6))]);
        assert_eq!(stopped, Stopped { revoked: revoked.clone(), suspended: BTreeSet::from([clerk]) });
        stopped.entry(&entry(Deed::Resume { person: clerk, from: instant(9) }, admin));
        assert_eq!(stopped, Stopped { revoked, suspended: BTreeSet::new() });
    }

    #[test]
    fn a_certificate_that_the_restored_register_knows_as_revoked_from_as_early_counts_for_no_more() {
        for engine in engines::each() {
            let (person, [fresh, later, as_early]) = (PersonId::new(), ["fresh", "later", "as early"].map(digest));
            let known = [(fresh, None), (later, Some(6_i64)), (as_early, Some(5))];
            let write = async move |tx: &mut Tx| {
                let row = "INSERT INTO person (id, login, name, occupation, department, state, created_at)
                   VALUES ($1, 'mihon', '見本', '医師', '内科', 'active', 0)";
                sqlx::query(row).bind(person.to_string()).execute(&mut *tx).await?;
                for (fingerprint, revoked_at) in known {
                    let row = "INSERT INTO certificate (fingerprint, person, der, issuers, suite, key_file, not_before, not_after,
                           revoked_at, issued_at, journal_index) VALUES ($1, $2, $3, '', 'ed25519', 'key.pem', 0, 9, $4, 0, 0)";
                    let row = sqlx::query(row).bind(fingerprint.to_string()).bind(person.to_string());
                    row.bind(b"der".to_vec()).bind(revoked_at).execute(&mut *tx).await?;
                }
                Ok(())
            };
            engine.database.write::<_, DatabaseError, _>(write).unwrap();
            let revoked = known.into_iter().map(|(fingerprint, _)| (fingerprint, instant(5))).collect();
            let stopped = Stopped { revoked, suspended: BTreeSet::new() };
            let found = engine.database.read(async |tx| stopped.in_force(tx).await).unwrap();
            let found: BTreeSet<_> = found.into_iter().map(|key| key.certificate.fingerprint).collect();
            assert_eq!(found, BTreeSet::from([fresh, later]));
        }
    }

    fn digest(of: &str) -> Digest {
        Digest::of(of.as_bytes())
    }
}
