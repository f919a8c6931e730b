//! A share with no room left: what came of a scan is no document, and the scan is filed when it has come whole.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use torikomi::ids::Digest;

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole};
use crate::burst::{Sent, consent};
use crate::clients::{by_smb, done, ftp, sftp, smb_writer};
use crate::hospital::Hospital;
use crate::mounts::{Mount, fill};
use crate::servers;

#[test]
fn a_share_without_room_loses_nothing_and_files_nothing_in_part() {
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let (drop, here) = (hospital.drop(), folder.path());
    // Room for two scans and their sidecars, and little more: what is filed goes.
    let share = Mount::of_size(2 << 20);
    let copied = Command::new("cp").arg("-a").arg(drop.join(".")).arg(&share.path).status().unwrap();
    assert!(copied.success());
    let _over = Mount::over(&share.path, &drop);
    let (samba, plain) = (servers::samba(&drop, here), servers::ftp(&drop, here, false));
    let secure = servers::sftp(here);
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let mut sent: Vec<Sent> = Vec::new();
    let mut scans = Vec::new();
    for prefix in ["smb", "ftp", "sftp"] {
        let [(sidecar, text), (name, bytes)] = consent(&hospital, prefix);
        let (beside, scan) = (here.join(&sidecar), here.join(&name));
        fs::write(&beside, text).unwrap();
        fs::write(&scan, &bytes).unwrap();
        by_smb(&samba, &beside, &sidecar, false);
        sent.push([(name.clone(), Digest::of(&bytes))].into());
        scans.push((prefix, name, scan));
    }
    let by_sftp = |scan: &Path, name: &str| {
        let put = format!("put \"{}\" \"{}\"\n", scan.display(), drop.join(name).display());
        sftp(&secure, here, &put, &[])
    };
    let ballast = drop.join(".ballast");
    for (prefix, name, scan) in &scans {
        fill(&ballast);
        // What is left is a third of it.
        let room = fs::metadata(&ballast).unwrap().len() - fs::metadata(scan).unwrap().len() / 3;
        fs::File::options().write(true).open(&ballast).unwrap().set_len(room).unwrap();
        let sending = match *prefix {
            "smb" => smb_writer(&samba, "slow", scan, name).status(),
            "ftp" => ftp(&plain, scan, name, &[]).status(),
            _ => by_sftp(scan, name).status(),
        };
        assert!(!sending.unwrap().success(), "{prefix}: there was room");
        std::thread::sleep(Duration::from_secs(4));
        assert!(document_of(&hospital, name).is_none(), "{prefix}: a part of a file became a document");
        fs::remove_file(&ballast).unwrap();
        match *prefix {
            "smb" => by_smb(&samba, scan, name, false),
            "ftp" => done(&mut ftp(&plain, scan, name, &[])),
            _ => done(&mut by_sftp(scan, name)),
        }
        filed(&hospital, name);
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
