//! Files that stand still for longer than the quiet time before they are whole.

use torikomi::ids::Digest;

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole};
use crate::burst::{Sent, consent};
use crate::clients::{by_smb, smb_writer};
use crate::hospital::Hospital;
use crate::servers;

#[test]
fn a_file_that_is_written_in_steps_is_taken_once_and_whole() {
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let samba = servers::samba(&hospital.drop(), here);
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let mut sent: Vec<Sent> = Vec::new();
    let mut writers = Vec::new();
    for way in ["slow", "preallocated", "appended", "header-last"] {
        let [(sidecar, text), (name, bytes)] = consent(&hospital, way);
        std::fs::write(here.join(&sidecar), text).unwrap();
        std::fs::write(here.join(&name), &bytes).unwrap();
        by_smb(&samba, &here.join(&sidecar), &sidecar, false);
        writers.push((name.clone(), smb_writer(&samba, way, &here.join(&name), &name).spawn().unwrap()));
        sent.push([(name, Digest::of(&bytes))].into());
    }
    // While any of it is missing there is no document of it.
    while !writers.is_empty() {
        writers.retain_mut(|(name, writer)| {
            let seen = document_of(&hospital, name).is_some();
            let Some(ended) = writer.try_wait().unwrap() else {
                assert!(!seen, "{name} became a document while it was written");
                return true;
            };
            assert!(ended.success(), "{name} could not be sent");
            false
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for names in &sent {
        filed(&hospital, names.first_key_value().unwrap().0);
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
