//! Several authorities in order of preference: whatever the first does wrong, the next is asked, and what comes of it is proven.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use torikomi::authority::{Authorities, Authority, Health, NoStamp, Rests, Settings, Stamp};
use torikomi::clock::{Clock, ClockProblem};
use torikomi::crypto::check::{self, Anchors, StampRules};
use torikomi::crypto::oid;
use torikomi::ids::Name;
use torikomi::instant::Instant;

use crate::scripted::{Behaviour, Scripted};

const STAMPED: &[u8] = b"signature";
const SKEW: SignedDuration = SignedDuration::from_secs(2);
/// Long enough for whoever answers.
const TIMEOUT: Duration = Duration::from_millis(400);
const NO_REST: Rests = Rests { first: Duration::ZERO, longest: Duration::ZERO };

fn client(authority: &Scripted, policy: oid::Oid) -> Authority {
    Authority::new(Settings {
        url: authority.url(),
        tls_roots: vec![],
        anchors: Anchors::new(std::slice::from_ref(&authority.root)).unwrap(),
        policies: vec![policy],
        request_policy: None,
        accredited: vec![],
        timeout: TIMEOUT,
    })
}

fn named(name: &str, authority: &Scripted, rests: Rests) -> (Name, Authority, Rests) {
    (name.parse().unwrap(), client(authority, oid::EVALUATION_TIMESTAMP), rests)
}

fn ask(authorities: &Authorities, clock: &Clock) -> Result<(Name, Stamp), NoStamp> {
    authorities.stamp(clock, STAMPED, clock.now(), || false)
}

/// The stamp is over what was asked, of this authority, and says what time it is.
fn proves(stamp: &Stamp, authority: &Scripted) {
    let anchors = Anchors::new(std::slice::from_ref(&authority.root)).unwrap();
    let rules = StampRules { anchors: &anchors, policies: &[oid::EVALUATION_TIMESTAMP] };
    let info = check::timestamp_token(&stamp.token, STAMPED, &rules).unwrap();
    assert_eq!(info.path.certificates[0].der, authority.certificate);
    let apart = info.gen_time.since(Timestamp::now().into()).abs();
    assert!(apart < SKEW, "{apart:?}");
}

#[test]
fn whatever_the_first_does_wrong_the_next_is_asked() {
    use Behaviour::*;
    let clock = Clock::system(SKEW);
    let [first, second] = ["First", "Second"].map(Scripted::start);
    let authorities =
        || Authorities::new(vec![named("first", &first, NO_REST), named("second", &second, NO_REST)], SKEW);
    let alone = || Authorities::new(vec![named("first", &first, NO_REST)], SKEW);
    proves(&ask(&authorities(), &clock).unwrap().1, &first);

    let hours = SignedDuration::from_hours;
    // What it does, what is said of it, and whether that passes by itself.
    let table: [(Behaviour, &str, bool); 19] = [
        (Rejects, "refuse", false),
        (QuotaUsedUp, "the quota of this month is used up", false),
        (Http(403), "403", false),
        (Http(404), "404", false),
        (Http(429), "429", true),
        (Http(500), "500", true),
        (Http(503), "503", true),
        (Redirects, "302", false),
        (Garbage, "text/html", false),
        (Silent, "timeout", true),
        (HangsUp, "cannot be reached", true),
        (EndlessHead, "timeout", true),
        (EndlessBody, "longer than", false),
        (DrippingBody, "timeout", true),
        (Replays, "answers another request", false),
        (OtherNonce, "answers another request", false),
        (OtherImprint, "something else", false),
        (Off(hours(2)), "too far apart", false),
        (Off(hours(-2)), "too far apart", false),
    ];
    for (behaviour, told, passing) in table {
        first.does(behaviour.clone());
        let began = std::time::Instant::now();
        let (name, stamp) = ask(&authorities(), &clock).unwrap_or_else(|error| panic!("{behaviour:?}: {error:?}"));
        assert_eq!(name.as_str(), "second", "{behaviour:?}");
        proves(&stamp, &second);
        // What the first did is no reason to wait for ever, nor to doubt a clock with which the second agrees.
        assert!(began.elapsed() < TIMEOUT * 3, "{behaviour:?} took {:?}", began.elapsed());
        assert_eq!(clock.problem(), None, "{behaviour:?}");

        let NoStamp { problem, passing: found } = ask(&alone(), &clock).unwrap_err();
        let said = problem.to_lowercase();
        assert!(said.starts_with("first: ") && said.contains(told), "{behaviour:?}: {problem}");
        assert_eq!(found, passing, "{behaviour:?}: {problem}");
        // One clock alone against ours, and nobody can tell which is right.
        let at_odds = matches!(clock.problem(), Some(ClockProblem::AtOdds { .. }));
        assert_eq!(at_odds, matches!(behaviour, Off(_)), "{behaviour:?}");
        clock.agrees();
    }
    // A stamp under a policy that the hospital has not accepted is none.
    first.does(Stamps);
    let other_policy = ("first".parse().unwrap(), client(&first, "1.2.3.4".parse().unwrap()), NO_REST);
    let authorities = Authorities::new(vec![other_policy, named("second", &second, NO_REST)], SKEW);
    let (name, stamp) = ask(&authorities, &clock).unwrap();
    assert_eq!(name.as_str(), "second");
    proves(&stamp, &second);
}

#[test]
fn one_that_fails_is_asked_last_until_its_pause_is_over() {
    let clock = Clock::system(SKEW);
    let [first, second] = ["First", "Second"].map(Scripted::start);
    let rests = Rests { first: Duration::from_millis(150), longest: Duration::from_millis(200) };
    let authorities = Authorities::new(vec![named("first", &first, rests), named("second", &second, rests)], SKEW);
    let asked = || ask(&authorities, &clock).map(|(name, _)| name.to_string());
    let health = || authorities.health().into_iter().map(|(_, health)| health).collect::<Vec<_>>();
    assert_eq!(health(), [Health::Unasked, Health::Unasked]);

    first.does(Behaviour::Silent);
    assert_eq!(asked().unwrap(), "second");
    // The others do not wait for it again.
    for _ in 0..3 {
        let began = std::time::Instant::now();
        assert_eq!(asked().unwrap(), "second");
        assert!(began.elapsed() < TIMEOUT / 2, "{:?}", began.elapsed());
    }
    assert_eq!(first.asked(), 1);
    let Health::Failing(failing) = health()[0] else { panic!("{:?}", health()) };
    assert_eq!(failing.lasted, Duration::ZERO);
    // Where the second fails too, the first is asked all the same.
    second.does(Behaviour::Http(503));
    first.does(Behaviour::Stamps);
    assert_eq!(asked().unwrap(), "first");
    assert!(matches!(health()[0], Health::Good { .. }));
    assert!(matches!(health()[1], Health::Failing(_)));

    // Down again, for two tries that lie apart; then it is back, and is the first again.
    second.does(Behaviour::Stamps);
    first.does(Behaviour::Http(503));
    assert_eq!(asked().unwrap(), "second");
    let began = std::time::Instant::now();
    while first.asked() < 4 {
        assert_eq!(asked().unwrap(), "second");
        std::thread::sleep(Duration::from_millis(10));
    }
    let paused = began.elapsed();
    assert!(paused >= rests.first / 2 && paused < rests.longest * 4, "{paused:?}");
    let Health::Failing(failing) = health()[0] else { panic!("{:?}", health()) };
    assert!(failing.lasted >= rests.first, "{failing:?}");
    first.does(Behaviour::Stamps);
    let began = std::time::Instant::now();
    while asked().unwrap() != "first" {
        assert!(began.elapsed() < rests.longest * 4, "it is back and nobody asks it");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(asked().unwrap(), "first");
}

#[test]
fn what_nobody_wants_any_more_is_asked_of_nobody() {
    let clock = Clock::system(SKEW);
    let first = Scripted::start("First");
    let authorities = Authorities::new(vec![named("first", &first, NO_REST)], SKEW);
    let none = authorities.stamp(&clock, STAMPED, clock.now(), || true).unwrap_err();
    assert_eq!((none.problem.as_str(), first.asked()), ("", 0));
    // Nor is a stamp taken for something that was made later.
    let later = Instant::from(Timestamp::now()).plus(SignedDuration::from_mins(1));
    let none = authorities.stamp(&clock, STAMPED, later, || false).unwrap_err();
    assert!(none.problem.contains("too far apart"), "{none:?}");
}
