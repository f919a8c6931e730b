//! Containers made to be read in two ways: each is refused, and for what is wrong with it. Where a key would help, the trickster
//! has it: manifests are signed and stamped by those who may.

use torikomi::crypto::check;
use torikomi::crypto::make::{embed_timestamp, sign_cades, signature_value};
use torikomi::evidence::manifest::{MANIFEST_PATH, SIGNATURE_PATH, encode};
use torikomi::ids::Digest;
use torikomi::verification::{Fault, Report, Said, Step, Verdict, verify_pack};

use crate::hospital::{Filed, Hospital, Recipe, SIGNED_AT, STAMPED_AT, at, changed, container, content};
use crate::packs::fault;

const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// A ZIP file with these entries, whatever they are, in every other way as containers are written.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_listing(entries, &(0..entries.len()).collect::<Vec<_>>())
}

/// The same with a directory that lists only some of them, in this order.
fn zip_listing(entries: &[(&str, &[u8])], listed: &[usize]) -> Vec<u8> {
    let common = |name: &str, bytes: &[u8]| {
        let (sum, size) = (crc32fast::hash(bytes).to_le_bytes(), u32::try_from(bytes.len()).unwrap().to_le_bytes());
        let name = u16::try_from(name.len()).unwrap().to_le_bytes();
        [&[10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &sum, &size, &size, &name, &[0, 0]].concat()
    };
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let mut offsets = Vec::new();
    for (name, bytes) in entries {
        offsets.push(u32::try_from(out.len()).unwrap().to_le_bytes());
        out.extend([b"PK\x03\x04", common(name, bytes).as_slice(), name.as_bytes(), bytes].concat());
    }
    for place in listed {
        let (name, bytes) = entries[*place];
        directory.extend([b"PK\x01\x02\x0A\0", common(name, bytes).as_slice(), &[0; 10], &offsets[*place]].concat());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(listed.len()).unwrap().to_le_bytes();
    let [size, start] = [&directory, &out].map(|part| u32::try_from(part.len()).unwrap().to_le_bytes());
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat();
    [out, directory, end].concat()
}

struct Bench {
    hospital: Hospital,
    filed: Filed,
}

impl Bench {
    fn new() -> Self {
        let hospital = Hospital::new();
        let filed = hospital.file(Recipe::default());
        Self { hospital, filed }
    }

    /// The entries of the good container.
    fn entries(&self) -> Vec<(&str, &[u8])> {
        let first = ("mimetype", MEDIA_TYPE.as_bytes());
        let rest = self.filed.entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        std::iter::once(first).chain(rest).collect()
    }

    fn judge(&self, bytes: &[u8]) -> Report {
        let path = self.hospital.pack(&self.filed.entries, Some(&self.hospital.proof(&self.filed)));
        std::fs::write(&path, bytes).unwrap();
        verify_pack(&path, &self.hospital.trust, true).unwrap()
    }

    fn refused(&self, entries: &[(&str, &[u8])]) -> (Step, Fault) {
        let report = self.judge(&zip(entries));
        assert_eq!(report.verdict, Verdict::Failed);
        fault(&report)
    }

    /// The record with another manifest, signed and stamped as the real one was.
    fn signed(&self, manifest: Vec<u8>) -> Vec<(String, Vec<u8>)> {
        let hospital = &self.hospital;
        let (chain, certificate) = ([hospital.ca.certificate().to_vec()], &hospital.manager.certificate().der);
        let signature = sign_cades(hospital.manager.key(), certificate, &chain, &manifest, at(SIGNED_AT)).unwrap();
        let token = hospital.token(&hospital.authority, &signature_value(&signature).unwrap(), at(STAMPED_AT));
        let signature = embed_timestamp(&signature, &token).unwrap();
        let entries = changed(&self.filed.entries, MANIFEST_PATH, |bytes| *bytes = manifest);
        changed(&entries, SIGNATURE_PATH, |bytes| *bytes = signature)
    }
}

#[test]
fn the_good_container_is_written_so() {
    let bench = Bench::new();
    let bytes = zip(&bench.entries());
    assert_eq!(bytes, container(&bench.filed.entries));
    assert_eq!(bench.judge(&bytes).verdict, Verdict::Passed);
}

#[test]
fn no_entry_is_there_twice() {
    let bench = Bench::new();
    let good = bench.entries();
    let forged = content(&bench.filed.entries, "record.json").to_ascii_uppercase();
    for name in ["record.json", "original-001.tif", MANIFEST_PATH, SIGNATURE_PATH, "mimetype"] {
        // Programs differ in whether they take the first or the last.
        for place in [1, good.len()] {
            let mut twice = good.clone();
            twice.insert(place, (name, &forged));
            assert_eq!(bench.refused(&twice), (Step::Container, Fault::EntryTwice { name: name.into() }));
        }
    }
    // One that the directory does not list, which only those see who read from the front.
    let (record, _) = good.iter().enumerate().find(|(_, (name, _))| *name == "record.json").unwrap();
    let mut hidden = good.clone();
    hidden.insert(record, ("record.json", &forged));
    let listed: Vec<usize> = (0..hidden.len()).filter(|place| *place != record).collect();
    let report = bench.judge(&zip_listing(&hidden, &listed));
    assert!(matches!(fault(&report), (Step::Container, Fault::ContainerChanged { .. })), "{report:#?}");
    // In the directory twice, and once in the file.
    let listed: Vec<usize> = (0..good.len()).chain([record]).collect();
    let name = "record.json".to_owned();
    assert_eq!(fault(&bench.judge(&zip_listing(&good, &listed))), (Step::Container, Fault::EntryTwice { name }));
}

#[test]
fn the_first_entry_says_what_it_is() {
    let bench = Bench::new();
    let good = bench.entries();
    let with = |first: &[(&'static str, &'static str)]| {
        let first = first.iter().map(|(name, text)| (*name, text.as_bytes()));
        bench.refused(&first.chain(good[1..].iter().copied()).collect::<Vec<_>>())
    };
    let none = (Step::Container, Fault::NotAContainer);
    assert_eq!(with(&[("mimetype", "application/vnd.etsi.asic-s+zip")]), none);
    assert_eq!(with(&[("mimetype", "application/vnd.etsi.asic-e+zip\n")]), none);
    assert_eq!(with(&[("mimetype", "application/zip")]), none);
    assert_eq!(with(&[]), none);
    assert_eq!(with(&[("Mimetype", MEDIA_TYPE)]), none);
    // Not in the first place.
    let mut last = good[1..].to_vec();
    last.push(good[0]);
    assert_eq!(bench.refused(&last), none);
}

#[test]
fn nothing_else_lies_beside_manifest_and_signature() {
    let bench = Bench::new();
    let good = bench.entries();
    for name in [
        "META-INF/manifest.xml",
        "META-INF/container.xml",
        "META-INF/ASiCManifest002.xml",
        "META-INF/ASiCArchiveManifest001.xml",
        "META-INF/signature002.p7s",
        "META-INF/signatures.xml",
        "META-INF/timestamp.tst",
        "META-INF/",
        "meta-inf/asicmanifest001.xml",
    ] {
        let mut more = good.clone();
        more.push((name, content(&bench.filed.entries, MANIFEST_PATH)));
        assert_eq!(bench.refused(&more), (Step::Container, Fault::EntryForeign { name: name.into() }));
    }
}

#[test]
fn no_name_leads_elsewhere() {
    let bench = Bench::new();
    let good = bench.entries();
    for name in [
        "../record.json",
        "a/../../record.json",
        "META-INF/../record.json",
        "/etc/passwd",
        "./record.json",
        "..\\record.json",
        "C:record.json",
        "record.json\0.txt",
        "record.json ",
        "RECORD.JSON",
        "",
    ] {
        let mut more = good.clone();
        more.push((name, b"x"));
        assert_eq!(bench.refused(&more), (Step::Container, Fault::EntryForeign { name: name.into() }));
        // In place of the record.
        let renamed: Vec<_> =
            good.iter().map(|(n, b)| if *n == "record.json" { (name, *b) } else { (*n, *b) }).collect();
        assert_eq!(bench.refused(&renamed), (Step::Container, Fault::EntryForeign { name: name.into() }));
    }
    // Nor in the manifest, whoever signed it.
    let manifest = String::from_utf8(content(&bench.filed.entries, MANIFEST_PATH).to_vec()).unwrap();
    for name in ["../record.json", "META-INF/signature001.p7s", "file:///etc/passwd"] {
        let leads = manifest.replace("URI=\"record.json\"", &format!("URI=\"{name}\""));
        let (step, fault) = fault(&bench.judge(&container(&bench.signed(leads.into_bytes()))));
        let Fault::ManifestWrong { detail } = &fault else { panic!("{fault:?}") };
        assert!(step == Step::Manifest && detail.contains("is no name of a member"), "{detail}");
    }
}

#[test]
fn a_manifest_declares_no_document_type() {
    let bench = Bench::new();
    let manifest = String::from_utf8(content(&bench.filed.entries, MANIFEST_PATH).to_vec()).unwrap();
    let good = bench.signed(manifest.clone().into_bytes());
    assert!(
        !matches!(bench.judge(&container(&good)).steps[1].said, Said::Fault(_)),
        "signed so, it is only another signature"
    );
    for document_type in [
        "<!DOCTYPE asic:ASiCManifest>\n",
        "<!DOCTYPE asic:ASiCManifest [<!ENTITY page \"original-002.tif\">]>\n",
        "<!DOCTYPE asic:ASiCManifest SYSTEM \"file:///etc/passwd\">\n",
    ] {
        let declared = manifest.replacen("?>\n", &format!("?>\n{document_type}"), 1);
        let (step, fault) = fault(&bench.judge(&container(&bench.signed(declared.into_bytes()))));
        let Fault::ManifestWrong { detail } = &fault else { panic!("{fault:?}") };
        assert!(step == Step::Manifest && detail.contains("document type"), "{detail}");
    }
    // What means the same but is written otherwise would be read otherwise by somebody.
    for (from, to) in
        [("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""), ("record.json", "&#114;ecord.json"), ("/>", " />")]
    {
        let spelt = manifest.replacen(from, to, 1);
        assert_ne!(spelt, manifest);
        let (step, fault) = fault(&bench.judge(&container(&bench.signed(spelt.into_bytes()))));
        assert!(step == Step::Manifest && matches!(fault, Fault::ManifestWrong { .. }), "{fault:?}");
    }
    // A member twice.
    let line = manifest.lines().find(|line| line.contains("original-001.tif")).unwrap();
    let twice = manifest.replacen(line, &format!("{line}\n{line}"), 1);
    let (step, fault) = fault(&bench.judge(&container(&bench.signed(twice.into_bytes()))));
    assert!(
        step == Step::Manifest && matches!(&fault, Fault::ManifestWrong { detail } if detail.contains("twice")),
        "{fault:?}"
    );
}

/// Two readers of one text could see two patients.
#[test]
fn no_key_stands_twice_in_json() {
    let twice = |text: String| text.replacen("\"id\":\"9990001\"", "\"id\":\"9990002\",\"id\":\"9990001\"", 1);
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { text: twice, ..Recipe::default() });
    assert!(String::from_utf8_lossy(content(&filed.entries, "record.json")).contains("9990002"));
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(fault(&report), (Step::Record, Fault::RecordNotCanonical));

    // In the proof beside it.
    let bench = Bench::new();
    let path = bench.hospital.pack(&bench.filed.entries, Some(&bench.hospital.proof(&bench.filed)));
    let beside = path.with_extension("proof.json");
    let text = std::fs::read_to_string(&beside).unwrap();
    for (from, to) in
        [("{\"v\":1,", "{\"v\":1,\"v\":1,"), ("\"filed\":{\"index\":", "\"filed\":{\"index\":0,\"index\":")]
    {
        let twice = text.replacen(from, to, 1);
        assert_ne!(twice, text);
        std::fs::write(&beside, twice).unwrap();
        let (step, found) = fault(&verify_pack(&path, &bench.hospital.trust, true).unwrap());
        assert!(step == Step::Journal && matches!(found, Fault::ProofUnreadable { .. }), "{found:?}");
    }
}

#[test]
fn pages_stay_in_their_order() {
    let bench = Bench::new();
    let (first, second) = ("original-001.tif", "original-002.tif");
    // The files' names swapped, in the container and in the manifest, which is signed anew by who may sign.
    let contents = [first, second].map(|name| content(&bench.filed.entries, name).to_vec());
    let mut members = check::manifest(content(&bench.filed.entries, MANIFEST_PATH)).unwrap();
    for member in &mut members {
        match member.name.as_str() {
            name if name == first => member.digest = Digest::of(&contents[1]),
            name if name == second => member.digest = Digest::of(&contents[0]),
            _ => {}
        }
    }
    let entries = bench.signed(encode(&members).unwrap());
    let entries = changed(&entries, first, |bytes| *bytes = contents[1].clone());
    let entries = changed(&entries, second, |bytes| *bytes = contents[0].clone());
    let name = first.to_owned();
    assert_eq!(fault(&bench.judge(&container(&entries))), (Step::Record, Fault::FileDiffers { name }));

    // The pages swapped in the record too, after somebody confirmed them as they were.
    let record = |text: String| {
        let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
        record["pages"].as_array_mut().unwrap().reverse();
        serde_json_canonicalizer::to_string(&record).unwrap()
    };
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { text: record, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    let index = filed.row.journal_index - 2;
    assert_eq!(fault(&report), (Step::Releases, Fault::OtherState { index }));
}

#[test]
fn another_documents_token_is_none_of_this() {
    let bench = Bench::new();
    let other = bench.hospital.file(Recipe { contents: vec![b"II*\0 another".to_vec()], ..Recipe::default() });
    let unstamped = {
        let manifest = content(&bench.filed.entries, MANIFEST_PATH);
        let (hospital, chain) = (&bench.hospital, [bench.hospital.ca.certificate().to_vec()]);
        let certificate = &hospital.manager.certificate().der;
        sign_cades(hospital.manager.key(), certificate, &chain, manifest, at(SIGNED_AT)).unwrap()
    };
    let signed = check::cades(content(&other.entries, SIGNATURE_PATH), content(&other.entries, MANIFEST_PATH)).unwrap();
    let borrowed = embed_timestamp(&unstamped, &signed.timestamp.unwrap()).unwrap();
    let entries = changed(&bench.filed.entries, SIGNATURE_PATH, |bytes| *bytes = borrowed);
    assert_eq!(fault(&bench.judge(&container(&entries))), (Step::Timestamp, Fault::TimestampOfAnother));
}
