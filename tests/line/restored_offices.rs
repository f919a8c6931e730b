//! An office was ended, and a manager said to be absent, after a backup: in the home that is restored both act again, which is told
//! among the first things.

use serde_json::{Value, json};
use torikomi::control::Request;

use crate::backup::{Medium, back_up};
use crate::hospital::{Hospital, PATIENCE, by};
use crate::restored::{restore, told_of};

#[test]
fn offices_that_were_ended_after_the_backup_are_told_first() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    let daemon = hospital.start();
    let ended = |login: &str, role: &str| Request::EndAppointment {
        by: by("admin"),
        login: login.into(),
        role: role.parse().unwrap(),
        ends: None,
    };
    hospital.ask(&ended("clerk", "operator"), PATIENCE).unwrap();
    let away = |ends| Request::Absent { by: by("manager"), login: "manager".into(), from: None, until: None, ends };
    hospital.ask(&away(false), PATIENCE).unwrap();
    daemon.stop();
    back_up(&hospital, &medium, &[]);

    let place = tempfile::tempdir().unwrap();
    let report = restore(&medium, &place.path().join("json"), &["--generation", "1"]);
    let told: Vec<[Value; 3]> = report["resumed_offices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|office| ["login", "role", "is_absence"].map(|name| office[name].clone()))
        .collect();
    let expected = [("clerk", "operator", false), ("manager", "information_manager", true)];
    let expected = expected.map(|(login, role, is_absence)| [json!(login), json!(role), json!(is_absence)]);
    assert_eq!(told, expected, "{report:#}");
    for (lang, says) in [("ja", ["終わらせて", "不在としてください"]), ("en", ["end it again", "say so again"])]
    {
        let told = told_of(&medium, &place.path().join(lang), lang);
        let lines: Vec<&str> = told.out.lines().collect();
        for (login, says) in ["clerk", "manager"].into_iter().zip(says) {
            let at = lines.iter().position(|line| line.contains(login) && line.contains(says));
            assert!(at.is_some_and(|at| at < 8), "{}{}", told.out, told.err);
        }
    }
}
