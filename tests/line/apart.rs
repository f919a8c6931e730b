//! Store and custody: apart from each other, and both to be written.

use std::fs;
use std::path::Path;

use serde_json::json;
use torikomi::control::Request;

use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::mounts::Mount;
use crate::program::{Ran, torikomi};

fn serve(root: &Path, words: &[&str]) -> Ran {
    torikomi(Some(root), &[&["serve"], words].concat())
}

#[test]
fn store_and_custody_in_one_folder_are_refused_by_the_settings() {
    let mut hospital = Hospital::found();
    let root = hospital.root();
    let settings = fs::read_to_string(hospital.home.layout().settings()).unwrap();
    let refused = || {
        let ran = serve(&root, &["--json"]);
        let problem = &ran.json()["problem"];
        assert_eq!((ran.status, &problem["code"]), (2, &json!("settings")), "{problem:#}");
        assert_eq!(problem["problems"][0]["code"], "one-folder", "{problem:#}");
        for (lang, word) in [("ja", "重なっています"), ("en", "a folder of its own")] {
            let told = serve(&root, &["--lang", lang]).err;
            assert!(told.contains("store.custody") && told.contains(word), "{told}");
        }
    };
    for custody in ["store", "./store/", "store/custody", "run/../store"] {
        let text = settings.replace("[store]\n", &format!("[store]\ncustody = \"{custody}\"\n"));
        fs::write(hospital.home.layout().settings(), text).unwrap();
        refused();
    }
    // Two names of one folder.
    fs::write(hospital.home.layout().settings(), &settings).unwrap();
    fs::rename(root.join("custody"), root.join("aside")).unwrap();
    std::os::unix::fs::symlink("store", root.join("custody")).unwrap();
    refused();
    fs::remove_file(root.join("custody")).unwrap();
    fs::rename(root.join("aside"), root.join("custody")).unwrap();
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
}

#[test]
fn a_store_or_custody_that_takes_nothing_stops_the_start_and_says_what_to_do() {
    let mut hospital = Hospital::found();
    let root = hospital.root();
    let settings = fs::read_to_string(hospital.home.layout().settings()).unwrap();
    for (key, folder) in [("path", "store"), ("custody", "custody")] {
        let mount = Mount::read_only(&root.join(folder));
        let shown = mount.path.display().to_string();
        let text = settings.replace("[store]\n", &format!("[store]\n{key} = \"{shown}\"\n"));
        fs::write(hospital.home.layout().settings(), text).unwrap();
        let ran = serve(&root, &["--json"]);
        let trouble = &ran.json()["problem"]["troubles"][0];
        assert_eq!((ran.status, &trouble["code"]), (3, &json!("not-writable")), "{}", ran.out);
        assert_eq!(trouble["path"], format!("{shown}/.torikomi-home"));
        for (lang, word) in [("ja", "書き込めるように接続し直す"), ("en", "mount its disk or share")] {
            let told = serve(&root, &["--lang", lang]).err;
            assert!(told.contains(&shown) && told.contains(word), "{told}");
        }
    }
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
}
