//! Pages that real scanning programs made, delivered as scanners deliver.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use torikomi::ids::Digest;

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole};
use crate::burst::{put, sample};
use crate::hospital::{Foundation, Hospital, Settings};
use crate::proven::proven;
use crate::tsa::Tsa;

#[test]
fn what_scanners_write_becomes_signed_and_stamped_records() {
    let folder = tempfile::tempdir().unwrap();
    // SANE's test scanner has no glass as large as A4.
    let profile = &[(r#"paper = ["A4", "B5"]"#, r#"paper = ["A4", "B5", "B6"]"#)];
    let mut hospital = Hospital::founded(&Foundation { profile, ..Foundation::default() });
    let authority = Tsa::start(&folder.path().join("tsa"));
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let pages = full_pages(folder.path());
    let page = |number: usize| std::fs::read(&pages[number]).unwrap();
    let deliveries = [
        ("紹介状 その 1.tif", "referral-letter-demo", "B6", test_page(folder.path())),
        ("同意書　署名済み.tif", "consent-demo", "A4", page(0)),
        ("scan 0001.tif", "referral-letter-demo", "A4", page(1)),
        ("外来-２.tif", "referral-letter-demo", "A4", page(2)),
    ];
    let [test, copied, slow, renamed] = &deliveries;
    for (name, kind, paper, _) in &deliveries {
        sidecar(&hospital, name, kind, paper);
    }
    // As `cp` does it, from beginning to end under its own name.
    for (name, _, _, bytes) in [test, copied] {
        std::fs::write(hospital.drop().join(name), bytes).unwrap();
    }
    put(&hospital.drop(), renamed.0, &renamed.3);
    write_slowly(&hospital, slow.0, &slow.3);

    let mut sent = Vec::new();
    for (name, _, paper, bytes) in &deliveries {
        let record = filed(&hospital, name);
        assert!(record.timestamped_at.is_some(), "{name}");
        let signed = proven(&hospital, &record);
        assert_eq!(signed["files"][0]["delivered_name"], *name);
        assert_eq!(signed["files"][0]["digest"], Digest::of(bytes).to_string(), "{name}");
        assert_eq!(signed["page_count"], 1, "{name} on {paper}");
        sent.push([((*name).to_owned(), Digest::of(bytes))].into());
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

/// With stops that are longer than the quiet time, and closed and opened again, as a network scanner on a bad line.
fn write_slowly(hospital: &Hospital, name: &str, bytes: &[u8]) {
    let path = hospital.drop().join(name);
    for part in bytes.chunks(bytes.len().div_ceil(3)) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(part).unwrap();
        drop(file);
        assert!(document_of(hospital, name).is_none(), "it is filed in pieces");
        std::thread::sleep(Duration::from_millis(1600));
    }
}

fn sidecar(hospital: &Hospital, name: &str, kind: &str, paper: &str) {
    let stem = name.strip_suffix(".tif").unwrap();
    let (today, _) = hospital.today();
    let text = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"{kind}",
            "obtained_on":"{today}","paper":"{paper}","expected_pages":1}}"#
    );
    put(&hospital.drop(), &format!("{stem}.json"), text.as_bytes());
}

/// What SANE's test scanner draws on B6.
fn test_page(folder: &Path) -> Vec<u8> {
    let path = folder.join("test.tif");
    let options = "-d test --format=tiff --resolution 300 --mode Gray --test-picture Grid -x 128 -y 182 -o";
    run(Command::new("scanimage").args(options.split(' ')).arg(&path));
    std::fs::read(path).unwrap()
}

/// Full A4 pages from the feeder of a network scanner.
fn full_pages(folder: &Path) -> Vec<PathBuf> {
    let mut originals = vec![folder.join("original-0.jpg")];
    std::fs::write(&originals[0], sample("consent.jpg")).unwrap();
    for number in 1..=2 {
        let path = folder.join(format!("original-{number}.jpg"));
        let page = format!("fixtures/samples/good/referral-letter-p{number}.tif");
        run(Command::new("convert")
            .arg(page)
            .args(["-resize", "2480x3508!", "-type", "TrueColor", "-quality", "90"])
            .arg(&path));
        originals.push(path);
    }
    let config = folder.join("sane");
    let mut scanner = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/escl-stub.py"))
        .arg("--config")
        .arg(&config)
        .args(originals)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It says its port once it listens and SANE's settings are written.
    std::io::Read::read_exact(scanner.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let batch = folder.join("page-%d.tif");
    run(Command::new("scanimage")
        .env("SANE_CONFIG_DIR", &config)
        .args(["-d", "airscan:e0:Stub MFP", "--source", "ADF", "--resolution", "300", "--format=tiff"])
        .arg(format!("--batch={}", batch.display())));
    scanner.kill().unwrap();
    scanner.wait().unwrap();
    (1..=3).map(|number| folder.join(format!("page-{number}.tif"))).collect()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    // The feeder has run empty: that is how a batch ends.
    let empty = String::from_utf8_lossy(&output.stderr).contains("Document feeder out of documents");
    assert!(output.status.success() || empty, "{command:?}: {output:?}");
}
