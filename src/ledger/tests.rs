//! Every pair of states of both tables, tried on rows of a real database.

use super::*;
use crate::database::engines::{self, Engine};
use crate::database::{Database, DatabaseError, Tx};
use crate::document::Part;
use crate::ids::{DeliveryId, Digest, DocumentId, Name, PersonId};
use crate::image::unmeasured;
use crate::instant::Instant;
use crate::measurements::Fault;
use sqlx::Row as _;

struct World {
    database: Database,
    _runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl World {
    fn on_each_engine() -> impl Iterator<Item = Self> {
        engines::each().map(|Engine { database, runtime, folder }| Self {
            database,
            _runtime: runtime,
            _folder: folder,
        })
    }

    fn write(&self, job: impl for<'t> AsyncFnOnce(&'t mut Tx) -> Result<(), DatabaseError> + Send + 'static) {
        self.database.write(job).unwrap();
    }

    /// Everything that stands in a table, column by column.
    fn rows(&self, table: &'static str) -> Vec<String> {
        let rows = self.database.read::<_, DatabaseError, _>(async |tx| {
            let sql = format!("SELECT * FROM {table} ORDER BY id");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(tx).await?;
            Ok(rows.iter().map(|row| (0..row.len()).map(|at| value(row, at)).collect::<Vec<_>>().join(" ")).collect())
        });
        rows.unwrap()
    }
}

fn value(row: &sqlx::any::AnyRow, at: usize) -> String {
    if let Ok(text) = row.try_get::<Option<String>, _>(at) {
        format!("{text:?}")
    } else if let Ok(number) = row.try_get::<Option<i64>, _>(at) {
        format!("{number:?}")
    } else {
        format!("{:?}", row.try_get::<Option<Vec<u8>>, _>(at).unwrap())
    }
}

fn at(microseconds: i64) -> Instant {
    Instant::from_microseconds(1_795_132_800_000_000 + microseconds).unwrap()
}

fn station() -> Name {
    "front-desk".parse().unwrap()
}

/// A delivery that stands in `state`, with something wrong with it.
fn delivery_in(world: &World, state: DeliveryState) -> DeliveryId {
    let id = DeliveryId::new();
    world.write(async move |tx| {
        deliveries::enter(tx, id, &station(), b"scan.tif", at(0)).await?;
        put(tx, "delivery", id.to_string(), state.to_string()).await?;
        deliveries::count_failure(tx, id, at(1)).await.map(|_| ())
    });
    id
}

/// A document that stands in `state`, held.
fn document_in(world: &World, state: DocumentState) -> DocumentId {
    let (id, delivery) = (DocumentId::new(), DeliveryId::new());
    let digest = Digest::of(id.to_string().as_bytes());
    world.write(async move |tx| {
        deliveries::enter(tx, delivery, &station(), b"scan.tif", at(0)).await?;
        contents::enter(tx, &unmeasured(digest, 4, Fault::UnknownFormat), &digest).await?;
        let delivered_name = "scan.tif".to_owned();
        let part = Part { delivery, content: digest, first_page: 1, page_count: 1, delivered_name };
        documents::create(tx, id, &station(), &[part], at(0), at(0)).await?;
        put(tx, "document", id.to_string(), state.to_string()).await?;
        documents::hold(tx, id, state, crate::document::HoldReason::Findings, Some("{}"), at(1)).await
    });
    id
}

#[test]
fn that_the_source_changed_stays_the_reason_whatever_a_stage_finds_meanwhile() {
    use crate::document::HoldReason::{NoSession, SourceChanged, StageFailed};
    for world in World::on_each_engine() {
        let id = document_in(&world, DocumentState::Signing);
        let hold = |reason| {
            world.database.write::<_, DatabaseError, _>(async move |tx| {
                documents::hold(tx, id, DocumentState::Signing, reason, None, at(2)).await
            })
        };
        hold(SourceChanged).unwrap();
        for reason in [NoSession, StageFailed] {
            assert!(matches!(hold(reason), Err(DatabaseError::Conflict(_))), "{reason}");
        }
        hold(SourceChanged).unwrap();
        let document = world.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        assert_eq!(document.held, Some(SourceChanged));
    }
}

#[test]
fn what_was_worked_out_of_a_document_that_a_person_spoke_of_since_is_stale() {
    for world in World::on_each_engine() {
        let id = document_in(&world, DocumentState::Inspecting);
        let get = || world.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        let still = |seen: documents::Document| {
            world.database.write::<_, DatabaseError, _>(async move |tx| documents::still(tx, &seen).await)
        };
        let seen = get();
        still(seen.clone()).unwrap();
        world.write(async move |tx| {
            // There and back again, within one tick of the clock.
            documents::move_on(tx, id, DocumentState::Inspecting, DocumentState::Identifying, at(1)).await?;
            documents::move_on(tx, id, DocumentState::Identifying, DocumentState::Inspecting, at(1)).await
        });
        assert_eq!(get().state, seen.state);
        assert!(matches!(still(seen), Err(DatabaseError::Conflict(_))));
        let seen = get();
        world.write(async move |tx| {
            let reason = crate::document::HoldReason::Identity;
            documents::hold(tx, id, DocumentState::Inspecting, reason, None, at(2)).await?;
            documents::resume(tx, id, reason, at(2)).await
        });
        assert!(matches!(still(seen), Err(DatabaseError::Conflict(_))));
    }
}

#[test]
fn what_waited_begins_its_count_of_failures_anew() {
    use crate::document::HoldReason::NoSession;
    for world in World::on_each_engine() {
        let id = document_in(&world, DocumentState::Signing);
        let count = |world: &World| {
            world
                .database
                .write::<_, DatabaseError, _>(async move |tx| documents::count_failure(tx, id, at(3)).await)
                .unwrap()
        };
        assert_eq!((count(&world), count(&world)), (1, 2));
        world.write(async move |tx| {
            documents::hold(tx, id, DocumentState::Signing, NoSession, None, at(4)).await?;
            documents::resume_all(tx, None, NoSession, at(5)).await.map(|_| ())
        });
        assert_eq!(count(&world), 1);
    }
}

/// Past every rule, as no move could.
async fn put(tx: &mut Tx, table: &str, id: String, state: String) -> Result<(), DatabaseError> {
    let sql = format!("UPDATE {table} SET state = $1 WHERE id = $2");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(state).bind(id).execute(tx).await?;
    Ok(())
}

#[test]
fn deliveries_move_as_the_table_says_and_not_otherwise() {
    for world in World::on_each_engine() {
        let mut moved = Vec::new();
        for from in DeliveryState::ALL {
            let id = delivery_in(&world, from);
            for to in DeliveryState::ALL {
                let before = world.rows("delivery");
                let done = world.database.write::<_, DatabaseError, _>(async move |tx| {
                    deliveries::move_on(tx, id, from, to, None, at(2)).await
                });
                if DELIVERY_MOVES.contains(&(from, to)) {
                    done.unwrap();
                    let row = world.database.read(async |tx| deliveries::get(tx, id).await).unwrap().unwrap();
                    assert_eq!((row.state, row.failures), (to, 0), "{from} to {to}");
                    moved.push((from, to));
                    world.write(async move |tx| put(tx, "delivery", id.to_string(), from.to_string()).await);
                } else {
                    assert!(matches!(done, Err(DatabaseError::Conflict(_))), "{from} to {to}: {done:?}");
                    assert_eq!(world.rows("delivery"), before, "{from} to {to}");
                }
                // Whoever looked too long ago moves nothing.
                if let Some(&(stale, next)) = DELIVERY_MOVES.iter().find(|(stale, next)| *stale != from && *next == to)
                {
                    let before = world.rows("delivery");
                    let done = world.database.write::<_, DatabaseError, _>(async move |tx| {
                        deliveries::move_on(tx, id, stale, next, None, at(2)).await
                    });
                    assert!(matches!(done, Err(DatabaseError::Conflict(_))), "{from}, taken for {stale}: {done:?}");
                    assert_eq!(world.rows("delivery"), before, "{from}, taken for {stale}");
                }
            }
        }
        assert_eq!(moved.len(), DELIVERY_MOVES.len(), "a move stands in the table twice");
    }
}

#[test]
fn documents_move_as_the_table_says_and_not_otherwise() {
    for world in World::on_each_engine() {
        let mut moved = Vec::new();
        for from in DocumentState::ALL {
            let id = document_in(&world, from);
            for to in DocumentState::ALL {
                let before = world.rows("document");
                let done = world
                    .database
                    .write::<_, DatabaseError, _>(async move |tx| documents::move_on(tx, id, from, to, at(2)).await);
                if DOCUMENT_MOVES.contains(&(from, to)) {
                    done.unwrap();
                    let row = world.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
                    assert_eq!((row.state, row.held), (to, None), "{from} to {to}");
                    moved.push((from, to));
                    world.write(async move |tx| put(tx, "document", id.to_string(), from.to_string()).await);
                } else {
                    assert!(matches!(done, Err(DatabaseError::Conflict(_))), "{from} to {to}: {done:?}");
                    assert_eq!(world.rows("document"), before, "{from} to {to}");
                }
                // Whoever looked too long ago moves nothing.
                if let Some(&(stale, next)) = DOCUMENT_MOVES.iter().find(|(stale, next)| *stale != from && *next == to)
                {
                    let before = world.rows("document");
                    let done = world.database.write::<_, DatabaseError, _>(async move |tx| {
                        documents::move_on(tx, id, stale, next, at(2)).await
                    });
                    assert!(matches!(done, Err(DatabaseError::Conflict(_))), "{from}, taken for {stale}: {done:?}");
                    assert_eq!(world.rows("document"), before, "{from}, taken for {stale}");
                }
            }
        }
        assert_eq!(moved.len(), DOCUMENT_MOVES.len(), "a move stands in the table twice");
    }
}

#[test]
fn a_reader_sees_one_moment_while_others_write() {
    for world in World::on_each_engine() {
        let id = document_in(&world, DocumentState::Signing);
        let states = world.database.read::<_, DatabaseError, _>(async |tx| {
            let before = documents::get(tx, id).await?.unwrap().state;
            world.write(async move |tx| {
                documents::move_on(tx, id, DocumentState::Signing, DocumentState::Stamping, at(5)).await
            });
            Ok((before, documents::get(tx, id).await?.unwrap().state))
        });
        assert_eq!(states.unwrap(), (DocumentState::Signing, DocumentState::Signing));
        let after = world.database.read(async |tx| documents::get(tx, id).await);
        assert_eq!(after.unwrap().unwrap().state, DocumentState::Stamping);
    }
}

#[test]
fn who_was_put_off_comes_after_those_who_were_not() {
    for world in World::on_each_engine() {
        let [first, second] =
            [document_in(&world, DocumentState::Stamping), document_in(&world, DocumentState::Stamping)];
        world.write(async move |tx| {
            sqlx::query("UPDATE document SET held = NULL").execute(&mut *tx).await?;
            documents::postpone(tx, first, at(5)).await
        });
        let ready =
            |now| world.database.read(async |tx| documents::ready(tx, DocumentState::Stamping, now, 10).await).unwrap();
        assert_eq!(ready(at(5)), [second, first]);
        // One that cannot be read keeps no other from its turn.
        world.write(async move |tx| {
            sqlx::query("UPDATE document SET identity = '{' WHERE id = $1")
                .bind(second.to_string())
                .execute(tx)
                .await?;
            Ok(())
        });
        assert_eq!(ready(at(5)), [second, first]);
    }
}

#[test]
fn a_signature_for_what_was_sent_back_or_discarded_stands_for_nothing() {
    use crate::ids::{AttemptId, PersonId, SessionId};
    use attempts::{Attempt, AttemptState};
    for world in World::on_each_engine() {
        let signed = |document: DocumentId, state: AttemptState| {
            let (record, manifest) = (Digest::of(b"record"), Digest::of(b"manifest"));
            let (signer, session) = (PersonId::new(), SessionId::new());
            let (id, manager, signed_at) = (AttemptId::new(), signer, at(9));
            let (timestamped_at, stamp_due_at) = (None, None);
            let attempt = Attempt {
                id,
                document,
                state,
                record,
                manifest,
                signer,
                manager,
                session,
                signed_at,
                timestamped_at,
                stamp_due_at,
            };
            world.write(async move |tx| attempts::enter(tx, &attempt).await);
            id
        };
        let mut counting = std::collections::BTreeSet::new();
        for state in DocumentState::ALL {
            let document = document_in(&world, state);
            signed(document, AttemptState::Missed);
            let stamped = signed(document, AttemptState::Stamped);
            if state.is_open() {
                counting.insert(stamped);
            }
        }
        for state in [DocumentState::Filed, DocumentState::Disposed] {
            counting.insert(signed(document_in(&world, state), AttemptState::Filed));
        }
        let from = |at| world.database.read(async |tx| attempts::signed_from(tx, at).await).unwrap();
        assert_eq!(
            from(at(9)).into_iter().map(|attempt| attempt.id).collect::<std::collections::BTreeSet<_>>(),
            counting
        );
        assert_eq!(from(at(10)), []);
    }
}

#[test]
fn a_signature_that_was_stamped_before_its_key_was_revoked_is_proven() {
    use crate::ids::{AttemptId, PersonId, SessionId};
    use attempts::{Attempt, AttemptState};
    for world in World::on_each_engine() {
        let (signer, session, stolen) = (PersonId::new(), SessionId::new(), Digest::of(b"stolen"));
        world.write(async move |tx| {
            let person = "INSERT INTO person (id, login, name, occupation, department, state, created_at)
               VALUES ($1, 'mihon', '見本', '医師', '内科', 'active', 0)";
            sqlx::query(person).bind(signer.to_string()).execute(&mut *tx).await?;
            let opened = "INSERT INTO session (id, person, certificate, station, opened_at, expires_at, most)
               VALUES ($1, $2, $3, 'front-desk', 0, 0, 9)";
            let opened = sqlx::query(opened).bind(session.to_string()).bind(signer.to_string());
            opened.bind(stolen.to_string()).execute(tx).await?;
            Ok(())
        });
        let signed = |state: AttemptState, timestamped_at: Option<Instant>, session: SessionId| {
            let document = document_in(&world, DocumentState::Filing);
            let attempt = Attempt {
                id: AttemptId::new(),
                document,
                state,
                record: Digest::of(b"record"),
                manifest: Digest::of(b"manifest"),
                signer,
                manager: signer,
                session,
                signed_at: at(1),
                timestamped_at,
                stamp_due_at: None,
            };
            world.write(async move |tx| attempts::enter(tx, &attempt).await);
            document
        };
        signed(AttemptState::Stamped, Some(at(8)), session);
        signed(AttemptState::Missed, None, session);
        signed(AttemptState::Filed, Some(at(9)), session);
        signed(AttemptState::Signed, None, SessionId::new());
        let mut resting =
            [signed(AttemptState::Signed, None, session), signed(AttemptState::Stamped, Some(at(9)), session)];
        resting.sort_by_key(ToString::to_string);
        let found = world.database.read(async |tx| attempts::documents_not_proven_before(tx, stolen, at(9)).await);
        assert_eq!(found.unwrap(), resting);
    }
}

#[test]
fn a_decision_that_a_revoked_key_only_seconded_is_undone_from_then_on() {
    for world in World::on_each_engine() {
        let document = document_in(&world, DocumentState::Review);
        let [first, second] = ["first", "second"].map(|key| Digest::of(key.as_bytes()));
        world.write(async move |tx| {
            for (journal_index, decided_at) in [(1, at(1)), (2, at(2))] {
                let decision = decisions::Decision {
                    kind: decisions::DecisionKind::Exception,
                    person: PersonId::new(),
                    reason: None,
                    journal_index,
                    entry: first,
                    at: decided_at,
                    possible_again_at: None,
                    certificate: first,
                    second_certificate: Some(second),
                    seen: None,
                    undone_by: None,
                };
                decisions::enter(tx, document, &decision).await?;
            }
            let undone = decisions::undo(tx, &[(second, at(2))].into(), 7).await?;
            assert_eq!(undone, [document]);
            Ok(())
        });
        let all = world.database.read(async |tx| decisions::of_document(tx, document).await).unwrap();
        assert_eq!(all.iter().map(|one| one.undone_by).collect::<Vec<_>>(), [None, Some(7)]);
    }
}
