//! Containers: what is read must be what the writer writes, so that one evidence has one form.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use torikomi::evidence::container::Reader;

fuzz_target!(|data: &[u8]| {
    let Ok(mut container) = Reader::open(Cursor::new(data)) else { return };
    let names: Vec<_> = container.entries().iter().map(|entry| entry.name.clone()).collect();
    for name in names {
        if let Ok(bytes) = container.bytes(&name, 1 << 20) {
            assert!(bytes.len() < data.len());
        }
    }
});
