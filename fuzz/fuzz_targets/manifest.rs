//! Manifests: whatever is accepted must be the one way to write it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::crypto::check;
use torikomi::evidence::manifest;

fuzz_target!(|data: &[u8]| {
    if let Ok(members) = check::manifest(data) {
        assert_eq!(manifest::encode(&members).unwrap(), data);
    }
});
