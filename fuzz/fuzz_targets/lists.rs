//! Batch lists and the patient master, in both encodings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::identification::index::Index;
use torikomi::identity::table::Encoding;
use torikomi::patients::{Patients, Settings};

fuzz_target!(|data: &[u8]| {
    for encoding in [Encoding::Utf8, Encoding::Cp932] {
        let _ = Patients::read(data, &Settings { encoding, ..Settings::default() });
        let Ok(index) = Index::parse(data, encoding) else { continue };
        for row in index.rows() {
            // Signed are the very bytes that were delivered.
            let own = index.row_bytes(row);
            assert!(own.is_empty() || data.windows(own.len()).any(|place| place == own));
        }
    }
});
