//! Profiles and calendars, which come out of other people's packs too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::calendar::Calendar;
use torikomi::profile;

fuzz_target!(|data: &[u8]| {
    // A refusal says what is wrong.
    if let Err(problems) = profile::lint(data, "profile.toml") {
        assert!(!problems.is_empty());
    }
    if let Err(problems) = Calendar::parse(data, "calendar.toml") {
        assert!(!problems.is_empty());
    }
});
