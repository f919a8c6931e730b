//! Pictures and documents from scanners. What a decoder does wrong must end in an answer: the worker has no other door.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use torikomi::image::{Limits, measure};
use torikomi::measurements::Completeness;

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(data).unwrap();
    let limits = Limits { pixels_per_page: 4_000_000, decoded_bytes: 32 << 20, pages: 20, ..Limits::default() };
    let measured = measure(file, &limits).unwrap();
    assert!(measured.pages.len() <= 21);
    // A complete file in which nothing was looked at would pass in silence.
    if measured.completeness == Completeness::Complete {
        assert!(!measured.pages.is_empty() || measured.pdf.is_some());
    }
});
