//! `record.json` and the manifest of one attempt, ready to be signed.

use super::{Signing, SigningError, media_of, media_of_sidecar, operator_of, role_of};
use crate::calendar::Start;
use crate::document::Part;
use crate::evidence::manifest::{self, Member};
use crate::evidence::record::{
    Attestation, ClockKnown, Clocks, DecisionRef, MeasurementsRef, PersonRef, RECORD_VERSION, RecordFile, RecordJson,
    RecordSidecar, Signer, Software,
};
use crate::ids::{AttemptId, Digest};
use crate::instant::Instant;
use crate::journal::doubts;
use crate::journal::read::{clock_at_intake, head};
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::spoken::{self, Sidecar};
use crate::ledger::{contents, deliveries, documents};
use crate::measurements::Measurements;
use crate::people::appointments;
use crate::people::entitlement::Capacity;
use crate::people::register::{self, Person};
use crate::people::sessions::SessionFacts;
use crate::profile::Profile;
use crate::review::Accepted;

/// Everything that is signed.
pub(super) struct RecordDraft {
    pub record: RecordJson,
    pub record_bytes: Vec<u8>,
    pub manifest: Vec<u8>,
}

/// When it is signed, and by when it has to be.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// What the signature states. Who is in office is asked for this very time, as whoever verifies will ask.
    pub signed_at: Instant,
    pub sign_by: Instant,
    /// By when it has to be stamped, where the profile says so.
    pub stamp_by: Option<Instant>,
}

/// What the ledger and the registers know, read in one snapshot.
struct Known {
    parts: Vec<Part>,
    files: Vec<KnownFile>,
    sidecars: Vec<Sidecar>,
    missed: Vec<Digest>,
    manager: Person,
    operator: Person,
    signer: Person,
    checkpoint: String,
    at_intake: ClockKnown,
}

struct KnownFile {
    part: Part,
    byte_length: u64,
    measurements: Digest,
}

impl Signing<'_> {
    /// None while a doubt about the clock has yet to reach the document: what is signed before it does comes to nothing.
    pub(super) fn draft(
        &self,
        accepted: &Accepted,
        profile: &Profile,
        session: &SessionFacts,
        capacity: &Capacity,
        attempt: AttemptId,
        times: Times,
    ) -> Result<Option<RecordDraft>, SigningError> {
        let document = accepted.document();
        let Some(known) = self.known(accepted, session, times.signed_at)? else { return Ok(None) };
        let mut files = Vec::new();
        let mut members = Vec::new();
        let mut measurements = Vec::new();
        let mut page_count = 0_u32;
        for (number, file) in (1_u32..).zip(&known.files) {
            let bytes = self.objects.get(&file.measurements)?;
            let measured = Measurements::read(&bytes)?;
            let (ending, media_type) = media_of(measured.format);
            let name = format!("original-{number:03}.{ending}");
            members.push(member(&name, media_type, file.part.content)?);
            let reference = MeasurementsRef { content: file.part.content, measurements: file.measurements };
            if !measurements.contains(&reference) {
                measurements.push(reference);
            }
            files.push(RecordFile {
                name,
                digest: file.part.content,
                byte_length: file.byte_length,
                format: measured.format,
                delivered_name: file.part.delivered_name.clone(),
                delivery: file.part.delivery,
            });
        }
        for part in &known.parts {
            page_count = page_count.saturating_add(part.page_count);
        }
        let record = RecordJson {
            v: RECORD_VERSION,
            home: self.home,
            mode: self.mode.to_owned(),
            document: document.id,
            salt: document.salt,
            version: 1,
            previous: None,
            supersedes: document.supersedes,
            attempt,
            missed_attempts: known.missed.clone(),
            identity: document.identity.clone(),
            claims: document.claims.clone(),
            identity_flags: flag_codes(&document.flags)?,
            pages: RecordJson::page_ranges(&known.parts, &files),
            files,
            page_count,
            sidecars: (1_u32..).zip(&known.sidecars).map(sidecar_of).collect(),
            profile: profile.reference().clone(),
            calendar: self.calendar.digest(),
            judgement: accepted.judgement().clone(),
            clocks: self.clocks(accepted, profile, times, known.at_intake.clone()),
            decisions: accepted
                .decisions()
                .iter()
                .map(|decision| DecisionRef {
                    kind: word(&decision.kind),
                    person: decision.person,
                    journal_index: decision.journal_index,
                    entry: decision.entry,
                    seen: decision.seen.clone(),
                })
                .collect(),
            measurements,
            station: document.station.clone(),
            scanner: document.claims.scanner.clone(),
            attestation: session.attestation.as_ref().map(|attestation| Attestation {
                by: attestation.by,
                session: session.id,
                at: attestation.at,
                attested: attestation.attested.iter().map(word).collect(),
            }),
            information_manager: person_ref(&known.manager),
            operator: Some(person_ref(&known.operator)),
            signer: Signer {
                person: person_ref(&known.signer),
                capacity: role_of(capacity).to_string(),
                certificate: session.certificate,
                key_custody: "software".to_owned(),
                session: session.id,
            },
            software: Software {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                build: self.build,
            },
            sandbox: self.sandbox.to_owned(),
            journal_checkpoint: known.checkpoint,
        };
        let record_bytes = serde_json_canonicalizer::to_vec(&record)?;
        members.push(member("record.json", "application/json", Digest::of(&record_bytes))?);
        members.push(member("profile.toml", "application/toml", profile.reference().digest)?);
        members.push(member("calendar.toml", "application/toml", self.calendar.digest())?);
        for (named, sidecar) in record.sidecars.iter().zip(&known.sidecars) {
            members.push(member(&named.name, media_of_sidecar(named), sidecar.object)?);
        }
        let manifest = manifest::encode(&members)?;
        Ok(Some(RecordDraft { record, record_bytes, manifest }))
    }

    fn known(&self, accepted: &Accepted, session: &SessionFacts, now: Instant) -> Result<Option<Known>, SigningError> {
        let document = accepted.document();
        let named = document.identity.operator.as_ref().map(|operator| operator.value.as_str());
        self.database.read::<_, SigningError, _>(async |tx| {
            let parts = documents::parts(tx, document.id).await?;
            let mut files: Vec<KnownFile> = Vec::new();
            for part in &parts {
                let same = |file: &KnownFile| {
                    let known = &file.part;
                    (known.content, known.delivery, &known.delivered_name)
                        == (part.content, part.delivery, &part.delivered_name)
                };
                if files.iter().any(same) {
                    continue;
                }
                let delivered = deliveries::files(tx, part.delivery).await?;
                let delivered = delivered.iter().find(|file| file.content == part.content);
                let byte_length = delivered
                    .ok_or(SigningError::Incoherent("a part names a content that no delivery has"))?
                    .byte_length;
                let measurements = contents::measurements(tx, &part.content)
                    .await?
                    .ok_or(SigningError::Incoherent("a content has no measurements"))?;
                files.push(KnownFile { part: part.clone(), byte_length, measurements });
            }
            let sidecars = spoken::sidecars(tx, document.id).await?;
            let missed = attempts::of_document(tx, document.id)
                .await?
                .into_iter()
                .filter(|attempt| attempt.state == AttemptState::Missed)
                .map(|attempt| attempt.manifest)
                .collect();
            let manager = appointments::information_manager(tx, now)
                .await?
                .ok_or(SigningError::Incoherent("nobody is appointed as information manager"))?;
            let manager = register::get(tx, manager.person)
                .await?
                .ok_or(SigningError::Incoherent("the information manager is not in the register"))?;
            let signer = register::get(tx, session.person)
                .await?
                .ok_or(SigningError::Incoherent("the signer is not in the register"))?;
            let operator = operator_of(tx, named, session).await?;
            let at_intake = clock_at_intake(tx, document.id)
                .await?
                .ok_or(SigningError::Incoherent("the journal does not say how the clock stood at the intake"))?;
            if doubts::is_pending(tx, document.id, &at_intake).await? {
                return Ok(None);
            }
            let head = head(tx).await?.ok_or(SigningError::Incoherent("the journal is empty"))?;
            let checkpoint = head.checkpoint;
            Ok(Some(Known { parts, files, sidecars, missed, manager, operator, signer, checkpoint, at_intake }))
        })
    }

    fn clocks(&self, accepted: &Accepted, profile: &Profile, times: Times, at_intake: ClockKnown) -> Clocks {
        let document = accepted.document();
        let obtained_on = document.identity.obtained_on.as_ref().map(|date| date.value);
        let scan_by = obtained_on.zip(profile.window.scan_within_business_days).and_then(|(day, days)| {
            let span = crate::calendar::Span::BusinessDays { days };
            self.calendar.deadline(Start::Day(day), span, &document.station).ok()
        });
        let stamp_within_seconds =
            times.stamp_by.and_then(|until| u64::try_from(until.since(times.signed_at).as_secs()).ok());
        let late = crate::review::current(accepted.decisions())
            .find(|decision| decision.kind == crate::ledger::decisions::DecisionKind::LateRelease)
            .and_then(|decision| decision.reason.clone());
        Clocks {
            obtained_on,
            taken_in_at: document.taken_in_at,
            at_intake,
            at_signing: self.clock.known(),
            scan_by,
            sign_by: Some(times.sign_by),
            stamp_within_seconds,
            late,
        }
    }
}

/// The codes of flags; what else they say stands in the identity and in the decisions.
fn flag_codes(flags: &str) -> Result<Vec<String>, SigningError> {
    let flags: Vec<serde_json::Value> = serde_json::from_str(flags)?;
    let code = |flag: &serde_json::Value| flag.get("code").and_then(|code| code.as_str()).map(str::to_owned);
    Ok(flags.iter().filter_map(code).collect())
}

/// What a sidecar is called in the container, by its place.
fn sidecar_of((number, sidecar): (u32, &Sidecar)) -> RecordSidecar {
    let name = match sidecar.list {
        None => format!("sidecar-{number:03}.json"),
        Some(_) => format!("index-row-{number:03}.csv"),
    };
    RecordSidecar { name, delivered_name: sidecar.delivered_name.clone(), list: sidecar.list }
}

fn member(name: &str, media_type: &str, digest: Digest) -> Result<Member, SigningError> {
    let unusable = |_| SigningError::Incoherent("a member's name or media type is none");
    Ok(Member { name: name.parse().map_err(unusable)?, media_type: media_type.parse().map_err(unusable)?, digest })
}

fn person_ref(person: &Person) -> PersonRef {
    PersonRef {
        id: person.id,
        login: person.login.to_string(),
        name: person.name.clone(),
        occupation: person.occupation.clone(),
        department: person.department.clone(),
    }
}

/// The word of an enum without fields, as JSON has it.
fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
