//! How the line stands.

use std::sync::PoisonError;

use super::{Requests, shown};
use crate::calendar::Expiry;
use crate::control::Refusal;
use crate::control::facts::{
    BackupStatus, Deadline, DeliveryRow, IncompleteBackup, Paused, RefusedDeliveries, SessionStatus, StationStatus,
    Status, Warning,
};
use crate::daemon::deadlines;
use crate::daemon::production::{self, Kept, Seen};
use crate::database::{DatabaseError, Tx};
use crate::document::DeliveryState;
use crate::instant::Instant;
use crate::intake::line::Blocked;
use crate::journal::backups::Backups;
use crate::journal::read;
use crate::ledger::deliveries::{self, Delivery};
use crate::ledger::documents::{self, Count, Filter, UnreadableDocument};
use crate::ledger::waiting;
use crate::people::appointments::{self, Offices};
use crate::people::register::PersonState;
use crate::people::sessions::{self, SessionRow};
use crate::people::{PeopleError, Role, certificates, register};
use crate::pipeline::driver::Away;
use crate::pipeline::line::Line;
use crate::store::records;

/// So many deadlines are listed.
const DEADLINES: u32 = 20;

/// So many of what was refused are listed.
const REFUSED: u32 = 5;

/// So many of what custody holds or lacks are told one by one.
const IN_CUSTODY: usize = 20;

/// Deliveries that a person has to look at.
const WAITING: [DeliveryState; 2] = [DeliveryState::Incomplete, DeliveryState::CompletenessUnknown];

/// What the database says.
struct Found {
    counts: Vec<Count>,
    waiting: Vec<Delivery>,
    refused: (u64, Vec<Delivery>),
    deadlines: Vec<Deadline>,
    unreadable: Vec<UnreadableDocument>,
    sessions: Vec<SessionStatus>,
    offices: Offices,
    /// Whose certificates end soon, and when.
    ending: Vec<(String, Instant)>,
    manager: Option<String>,
    /// Deliveries that a clock that ran ahead keeps waiting, and until when.
    ahead: Option<(u64, Instant)>,
    records: i64,
    journal_size: u64,
    backups: Backups,
}

impl Requests {
    pub(super) fn status(&self) -> Result<Status, Refusal> {
        let line = &self.line;
        let now = line.clock.now();
        let found = line.database.read::<_, PeopleError, _>(async |tx| look(tx, now).await)?;
        let raised = deadlines::raised(line, now)?;
        let stations = (self.hooks.stations)().into_iter().map(|station| with_session(station, &found.sessions));
        let stations: Vec<StationStatus> = stations.collect();
        let mut warnings = self.warnings(&found, now);
        warnings.extend(stations.iter().flat_map(litter));
        Ok(Status {
            home: line.home.id(),
            mode: line.config.mode.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            running_since: self.running_since,
            now,
            sandbox: line.sandbox.to_owned(),
            clock: line.clock.known(),
            clock_problem: line.clock.problem(),
            clock_shown: shown::of_clock(&line.clock)?,
            information_manager: found.manager,
            stations,
            documents: found.counts,
            deliveries_waiting: found.waiting.iter().map(delivery_row).collect(),
            refused: RefusedDeliveries {
                count: found.refused.0,
                last: found.refused.1.iter().map(delivery_row).collect(),
            },
            records: found.records,
            journal_size: found.journal_size,
            backup: found.backups.good.map(|backup| BackupStatus {
                generation: backup.generation,
                made_at: backup.made_at,
                seconds_ago: backup.age(now).map(|age| age.as_secs()),
                journal_size: backup.size,
            }),
            incomplete_backup: found.backups.lacking.map(|backup| IncompleteBackup {
                generation: backup.generation,
                made_at: backup.made_at,
                missing: backup.missing,
            }),
            paused: paused(line),
            incidents: line.incidents.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            raised,
            deadlines: found.deadlines,
            warnings,
            missing: production::missing(&self.seen(now)?),
            not_built: production::not_built(),
        })
    }

    /// The home as far as statutory filing asks.
    fn seen(&self, now: Instant) -> Result<Seen<'_>, Refusal> {
        let line = &self.line;
        Ok(Seen {
            layout: line.home.layout(),
            config: &line.config,
            kept: line.database.read::<_, PeopleError, _>(async |tx| Kept::read(tx, now).await)?,
            synchronised: line.clock.known().synchronised,
            patients: line.patients().summary().patients,
            not_locked: line.objects.cannot_lock(),
        })
    }

    fn warnings(&self, found: &Found, now: Instant) -> Vec<Warning> {
        let line = &self.line;
        let reading = line.calendar();
        let calendar = &reading.calendar;
        let mut warnings: Vec<_> = line.faults().into_iter().map(|fault| Warning::Fault { fault }).collect();
        let unreadable = found.unreadable.iter().cloned();
        warnings.extend(
            unreadable.map(|UnreadableDocument { document, problem }| Warning::Unreadable { document, problem }),
        );
        warnings.extend(found.ahead.map(|(count, until)| Warning::CopiedAhead { count, until }));
        warnings.extend(in_custody(line));
        let calendar_expiry = calendar.expiry(calendar.day_of(now));
        if calendar_expiry != Expiry::Far {
            warnings.push(Warning::Calendar { calendar_expiry });
        }
        let horizon = now.plus(line.config.people.warn_of_gap.as_signed());
        for role in [Role::InformationManager, Role::Admin] {
            if let Some(gap) = found.offices.next_gap(role, now, horizon) {
                let until = gap.until.map(|until| calendar.day_of(until));
                warnings.push(Warning::Gap { role, from: calendar.day_of(gap.from), until });
            }
        }
        warnings.extend(
            found
                .ending
                .iter()
                .map(|(login, ends)| Warning::Certificate { login: login.clone(), until: calendar.day_of(*ends) }),
        );
        if line.sessions.keys_may_be_swapped() {
            warnings.push(Warning::KeysMayBeSwapped);
        }
        if line.sandbox == "best-effort" {
            warnings.push(Warning::BestEffortSandbox);
        }
        warnings.extend(line.objects.cannot_lock().map(|place| Warning::ObjectsNotLocked { place }));
        let problem = line.files_problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
        warnings.extend(problem.map(|journal_files| Warning::JournalFiles { journal_files }));
        let problem = line.anchor_problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
        warnings.extend(problem.map(|anchor| Warning::Anchor { anchor }));
        let problem = line.stamp_problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
        warnings.extend(problem.map(|checkpoint_stamp| Warning::CheckpointStamp { checkpoint_stamp }));
        warnings
    }
}

async fn look(tx: &mut Tx, now: Instant) -> Result<Found, PeopleError> {
    let mut waiting = Vec::new();
    for state in WAITING {
        waiting.extend(deliveries::in_state(tx, state).await?);
    }
    let nearest = documents::list(tx, &Filter::default(), DEADLINES).await?;
    let unreadable = nearest.unreadable;
    let deadlines = nearest.documents.into_iter().filter_map(|document| {
        let due_at = document.due_at?;
        let seconds_left = due_at.since(now).as_secs();
        Some(Deadline { document: document.id, station: document.station, state: document.state, due_at, seconds_left })
    });
    let deadlines = deadlines.collect();
    let mut open = Vec::new();
    for row in sessions::list(tx, true).await? {
        open.push(session_status(tx, row).await?);
    }
    let manager = match appointments::information_manager(tx, now).await? {
        Some(appointment) => register::get(tx, appointment.person).await?.map(|person| person.name),
        None => None,
    };
    let offices = appointments::offices(tx, now).await?;
    let mut ending = Vec::new();
    for person in register::list(tx).await? {
        if person.state == PersonState::Active
            && offices.appointments.iter().any(|held| held.person == person.id)
            && let Some(ends) = certificates::ends_soon(&certificates::of_person(tx, person.id).await?, now)
        {
            ending.push((person.login.to_string(), ends));
        }
    }
    Ok(Found {
        counts: documents::counts(tx).await?,
        waiting,
        refused: deliveries::refused(tx, None, now, REFUSED).await?,
        deadlines,
        unreadable,
        sessions: open,
        offices,
        ending,
        manager,
        ahead: waiting::copied_ahead(tx, now).await?,
        records: records::count(tx).await?,
        journal_size: read::head(tx).await?.map_or(0, |head| head.size),
        backups: Backups::read(tx).await?,
    })
}

async fn session_status(tx: &mut Tx, row: SessionRow) -> Result<SessionStatus, DatabaseError> {
    let login = register::get(tx, row.person).await?.map(|person| person.login.to_string()).unwrap_or_default();
    Ok(SessionStatus {
        session: row.id,
        station: row.station,
        person: row.person,
        login,
        opened_at: row.opened_at,
        expires_at: row.expires_at,
        signed: row.signed,
        most: row.most,
        attested: row.attestation.is_some(),
        closed_at: row.closed.map(|(at, _)| at),
        close_reason: row.closed.map(|(_, reason)| reason.to_string()),
    })
}

fn with_session(station: StationStatus, sessions: &[SessionStatus]) -> StationStatus {
    let session = sessions.iter().find(|session| session.station == station.station).cloned();
    StationStatus { session, ..station }
}

/// What custody holds or lacks that nobody could explain at the start.
fn in_custody(line: &Line) -> Vec<Warning> {
    let mut found = line.intake.get().map(|intake| intake.custody_findings()).unwrap_or_default();
    let more = found.split_off(found.len().min(IN_CUSTODY)).len() as u64;
    let told = found.into_iter().map(|custody| Warning::Custody { custody });
    told.chain((more > 0).then_some(Warning::CustodyMore { count: more })).collect()
}

/// What stands at a station and comes to nothing by itself.
fn litter(at: &StationStatus) -> Vec<Warning> {
    let station = || at.station.clone();
    let warnings = [
        (at.late_sidecars, Warning::LateSidecars { station: station(), count: at.late_sidecars }),
        (at.lone_sidecars, Warning::LoneSidecars { station: station(), count: at.lone_sidecars }),
        (at.waiting_lists, Warning::WaitingLists { station: station(), count: at.waiting_lists }),
        (at.kept_sidecars, Warning::KeptSidecars { station: station(), count: at.kept_sidecars }),
        (at.restless, Warning::Restless { station: station(), count: at.restless }),
        (at.unfinished_files, Warning::UnfinishedFiles { station: station(), count: at.unfinished_files }),
    ];
    warnings.into_iter().filter(|(count, _)| *count > 0).map(|(_, warning)| warning).collect()
}

fn delivery_row(delivery: &Delivery) -> DeliveryRow {
    DeliveryRow {
        delivery: delivery.id,
        station: delivery.station.clone(),
        state: delivery.state,
        name: None,
        first_seen_at: delivery.first_seen_at,
        problem: delivery.problem.as_ref().and_then(|problem| serde_json::from_str(problem).ok()),
    }
}

/// Intake, where nothing can be copied into custody, and the stages that wait.
fn paused(line: &Line) -> Vec<Paused> {
    let intake = line.intake.get().and_then(|intake| intake.paused());
    let intake = intake.map(|gate| Paused {
        stage: "intake".to_owned(),
        since: gate.since,
        why: match gate.at {
            Blocked::Disk => Away::Disk { problem: gate.error },
            Blocked::Database => Away::Database { problem: gate.error },
            Blocked::DatabaseDamaged => Away::DatabaseDamaged { problem: gate.error },
        },
    });
    let stages = line.shared.paused().into_iter();
    let stages = stages.map(|(stage, since, why)| Paused { stage: stage.as_str().to_owned(), since, why });
    intake.into_iter().chain(stages).collect()
}
