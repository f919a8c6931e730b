//! Scanners that begin each day with the same name, and overwrite what still stands there.

use torikomi::document::DocumentState;
use torikomi::ids::Digest;

use crate::account::{documents_of, every_file_has_one_delivery, the_journal_is_whole, wait_for};
use crate::burst::{Sent, consent};
use crate::clients::by_smb;
use crate::hospital::{Hospital, Settings};
use crate::servers;

#[test]
fn a_name_that_is_overwritten_while_its_first_scan_waits_is_another_scan() {
    let mut hospital = Hospital::found();
    // The delivered file stays until its record is filed, so that the next upload writes into the same file.
    hospital.configure(&Settings { station: "source_release = \"filed\"\n", ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let samba = servers::samba(&hospital.drop(), here);
    let daemon = hospital.start();

    // No session is open yet: the first waits.
    let mut sent: Vec<Sent> = Vec::new();
    for (turn, variant) in ["first", "second"].into_iter().enumerate() {
        let [(_, text), (_, bytes)] = consent(&hospital, variant);
        let text = String::from_utf8(text).unwrap().replace(&format!("{variant}-consent.jpg"), "SCAN0001.jpg");
        std::fs::write(here.join("sidecar"), text).unwrap();
        std::fs::write(here.join("scan"), &bytes).unwrap();
        by_smb(&samba, &here.join("sidecar"), "SCAN0001.json", false);
        by_smb(&samba, &here.join("scan"), "SCAN0001.jpg", false);
        sent.push([("SCAN0001.jpg".to_owned(), Digest::of(&bytes))].into());
        wait_for(&hospital, "the document", || (documents_of(&hospital).len() > turn).then_some(()));
    }
    hospital.open_session().unwrap();
    wait_for(&hospital, "both records", || {
        hospital.confirm_what_waits();
        let filed = documents_of(&hospital).iter().filter(|(one, _)| one.state == DocumentState::Filed).count();
        (filed == 2).then_some(())
    });
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
