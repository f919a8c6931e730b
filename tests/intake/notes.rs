//! What a station's people read in `_status/`.

use std::fs;
use std::os::unix::fs::symlink;

use schemars::{JsonSchema, schema_for};
use torikomi::document::{DeliveryProblem, DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::intake::drop::RefusalKind;
use torikomi::intake::line::{CustodyFinding, StationProblem};
use torikomi::ledger::documents;
use torikomi::messages::{FluentValue, Lang, find};

use crate::world::{World, name};

#[test]
fn an_incomplete_scan_has_a_note_until_it_is_whole() {
    let world = World::new();
    let line = world.open();
    world.put("架空 花子 9990001.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    world.measured_incomplete(id);
    world.turn(&line, 1);
    assert!(world.notes().is_empty(), "there is still time");
    world.turn(&line, 610);
    let notes = world.notes();
    assert_eq!(notes.len(), 1);
    for part in [&id.to_string(), "2026-11-20 09:00:04", "途中で切れている", "breaks off"] {
        assert!(notes[0].contains(part), "{part} in {}", notes[0]);
    }
    for patient in ["花子", "9990001"] {
        assert!(!notes[0].contains(patient), "{}", notes[0]);
    }
    world.turn(&line, 10);
    assert_eq!(world.notes(), notes, "written once");
    drop(line);
    let line = world.open();
    world.turn(&line, 10);
    assert_eq!(world.notes(), notes, "and known after a restart");
    drop(line);
    // A person took it as it is.
    world.measured_complete(id);
    let line = world.open();
    world.turn(&line, 1);
    assert!(world.notes().is_empty());
}

#[test]
fn a_refusal_has_a_note_until_it_is_gone() {
    let world = World::new();
    let line = world.open();
    symlink("/etc/passwd", world.path("link.tif")).unwrap();
    world.take(&line);
    assert!(world.notes()[0].contains("リンク"), "{:?}", world.notes());
    fs::remove_file(world.path("link.tif")).unwrap();
    world.turn(&line, 1);
    assert!(world.notes().is_empty());
}

#[test]
fn what_never_ends_is_told() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif.part", b"half");
    world.put("alone.json", b"{}");
    fs::create_dir(world.path("empty")).unwrap();
    world.turn(&line, 1);
    world.turn(&line, 590);
    assert!(world.notes().is_empty());
    world.turn(&line, 20);
    let mut notes = world.notes().join("\n");
    for part in [".part", "Sidecar files without a scan: 1", "do not come to rest and so cannot be taken in: 1"] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
    for gone in ["scan.tif.part", "alone.json"] {
        fs::remove_file(world.path(gone)).unwrap();
    }
    world.turn(&line, 1);
    notes = world.notes().join("\n");
    assert!(notes.contains("do not come to rest") && !notes.contains("Sidecar"), "{notes}");
    assert!(world.deliveries().is_empty());
}

/// Into a folder that cannot be written to no note can be put either.
#[test]
fn what_never_comes_to_rest_is_told_by_the_station_too() {
    let world = World::new();
    let line = world.open();
    let count = || line.stations()[0].restless;
    let sidecar = r#"{"format":"torikomi-sidecar-v1","files":["p1.tif","p2.tif"]}"#;
    world.put("visit.json", sidecar.as_bytes());
    world.put("p1.tif", b"a page");
    fs::create_dir(world.path("empty")).unwrap();
    world.turn(&line, 1);
    world.turn(&line, 590);
    assert_eq!(count(), 0);
    world.turn(&line, 20);
    assert_eq!(count(), 2, "{:?}", world.ledger());
    let notes = world.notes().join("\n");
    for part in ["サイドカーの挙げるページ", "a page that a sidecar lists has not come"] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
    world.put("p2.tif", b"a leaf");
    world.take(&line);
    assert_eq!((count(), world.deliveries().len()), (1, 1));
    fs::remove_dir(world.path("empty")).unwrap();
    world.turn(&line, 1);
    assert_eq!((count(), world.notes().len()), (0, 0));
}

#[test]
fn others_write_and_remove_notes_about_documents() {
    let world = World::new();
    let document = DocumentId::new();
    let line = world.open();
    line.note(&name("er-1"), document, "差し戻されました。\nSent back.");
    world.turn(&line, 1);
    assert_eq!(world.notes(), ["\u{feff}差し戻されました。\r\nSent back."]);
    line.note(&name("er-1"), document, "again");
    world.turn(&line, 1);
    assert_eq!(world.notes(), ["\u{feff}again"]);
    drop(line);
    let line = world.open();
    world.turn(&line, 1);
    assert_eq!(world.notes(), ["\u{feff}again"]);
    line.clear_note(&name("er-1"), document);
    world.turn(&line, 1);
    assert!(world.notes().is_empty());
}

#[test]
fn every_code_has_a_sentence_in_both_languages() {
    fn check<T: JsonSchema>(area: &str) {
        let schema = schema_for!(T);
        for variant in schema.as_value()["oneOf"].as_array().unwrap() {
            let fields = variant["properties"].as_object().unwrap();
            let id = format!("{area}-{}", fields["code"]["const"].as_str().unwrap());
            let blanks: Vec<_> = fields.keys().map(|name| (name.as_str(), FluentValue::from("x"))).collect();
            for lang in [Lang::Ja, Lang::En] {
                let said = find(lang, &id, &blanks).unwrap_or_else(|| panic!("no {id}"));
                assert!(!said.contains('{'), "{id} asks for what it has not: {said}");
            }
        }
    }
    check::<RefusalKind>("intake");
    check::<DeliveryProblem>("delivery-problem");
    check::<StationProblem>("station");
    check::<CustodyFinding>("custody");
}

#[test]
fn a_note_goes_with_its_cause_whoever_removed_it() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let document = world.measured_complete(world.only().id);
    for ended in [false, true] {
        let now = world.now();
        world.write(async move |tx| {
            let state = DocumentState::Identifying;
            documents::hold(tx, document, state, HoldReason::Identity, None, now).await
        });
        line.note(&name("er-1"), document, "it waits");
        world.turn(&line, 1);
        world.turn(&line, 1);
        assert_eq!(world.notes().len(), 1);
        world.write(async move |tx| match ended {
            false => documents::resume(tx, document, HoldReason::Identity, now).await,
            true => documents::move_on(tx, document, DocumentState::Identifying, DocumentState::Discarded, now).await,
        });
        world.turn(&line, 1);
        assert!(world.notes().is_empty(), "{:?}", world.notes());
    }
}
