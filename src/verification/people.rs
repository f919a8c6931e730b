//! Who held which certificate and which role at which time, as the journal tells it; and whether an act counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::adopted::{Adopted, Adoption};
use super::finding::ActFault;
use super::once::Once;
use crate::config::Mode;
use crate::crypto::check::{self, Anchors, Certificate, ChainError, Purpose};
use crate::ids::{Digest, DocumentId, PersonId};
use crate::instant::Instant;
use crate::journal::{ActSignature, Actor, Entry, Kind};
use crate::ledger::watched_files::CALENDAR;
use crate::people::Role;
use crate::people::acts::{Act, Deed, Issued, Second};
use crate::people::appointments::{self, Offices};
use crate::people::away::{self, Away, Why};
use crate::people::ceremony::{self, HeldKey};

/// How far the time of an act may lie from that of its entry: the most that a home's settings allow.
const ACT_SKEW: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// For how long at the least nobody approves what the one began who made or renewed their account: the least that a home's
/// settings allow.
const INDEPENDENT_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// The roles in which one ends somebody else's key.
const ENDS_ANOTHERS: [Role; 2] = [Role::Admin, Role::InformationManager];

/// What the journal said of people so far.
#[derive(Clone, Default)]
pub(super) struct People {
    /// Certificates, each with the entry that issued it.
    issued: BTreeMap<Digest, (u64, Issued)>,
    revoked: BTreeMap<Digest, Instant>,
    /// Who revoked somebody else's certificate alone.
    stopped: BTreeMap<Digest, PersonId>,
    offices: Offices,
    /// Who made somebody's account, or had a key certified for them, and when.
    made: BTreeMap<PersonId, Vec<(PersonId, Instant)>>,
    /// Those whose suspension stands in an entry, and no end of it yet.
    suspended: BTreeSet<PersonId>,
    /// Shared by the copies on which acts are tried out: how many certificates there are, whoever made the proof decides.
    certificates: Arc<BTreeMap<Digest, Certificate>>,
    /// The versions of profiles.
    profiles: Adopted,
    calendars: Adopted,
    /// As the founders said; nothing before they did.
    mode: Option<Mode>,
    /// The root under which the founders' first certificates were issued.
    root: Option<Digest>,
    /// The first act by a certificate of an unknown issuer that led the home out of evaluation.
    unrooted: Option<Unrooted>,
    once: Once,
}

/// An act that counts only for whoever believes in the home's own root too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unrooted {
    pub index: u64,
    pub certificate: Digest,
    /// The home's own root, as its founders named it.
    pub root: Digest,
}

/// A certificate that signed an act, and what is known of its issuers.
struct Signing<'a> {
    certificate: &'a Certificate,
    /// It leads to an evaluation authority.
    is_evaluation: bool,
    /// Whoever verifies believes in an authority above it, or in none at all.
    is_rooted: bool,
}

/// The kinds of entries that say something of people.
pub(super) const KINDS: [Kind; 11] = [
    Kind::HomeFounded,
    Kind::PersonEnrolled,
    Kind::PersonChanged,
    Kind::CertificateIssued,
    Kind::CertificateRevoked,
    Kind::Appointed,
    Kind::PersonSuspended,
    Kind::PersonResumed,
    Kind::ManagerAbsent,
    Kind::ManagerBack,
    Kind::ProfileAdopted,
];

impl People {
    /// Makes a certificate known by its bytes. That it was issued to somebody is for an entry to say.
    pub(super) fn bring(&mut self, der: &[u8]) {
        if let Ok(certificate) = Certificate::read(der) {
            Arc::make_mut(&mut self.certificates).insert(certificate.fingerprint(), certificate);
        }
    }

    pub(super) fn has_bytes_of(&self, certificate: &Digest) -> bool {
        self.certificates.contains_key(certificate)
    }

    /// To whom a certificate was issued.
    pub(super) fn issued(&self, certificate: &Digest) -> Option<&Issued> {
        self.issued.get(certificate).map(|(_, issued)| issued)
    }

    /// From when on a certificate counts no more.
    pub(super) fn revoked(&self, certificate: &Digest) -> Option<Instant> {
        self.revoked.get(certificate).copied()
    }

    pub(super) fn all_issued(&self) -> impl Iterator<Item = &Issued> {
        self.issued.values().map(|(_, issued)| issued)
    }

    pub(super) fn holds(&self, person: PersonId, role: Role, at: Instant) -> bool {
        self.offices.holds(person, role, at)
    }

    /// Which version of a profile was in force when.
    pub(super) const fn profiles(&self) -> &Adopted {
        &self.profiles
    }

    /// Which calendar was in use when.
    pub(super) const fn calendars(&self) -> &Adopted {
        &self.calendars
    }

    pub(super) const fn offices(&self) -> &Offices {
        &self.offices
    }

    /// The first act by which the home came out of evaluation, where whoever verifies does not know the root of those who did it.
    pub(super) const fn unrooted(&self) -> Option<Unrooted> {
        self.unrooted
    }

    /// The information manager in force.
    pub(super) fn manager(&self, at: Instant) -> Option<PersonId> {
        self.offices.in_force(Role::InformationManager, at).map(|held| held.person)
    }

    /// From when on a person was suspended at an instant.
    pub(super) fn suspended_since(&self, person: PersonId, at: Instant) -> Option<Instant> {
        self.offices.suspended_since(person, at)
    }

    /// Whether the entries so far leave a person suspended, whatever the clock says.
    pub(super) fn is_suspended(&self, person: PersonId) -> bool {
        self.suspended.contains(&person)
    }

    /// Whether the act in an entry counts: it and its entry agree, no earlier entry holds it, those whom it names signed it
    /// with certificates of theirs, and held the roles it needs. Where there are anchors, the certificates must lead to them.
    /// An entry that says something of people is learned from.
    pub(super) fn read(&mut self, entry: &Entry, anchors: Option<&Anchors>) -> Result<Option<Act>, ActFault> {
        let Some(signed) = &entry.act else {
            self.learn_calendar(entry);
            return if Deed::KINDS.contains(&entry.kind) { Err(ActFault::ActMissing) } else { Ok(None) };
        };
        let act = Act::parse(&signed.text).map_err(|_| ActFault::ActUnreadable)?;
        let agrees = act.home == entry.home
            && act.deed.kind() == entry.kind
            && entry.actor == Actor::Person(act.by)
            // Whoever looks for what was done to something goes by the entry's own subject.
            && entry.subject == act.deed.subject()
            && entry.at.since(act.at).abs() <= ACT_SKEW;
        if !agrees {
            return Err(ActFault::ActDiffers);
        }
        if matches!(act.deed, Deed::Genesis { .. }) != (entry.index == 0) {
            return Err(ActFault::ActOutOfPlace);
        }
        // What an act says of people holds once the act counts, so it is tried out on a copy.
        let after = self.after(&act, entry);
        // A key may end itself; that act is the last that counts.
        let ends = matches!(act.deed, Deed::Revoke { .. });
        let known = after.as_ref().filter(|_| !ends).unwrap_or(self);
        let signers: Vec<PersonId> = act.signers().collect();
        if !signed.signatures.iter().map(|signature| signature.by).eq(signers.iter().copied()) {
            return Err(ActFault::ActSigners);
        }
        if signers.iter().any(|signer| self.is_suspended(*signer)) {
            return Err(ActFault::ActSuspended);
        }
        let (mut makes_key, mut unrooted) = (None, None);
        for signature in &signed.signatures {
            // The first certificates come from the act itself, and a new key signs its own enrolment.
            let leads_out = known.mode == Some(Mode::Production) && may_be_of_evaluation(&act, signature);
            let Signing { certificate, is_evaluation, is_rooted } = known.certificate(
                signature.certificate,
                signature.by,
                act.at,
                anchors.map(|them| (them, leads_out)),
            )?;
            let value = signature.bytes().ok_or(ActFault::ActSignatureWrong)?;
            check::act(&certificate.public_key, signed.text.as_bytes(), &value)
                .map_err(|_| ActFault::ActSignatureWrong)?;
            if known.mode == Some(Mode::Production) && is_evaluation && !may_be_of_evaluation(&act, signature) {
                return Err(ActFault::ActCertificateForEvaluation { certificate: signature.certificate });
            }
            if let (false, Some(root)) = (is_rooted, known.root) {
                unrooted.get_or_insert(Unrooted { index: entry.index, certificate: signature.certificate, root });
            }
            // An outside authority looks for itself whom it certifies: whoever brings its answer has made nobody's key.
            if let Deed::Enrol(issued) = &act.deed
                && issued.certificate == signature.certificate
                && is_evaluation
            {
                makes_key = Some(issued.person);
            }
        }
        self.roles(&act)?;
        self.independent(&act, entry.at)?;
        bound(&act, &signed.signatures, entry.at)?;
        if let Deed::DisposePrivateParts { entries, .. } = &act.deed
            && !(entries.is_sorted_by(|a, b| a.index < b.index) && entries.iter().all(|it| it.index < entry.index))
        {
            return Err(ActFault::ActOutOfPlace);
        }
        self.one_key(&act)?;
        self.ceremony(&act, makes_key.is_some(), entry.at)?;
        self.once.enter(&signed.text, &act.deed, entry.index)?;
        if let Some(mut after) = after {
            if let Some(person) = makes_key {
                after.made.entry(person).or_default().push((act.by, entry.at));
            }
            let once = std::mem::take(&mut self.once);
            *self = Self { once, ..after };
        }
        self.unrooted = self.unrooted.or(unrooted);
        Ok(Some(act))
    }

    /// What is known after an act that says something of people or profiles.
    fn after(&self, act: &Act, entry: &Entry) -> Option<Self> {
        use Deed::{
            Absent, AddPerson, Appoint, ApproveProfile, Back, EndAppointment, Enrol, Genesis, Resume, Revoke, Suspend,
        };
        let teaches = matches!(
            act.deed,
            Genesis { .. }
                | AddPerson { .. }
                | Enrol(_)
                | Revoke { .. }
                | Appoint(_)
                | EndAppointment { .. }
                | Suspend { .. }
                | Resume { .. }
                | Absent { .. }
                | Back { .. }
                | ApproveProfile { .. }
        );
        teaches.then(|| {
            let mut after = self.clone();
            after.learn(act, entry.index, entry.at);
            after
        })
    }

    /// A document has ended: no act about it is to come.
    pub(super) fn ended(&mut self, document: DocumentId) {
        self.once.forget(document);
    }

    /// Which calendar is in use is nobody's act yet: the line says which one it found.
    fn learn_calendar(&mut self, entry: &Entry) {
        let fact = |name: &str| entry.facts.get(name).and_then(|value| value.as_str());
        let digest = fact("digest").and_then(|digest| digest.parse().ok());
        if let (Kind::CalendarAdopted, Some(digest)) = (entry.kind, digest) {
            let (index, at, name) = (entry.index, entry.at, CALENDAR.to_owned());
            self.calendars.enter(Adoption { index, at, name, digest });
        }
    }

    fn learn(&mut self, act: &Act, index: u64, at: Instant) {
        match &act.deed {
            Deed::Genesis { mode, root, appointments, certificates, profiles, calendar, .. } => {
                self.root = Some(*root);
                let name = CALENDAR.to_owned();
                self.calendars.enter(Adoption { index, at, name, digest: *calendar });
                self.mode = Some(*mode);
                self.offices.appointments.extend(appointments.iter().cloned());
                for issued in certificates {
                    self.issued.insert(issued.certificate, (index, issued.clone()));
                }
                for profile in profiles {
                    self.profiles.enter(Adoption { index, at, name: profile.id.to_string(), digest: profile.digest });
                }
            }
            Deed::ApproveProfile { profile } => {
                self.profiles.enter(Adoption { index, at, name: profile.id.to_string(), digest: profile.digest });
            }
            Deed::AddPerson { person } => self.made.entry(*person).or_default().push((act.by, at)),
            Deed::Enrol(issued) => {
                self.issued.insert(issued.certificate, (index, issued.clone()));
            }
            Deed::Revoke { person, certificate, since, .. } => {
                let earliest = self.revoked.entry(*certificate).or_insert(*since);
                *earliest = (*earliest).min(*since);
                // Two others, or the owner, are believed that the key is not merely wanted out of the way.
                if act.by == *person || act.second.is_some() {
                    self.stopped.remove(certificate);
                } else {
                    self.stopped.insert(*certificate, act.by);
                }
            }
            Deed::Appoint(appointment) => self.offices.appointments.push(appointment.clone()),
            Deed::EndAppointment { person, role, ends } => {
                appointments::end_at(&mut self.offices.appointments, *person, *role, *ends);
            }
            Deed::Suspend { person, from } => {
                self.suspended.insert(*person);
                self.offices.away.push(Away { person: *person, why: Why::Suspended, from: *from, until: None });
            }
            Deed::Resume { person, from } => {
                self.suspended.remove(person);
                away::end_at(&mut self.offices.away, *person, Why::Suspended, *from);
            }
            Deed::Absent { person, from, until } => {
                self.offices.away.push(Away { person: *person, why: Why::Absent, from: *from, until: *until });
            }
            Deed::Back { person, from } => away::end_at(&mut self.offices.away, *person, Why::Absent, *from),
            _ => {}
        }
    }

    /// Whoever made or lately renewed somebody's account could act in that person's name.
    fn independent(&self, act: &Act, entered: Instant) -> Result<(), ActFault> {
        let (Some(second), Second::Needed(_) | Second::Allowed(_)) = (act.second, act.deed.second()) else {
            return Ok(());
        };
        self.independent_of(act.by, second, entered)
    }

    fn independent_of(&self, first: PersonId, second: PersonId, entered: Instant) -> Result<(), ActFault> {
        let by_the_first = |made: &&(PersonId, Instant)| made.0 == first;
        let made = self.made.get(&second).into_iter().flatten().filter(by_the_first).map(|made| made.1).max();
        if made.is_some_and(|made| entered < made.plus(INDEPENDENT_AFTER)) {
            return Err(ActFault::ActNotIndependent);
        }
        Ok(())
    }

    /// The home's own authority is opened by two: who asks, and a witness; or the owner, where nobody else is there.
    fn ceremony(&self, act: &Act, by_own_authority: bool, entered: Instant) -> Result<(), ActFault> {
        let Deed::Enrol(new) = &act.deed else {
            return if act.witness.is_none() { Ok(()) } else { Err(ActFault::ActSigners) };
        };
        let Some(witness) = act.witness else {
            let keys = self.all_issued().map(|held| HeldKey::new(held, self.revoked(&held.certificate)));
            let the_last_two =
                || ceremony::owner_is_the_second(act.by, new.person, &self.offices.appointments, keys, act.at);
            return if !by_own_authority || the_last_two() { Ok(()) } else { Err(ActFault::ActWitnessMissing) };
        };
        if !by_own_authority {
            return Err(ActFault::ActSigners);
        }
        if witness == act.by || witness == new.person {
            return Err(ActFault::ActOutOfPlace);
        }
        if !ceremony::OFFICES.iter().any(|role| self.holds(witness, *role, act.at)) {
            return Err(ActFault::ActRoleNotHeld { act: act.deed.name().to_owned() });
        }
        self.independent_of(act.by, witness, entered)
    }

    /// A person has one key, in force or to come: a second could be anybody's.
    fn one_key(&self, act: &Act) -> Result<(), ActFault> {
        let Deed::Enrol(new) = &act.deed else { return Ok(()) };
        let theirs = || self.issued.values().filter(|(_, held)| held.person == new.person);
        // One that was revoked signs nothing more, from whenever on it counts.
        let revoked = |held: &Issued| self.revoked.contains_key(&held.certificate);
        if theirs().any(|(_, held)| act.at <= held.not_after && !revoked(held)) {
            return Err(ActFault::ActOutOfPlace);
        }
        // Whoever stopped the last one alone does not have the next one made too, and where it ended by itself nobody alone,
        // where somebody else could.
        let last = theirs().max_by_key(|(index, _)| *index).map(|(_, last)| last);
        let alone = last.is_some_and(|last| !revoked(last) || self.stopped.get(&last.certificate) == Some(&act.by));
        if alone && self.another_could(act, new.person) { Err(ActFault::ActOutOfPlace) } else { Ok(()) }
    }

    /// Whether anybody else than the owner and the one who acts could end another's key, and make one.
    fn another_could(&self, act: &Act, owner: PersonId) -> bool {
        self.all_issued().any(|held| {
            let in_force = held.not_before <= act.at && act.at <= held.not_after;
            let role = ENDS_ANOTHERS.iter().any(|role| self.holds(held.person, *role, act.at));
            held.person != owner
                && held.person != act.by
                && in_force
                && role
                && !self.revoked.contains_key(&held.certificate)
                && !self.is_suspended(held.person)
        })
    }

    /// A certificate that an act is signed with. That it is of an evaluation authority, it can leave out; so where `anchors` are
    /// given, the whole path tells. With them it is said whether the act may do without a known issuer: of an evaluation
    /// certificate whose root whoever verifies was not given, nothing can be told.
    fn certificate(
        &self,
        fingerprint: Digest,
        person: PersonId,
        at: Instant,
        anchors: Option<(&Anchors, bool)>,
    ) -> Result<Signing<'_>, ActFault> {
        let issued = self.issued(&fingerprint).filter(|issued| issued.person == person);
        let issued = issued.ok_or(ActFault::ActCertificateUnknown { certificate: fingerprint })?;
        let certificate = self.certificates.get(&fingerprint);
        let certificate = certificate.ok_or(ActFault::ActCertificateMissing { certificate: fingerprint })?;
        // Certificates state times in whole seconds.
        let same = |said: Instant, found: Instant| said.as_seconds() == found.as_seconds();
        let agrees = same(issued.not_before, certificate.not_before) && same(issued.not_after, certificate.not_after);
        let revoked = self.revoked.get(&fingerprint).is_some_and(|revoked| *revoked <= at);
        if !agrees || at < issued.not_before || at > issued.not_after || revoked {
            return Err(ActFault::ActCertificateNotValid { certificate: fingerprint });
        }
        let (mut is_evaluation, mut is_rooted) = (certificate.is_evaluation(), true);
        if let Some((anchors, may_be_unknown)) = anchors {
            let bytes = |issuer: &Digest| self.certificates.get(issuer).map(|issuer| issuer.der.clone());
            let issuers = issued.issuers.iter().map(bytes).collect::<Option<Vec<_>>>();
            let issuers = issuers.ok_or(ActFault::ActCertificateMissing { certificate: fingerprint })?;
            match check::chain(certificate, &issuers, anchors, Purpose::Signing, at) {
                Ok(path) => is_evaluation |= path.certificates.iter().any(Certificate::is_evaluation),
                // Whose root is not known, nobody outside vouches for.
                Err(ChainError::UnknownIssuer) if may_be_unknown && !self.is_rooted_in(anchors) => {
                    (is_evaluation, is_rooted) = (true, false);
                }
                Err(_) => return Err(ActFault::ActCertificateUntrusted { certificate: fingerprint }),
            }
        }
        Ok(Signing { certificate, is_evaluation, is_rooted })
    }

    /// Whether the home's own root is one of these.
    fn is_rooted_in(&self, anchors: &Anchors) -> bool {
        anchors.certificates().iter().any(|anchor| Some(anchor.fingerprint()) == self.root)
    }

    fn roles(&self, act: &Act) -> Result<(), ActFault> {
        let not_held = || ActFault::ActRoleNotHeld { act: act.deed.name().to_owned() };
        let holds = |person, roles: &[Role]| roles.iter().any(|role| self.holds(person, *role, act.at));
        // Only of oneself it is said by whoever one is.
        let needed: &[Role] = match &act.deed {
            Deed::Revoke { person, .. } if *person != act.by => &ENDS_ANOTHERS,
            Deed::Absent { person, .. } | Deed::Back { person, .. } if *person != act.by => &[Role::Admin],
            deed => deed.required_roles(),
        };
        if !needed.is_empty() && !holds(act.by, needed) {
            return Err(not_held());
        }
        match (act.second, act.deed.second()) {
            (None, Second::None | Second::Allowed(_)) | (Some(_), Second::Named) => Ok(()),
            (Some(second), Second::Needed(roles) | Second::Allowed(roles))
                if second != act.by && holds(second, roles) =>
            {
                Ok(())
            }
            (Some(_), Second::Needed(_) | Second::Allowed(_)) => Err(not_held()),
            (None, Second::Named | Second::Needed(_)) | (Some(_), Second::None) => Err(ActFault::ActSigners),
        }
    }
}

/// Whether an evaluation certificate may sign an act in production. It never certifies itself there.
fn may_be_of_evaluation(act: &Act, signature: &ActSignature) -> bool {
    let own = matches!(&act.deed, Deed::Enrol(issued) if issued.certificate == signature.certificate);
    act.deed.leads_out_of_evaluation() && !own
}

/// Whether an act about people is by those who may do it to these people: nobody makes a person of somebody else's key,
/// and nobody appoints themselves, today or for days gone by.
fn bound(act: &Act, signatures: &[ActSignature], entered: Instant) -> Result<(), ActFault> {
    let fits = match &act.deed {
        Deed::Genesis { people, .. } => {
            act.second.is_some_and(|second| second != act.by && *people == [act.by, second])
        }
        Deed::Enrol(issued) => {
            let own = signatures.last().is_some_and(|signature| signature.certificate == issued.certificate);
            act.by != issued.person && act.second == Some(issued.person) && own
        }
        Deed::Appoint(appointment) => {
            let themselves = appointment.person == act.by || act.second == Some(appointment.person);
            !themselves && appointment.from >= act.at
        }
        // What was signed in office stays signed in it.
        Deed::EndAppointment { ends, .. } => *ends >= act.at,
        // Who answered for what was signed does not change afterwards.
        Deed::Absent { from, .. } | Deed::Back { from, .. } => *from >= act.at,
        Deed::Suspend { person, from } | Deed::Resume { person, from } => act.by != *person && *from >= act.at,
        Deed::Revoke { person, since, .. } => {
            let by_two = act.by != *person && act.second.is_some_and(|second| second != *person && second != act.by);
            // One alone, whoever it is, undoes nothing: what was entered before stays as it was.
            let by_one = act.second.is_none() && *since >= act.at.max(entered);
            // How far ahead "from now on" lies is what a clock that ran ahead has made of it.
            by_two || by_one
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(ActFault::ActOutOfPlace) }
}
