//! Uploads that end in the middle. To the folder, a server whose client died looks like one that is done.

use std::time::Duration;

use torikomi::document::{DeliveryState, HoldReason};
use torikomi::ids::Digest;
use torikomi::ledger::deliveries;

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole, wait_for};
use crate::burst::{Sent, consent};
use crate::clients::{by_smb, done, ftp, killed_midway, sftp, smb_writer};
use crate::hospital::Hospital;
use crate::servers;

#[test]
fn an_upload_that_was_cut_off_is_filed_only_when_it_comes_whole() {
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let (drop, here) = (hospital.drop(), folder.path());
    let samba = servers::samba(&drop, here);
    let plain = servers::ftp(&drop, here, false);
    let hidden = servers::ftp(&drop, here, true);
    let ssh = servers::sftp(here);
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let mut sent: Vec<Sent> = Vec::new();
    let mut scans = Vec::new();
    for prefix in ["smb", "ftp", "hidden", "sftp"] {
        let [(sidecar, text), (name, bytes)] = consent(&hospital, prefix);
        std::fs::write(here.join(&sidecar), text).unwrap();
        std::fs::write(here.join(&name), &bytes).unwrap();
        by_smb(&samba, &here.join(&sidecar), &sidecar, false);
        sent.push([(name.clone(), Digest::of(&bytes))].into());
        scans.push((prefix, name, here.join(format!("{prefix}-consent.jpg"))));
    }
    let put = |name: &str| format!("put \"{}\" \"{}\"\n", here.join(name).display(), drop.join(name).display());
    for (prefix, name, local) in &scans {
        let target = || Some(drop.join(name));
        match *prefix {
            "smb" => {
                let ended = smb_writer(&samba, "killed", local, name).status().unwrap();
                assert!(!ended.success());
            }
            "ftp" => killed_midway(&mut ftp(&plain, local, name, &["--limit-rate", "100k"]), target),
            "hidden" => killed_midway(&mut ftp(&hidden, local, name, &["--limit-rate", "100k"]), || {
                Some(drop.join(format!(".in.{name}.")))
            }),
            _ => killed_midway(&mut sftp(&ssh, here, &put(name), &["-l", "800"]), target),
        }
    }
    // Several times the quiet time: none is taken for a document, and nothing of it goes.
    std::thread::sleep(Duration::from_secs(4));
    for (prefix, name, local) in &scans {
        assert!(document_of(&hospital, name).is_none(), "{prefix}: half a file became a document");
        let whole = std::fs::metadata(local).unwrap().len();
        let half = std::fs::metadata(drop.join(name)).map(|found| found.len());
        assert!(half.is_ok_and(|half| 0 < half && half < whole), "{prefix}: what came is no longer there");
    }
    // The scanner sends them again under the same names.
    for (prefix, name, local) in &scans {
        match *prefix {
            "smb" => by_smb(&samba, local, name, false),
            "ftp" => done(&mut ftp(&plain, local, name, &[])),
            "hidden" => done(&mut ftp(&hidden, local, name, &[])),
            _ => done(&mut sftp(&ssh, here, &put(name), &[])),
        }
        filed(&hospital, name);
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

/// The scanner fell silent in the middle of one patient's page. Its next page, under the same name, is another's.
#[test]
fn the_sidecar_of_a_scan_that_was_cut_off_does_not_speak_for_another_scan() {
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let samba = servers::samba(&hospital.drop(), here);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    for (prefix, renamed) in [("in-place", false), ("exchanged", true)] {
        let [(sidecar, text), (name, bytes)] = consent(&hospital, prefix);
        let [_, (_, other)] = consent(&hospital, &format!("{prefix}-other"));
        std::fs::write(here.join("sidecar"), text).unwrap();
        std::fs::write(here.join("half"), &bytes[..bytes.len() / 2]).unwrap();
        std::fs::write(here.join("other"), &other).unwrap();
        by_smb(&samba, &here.join("sidecar"), &sidecar, false);
        by_smb(&samba, &here.join("half"), &name, false);
        // It is known to be half a file before the other comes.
        wait_for(&hospital, "the half that was looked at", || {
            let found = hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await);
            let is_it = |row: &deliveries::Delivery| row.source_display == name && row.measured_copy == row.copy;
            found.unwrap().iter().any(is_it).then_some(())
        });
        if renamed {
            // As `smbclient` does not rename over what is there.
            std::fs::copy(here.join("other"), hospital.drop().join(".other")).unwrap();
            std::fs::rename(hospital.drop().join(".other"), hospital.drop().join(&name)).unwrap();
        } else {
            by_smb(&samba, &here.join("other"), &name, false);
        }
        let document =
            wait_for(&hospital, "the hold", || document_of(&hospital, &name).filter(|one| one.held.is_some()));
        assert_eq!(document.held, Some(HoldReason::Identity), "{prefix}: {document:?}");
        // What was exchanged is a delivery of its own; what was overwritten is that of the sidecar.
        let told = if renamed { "missing" } else { "late-sidecar" };
        assert!(document.held_detail.unwrap().contains(told), "{prefix}");
        assert!(document.identity.patient.is_none(), "{prefix}: {:?}", document.identity);
    }
    daemon.stop();
}
