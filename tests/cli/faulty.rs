//! A home that is not as it should be: what `serve` and others say of it, in which language, and how they end.

use std::path::Path;

use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::Mode;
use torikomi::people::register::NewPerson;

use crate::home::TestHome;
use crate::program::Ran;
use crate::torikomi;

/// What a command says in both languages, with the home's own path taken out. It ends the same way in each.
fn told(home: &Path, args: &[&str]) -> (i32, String) {
    let mut told = String::new();
    let mut statuses = Vec::new();
    for lang in ["ja", "en"] {
        let Ran { status, out, err } = torikomi(Some(home), &[args, &["--lang", lang]].concat());
        assert_eq!(out, "");
        statuses.push(status);
        let canonical = home.canonicalize().unwrap();
        told.push_str(&err.replace(canonical.to_str().unwrap(), "HOME").replace(home.to_str().unwrap(), "HOME"));
    }
    assert_eq!(statuses[0], statuses[1], "{told}");
    (statuses[0], told)
}

/// A home as `init` makes it, keys and all.
fn made(folder: &Path) -> std::path::PathBuf {
    let root = folder.join("home");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let founder = |login: &str| NewFounder {
        person: NewPerson {
            login: login.into(),
            name: format!("見本 {login}"),
            kana: None,
            occupation: "事務員".into(),
            department: "医事課".into(),
        },
        passphrase: "架空の合言葉-2026-春".to_owned().into(),
    };
    let plan = Plan {
        root: root.clone(),
        mode: Mode::Evaluation,
        organization: "見本病院".into(),
        stations: vec!["front-desk".parse().unwrap()],
        founders: [founder("kanri"), founder("joho")],
        authority_passphrase: "封をした言葉-2026-冬".to_owned().into(),
        database: None,
        objects: None,
        profiles: Vec::new(),
    };
    make(plan, runtime.handle(), jiff::Timestamp::now().into()).unwrap();
    root
}

#[test]
fn every_fault_of_the_settings_is_told_with_its_line() {
    let home = TestHome::new();
    let settings = home.path().join("torikomi.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let faulty = text
        .replace("mode = \"evaluation\"", "mode = \"production\"\nlanguag = \"ja\"")
        .replace("[image]", "[image]\nmost_pages = \"many\"")
        .replace("[clock]", "[clock]\nstarts_at = \"2026-11-20T00:30:00.000000Z\"");
    std::fs::write(&settings, faulty).unwrap();
    let (status, told) = told(home.path(), &["serve"]);
    assert_eq!(status, 2, "{told}");
    assert!(told.contains("starts_at") && told.contains("languag") && told.contains("most_pages"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn a_home_that_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let home = made(folder.path());
    let calendar = home.join("calendar.toml");
    let good = std::fs::read_to_string(&calendar).unwrap();
    let mut all = String::new();

    std::fs::write(&calendar, format!("colour = \"red\"\n{good}\n[station.front-desk]\nhours = \"late\"\n")).unwrap();
    let (status, said) = told(&home, &["serve"]);
    assert_eq!(status, 2, "{said}");
    all.push_str(&said);
    std::fs::remove_file(&calendar).unwrap();
    let (status, said) = told(&home, &["serve"]);
    assert_eq!(status, 2, "{said}");
    all.push_str(&said);
    std::fs::write(&calendar, good).unwrap();

    let patients = home.join("patients.csv");
    std::fs::write(&patients, "something else\n").unwrap();
    let (status, said) = told(&home, &["serve"]);
    assert_eq!(status, 2, "{said}");
    all.push_str(&said);

    std::os::unix::fs::symlink("/etc/passwd", home.join("keys").join("stranger")).unwrap();
    let (status, said) = told(&home, &["serve"]);
    assert_eq!(status, 3, "{said}");
    all.push_str(&said);
    insta::assert_snapshot!(all);
}

#[test]
fn a_missing_file_is_the_same_mistake_everywhere() {
    let home = TestHome::new();
    home.write(async |_| Ok(()));
    let mut all = String::new();
    for args in [
        &["verify", "no-such.asice"][..],
        &["verify", "no-such.asice", "--anchors", "no-such-folder"],
        &["inspect", "scan.tif", "--profile", "no-such.toml"],
        &["inspect", "no-such.tif", "--profile", "referral-letter"],
        &["profile", "lint", "no-such.toml"],
        &["journal", "verify", "--against", "no-such.txt"],
    ] {
        let (status, said) = told(home.path(), args);
        assert_eq!(status, 2, "{args:?}: {said}");
        all.push_str(&format!("{}\n{said}\n", args.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn no_control_character_of_a_foreign_name_reaches_the_terminal() {
    let home = TestHome::new();
    for args in [&["verify", "a\u{1b}[2Jb\u{9b}31m.asice"][..], &["status", "\u{1b}]0;x\u{7}"]] {
        let ran = torikomi(Some(home.path()), args);
        assert_eq!(ran.status, 2);
        assert!(ran.err.contains('\u{fffd}'), "{}", ran.err);
        assert!(!ran.err.chars().any(|c| c.is_control() && c != '\n'), "{:?}", ran.err);
    }
}
