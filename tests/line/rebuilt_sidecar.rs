//! Custody gives back what the store has lost of a filed document, down to its sidecar, and nothing leaves it meanwhile.

use std::fs;

use serde_json::json;
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::intake::custody::folder_name;
use torikomi::journal::kept::last_note;
use torikomi::journal::read::head;
use torikomi::ledger::documents;
use torikomi::signing::ATTEMPTS;
use torikomi::store::{records, relative_path};

use crate::account::{filed, names, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::proven::proven;
use crate::store_check::rebuild;

#[test]
fn a_copy_in_custody_that_is_the_last_to_have_a_sidecar_gives_it_back_or_stays() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // What is filed stays in custody as long as a backup looks at it, and the line ends before it has looked.
    let backup = hospital.home.hold_custody().unwrap().unwrap();
    let [gone, lost] = ["gone", "lost"].map(|prefix| {
        let (name, _) = deliver_consent(&hospital, prefix).pop_first().unwrap();
        let record = filed(&hospital, &name);
        let members = hospital.database.read(async |tx| records::members(tx, record.id, false).await).unwrap();
        let sidecar = members.iter().find(|member| member.name.starts_with("sidecar-"));
        let sidecar = sidecar.unwrap_or_else(|| panic!("{members:?}")).object;
        let parts = hospital.database.read(async |tx| documents::parts(tx, record.document).await).unwrap();
        (record, sidecar, folder_name(parts[0].delivery, 1))
    });
    assert_ne!(gone.1, lost.1);
    // Only what the journal's files have is known once the database is lost.
    let notes = hospital.home.layout().store(&hospital.config).join("journal/checkpoints.txt");
    wait_for(&hospital, "the journal's files", || {
        let size = hospital.database.read(async |tx| head(tx).await).unwrap().unwrap().size;
        last_note(&notes).unwrap().filter(|noted| noted.size == size).map(drop)
    });
    daemon.kill();
    drop(backup);

    let object = |digest| hospital.home.layout().store(&hospital.config).join("objects").join(relative_path(digest));
    for (_, sidecar, _) in [&gone, &lost] {
        fs::remove_file(object(sidecar)).unwrap();
    }
    // The other copy has lost it too.
    fs::remove_file(hospital.custody().join(&lost.2).join("content-002")).unwrap();
    fs::write(Layout::new(&hospital.root()).database(&hospital.config), b"no database").unwrap();
    let told = rebuild(&hospital)["not_rebuilt"].clone();
    hospital.configure(&Settings::default());
    assert_eq!(told, json!([{ "code": "record", "journal_index": lost.0.journal_index, "object": lost.1 }]));
    let daemon = hospital.start();
    proven(&hospital, &gone.0);
    wait_for(&hospital, "the one copy that is needed", || (copies(&hospital) == [lost.2.as_str()]).then_some(()));
    daemon.stop();
}

#[test]
fn nothing_leaves_custody_at_a_start_while_a_backup_looks_at_it() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let backup = hospital.home.hold_custody().unwrap().unwrap();
    let (name, _) = deliver_consent(&hospital, "filed").pop_first().unwrap();
    filed(&hospital, &name);
    daemon.kill();
    let attempts = || names(&hospital.custody().join(ATTEMPTS)).len();
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let left = (copies(&hospital).len(), attempts());
    assert_eq!(left, (1, 1), "the backup would miss what was filed while it was made");
    drop(backup);
    wait_for(&hospital, "custody without it", || (copies(&hospital).is_empty() && attempts() == 0).then_some(()));
    daemon.stop();
}

fn copies(hospital: &Hospital) -> Vec<String> {
    names(&hospital.custody()).into_iter().filter(|name| name.ends_with(".001")).collect()
}
