//! What a home still lacks before its records serve for statutory retention.
//!
//! One table says what is asked, in the order in which a home comes to it, and for which requirement; `status` and `init` show
//! what it finds. A weaker sandbox, a clock that is set by hand and stamps of an evaluation authority are not in it: with them a
//! home for production does not start.

use std::collections::BTreeSet;

use crate::config::home::Layout;
use crate::config::{Config, Mode};
use crate::control::production::{Lacking, Missing, NotBuilt, Unbuilt};
use crate::crypto::check::Certificate;
use crate::database::Tx;
use crate::ids::Name;
use crate::instant::Instant;
use crate::journal::backups::Backups;
use crate::keyring;
use crate::ledger::profiles;
use crate::people::{PeopleError, Role, appointments, certificates, register};

/// What `init` writes as the address of an authority that it does not know.
pub const UNSET_AUTHORITY: &str = "https://tsa.example.jp/";

/// The offices in which one signs records, decisions, or what others are.
const SIGNING: [Role; 3] = [Role::Operator, Role::InformationManager, Role::Admin];

/// Whether a home lacks something.
type Ask = fn(&Seen<'_>) -> Vec<Lacking>;

/// What is asked, and by which requirement.
const TABLE: [(&str, Ask); 10] = [
    ("6.12-C1(1)", mode),
    ("9.1-C2(2)", information_manager),
    ("6.12-C1(1)", outside_certificates),
    ("6.12-C2(1)", authorities),
    ("9.1-C2(1)", profiles_in_force),
    ("7.1-C1(2)", patient_list),
    ("6.5-C9", clock_source),
    ("6.5-C8", journal_anchor),
    ("6.10-C4(5)", backup),
    ("7.3-C1", object_lock),
];

/// What no home has with this version.
const NOT_BUILT: [(&str, NotBuilt); 2] =
    [("6.12-C2(4)", NotBuilt::RevocationOfOthers), ("6.12-C2(2)(3)", NotBuilt::Renewal)];

/// A home, as far as the table asks.
pub struct Seen<'a> {
    pub layout: Layout<'a>,
    pub config: &'a Config,
    pub kept: Kept,
    /// What the kernel says of the clock.
    pub synchronised: Option<bool>,
    pub patients: u64,
    /// Where the objects lie, if that place cannot keep them from being deleted.
    pub not_locked: Option<String>,
}

/// What the database tells of it.
pub struct Kept {
    information_manager: bool,
    /// Those in an office that signs who have no certificate of an outside authority in force.
    without_certificate: Vec<String>,
    profiles: BTreeSet<Name>,
    backups: Backups,
    now: Instant,
}

impl Kept {
    /// # Errors
    /// When the database fails.
    pub async fn read(tx: &mut Tx, now: Instant) -> Result<Self, PeopleError> {
        let mut without_certificate = Vec::new();
        let appointed = appointments::list(tx, now).await?;
        for person in register::list(tx).await? {
            // A substitute signs as soon as nobody is there before them.
            let roles: BTreeSet<_> =
                appointed.iter().filter(|held| held.person == person.id).map(|held| held.role).collect();
            let held = certificates::of_person(tx, person.id).await?;
            let outside = |held: &certificates::Certificate| {
                held.is_in_force(now) && held.is_for_evaluation().is_ok_and(|evaluation| !evaluation)
            };
            if SIGNING.iter().any(|role| roles.contains(role)) && !held.iter().any(outside) {
                without_certificate.push(person.login.to_string());
            }
        }
        let profiles = profiles::in_force(tx).await?.into_iter().map(|version| version.reference.id).collect();
        Ok(Self {
            information_manager: appointments::information_manager(tx, now).await?.is_some(),
            without_certificate,
            profiles,
            backups: Backups::read(tx).await?,
            now,
        })
    }
}

/// What is lacking, in the order of the table; nothing only where nothing is.
#[must_use]
pub fn missing(seen: &Seen<'_>) -> Vec<Missing> {
    let of = |(requirement, lacking): &(&str, Ask)| {
        let requirement = (*requirement).to_owned();
        lacking(seen).into_iter().map(move |lacking| Missing { lacking, requirement: requirement.clone() })
    };
    // An evaluation home cannot come to the rest.
    let asked = if seen.config.mode == Mode::Evaluation { TABLE.split_at(1).0 } else { TABLE.as_slice() };
    asked.iter().flat_map(of).collect()
}

#[must_use]
pub fn not_built() -> Vec<Unbuilt> {
    let of = |(requirement, not_built): &(&str, NotBuilt)| Unbuilt {
        not_built: *not_built,
        requirement: (*requirement).to_owned(),
    };
    NOT_BUILT.iter().map(of).collect()
}

fn mode(seen: &Seen<'_>) -> Vec<Lacking> {
    (seen.config.mode == Mode::Evaluation).then_some(Lacking::EvaluationMode).into_iter().collect()
}

fn information_manager(seen: &Seen<'_>) -> Vec<Lacking> {
    (!seen.kept.information_manager).then_some(Lacking::InformationManager).into_iter().collect()
}

fn outside_certificates(seen: &Seen<'_>) -> Vec<Lacking> {
    let login = |login: &String| Lacking::OutsideCertificate { login: login.clone() };
    seen.kept.without_certificate.iter().map(login).collect()
}

fn authorities(seen: &Seen<'_>) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for (name, authority) in seen.config.authorities_in_order() {
        let authority_name = || name.clone();
        if authority.url == UNSET_AUTHORITY {
            lacking.push(Lacking::AuthorityUnset { authority: authority_name() });
        }
        let roots = keyring::certificates(&seen.layout.root().join(&authority.roots)).unwrap_or_default();
        let outside = |root: &Vec<u8>| Certificate::read(root).is_ok_and(|root| !root.is_evaluation());
        if !roots.iter().any(outside) {
            lacking.push(Lacking::AuthorityRoots { authority: authority_name() });
        }
    }
    if !seen.config.authorities.values().any(|authority| authority.accredited) {
        lacking.push(Lacking::AccreditedAuthority);
    }
    lacking
}

fn profiles_in_force(seen: &Seen<'_>) -> Vec<Lacking> {
    let without = seen
        .config
        .stations
        .iter()
        .filter(|(_, station)| !station.profiles.iter().any(|profile| seen.kept.profiles.contains(profile)));
    without.map(|(station, _)| Lacking::ProfileInForce { station: station.clone() }).collect()
}

fn patient_list(seen: &Seen<'_>) -> Vec<Lacking> {
    (seen.patients == 0).then_some(Lacking::PatientList).into_iter().collect()
}

fn clock_source(seen: &Seen<'_>) -> Vec<Lacking> {
    (seen.synchronised != Some(true)).then_some(Lacking::ClockSource).into_iter().collect()
}

fn journal_anchor(seen: &Seen<'_>) -> Vec<Lacking> {
    seen.config.journal.anchor.is_none().then_some(Lacking::JournalAnchor).into_iter().collect()
}

fn backup(seen: &Seen<'_>) -> Vec<Lacking> {
    let oldest = seen.config.backup.oldest.as_signed();
    let Backups { good, lacking } = &seen.kept.backups;
    let of_good = match good.as_ref().map(|good| good.age(seen.kept.now)) {
        None => Some(Lacking::Backup),
        Some(None) => Some(Lacking::BackupAhead),
        Some(Some(age)) => (age > oldest).then(|| Lacking::BackupOld { days: age.as_hours() / 24 }),
    };
    let of_newest = lacking
        .as_ref()
        .map(|newest| Lacking::BackupIncomplete { generation: newest.generation, count: newest.missing });
    of_good.into_iter().chain(of_newest).collect()
}

fn object_lock(seen: &Seen<'_>) -> Vec<Lacking> {
    seen.not_locked.iter().map(|place| Lacking::ObjectLock { place: place.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::ids::Digest;
    use crate::journal::backups::BackedUp;

    #[test]
    fn only_a_backup_that_lacks_nothing_counts_and_none_that_is_dated_later_than_now() {
        let text = "mode = \"production\"\n[backup]\noldest = \"48h\"\n[station.front-desk]\nprofiles = [\"consent\"]\n\
                    [authority.tsa]\nurl = \"https://tsa.example.jp/\"\n";
        let config = Config::parse(text.as_bytes(), "torikomi.toml").unwrap();
        let now: Instant = "2026-11-20T00:00:00.000000Z".parse().unwrap();
        let of = |generation, hours: i64, missing| BackedUp {
            generation,
            summary: Digest::of(b"summary"),
            size: 7,
            root: Digest::of(b"root"),
            made_at: now.plus(SignedDuration::from_hours(-hours)),
            missing,
        };
        let lacking = |good, lacking| {
            let kept = Kept {
                information_manager: true,
                without_certificate: Vec::new(),
                profiles: BTreeSet::new(),
                backups: Backups { good, lacking },
                now,
            };
            let layout = Layout::new(std::path::Path::new("home"));
            backup(&Seen { layout, config: &config, kept, synchronised: Some(true), patients: 1, not_locked: None })
        };
        let newest = Lacking::BackupIncomplete { generation: 2, count: 3 };
        assert_eq!(lacking(None, None), [Lacking::Backup]);
        assert_eq!(lacking(Some(of(1, 47, 0)), None), []);
        assert_eq!(lacking(Some(of(1, 47, 0)), Some(of(2, 1, 3))), std::slice::from_ref(&newest));
        assert_eq!(lacking(Some(of(1, 97, 0)), Some(of(2, 1, 3))), [Lacking::BackupOld { days: 4 }, newest.clone()]);
        assert_eq!(lacking(None, Some(of(2, 1, 3))), [Lacking::Backup, newest]);
        assert_eq!(lacking(Some(of(1, -1, 0)), None), [Lacking::BackupAhead]);
    }

    #[test]
    fn whatever_is_asked_is_asked_by_a_requirement() {
        let ids = TABLE.iter().map(|(id, _)| *id).chain(NOT_BUILT.iter().map(|(id, _)| *id));
        for id in ids {
            assert!(crate::requirement::find(id).is_some(), "{id}");
        }
    }
}
