//! Signatures. None is valid over a manifest that nobody signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::crypto::check;

fuzz_target!(|data: &[u8]| {
    assert!(check::cades(data, b"nobody signed this").is_err());
});
