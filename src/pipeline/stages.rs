//! What each stage does with one row: asks its instruments, works, and says what may go on.

use std::ffi::OsStr;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::driver::{Away, StageName, Worked};
use super::failures::{HeldDetail, StageError};
use super::line::{Adopted, Line};
use crate::calendar::Calendar;
use crate::database::DatabaseError;
use crate::document::{DocumentState, HoldReason};
use crate::filing::{self, Filing};
use crate::ids::{AttemptId, DeliveryId, DocumentId, PersonId, SessionId};
use crate::inspection::{Subject, SubjectPart, inspect};
use crate::instant::Instant;
use crate::intake::custody::CustodyCopy;
use crate::journal::{Draft, Kind, Subject as About, read};
use crate::judgement::{Judgement, Severity};
use crate::ledger::attempts;
use crate::ledger::documents::{self, Document, LONGEST_PUT_OFF};
use crate::ledger::watched_files::{self, CALENDAR};
use crate::ledger::{contents, decisions, deliveries, waiting};
use crate::measurements::Measurements;
use crate::measuring::{Measured, Measuring, MeasuringError};
use crate::messages::{Lang, say, say_findings};
use crate::people::appointments;
use crate::people::sessions::SessionFacts;
use crate::review::{self, Need, NotAccepted};
use crate::signing::stamping::{self, Stamping};
use crate::signing::{self, Signing, SigningError};

impl Line {
    pub(super) fn measure(&self, id: DeliveryId) -> Worked {
        let done = (|| -> Result<Measured, MeasuringError> {
            let delivery = self
                .database
                .read(async |tx| deliveries::get(tx, id).await)?
                .ok_or_else(|| DatabaseError::Conflict(format!("there is no delivery {id}")))?;
            let copy = CustodyCopy::open(&self.custody, id, delivery.copy)?;
            self.measuring().measure(&delivery, &copy, || self.shared.stopping())
        })();
        match done {
            Ok(Measured::Taken(document)) => {
                tracing::info!(delivery.id = %id, document.id = %document, "Took delivery {id} as document {document}");
                self.wake_station_of(id);
                Worked::Done(&[StageName::Identification])
            }
            Ok(Measured::Waits) => {
                self.wake_station_of(id);
                Worked::Done(&[])
            }
            Ok(Measured::NotNow) => Worked::Done(&[]),
            Err(MeasuringError::ClockBehind { until }) => {
                tracing::warn!(delivery.id = %id, "Delivery {id} waits for the clock, which was set back to before it was copied");
                // It looks again each minute: the clock may be right by then.
                let again = until.min(self.clock.now().plus(LONGEST_PUT_OFF));
                let postponed = self
                    .database
                    .write::<_, DatabaseError, _>(async move |tx| deliveries::postpone(tx, id, again).await);
                postponed.map_or_else(|error| Worked::Away(error.into()), |()| Worked::Done(&[]))
            }
            Err(error) => self.delivery_failed(id, error.into()),
        }
    }

    pub(super) fn wake_station_of(&self, id: DeliveryId) {
        // Where the ledger does not answer, the next sweep comes by itself.
        if let Ok(Some(delivery)) = self.database.read(async |tx| deliveries::get(tx, id).await) {
            self.wake_intake(&delivery.station);
        }
    }

    /// The stage that measures, with this line's instruments.
    #[must_use]
    pub fn measuring(&self) -> Measuring<'_> {
        Measuring {
            workers: &self.workers,
            objects: &self.objects,
            database: &self.database,
            journal: &self.journal,
            clock: &self.clock,
            quiet: &self.quiet,
        }
    }

    pub(super) fn inspect(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Inspection, DocumentState::Inspecting, |document| {
            let adopted = self.profile_of(document)?;
            let calendar = self.calendar();
            let judgement = self.judge(document, &adopted, &calendar.calendar)?;
            self.commit_judgement(document, &adopted, &calendar.calendar, judgement)
        })
    }

    pub(super) fn sign(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Signing, DocumentState::Signing, |document| {
            if let Some(attempt) = self.unentered(document.id)
                && self.adopt_or_set_aside(attempt)?
            {
                self.forget_unentered(document.id);
                return Ok(&[StageName::Stamping, StageName::Filing] as &'static [StageName]);
            }
            self.forget_unentered(document.id);
            let adopted = self.profile_of(document)?;
            let accepted = self.database.read(async |tx| {
                Ok::<_, StageError>(review::recall(tx, document, &adopted.profile).await)
            })?;
            let now = self.clock.now();
            let session = self.sessions.at_station(&document.station).map(|session| session.id);
            let accepted = match accepted {
                Ok(accepted) => accepted,
                Err(NotAccepted::Needs(needs)) => {
                    let (state, reason) = review::route(&needs);
                    self.move_and_hold(document, state, reason, Some(asked(&needs)?), now)?;
                    return Ok(&[] as &'static [StageName]);
                }
                Err(NotAccepted::Database(error)) => return Err(error.into()),
                Err(error @ NotAccepted::NotJudged) => return Err(StageError::Document(error.to_string())),
            };
            let anonymous =
                self.config.stations.get(&document.station).is_some_and(|station| station.anonymous_writing);
            // By the calendar that judged it, which the record will hold.
            let calendar = match &document.calendar {
                None => self.calendar(),
                Some(digest) => self.calendar_of(digest)?,
            };
            self.note_sign_by(document, &accepted, &adopted, &calendar.calendar)?;
            let signed = self.signing(&calendar.calendar).sign(&accepted, &adopted.profile, anonymous).inspect_err(|error| {
                if let SigningError::NotEntered { attempt, .. } = error {
                    self.remember_unentered(document.id, *attempt);
                }
            });
            match signed? {
                signing::Outcome::Signed(attempt) => {
                    tracing::info!(document.id = %document.id, attempt.id = %attempt, "Signed document {}", document.id);
                    return Ok(&[StageName::Stamping, StageName::Filing]);
                }
                signing::Outcome::Waits { reason, detail } => {
                    return Ok(self.wait_for(document, reason, detail, session)?);
                }
                signing::Outcome::Confirm => {
                    self.move_and_hold(document, DocumentState::AwaitingConfirmation, None, None, now)?;
                }
                signing::Outcome::ConfirmByOther { detail } => {
                    let reason = Some(HoldReason::OtherOperator);
                    self.move_and_hold(document, DocumentState::AwaitingConfirmation, reason, detail, now)?;
                }
                signing::Outcome::ConfirmAnew { confirmed_by } => {
                    self.confirm_anew(document, confirmed_by, now)?;
                }
                signing::Outcome::TooEarly { until } => {
                    self.wait_for_clock(document.id, DocumentState::Signing, until)?;
                }
                signing::Outcome::Late => {
                    self.move_and_hold(document, DocumentState::Review, Some(HoldReason::Late), None, now)?;
                }
            }
            Ok(&[])
        })
    }

    /// Has the row name the time to sign, where it names another: that to stamp a signature that came to nothing.
    fn note_sign_by(
        &self,
        document: &Document,
        accepted: &review::Accepted,
        adopted: &Adopted,
        calendar: &Calendar,
    ) -> Result<(), DatabaseError> {
        let sign_by = review::sign_by(document, &adopted.profile, calendar, accepted.decisions()).ok();
        if document.due_at == sign_by {
            return Ok(());
        }
        let id = document.id;
        self.database.write::<_, DatabaseError, _>(async move |tx| documents::set_due(tx, id, sign_by).await)
    }

    /// Holds a document in front of its signature for want of something; `session` is the one that was open at its station
    /// when that was found. What it waits for may have come between the look and the hold: whoever brought it has then
    /// woken all who waited, and this one was not among them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn wait_for(
        &self,
        document: &Document,
        reason: HoldReason,
        detail: Option<String>,
        session: Option<SessionId>,
    ) -> Result<&'static [StageName], DatabaseError> {
        let (id, now) = (document.id, self.clock.now());
        self.hold(document, DocumentState::Signing, reason, detail, now)?;
        let has_come = match reason {
            HoldReason::NoSession | HoldReason::NoAttestation => {
                let attested = |open: &SessionFacts| reason == HoldReason::NoAttestation && open.attestation.is_some();
                self.sessions
                    .at_station(&document.station)
                    .is_some_and(|open| Some(open.id) != session || attested(&open))
            }
            HoldReason::NoInformationManager => {
                self.database.read(async |tx| appointments::information_manager(tx, now).await)?.is_some()
            }
            HoldReason::Clock => self.clock.believed().is_ok(),
            HoldReason::NoDeadline => {
                document.calendar.is_some_and(|judged_by| judged_by != self.calendar().calendar.digest())
            }
            _ => false,
        };
        if !has_come {
            return Ok(&[]);
        }
        self.database.write::<_, DatabaseError, _>(async move |tx| {
            // Or it was woken after all.
            let held = documents::get(tx, id).await?.and_then(|document| document.held);
            if held == Some(reason) {
                waiting::try_again(tx, id, DocumentState::Signing, reason, now).await
            } else {
                Ok(())
            }
        })?;
        Ok(&[StageName::Inspection, StageName::Signing])
    }

    /// Enters an attempt, unless a row names it, where everything about it is in order; else it goes into the quarantine. Says
    /// whether it was entered.
    ///
    /// # Errors
    /// When the ledger or the disk fails.
    pub fn adopt_or_set_aside(&self, attempt: AttemptId) -> Result<bool, SigningError> {
        // It was entered after all, and the answer got lost.
        if self.database.read::<_, DatabaseError, _>(async |tx| attempts::get(tx, attempt).await)?.is_some() {
            return Ok(false);
        }
        let profiles = self.profiles();
        let policy = |reference: &_| profiles.exactly(reference).map(|adopted| adopted.profile.timestamp.policy);
        let calendar = self.calendar();
        let signing = self.signing(&calendar.calendar);
        match signing.adopt(attempt, policy)? {
            Ok(document) => {
                tracing::info!(attempt.id = %attempt, document.id = %document, "Attempt {attempt} was signed before and is entered now");
                Ok(true)
            }
            Err(why) => signing.quarantine(OsStr::new(&attempt.to_string()), why).map(|()| false),
        }
    }

    /// The stage that signs, with this line's instruments.
    #[must_use]
    pub fn signing<'a>(&'a self, calendar: &'a Calendar) -> Signing<'a> {
        Signing {
            database: &self.database,
            journal: &self.journal,
            objects: &self.objects,
            sessions: &self.sessions,
            custody: &self.custody,
            clock: &self.clock,
            calendar,
            home: self.home.id(),
            mode: self.config.mode.as_str(),
            sandbox: self.sandbox,
            build: self.build,
            own_authority: &self.own_authority,
        }
    }

    pub(super) fn stamping(&self) -> Stamping<'_> {
        Stamping {
            database: &self.database,
            journal: &self.journal,
            custody: &self.custody,
            clock: &self.clock,
            authorities: &self.authorities,
        }
    }

    pub(super) fn stamp(&self, id: DocumentId) -> Worked {
        match self.stamping().stamp(id) {
            Ok(stamping::Outcome::Stamped { at, authority }) => {
                tracing::info!(document.id = %id, %authority, %at, "Authority {authority} stamped document {id}");
                Worked::Done(&[StageName::Filing])
            }
            Ok(stamping::Outcome::Missed) => Worked::Done(&[StageName::Signing]),
            Ok(stamping::Outcome::TooEarly { until }) => {
                match self.wait_for_clock(id, DocumentState::Stamping, until) {
                    Ok(()) => Worked::Done(&[]),
                    Err(error) => self.failed(id, StageName::Stamping, DocumentState::Stamping, error),
                }
            }
            Ok(stamping::Outcome::Away { problem, passing }) => {
                // An authority may refuse this one and no other: the others come first now.
                let now = self.clock.now();
                let postponed =
                    self.database.write::<_, DatabaseError, _>(async move |tx| documents::postpone(tx, id, now).await);
                let authority = Away::Authority { problem, passing };
                Worked::Away(postponed.map_or_else(Into::into, |()| authority))
            }
            Err(error) => self.failed(id, StageName::Stamping, DocumentState::Stamping, error.into()),
        }
    }

    pub(super) fn file(&self, id: DocumentId) -> Worked {
        let stage = Filing {
            database: &self.database,
            journal: &self.journal,
            objects: &self.objects,
            custody: &self.custody,
            clock: &self.clock,
            patients: self.patients(),
            original: &|delivery, content| self.original(delivery, content),
            calendar: &|digest| self.calendar_bytes(digest),
            profile: &|digest| self.profiles().bytes_of(digest),
        };
        match stage.file(id) {
            Ok(filing::Outcome::GivenUp) => Worked::Done(&[StageName::Signing]),
            Ok(filing::Outcome::Filed(filed)) => {
                tracing::info!(document.id = %id, record.id = %filed.record, "Filed document {id} as record {}", filed.record);
                self.clear_custody(id);
                Worked::Done(&[])
            }
            Ok(filing::Outcome::TooEarly { until }) => match self.wait_for_clock(id, DocumentState::Filing, until) {
                Ok(()) => Worked::Done(&[]),
                Err(error) => self.failed(id, StageName::Filing, DocumentState::Filing, error),
            },
            Err(error) => self.failed(id, StageName::Filing, DocumentState::Filing, error.into()),
        }
    }

    /// What would bear an earlier time than what it follows waits by itself, and no stage for it. Where that is longer than
    /// anybody would put up with it is held, so that a person sees it: a clock that ran ahead is no reason to wait for years.
    fn wait_for_clock(&self, id: DocumentId, state: DocumentState, until: Instant) -> Result<(), StageError> {
        let (now, journal) = (self.clock.now(), Arc::clone(&self.journal));
        let is_long = until.since(now) > LONGEST_PUT_OFF;
        if is_long {
            tracing::warn!(document.id = %id, "Document {id} waits for the clock, which was set back to before it was taken in, signed or stamped");
        }
        self.database.write::<_, StageError, _>(async move |tx| {
            if is_long && waiting::is_in_hand(tx, id, state).await? {
                let reason = HoldReason::ClockAhead;
                let detail = documents::to_json("document.held_detail", &HeldDetail::ClockAhead { until })?;
                documents::hold(tx, id, state, reason, Some(&detail), now).await?;
                let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
                journal.append(tx, entry, now).await?;
            }
            Ok(documents::postpone(tx, id, until).await?)
        })
    }

    fn hold(
        &self,
        document: &Document,
        state: DocumentState,
        reason: HoldReason,
        detail: Option<String>,
        now: Instant,
    ) -> Result<(), DatabaseError> {
        let id = document.id;
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, DatabaseError, _>(async move |tx| {
            documents::hold(tx, id, state, reason, detail.as_deref(), now).await?;
            let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
            journal.append(tx, entry, now).await?;
            Ok(())
        })
    }

    /// Somebody else confirms what was confirmed by one who can sign no more.
    fn confirm_anew(&self, document: &Document, confirmed_by: PersonId, now: Instant) -> Result<(), DatabaseError> {
        let id = document.id;
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, DatabaseError, _>(async move |tx| {
            documents::carry_on(tx, id, DocumentState::Signing, DocumentState::AwaitingConfirmation, now).await?;
            let subject = About { person: Some(confirmed_by), ..About::document(id) };
            journal.append(tx, Draft::by_system(Kind::ConfirmationLapsed, subject), now).await?;
            Ok(())
        })
    }

    fn move_and_hold(
        &self,
        document: &Document,
        to: DocumentState,
        reason: Option<HoldReason>,
        detail: Option<String>,
        now: Instant,
    ) -> Result<(), StageError> {
        let (id, from) = (document.id, document.state);
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, StageError, _>(async move |tx| {
            documents::carry_on(tx, id, from, to, now).await?;
            if let Some(reason) = reason {
                documents::hold(tx, id, to, reason, detail.as_deref(), now).await?;
                let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
                journal.append(tx, entry, now).await?;
            }
            Ok(())
        })
    }

    fn profile_of(&self, document: &Document) -> Result<Arc<Adopted>, StageError> {
        let reference = document.profile.as_ref().ok_or_else(|| StageError::Document("it has no profile".into()))?;
        self.profiles()
            .exactly(reference)
            .cloned()
            .ok_or_else(|| StageError::Document(format!("profile {} is not known", reference.id)))
    }
}

impl Line {
    fn judge(&self, document: &Document, adopted: &Adopted, calendar: &Calendar) -> Result<Judgement, StageError> {
        let id = document.id;
        let (parts, clock) = self.database.read::<_, StageError, _>(async |tx| {
            let clock = read::clock_at_intake(tx, id).await?.ok_or_else(|| {
                StageError::Document("the journal does not say how the clock stood at the intake".into())
            })?;
            let mut found = Vec::new();
            for part in documents::parts(tx, id).await? {
                let object = contents::measurements(tx, &part.content)
                    .await?
                    .ok_or_else(|| StageError::Document("a content has no measurements".into()))?;
                found.push((part, object));
            }
            Ok((found, clock))
        })?;
        let mut measured = Vec::new();
        for (part, object) in parts {
            let bytes = self.objects.get(&object)?;
            let measurements = Measurements::read(&bytes).map_err(|error| StageError::Document(error.to_string()))?;
            measured.push((part, measurements));
        }
        let subject = Subject {
            parts: measured
                .iter()
                .map(|(part, measurements)| SubjectPart {
                    measurements,
                    first_page: part.first_page,
                    page_count: part.page_count,
                })
                .collect(),
            claims: &document.claims,
            identity: &document.identity,
            taken_in_at: document.taken_in_at,
            clock_problem: clock.problem.as_deref(),
            station: &document.station,
            calendar,
        };
        Ok(inspect(&subject, &adopted.profile))
    }

    fn commit_judgement(
        &self,
        document: &Document,
        adopted: &Arc<Adopted>,
        calendar: &Calendar,
        judgement: Judgement,
    ) -> Result<&'static [StageName], StageError> {
        let due_at =
            calendar.deadline(document.taken_in_at, adopted.profile.window.sign_within, &document.station).ok();
        let (id, station, note) =
            (document.id, document.station.clone(), note_text(document, &judgement, calendar.zone()));
        let judged = document;
        let (document, adopted, journal) = (document.clone(), Arc::clone(adopted), Arc::clone(&self.journal));
        let (now, judged_by) = (self.clock.now(), calendar.digest());
        let held = self.database.write::<_, StageError, _>(async move |tx| {
            documents::still(tx, &document).await?;
            let in_use = watched_files::get(tx, CALENDAR).await?;
            if in_use.is_some_and(|in_use| in_use.digest != judged_by) {
                let id = document.id;
                let replaced = format!("another calendar came into use while document {id} was judged");
                return Err(DatabaseError::Conflict(replaced).into());
            }
            // Before the decisions are read: one that was about another judgement counts no more.
            documents::set_judgement(tx, document.id, &judgement, due_at).await?;
            let decided = decisions::of_document(tx, document.id).await?;
            let needs = review::needs(&document.identity, &judgement, &adopted.profile, &decided);
            let (state, held) = review::route(&needs);
            documents::set_calendar(tx, document.id, &judged_by).await?;
            documents::carry_on(tx, document.id, DocumentState::Inspecting, state, now).await?;
            if let Some(reason) = held {
                documents::hold(tx, document.id, state, reason, Some(&asked(&needs)?), now).await?;
            }
            let found: Vec<&str> = judgement
                .findings
                .iter()
                .filter(|finding| finding.severity > Severity::Pass)
                .map(|finding| finding.check.as_str())
                .collect();
            let entry = Draft::by_system(Kind::DocumentInspected, About::document(document.id))
                .fact("profile", &judgement.profile)
                .fact("severity", judgement.severity)
                .fact("found", found)
                .fact("goes_to", state)
                .fact("held", held);
            journal.append(tx, entry, now).await?;
            Ok(held)
        })?;
        match (self.intake.get(), held) {
            // Nothing was found in the scan.
            (Some(intake), Some(HoldReason::NotCarried)) => intake.note_hold(judged, HoldReason::NotCarried),
            (Some(intake), Some(_)) => intake.note(&station, id, &note),
            (Some(intake), None) => intake.clear_note(&station, id),
            (None, _) => {}
        }
        Ok(&[StageName::Signing])
    }
}

/// What a document asks of people, as the detail of its hold has it.
fn asked(needs: &[Need]) -> Result<String, StageError> {
    serde_json_canonicalizer::to_string(&serde_json::json!({ "code": "needs", "needs": needs }))
        .map_err(|error| StageError::Document(error.to_string()))
}

/// What the station is told about a document that a check held or rejected: which, page, reason, what to do. No patient
/// data.
fn note_text(document: &Document, judgement: &Judgement, zone: &TimeZone) -> String {
    let taken_in = document.taken_in_at.in_zone(zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let blanks = [("taken_in", taken_in.into()), ("document", document.id.to_string().into())];
    let texts = Lang::ALL.map(|lang| {
        let found = say_findings(lang, judgement).into_iter().filter(|said| said.severity >= Severity::Hold);
        let lines = std::iter::once(say(lang, "note-document", &blanks)).chain(found.map(|said| said.text));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    });
    texts.join("\n")
}
