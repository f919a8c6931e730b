//! Packs that somebody made to keep a verifier busy, or to eat its memory. Each is refused, or judged, with what a verifier of an
//! ordinary pack gets by on. The limits are the kernel's, on processor time and memory: a busy machine changes nothing.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use torikomi::calendar::DEFAULT_CALENDAR;
use torikomi::evidence::manifest::{MANIFEST_PATH, encode};
use torikomi::evidence::proof::Proof;
use torikomi::evidence::record::{DecisionRef, PageRange, RecordJson};
use torikomi::ids::Digest;
use torikomi::judgement::{Finding, Outcome, Severity};

use crate::hospital::{Filed, Hospital, Recipe, content, write_anchors};

type Entries = Vec<(String, Vec<u8>)>;

/// Seconds of processor time, and kilobytes of memory. An ordinary pack takes a tenth of either.
const LIMITS: &str = "ulimit -t 40 && ulimit -v 1500000 && exec \"$0\" \"$@\"";

/// What `torikomi verify` says of a step, within the limits.
fn judged(hospital: &Hospital, pack: &Path, step: &str) -> Value {
    let anchors = hospital.folder.path().join("anchors");
    write_anchors(&anchors, hospital);
    let output = Command::new("sh")
        .args(["-c", LIMITS, env!("CARGO_BIN_EXE_torikomi"), "verify", "--accept-evaluation", "--json", "--anchors"])
        .args([&anchors, pack])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some(), "it went beyond the limits ({}): {told}", output.status);
    let verified: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {told}", output.status));
    let steps = verified["items"][0]["report"]["steps"].as_array().unwrap_or_else(|| panic!("{verified:#}"));
    steps.iter().find(|found| found["step"] == step).unwrap_or_else(|| panic!("{verified:#}"))["said"].clone()
}

/// The same record with another content under a name, and the manifest that goes with it. Nobody signed that.
fn forged(entries: &Entries, name: &str, bytes: &[u8]) -> Entries {
    let mut members = torikomi::crypto::check::manifest(content(entries, MANIFEST_PATH)).unwrap();
    members.iter_mut().find(|member| member.name.as_str() == name).unwrap().digest = Digest::of(bytes);
    let manifest = encode(&members).unwrap();
    let with = |(entry, old): &(String, Vec<u8>)| match entry.as_str() {
        MANIFEST_PATH => (entry.clone(), manifest.clone()),
        same if same == name => (entry.clone(), bytes.to_vec()),
        _ => (entry.clone(), old.clone()),
    };
    entries.iter().map(with).collect()
}

fn rewritten(entries: &Entries, change: impl FnOnce(&mut RecordJson)) -> Entries {
    let mut record: RecordJson = serde_json::from_slice(content(entries, "record.json")).unwrap();
    change(&mut record);
    forged(entries, "record.json", &serde_json_canonicalizer::to_vec(&record).unwrap())
}

fn filed() -> (Hospital, Filed) {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    (hospital, filed)
}

#[test]
fn an_ordinary_pack_stays_far_below_the_limits() {
    let (hospital, filed) = filed();
    let pack = hospital.pack(&filed.entries, Some(&hospital.proof(&filed)));
    assert_eq!(judged(&hospital, &pack, "journal")["code"], "entry-proven");
}

#[test]
fn a_manifest_of_namespaces_within_namespaces_is_not_parsed() {
    let (hospital, filed) = filed();
    let opened: String = (0..60_000).map(|number| format!("<a xmlns:n{number}=\"u\">")).collect();
    let nested = format!("{opened}{}<asic:SigReference", "</a>".repeat(60_000));
    let attributes: String = (0..700_000).map(|number| format!(" a{number}=\"\"")).collect();
    for (from, to) in
        [("<asic:SigReference", nested), ("<asic:SigReference", format!("<asic:SigReference{attributes}"))]
    {
        let text = String::from_utf8(content(&filed.entries, MANIFEST_PATH).to_vec()).unwrap().replacen(from, &to, 1);
        assert!(text.len() < 8 << 20);
        let with = |(name, old): &(String, Vec<u8>)| {
            (name.clone(), if name == MANIFEST_PATH { text.clone().into_bytes() } else { old.clone() })
        };
        let entries: Entries = filed.entries.iter().map(with).collect();
        let said = judged(&hospital, &hospital.pack(&entries, None), "manifest");
        assert_eq!(said["code"], "manifest-wrong", "{said}");
        assert!(said["detail"].as_str().unwrap().contains("more marks"), "{said}");
    }
}

#[test]
fn as_many_pages_as_a_record_has_room_for_are_compared_once() {
    let (hospital, filed) = filed();
    let entries = rewritten(&filed.entries, |record| {
        let range = |page: u32| PageRange { file: record.files[0].name.clone(), first_page: page, page_count: 1 };
        let last = record.pages[1].clone();
        record.pages = (1..=300_000).rev().map(range).collect();
        record.pages.push(last);
    });
    let said = judged(&hospital, &hospital.pack(&entries, None), "record");
    assert_eq!((&said["code"], &said["counted"]), (&"page-count-wrong".into(), &300_001.into()), "{said}");
}

#[test]
fn what_is_no_record_is_not_built_up_in_memory() {
    let (hospital, filed) = filed();
    let text = String::from_utf8(content(&filed.entries, "record.json").to_vec()).unwrap();
    let bomb = text.replacen("\"files\":[", &format!("\"files\":[{}", "{\"\":0},".repeat(4_000_000)), 1);
    let entries = forged(&filed.entries, "record.json", bomb.as_bytes());
    let said = judged(&hospital, &hospital.pack(&entries, None), "record");
    assert_eq!(said["code"], "record-unreadable", "{said}");
    // Nor what is no proof.
    let pack = hospital.pack(&filed.entries, Some(&hospital.proof(&filed)));
    let proof = pack.with_extension("proof.json");
    let text = std::fs::read_to_string(&proof).unwrap();
    std::fs::write(&proof, text.replacen("\"people\":[", &format!("\"people\":[{}", "{\"\":0},".repeat(4_000_000)), 1))
        .unwrap();
    assert_eq!(judged(&hospital, &pack, "journal")["code"], "proof-unreadable");
}

#[test]
fn findings_are_not_asked_about_each_decision() {
    let record = |record: &mut RecordJson| {
        let finding = |page: u32| Finding {
            check: "page_damaged".into(),
            outcome: Outcome::Passed,
            severity: Severity::Pass,
            page: Some(1 + page % 2),
        };
        record.judgement.findings.extend((0..20_000).map(finding));
        let decision = |journal_index| DecisionRef { journal_index, ..record.decisions[0].clone() };
        record.decisions = (1..=20_000).map(decision).collect();
    };
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { record, ..Recipe::default() });
    let said = judged(&hospital, &hospital.pack(&filed.entries, None), "releases");
    assert_eq!((&said["code"], &said["decisions"]), (&"releases-not-at-hand".into(), &20_000.into()), "{said}");
}

#[test]
fn a_proof_says_everything_once() {
    let (hospital, filed) = filed();
    let mut proof: Proof = hospital.proof(&filed);
    let repeated = proof.people.last().unwrap().clone();
    proof.people.extend(std::iter::repeat_n(repeated, 4000));
    let der = data_encoding::BASE64.decode(proof.certificates[0].as_bytes()).unwrap();
    // Certificates of nobody: nothing of one but its last bytes is another's.
    proof.certificates.extend((0..4000_u32).map(|number| {
        let mut other = der.clone();
        let end = other.len() - 4;
        other[end..].copy_from_slice(&number.to_be_bytes());
        data_encoding::BASE64.encode(&other)
    }));
    let said = judged(&hospital, &hospital.pack(&filed.entries, Some(&proof)), "journal");
    assert_eq!(said["code"], "proof-unreadable", "{said}");
    assert!(said["detail"].as_str().unwrap().ends_with("twice"), "{said}");
}

#[test]
fn stations_share_the_hospitals_days() {
    let (hospital, filed) = filed();
    let days: Vec<String> = (0..20_000_i64)
        .map(|day| format!("\"{}\"", jiff::civil::date(2027, 1, 1) + jiff::SignedDuration::from_hours(24 * day)))
        .collect();
    let stations: String = (0..30_000).map(|number| format!("s{number}={{}}\n")).collect();
    let half = format!("[hours]\nhalf_dates = [{}]\nhalf_staffed = [\"09:00-12:00\"]\n", days.join(","));
    let calendar = DEFAULT_CALENDAR.replacen("[hours]\n", &half, 1);
    let calendar = calendar.replacen("[stations]\n", &format!("[stations]\n{stations}"), 1);
    assert!(calendar.len() < 1 << 20 && calendar.contains("s29999") && calendar.contains("half_dates = [\"2027"));
    let entries = forged(&filed.entries, "calendar.toml", calendar.as_bytes());
    let entries = rewritten(&entries, |record| record.calendar = Digest::of(calendar.as_bytes()));
    let said = judged(&hospital, &hospital.pack(&entries, None), "record");
    assert_eq!(said["code"], "record-consistent", "{said}");
}
