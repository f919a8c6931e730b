//! Scanners that begin each day with the same name, and overwrite what still stands there.

use torikomi::control::{ReasonGiven, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::Digest;

use crate::account::{documents_of, every_file_has_one_delivery, the_journal_is_whole, wait_for};
use crate::burst::{Sent, consent};
use crate::clients::by_smb;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
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
    // The one file was overwritten in place, as one that goes on growing would be: neither is filed unasked.
    hospital.open_session().unwrap();
    let changed = || {
        let all = documents_of(&hospital);
        all.iter().all(|(one, _)| one.held == Some(HoldReason::SourceChanged)).then_some(all)
    };
    let both = wait_for(&hospital, "the holds", changed);
    let because = || ReasonGiven { code: "other".parse().unwrap(), text: None };
    for (document, _) in both {
        // The first had come as far as its signature.
        let request = match document.state {
            DocumentState::Identifying => Request::Identify {
                by: by("manager"),
                document: hospital.looked(document.id),
                facts: Box::new(Facts {
                    patient_id: Some("9990001".into()),
                    document_type: Some("consent-demo".parse().unwrap()),
                    obtained_on: Some(hospital.today().0.parse().unwrap()),
                    ..Facts::default()
                }),
                supersedes: None,
                reason: because(),
            },
            _ => Request::Retry { by: by("manager"), documents: vec![hospital.looked(document.id)] },
        };
        hospital.ask(&request, PATIENCE).unwrap();
    }
    wait_for(&hospital, "both records", || {
        hospital.confirm_what_waits();
        let filed = documents_of(&hospital).iter().filter(|(one, _)| one.state == DocumentState::Filed).count();
        (filed == 2).then_some(())
    });
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
