//! Profiles that cannot come into force, or not yet.

use torikomi::config::Mode;
use torikomi::control::{ProfileRefusal, Refusal, Request};
use torikomi::ids::Digest;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, person};

/// What keeps the profile from coming into force, once its file was changed so.
fn refused(bench: &Bench, changes: &[(&str, &str)]) -> ProfileRefusal {
    let file = bench.opened.line.home.layout().profiles().join(format!("{KIND}.toml"));
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, _) in changes {
        assert!(text.contains(from), "{text}");
    }
    let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
    std::fs::write(&file, &text).unwrap();
    let request = Request::ApproveProfile {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        profile: KIND.parse().unwrap(),
        shown: Digest::of(text.as_bytes()),
    };
    match bench.refused(request) {
        Refusal::ProfileRefused { profile_refusal } => profile_refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_production_no_profile_comes_into_force_by_a_placeholder() {
    let bench = Bench::in_mode(Mode::Production);
    assert_eq!(refused(&bench, &[]), ProfileRefusal::PlaceholderClause);
    // Whoever lets sessions confirm needs a rule for that too.
    let clause = ("評価用: 施設の運用管理規程の条項に書き換えること", "運用管理規程 第12条");
    assert_eq!(refused(&bench, &[clause]), ProfileRefusal::PlaceholderClause);
    // In an evaluation they are what the samples are judged by.
    assert_eq!(refused(&Bench::new(), &[]), ProfileRefusal::InForceAlready);
}

#[test]
fn a_profile_is_approved_on_the_day_on_which_it_takes_effect_and_no_earlier() {
    let bench = Bench::new();
    let later = ("effective_from = \"2024-01-01\"", "effective_from = \"2099-04-01\"");
    let day = "2099-04-01".parse().unwrap();
    assert_eq!(refused(&bench, &[later, ("version = 1\n", "version = 2\n")]), ProfileRefusal::TakesEffectLater { day });
    assert_eq!(bench.profile(KIND).reference().version, 1);
}
