//! Whole files, by every way there is.

use std::path::Path;

use torikomi::ids::Digest;

use crate::account::{every_file_has_one_delivery, filed, the_journal_is_whole};
use crate::burst::{Sent, consent};
use crate::clients::{by_smb, done, ftp, sftp, smb};
use crate::hospital::{Hospital, Settings};
use crate::servers;

#[test]
fn whatever_brings_a_scan_it_is_filed_as_it_was_sent() {
    let mut hospital = Hospital::found();
    // On a busy machine a program takes longer than a second to come with the sidecar.
    hospital.configure(&Settings { station: "sidecar_wait = \"30s\"\n", ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    let (drop, here) = (hospital.drop(), folder.path());
    let samba = servers::samba(&drop, here);
    let plain = servers::ftp(&drop, here, false);
    let hidden = servers::ftp(&drop, here, true);
    let ssh = servers::sftp(here);
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let renamed = |name: &str| [format!("-RNFR {name}.part"), format!("-RNTO {name}")];
    type Way<'a> = Box<dyn Fn(&Path, &str) + 'a>;
    let ways: Vec<(&str, Way<'_>)> = vec![
        ("smb 紹介", Box::new(|local, name| by_smb(&samba, local, name, false))),
        ("smb-renamed", Box::new(|local, name| by_smb(&samba, local, name, true))),
        ("ftp", Box::new(|local, name| done(&mut ftp(&plain, local, name, &[])))),
        ("ftp-hidden 外来", Box::new(|local, name| done(&mut ftp(&hidden, local, name, &[])))),
        (
            "ftp-renamed",
            Box::new(|local, name| {
                let [from, to] = renamed(name);
                done(&mut ftp(&plain, local, &format!("{name}.part"), &["--quote", &from, "--quote", &to]));
            }),
        ),
        (
            "sftp",
            Box::new(|local, name| {
                let put = format!("put \"{}\" \"{}\"\n", local.display(), drop.join(name).display());
                done(&mut sftp(&ssh, here, &put, &[]));
            }),
        ),
        // An old time of change says nothing about whether somebody still writes.
        (
            "sftp-old 時刻",
            Box::new(|local, name| {
                let old = std::fs::File::options().write(true).open(local).unwrap();
                old.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
                    .unwrap();
                let put = format!("put -p \"{}\" \"{}\"\n", local.display(), drop.join(name).display());
                done(&mut sftp(&ssh, here, &put, &[]));
            }),
        ),
    ];
    let mut sent: Vec<Sent> = Vec::new();
    for (prefix, bring) in &ways {
        // The sidecar comes last, as from programs that name no order.
        for (name, bytes) in consent(&hospital, prefix).into_iter().rev() {
            let local = here.join("local");
            std::fs::write(&local, &bytes).unwrap();
            bring(&local, &name);
            if name.ends_with(".jpg") {
                sent.push([(name, Digest::of(&bytes))].into());
            }
        }
    }
    // A folder is made elsewhere on the share and moved in whole.
    let (inside, digest) = folder_by_smb(&hospital, &samba, here);
    sent.push([(format!("batch/{inside}"), digest)].into());

    for names in &sent {
        let (name, _) = names.first_key_value().unwrap();
        filed(&hospital, name.trim_start_matches("batch/"));
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

fn folder_by_smb(hospital: &Hospital, samba: &servers::Server, here: &Path) -> (String, Digest) {
    let files = consent(hospital, "in-folder");
    let mut commands = "mkdir .in; mkdir .in/batch".to_owned();
    for (name, bytes) in &files {
        std::fs::write(here.join(name), bytes).unwrap();
        commands.push_str(&format!("; put {} .in/batch/{name}", here.join(name).display()));
    }
    smb(samba, &format!("{commands}; rename .in/batch batch; rmdir .in"));
    let (name, bytes) = files.into_iter().find(|(name, _)| name.ends_with(".jpg")).unwrap();
    (name, Digest::of(&bytes))
}
