//! A home for production, as far as its settings go.

use crate::home::TestHome;
use crate::program::torikomi;

/// A clock that is set by hand would date what is signed as somebody likes.
#[test]
fn in_production_no_clock_is_set_by_hand() {
    let home = TestHome::new();
    let settings = home.path().join("torikomi.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let set = text.replace("[clock]", "[clock]\nstarts_at = \"2026-11-20T14:10:00.000000Z\"");
    assert_ne!(set, text);
    std::fs::write(&settings, set.replace("mode = \"evaluation\"", "mode = \"production\"")).unwrap();
    for (lang, said) in [("ja", "評価用"), ("en", "in evaluation only")] {
        let ran = torikomi(Some(home.path()), &["serve", "--lang", lang]);
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains("clock.starts_at") && ran.err.contains(said), "{}", ran.err);
    }
    std::fs::write(&settings, set).unwrap();
    let ran = torikomi(Some(home.path()), &["serve", "--lang", "en"]);
    assert!(!ran.err.contains("starts_at"), "{}", ran.err);
}

#[test]
fn in_production_no_weaker_sandbox_is_taken() {
    let home = TestHome::new();
    let settings = home.path().join("torikomi.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let weaker = text.replace("[image]", "[image]\nsandbox = \"best-effort\"");
    let production = weaker.replace("mode = \"evaluation\"", "mode = \"production\"");
    std::fs::write(&settings, &production).unwrap();
    for (lang, said) in [("ja", "評価用"), ("en", "in evaluation only")] {
        let ran = torikomi(Some(home.path()), &["serve", "--lang", lang]);
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains("image.sandbox = \"best-effort\"") && ran.err.contains(said), "{}", ran.err);
    }
    // Without the line, and in an evaluation home, the settings are as they should be: what is missing is the database.
    for good in [production.replace("sandbox = \"best-effort\"\n", ""), weaker] {
        std::fs::write(&settings, good).unwrap();
        let ran = torikomi(Some(home.path()), &["serve", "--lang", "en"]);
        assert!(!ran.err.contains("sandbox"), "{}", ran.err);
    }
}
