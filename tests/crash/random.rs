//! The daemon is killed again and again at moments that nobody chose, while scans keep coming.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::account;
use crate::burst::deliver;
use crate::hospital::Hospital;

const KILLS: u32 = 200;

/// Everything that was delivered is accounted for so often.
const ACCOUNT_EVERY: u32 = 20;

/// From before the daemon has read its settings until a burst is at rest, while those of before are in all stages.
const LIFE_MS: std::ops::Range<u64> = 20..1500;

#[test]
fn killed_at_two_hundred_random_moments_nothing_is_lost_and_nothing_doubled() {
    // The same moments again: TORIKOMI_SEED=<what was printed>.
    let seed = std::env::var("TORIKOMI_SEED").ok().map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TORIKOMI_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let hospital = Hospital::found();
    let (mut sent, mut verified) = (Vec::new(), BTreeSet::new());
    for kill in 1..=KILLS {
        let life = Duration::from_millis(random.u64(LIFE_MS));
        let begun = Instant::now();
        let daemon = hospital.start();
        std::thread::scope(|scope| {
            // The clerk tries while the daemon lives, or dies under the request.
            scope.spawn(|| hospital.try_to_open_session(life));
            sent.extend(deliver(&hospital, &format!("r{kill}")));
            std::thread::sleep(life.saturating_sub(begun.elapsed()));
            daemon.kill();
        });
        if kill % ACCOUNT_EVERY == 0 {
            account::settle_what_is_new(&hospital, &sent, &mut verified);
        }
    }
    assert_eq!(account::quarantine(&hospital), [] as [&str; 0]);
}
