//! The register made anew from the journal's entries, when the database was lost. What was admitted once is not admitted
//! again: the entries are the proof, and `journal verify` judges them.

use super::acts::{Act, Deed, Issued, Private};
use super::away::{Away, Why};
use super::certificates::{Certificate, key_file, revoke};
use super::change::{Change, Row};
use super::register;
use super::register::{NewPerson, Person};
use super::sessions::{Attestation, CloseReason, SessionRow, get as session};
use crate::crypto::check;
use crate::crypto::make::Suite;
use crate::database::{DatabaseError, Tx};
use crate::ids::{Digest, PersonId};
use crate::instant::Instant;
use crate::journal::{Draft, Entry, Kind, Subject};

/// What cannot be made anew, because it is not on the disk any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Who somebody is: their names are in the private part of an entry.
    Person(PersonId),
    Certificate {
        person: PersonId,
        certificate: Digest,
    },
}

/// A certificate that an entry issues, or one above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub certificate: Digest,
    /// None where it is lost.
    pub der: Option<Vec<u8>>,
}

/// Makes the rows that an entry about people stands for. `private` is its private part, `certificates` are those that it
/// issues.
///
/// # Errors
/// When the database fails.
pub async fn restore(
    tx: &mut Tx,
    entry: &Entry,
    private: Option<&str>,
    certificates: &[Found],
) -> Result<Vec<Lost>, DatabaseError> {
    let mut lost = Vec::new();
    if entry.kind == Kind::SessionClosed {
        close(tx, entry).await?;
        return Ok(lost);
    }
    let Some(act) = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok()) else { return Ok(lost) };
    let mut rows = Vec::new();
    match act.deed {
        Deed::Genesis { ref people, ref appointments, certificates: ref issued, .. } => {
            rows.extend(named(people, None, entry.at, private, &mut lost));
            rows.extend(appointments.iter().cloned().map(Row::Appointment));
            for issued in issued {
                match issue(issued, None, entry.at, certificates) {
                    Ok(row) => rows.push(row),
                    Err(gone) => lost.push(gone),
                }
            }
        }
        Deed::AddPerson { person } => rows.extend(named(&[person], Some(act.by), entry.at, private, &mut lost)),
        Deed::ChangePerson { person } => {
            let said = named(&[person], None, entry.at, private, &mut lost).into_iter();
            rows.extend(said.map(|row| if let Row::Person(person) = row { Row::Renamed(person) } else { row }));
        }
        Deed::Enrol(ref issued) => match issue(issued, Some(act.by), entry.at, certificates) {
            Ok(row) => rows.push(row),
            Err(gone) => lost.push(gone),
        },
        Deed::Revoke { person, certificate, since, .. } => {
            let stopped_by = Some(act.by).filter(|by| *by != person && act.second.is_none());
            if super::certificates::get(tx, certificate).await?.is_some() {
                revoke(tx, certificate, since, stopped_by).await?;
            }
        }
        Deed::Appoint(ref appointment) => rows.push(Row::Appointment(appointment.clone())),
        Deed::EndAppointment { person, role, ends } => rows.push(Row::AppointmentEnds { person, role, at: ends }),
        Deed::Suspend { person, from } => {
            rows.push(Row::Away(Away { person, why: Why::Suspended, from, until: None }));
        }
        Deed::Absent { person, from, until } => rows.push(Row::Away(Away { person, why: Why::Absent, from, until })),
        Deed::Resume { person, from } => rows.push(Row::Back { person, why: Why::Suspended, at: from }),
        Deed::Back { person, from } => rows.push(Row::Back { person, why: Why::Absent, at: from }),
        Deed::OpenSession { session, ref station, expires, most, continues, ref attested, obtained_on } => {
            let opened_with = entry.act.as_ref().and_then(|act| act.signatures.first());
            let Some(certificate) = opened_with.map(|signature| signature.certificate) else { return Ok(lost) };
            // One that goes on has been attested before.
            let earlier = match continues {
                Some(earlier) => self::session(tx, earlier).await?.and_then(|earlier| earlier.attestation),
                None => None,
            };
            let own = || Attestation { by: act.by, at: act.at, attested: attested.clone() };
            rows.push(Row::SessionOpens(SessionRow {
                id: session,
                person: act.by,
                certificate,
                station: station.clone(),
                opened_at: entry.at,
                expires_at: expires,
                most,
                signed: 0,
                attestation: if attested.is_empty() { earlier } else { Some(own()) },
                obtained_on,
                continues,
                closed: None,
            }));
        }
        Deed::AttestBatch { session, ref attested } => {
            let attestation = Attestation { by: act.by, at: act.at, attested: attested.clone() };
            rows.push(Row::SessionAttested { session, attestation });
        }
        _ => {}
    }
    lost.extend(apply(tx, entry.index, rows).await?);
    Ok(lost)
}

/// Nobody's rows are made whose own is missing: everything about them hangs on it.
async fn apply(tx: &mut Tx, index: u64, rows: Vec<Row>) -> Result<Vec<Lost>, DatabaseError> {
    let mut lost = Vec::new();
    for mut row in rows {
        let about = match &row {
            Row::Certificate(certificate) => Some(certificate.person),
            Row::Appointment(appointment) => Some(appointment.person),
            Row::AppointmentEnds { person, .. } | Row::Back { person, .. } => Some(*person),
            Row::Away(away) => Some(away.person),
            Row::SessionOpens(session) => Some(session.person),
            Row::SessionAttested { session: id, .. } | Row::SessionCloses { session: id, .. } => {
                match session(tx, *id).await? {
                    Some(found) => Some(found.person),
                    None => continue,
                }
            }
            Row::Person(_) | Row::Renamed(_) | Row::CertificateRevoked { .. } => None,
        };
        let person = match about {
            None => None,
            Some(person) => match register::get(tx, person).await? {
                None => continue,
                found => found,
            },
        };
        if let (Row::Certificate(certificate), Some(person)) = (&mut row, &person) {
            certificate.key_file = key_file(&person.login, &certificate.fingerprint);
        }
        // A login is one person's. Who bears it a second time is told, and keeps nobody else from being there.
        if let Row::Person(person) = &row
            && register::list(tx).await?.iter().any(|known| known.login == person.login)
        {
            lost.push(Lost::Person(person.id));
            continue;
        }
        // The entry is there already; only the rows are made.
        Change::new(Draft::by_system(Kind::PersonEnrolled, Subject::default()), vec![row]).apply(tx, index).await?;
    }
    Ok(lost)
}

/// The people of an act, by its private part.
fn named(
    people: &[PersonId],
    created_by: Option<PersonId>,
    at: Instant,
    private: Option<&str>,
    lost: &mut Vec<Lost>,
) -> Vec<Row> {
    let part = private.and_then(|text| serde_json::from_str::<Private>(text).ok());
    let said = part.and_then(|part| serde_json::from_str::<Vec<NewPerson>>(&part.text).ok()).unwrap_or_default();
    let mut said = said.into_iter();
    let mut rows = Vec::new();
    for id in people {
        match said.next().map(|said| said.into_person(created_by, at)) {
            Some(Ok(person)) => rows.push(Row::Person(Person { id: *id, ..person })),
            Some(Err(_)) | None => lost.push(Lost::Person(*id)),
        }
    }
    rows
}

fn issue(issued: &Issued, by: Option<PersonId>, at: Instant, found: &[Found]) -> Result<Row, Lost> {
    let lost = |certificate| Lost::Certificate { person: issued.person, certificate };
    let der = |wanted: Digest| {
        let der = found.iter().find(|found| found.certificate == wanted).and_then(|found| found.der.clone());
        der.filter(|der| Digest::of(der) == wanted).ok_or_else(|| lost(wanted))
    };
    let issuers = issued.issuers.iter().map(|issuer| der(*issuer)).collect::<Result<_, _>>()?;
    let der = der(issued.certificate)?;
    let (suite, of_evaluation) = kind(&der).ok_or_else(|| lost(issued.certificate))?;
    Ok(Row::Certificate(Certificate {
        fingerprint: issued.certificate,
        person: issued.person,
        der,
        issuers,
        suite,
        // Named when its row is made, for it bears the login.
        key_file: String::new(),
        not_before: issued.not_before,
        not_after: issued.not_after,
        revoked_at: None,
        stopped_by: None,
        issued_by: by.filter(|_| of_evaluation),
        issued_at: at,
    }))
}

/// What a certificate's key is of, and whether it is for evaluation; none where it is nothing that this build makes.
fn kind(der: &[u8]) -> Option<(Suite, bool)> {
    let certificate = check::Certificate::read(der).ok()?;
    let suite = match check::PublicKey::read(&certificate.public_key).ok()?.algorithm {
        check::Algorithm::Ed25519 => Suite::Ed25519,
        check::Algorithm::EcdsaP256 => Suite::EcdsaP256,
        _ => return None,
    };
    Some((suite, certificate.is_evaluation()))
}

async fn close(tx: &mut Tx, entry: &Entry) -> Result<(), DatabaseError> {
    let reason = entry.facts.get("reason").and_then(|reason| reason.as_str());
    let reason = reason.and_then(|word| CloseReason::ALL.into_iter().find(|reason| reason.as_str() == word));
    let Some((id, reason)) = entry.subject.session.zip(reason) else { return Ok(()) };
    // A session ends after all that was done in it, whatever the clock of the entry says.
    let said = entry.facts.get("closed_at").and_then(|at| serde_json::from_value(at.clone()).ok());
    let at = said.unwrap_or(entry.at);
    apply(tx, entry.index, vec![Row::SessionCloses { session: id, at, reason }]).await.map(drop)
}
