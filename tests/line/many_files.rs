//! A morning's scans at once: none is missed, none is doubled, and each record is proven.

use std::time::{Duration, Instant as Moment};

use torikomi::ids::Digest;
use torikomi::store::records;

use crate::account::{every_document_has_one_record, every_file_has_one_delivery, standing, the_journal_is_whole};
use crate::burst::{Sent, put, sample};
use crate::hospital::{Foundation, Hospital, Settings};

/// `scripts/bench --load` does the same with ten thousand, by the hour's clock.
const MANY: usize = 300;

/// The longest that they may take, on a machine that does much else.
const LONGEST: Duration = Duration::from_secs(300);

#[test]
fn of_many_files_at_once_each_becomes_one_record() {
    let settings = &[("# most = 500", "most = 5000")];
    let mut hospital = Hospital::founded(&Foundation { settings, ..Foundation::default() });
    let station = "file_name = \"{patient_id}_{document_type}_{obtained_on}_{*}\"\n";
    hospital.configure(&Settings { station, ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let (today, scan) = (hospital.today().0, sample("referral-letter-p1.tif"));
    let sent: Vec<Sent> = (0..MANY)
        .map(|number| {
            let name = format!("999000{}_referral-letter-demo_{today}_{number:04}.tif", 1 + number % 4);
            let bytes = with_description(&scan, &format!("{number:06}"));
            put(&hospital.drop(), &name, &bytes);
            [(name, Digest::of(&bytes))].into()
        })
        .collect();
    let begun = Moment::now();
    loop {
        let filed = hospital.database.read(async |tx| records::count(tx).await).unwrap();
        if usize::try_from(filed).unwrap() >= MANY {
            break;
        }
        assert!(begun.elapsed() < LONGEST, "{filed} of {MANY} are filed: {}", standing(&hospital));
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("{MANY} files in {:.1} s", begun.elapsed().as_secs_f64());
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    every_document_has_one_record(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

/// The same page with a text of its own (TIFF 6.0, `ImageDescription`), in a new directory at the end.
fn with_description(tiff: &[u8], text: &str) -> Vec<u8> {
    const DESCRIPTION: u16 = 270;
    const ASCII: u16 = 2;
    let short = |at: usize| u16::from_le_bytes(tiff[at..at + 2].try_into().unwrap());
    let directory = usize::try_from(u32::from_le_bytes(tiff[4..8].try_into().unwrap())).unwrap();
    let rows = directory + 2..directory + 2 + 12 * usize::from(short(directory));
    let mut entries: Vec<Vec<u8>> = tiff[rows].chunks(12).map(<[u8]>::to_vec).collect();
    let tag = |entry: &Vec<u8>| u16::from_le_bytes([entry[0], entry[1]]);
    entries.retain(|entry| tag(entry) != DESCRIPTION);
    let mut bytes = tiff.to_vec();
    bytes.resize(tiff.len().next_multiple_of(2), 0);
    let text = [text.as_bytes(), b"\0"].concat();
    let [at, length] = [bytes.len(), text.len()].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    entries.push([&DESCRIPTION.to_le_bytes()[..], &ASCII.to_le_bytes(), &length, &at].concat());
    entries.sort_by_key(tag);
    bytes.extend(text);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    let directory = u32::try_from(bytes.len()).unwrap();
    bytes[4..8].copy_from_slice(&directory.to_le_bytes());
    bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    bytes.extend(entries.concat());
    bytes.extend(0_u32.to_le_bytes());
    bytes
}
