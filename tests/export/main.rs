//! Exported records before outside judges: the instructions that go along, followed to the letter with the system's
//! OpenSSL, and pyHanko.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "../support/hospital.rs"]
mod hospital;
mod pyhanko;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use hospital::{Filed, Hospital, Recipe, container};
use torikomi::crypto::make::{EvaluationCa, KeyPair, Subject, Suite, embed_timestamp, sign_cades, signature_value};
use torikomi::evidence::checkpoint::VerifierKey;
use torikomi::evidence::record::RecordJson;
use torikomi::export::{Export, ExportError};
use torikomi::ids::Digest;
use torikomi::verification::{Parts, Verdict, verify_pack};

fn export<'a>(hospital: &'a Hospital, filed: &Filed) -> Export<'a> {
    let (_, members) = hospital.at_home().rows(filed.id).unwrap().unwrap();
    Export {
        record: filed.id,
        parts: Parts::stored(&hospital.objects, members).unwrap(),
        proof: hospital.proof(filed),
        claimed: &hospital.trust,
    }
}

fn unpacked(hospital: &Hospital, filed: &Filed) -> PathBuf {
    let folder = hospital.folder.path().join(format!("unpacked-{}", torikomi::ids::RecordId::new()));
    export(hospital, filed).unpacked(&folder).unwrap();
    folder
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> (bool, String) {
    let output: Output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    (output.status.success(), said)
}

fn script(folder: &Path) -> (bool, String) {
    run(folder, "sh", &["verify.sh", "claimed-anchors"])
}

#[test]
fn a_container_is_the_same_every_time_and_is_never_overwritten() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let out = hospital.folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let path = export(&hospital, &filed).container(&out).unwrap();
    assert_eq!(path, out.join(format!("{}.asice", filed.id)));
    assert_eq!(std::fs::read(&path).unwrap(), container(&filed.entries));
    assert_eq!(verify_pack(&path, &hospital.trust, true).unwrap().verdict, Verdict::Passed);
    assert!(matches!(export(&hospital, &filed).container(&out), Err(ExportError::Exists(_))));
    // The proof alone is in the way, too, and nothing is written then.
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(export(&hospital, &filed).container(&out), Err(ExportError::Exists(_))));
    assert!(!path.exists());

    let folder = unpacked(&hospital, &filed);
    assert!(matches!(export(&hospital, &filed).unpacked(&folder), Err(ExportError::Exists(_))));
    assert_eq!(verify_pack(&folder, &hospital.trust, true).unwrap().verdict, Verdict::Passed);
    let (good, said) = run(&out, "unzip", &["-q", "-o", "-d", "by-unzip", "x.asice"]);
    assert!(!good, "{said}");
    std::fs::write(out.join("x.asice"), container(&filed.entries)).unwrap();
    let (good, said) = run(&out, "unzip", &["-q", "-d", "by-unzip", "x.asice"]);
    assert!(good, "{said}");
    let (same, said) = run(&out, "diff", &["-r", "by-unzip", folder.join("record").to_str().unwrap()]);
    assert!(same, "unpacking gives what record/ holds: {said}");
}

#[test]
fn the_script_verifies_both_suites_and_any_number_of_entries() {
    for (suite, rounds) in [(Suite::Ed25519, 4), (Suite::EcdsaP256, 1)] {
        let hospital = Hospital::with(suite);
        let mut all = Vec::new();
        for round in 0..rounds {
            let filed = hospital.file(Recipe::default());
            all.push(filed);
            // Trees of all shapes: the newest and the first entry.
            for filed in [&all[0], &all[round]] {
                let folder = unpacked(&hospital, filed);
                let (good, said) = script(&folder);
                assert!(
                    good && said.contains("Everything holds, BY EVALUATION CERTIFICATES"),
                    "{suite:?} {round}: {said}"
                );
                assert!(said.contains("法的な効力はありません"), "{suite:?} {round}: {said}");
            }
        }
    }
}

/// openssl takes no empty file of what lies between.
#[test]
fn the_script_verifies_a_signer_whom_the_root_itself_certified() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { alone: true, ..Recipe::default() });
    let folder = unpacked(&hospital, &filed);
    assert_eq!(verify_pack(&folder, &hospital.trust, true).unwrap().verdict, Verdict::Passed);
    let (good, said) = script(&folder);
    assert!(good && said.contains("Everything holds, BY EVALUATION CERTIFICATES"), "{said}");
}

/// Whoever has all of a hospital's keys can write its journal anew; what was kept outside tells.
#[test]
fn the_script_holds_the_journal_against_what_was_kept_outside() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let folder = unpacked(&hospital, &filed);
    let (good, said) = script(&folder);
    assert!(good && said.contains("NOT ANCHORED") && said.contains("外部の裏付けなし"), "{said}");

    let kept = std::fs::read_to_string(folder.join("journal/checkpoint.txt")).unwrap();
    let outside = |text: &str| std::fs::write(folder.join("claimed-anchors/checkpoints.txt"), text).unwrap();
    // As the copies lie there: older ones before it.
    let mut lines: Vec<&str> = kept.lines().collect();
    let older = [lines[0], "1", lines[2], "", lines[4], ""].join("\n");
    outside(&format!("{older}\n{kept}"));
    let (good, said) = script(&folder);
    assert!(good && said.contains("is the one that was kept outside") && !said.contains("NOT ANCHORED"), "{said}");

    // Another past of the same length.
    let root = BASE64.encode(&[7; 32]);
    lines[2] = &root;
    outside(&lines.join("\n"));
    let (good, said) = script(&folder);
    assert!(!good && said.contains("written anew"), "{said}");

    // Of other sizes it tells nothing, and one that is empty may be a download that failed.
    outside(&older);
    let ran = Command::new("sh").args(["verify.sh", "claimed-anchors"]).current_dir(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.code() == Some(2) && said.contains("NOT ANCHORED"), "{} {said}", ran.status);
    outside("");
    let (good, said) = script(&folder);
    assert!(!good && said.contains("checkpoints.txt is empty"), "{said}");
}

/// Without a stamp where none is asked for, with every OpenSSL that the script names, in every year that it can.
#[test]
fn the_script_verifies_what_is_not_to_be_stamped() {
    let demo = Recipe::default().profile;
    let paper_kept = demo
        .replace("regime = \"9.2\"", "regime = \"9.5\"")
        .replace("policy = \"each\"", "policy = \"none\"")
        .replace("timestamp_within = \"1h\"\n", "");
    let unstamped = |record: &mut RecordJson| record.clocks.stamp_within_seconds = None;
    let current = concat!(env!("CARGO_MANIFEST_DIR"), "/.test-env/openssl/bin");
    let path = std::env::var("PATH").unwrap();
    for suite in [Suite::Ed25519, Suite::EcdsaP256] {
        let hospital = Hospital::with(suite);
        let recipe = || Recipe { stamped_at: None, record: unstamped, ..Recipe::default() };
        let filed = hospital.file(Recipe { profile: paper_kept.clone(), ..recipe() });
        let folder = unpacked(&hospital, &filed);
        let report = verify_pack(&folder, &hospital.trust, true).unwrap();
        assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
        for path in [path.clone(), format!("{current}:{path}")] {
            let mut command = Command::new("sh");
            command.args(["verify.sh", "claimed-anchors"]).env("PATH", &path).current_dir(&folder);
            let output = command.output().unwrap();
            let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
            assert!(output.status.success() && said.contains("asks for no time-stamp"), "{suite:?} {path}: {said}");
            assert!(said.contains("no legal value"), "{suite:?} {path}: {said}");
        }
        // The profile that asks for one, and a record without.
        let stripped = hospital.file(Recipe { stamped_at: None, ..Recipe::default() });
        let (good, said) = script(&unpacked(&hospital, &stripped));
        assert!(!good && said.contains("there is no time-stamp"), "{said}");
    }
}

/// Base64 may say anything, the words that end a certificate too.
#[test]
fn the_script_is_not_misled_by_what_base64_spells() {
    let spells_end = |pem: &str| pem.lines().any(|line| line.contains("END") && !line.starts_with("-----"));
    let hospital = Hospital::with_certificates(Suite::EcdsaP256, spells_end);
    let filed = hospital.file(Recipe::default());
    let (good, said) = script(&unpacked(&hospital, &filed));
    assert!(good && said.contains("Everything holds, BY EVALUATION CERTIFICATES"), "{said}");
}

/// The script that comes with a record can be compared with the one that is published.
#[test]
fn the_documents_name_the_script_by_its_digest() {
    let published = |name: &str| std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let digest = Digest::of(&published("src/export/verify.sh")).hex();
    let documentation = String::from_utf8(published("docs/evidence.md")).unwrap();
    assert!(
        documentation.contains(&format!("`{digest}`")),
        "docs/evidence.md must name the SHA-256 of verify.sh: {digest}"
    );
}

/// The certificates are not out of date yet, whatever the day of the test.
fn in_force(commands: &str) -> String {
    commands.replace("-out /dev/null", "-attime 1795151401 -out /dev/null")
}

#[test]
fn the_instructions_hold_to_the_letter() {
    let hospital = Hospital::with(Suite::EcdsaP256);
    let filed = hospital.file(Recipe::default());
    let folder = unpacked(&hospital, &filed);
    assert!(!folder.join("token.tst").exists(), "it is cut out of the signature");
    let text = std::fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    let blocks: Vec<&str> = text.split("```sh").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        // The first line is the rest of the fence.
        let (_, commands) = block.split_once('\n').unwrap();
        let commands = in_force(commands);
        let (good, said) = run(&folder, "sh", &["-euc", &commands]);
        assert!(good, "{commands}: {said}");
        if commands.contains("token.tst") {
            assert!(said.contains("Time stamp: Nov 20 05:10:00.6 2026 GMT"), "{said}");
        }
        if commands.contains("verify.sh") {
            assert!(said.contains("Everything holds, BY EVALUATION CERTIFICATES"), "{said}");
        }
    }
}

/// OpenSSL 3.5 verifies Ed25519 in CMS by itself. `scripts/test` builds it.
#[test]
fn a_current_openssl_verifies_ed25519_in_cms() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let folder = unpacked(&hospital, &filed);
    let openssl = concat!(env!("CARGO_MANIFEST_DIR"), "/.test-env/openssl/bin/openssl");
    let verify = |folder: &Path| {
        let arguments = "cms -verify -binary -cades -inform DER -in record/META-INF/signature001.p7s -content \
             record/META-INF/ASiCManifest001.xml -CAfile claimed-anchors/roots.pem -no-CApath -no-CAstore \
             -attime 1795151401 -out /dev/null";
        run(folder, openssl, &arguments.split_whitespace().collect::<Vec<_>>())
    };
    let (good, said) = verify(&folder);
    assert!(good && said.contains("CAdES Verification successful"), "{said}");
    let manifest = folder.join("record/META-INF/ASiCManifest001.xml");
    let mut bytes = std::fs::read(&manifest).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&manifest, bytes).unwrap();
    assert!(!verify(&folder).0);
}

#[test]
fn the_script_refuses_whatever_was_changed() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let other = hospital.file(Recipe { contents: vec![b"II*\0 x".to_vec()], ..Recipe::default() });
    let foreign = unpacked(&hospital, &other);
    let replace = |file: &'static str| {
        move |folder: &Path, foreign: &Path| {
            std::fs::copy(foreign.join(file), folder.join(file)).unwrap();
        }
    };
    let flip = |file: &'static str, place: usize| {
        move |folder: &Path, _: &Path| {
            let mut bytes = std::fs::read(folder.join(file)).unwrap();
            bytes[place] ^= 1;
            std::fs::write(folder.join(file), bytes).unwrap();
        }
    };
    // The same content, which somebody may change once it was looked at.
    let linked = |file: &'static str| {
        move |folder: &Path, _: &Path| {
            std::fs::rename(folder.join(file), folder.join("elsewhere")).unwrap();
            std::os::unix::fs::symlink(folder.join("elsewhere"), folder.join(file)).unwrap();
        }
    };
    type Change = Box<dyn Fn(&Path, &Path)>;
    let cases: Vec<(&str, Change, &str)> = vec![
        ("a page", Box::new(flip("record/original-001.tif", 5)), "original-001.tif is not what was signed"),
        ("the record", Box::new(flip("record/record.json", 5)), "record.json is not what was signed"),
        ("the profile", Box::new(flip("record/profile.toml", 5)), "profile.toml is not what was signed"),
        (
            "a file gone",
            Box::new(|folder, _| std::fs::remove_file(folder.join("record/sidecar-001.json")).unwrap()),
            "sidecar-001.json is missing",
        ),
        (
            "a file more",
            Box::new(|folder, _| std::fs::write(folder.join("record/extra.txt"), "x").unwrap()),
            "more or less",
        ),
        (
            "a file more in META-INF",
            Box::new(|folder, _| std::fs::write(folder.join("record/META-INF/x"), "x").unwrap()),
            "META-INF",
        ),
        (
            "another type",
            Box::new(|folder, _| std::fs::write(folder.join("record/mimetype"), "application/zip").unwrap()),
            "mimetype is not that of a record",
        ),
        (
            "something hidden behind the type's name",
            Box::new(|folder, _| {
                std::fs::remove_file(folder.join("record/mimetype")).unwrap();
                std::fs::create_dir(folder.join("record/mimetype")).unwrap();
                std::fs::write(folder.join("record/mimetype/original-002.tif"), "x").unwrap();
            }),
            "mimetype is not that of a record",
        ),
        ("the type by a link", Box::new(linked("record/mimetype")), "mimetype is not that of a record"),
        ("a page by a link", Box::new(linked("record/original-001.tif")), "original-001.tif is missing"),
        ("the signature by a link", Box::new(linked("record/META-INF/signature001.p7s")), "record/META-INF"),
        ("another signature", Box::new(replace("record/META-INF/signature001.p7s")), "over another manifest"),
        (
            "the last byte of the token",
            Box::new(|folder, _| {
                let file = folder.join("record/META-INF/signature001.p7s");
                let mut bytes = std::fs::read(&file).unwrap();
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                std::fs::write(&file, bytes).unwrap();
            }),
            "the time-stamp",
        ),
        ("the checkpoint", Box::new(flip("journal/checkpoint.txt", 30)), "checkpoint"),
        ("another entry", Box::new(replace("journal/entry.json")), "not in the journal"),
        ("another place", Box::new(replace("journal/inclusion.txt")), "not in the journal"),
        (
            "another record's journal",
            Box::new(|folder, foreign| {
                for file in ["entry.json", "inclusion.txt", "checkpoint.txt"] {
                    std::fs::copy(foreign.join("journal").join(file), folder.join("journal").join(file)).unwrap();
                }
            }),
            "another record",
        ),
        (
            "another root",
            Box::new(|folder, _| {
                let other = Hospital::new();
                std::fs::write(folder.join("claimed-anchors/roots.pem"), hospital::pem(other.ca.certificate()))
                    .unwrap();
            }),
            "the signer is not known",
        ),
        (
            "another authority",
            Box::new(|folder, _| {
                let other = Hospital::new();
                let file = folder.join("claimed-anchors/timestamp-roots.pem");
                std::fs::write(file, hospital::pem(other.ca.certificate())).unwrap();
            }),
            "the time-stamp",
        ),
        (
            "another policy",
            Box::new(|folder, _| {
                std::fs::write(folder.join("claimed-anchors/timestamp-policies.txt"), "1.2.3\n").unwrap();
            }),
            "not on the list",
        ),
        (
            "an empty list of policies",
            Box::new(|folder, _| {
                std::fs::write(folder.join("claimed-anchors/timestamp-policies.txt"), "").unwrap();
            }),
            "timestamp-policies.txt is empty",
        ),
        (
            "an empty list of authorities",
            Box::new(|folder, _| {
                std::fs::write(folder.join("claimed-anchors/timestamp-roots.pem"), "").unwrap();
            }),
            "timestamp-roots.pem is empty",
        ),
        (
            "another journal",
            Box::new(|folder, _| {
                let other = Hospital::new();
                std::fs::write(folder.join("claimed-anchors/journal.vkey"), format!("{}\n", other.trust.journals[0]))
                    .unwrap();
            }),
            "not signed by a journal that you know",
        ),
    ];
    for (what, change, expected) in cases {
        let folder = unpacked(&hospital, &filed);
        change(&folder, &foreign);
        let (good, said) = script(&folder);
        assert!(!good, "{what}: {said}");
        assert!(said.contains("FAILED") && said.contains(expected), "{what}: {said}");
        assert!(said.contains("異常があります"), "{what}: {said}");
    }
}

/// What the script believes in is what it shows, and the instructions show every certificate that any openssl would believe.
#[test]
fn no_anchor_is_believed_unseen() {
    let (hospital, forger) = (Hospital::new(), Hospital::new());
    let filed = forger.file(Recipe::default());
    let pem = |hospital: &Hospital| hospital::pem(hospital.ca.certificate());
    let headed = |heading: &str| pem(&forger).replace("CERTIFICATE", heading);
    let keys = |hospital: &Hospital| hospital.trust.journals[0].to_string();
    type Files = [(&'static str, String)];
    let forged = |files: &Files| {
        let folder = unpacked(&forger, &filed);
        for (name, text) in files {
            std::fs::write(folder.join("claimed-anchors").join(name), text).unwrap();
        }
        folder
    };
    let wrong_roots = "holds something else than certificates";
    let wrong_key = "holds a line that is no journal's key";
    let cases: [(&Files, &str); 7] = [
        (&[("roots.pem", pem(&hospital) + &headed("X509 CERTIFICATE"))], wrong_roots),
        (&[("roots.pem", pem(&hospital) + &headed("TRUSTED CERTIFICATE"))], wrong_roots),
        (&[("timestamp-roots.pem", pem(&hospital) + &headed("X509 CERTIFICATE"))], wrong_roots),
        (&[("roots.pem", pem(&hospital) + &pem(&forger).replacen('\n', "\nProc-Type: 4\n\n", 1))], wrong_roots),
        (
            &[("roots.pem", pem(&hospital) + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")],
            "no certificate",
        ),
        // Carriage returns and escapes write over what was shown before.
        (
            &[("journal.vkey", format!("{}\n{}\r\u{1b}[2K{}\n", keys(&hospital), keys(&forger), keys(&hospital)))],
            wrong_key,
        ),
        (&[("journal.vkey", format!("{}{}{}\n", keys(&hospital), " ".repeat(400), keys(&forger)))], wrong_key),
    ];
    for (files, expected) in cases {
        let (good, said) = script(&forged(files));
        assert!(!good && said.contains(expected), "{files:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }

    // What may be believed is told, one line each: the second root, the second key, whatever their indentation.
    let both = forged(&[
        ("roots.pem", format!("a remark\r\n{}{}", pem(&hospital), pem(&forger).replace('\n', " \r\n"))),
        ("journal.vkey", format!("# a remark\n{}\n  {}\r\n", keys(&hospital), keys(&forger))),
    ]);
    let (good, said) = script(&both);
    assert!(good, "{said}");
    assert_eq!(said.matches("Fingerprint").count(), 3, "two roots and the time-stamps': {said}");
    assert!(said.contains(&format!("\n{}\n{}\n", keys(&hospital), keys(&forger))), "{said}");

    let text = std::fs::read_to_string(both.join("VERIFY.md")).unwrap();
    let commands = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    for (heading, count) in [("CERTIFICATE", 3), ("X509 CERTIFICATE", 3), ("TRUSTED CERTIFICATE", 3)] {
        let folder =
            forged(&[("roots.pem", pem(&hospital) + &headed(heading)), ("journal.vkey", "\u{1b}[2Kx\n".into())]);
        let (good, said) = run(&folder, "sh", &["-euc", commands]);
        assert!(good && !said.contains('\u{1b}'), "{heading}: {said:?}");
        assert_eq!(said.matches("Fingerprint").count(), count, "{heading}: {said}");
    }
}

fn named(common_name: &str) -> Subject {
    Subject { common_name: common_name.into(), organization: "見本病院".into(), organizational_unit: None }
}

/// An authority in the system's own store vouches for nobody.
#[test]
fn no_root_counts_but_those_named() {
    let hospital = Hospital::with(Suite::EcdsaP256);
    let other = EvaluationCa::create(&named("別の認証局"), hospital::validity()).unwrap();
    let folder = unpacked(&hospital, &hospital.file(Recipe::default()));
    let text = std::fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    let cms = in_force(text.split("```sh cms\n").nth(1).unwrap().split("```").next().unwrap());
    std::fs::create_dir(folder.join("system")).unwrap();
    let (good, hash) = run(&folder, "openssl", &["x509", "-in", "claimed-anchors/roots.pem", "-noout", "-hash"]);
    assert!(good, "{hash}");
    let root = hospital::pem(hospital.ca.certificate());
    std::fs::write(folder.join("system").join(format!("{}.0", hash.trim())), root).unwrap();
    let command = |command: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-euc", command]).env("SSL_CERT_DIR", folder.join("system")).current_dir(&folder);
        let output = shell.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for commands in ["sh verify.sh claimed-anchors", &cms] {
        let (good, said) = command(commands);
        assert!(good, "{commands}: {said}");
    }
    std::fs::write(folder.join("claimed-anchors/roots.pem"), hospital::pem(other.certificate())).unwrap();
    let (good, said) = command("sh verify.sh claimed-anchors");
    assert!(!good && said.contains("the signer is not known"), "{said}");
    let (good, said) = command(&cms);
    assert!(!good && said.contains("verify error"), "{said}");
    // Nor does one vouch for a time.
    let anchors = folder.join("claimed-anchors");
    std::fs::rename(anchors.join("roots.pem"), anchors.join("timestamp-roots.pem")).unwrap();
    std::fs::write(anchors.join("roots.pem"), hospital::pem(hospital.ca.certificate())).unwrap();
    let (good, said) = command("sh verify.sh claimed-anchors");
    assert!(!good && said.contains("the time-stamp:"), "{said}");
}

/// The key of a time-stamping authority speaks for no person, though its certificate leads to the same root.
#[test]
fn a_certificate_for_something_else_signs_no_record() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let name = named("評価用時刻認証局");
    let certificate = hospital.ca.issue_timestamping(&key.public_key().unwrap(), &name, hospital::validity()).unwrap();

    // The record again, signed by that key.
    let folder = unpacked(&hospital, &filed);
    let [manifest, record] =
        ["META-INF/ASiCManifest001.xml", "record.json"].map(|name| folder.join("record").join(name));
    let base64 = |bytes: &[u8]| BASE64.encode(&HEXLOWER.decode(Digest::of(bytes).hex().as_bytes()).unwrap());
    let before = std::fs::read_to_string(&record).unwrap();
    let (person, stranger) = (hospital.manager.certificate().fingerprint, Digest::of(&certificate));
    let after = before.replace(&person.to_string(), &stranger.to_string());
    std::fs::write(&record, &after).unwrap();
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text.replace(&base64(before.as_bytes()), &base64(after.as_bytes()));
    std::fs::write(&manifest, &text).unwrap();
    let (signed_at, stamped_at) = (hospital::at(hospital::SIGNED_AT), hospital::at(hospital::STAMPED_AT));
    let chain = [hospital.ca.certificate().to_vec()];
    let signature = sign_cades(&key, &certificate, &chain, text.as_bytes(), signed_at).unwrap();
    let token = hospital.token(&hospital.authority, &signature_value(&signature).unwrap(), stamped_at);
    let signature = embed_timestamp(&signature, &token).unwrap();
    std::fs::write(folder.join("record/META-INF/signature001.p7s"), signature).unwrap();

    let (good, said) = script(&folder);
    assert!(!good && said.contains("is not for signing documents"), "{said}");
    let instructions = std::fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    let cms = in_force(instructions.split("```sh cms\n").nth(1).unwrap().split("```").next().unwrap());
    let (good, said) = run(&folder, "sh", &["-euc", &cms]);
    assert!(!good && said.contains("verify error"), "{said}");
}

/// Whatever shell it is, what a pack says is looked at before the shell reckons with it.
#[test]
fn the_script_runs_nothing_that_a_pack_says() {
    let hospital = Hospital::new();
    let folder = unpacked(&hospital, &hospital.file(Recipe::default()));
    let command = &format!("index[$(touch {}/run-by-the-pack)0]", folder.display());
    // Somebody whose key is believed in may still be somebody who wants to run something here.
    let key = SigningKey::from_bytes(&[9; 32]);
    let public_key = key.verifying_key().to_bytes();
    let verifier = VerifierKey { name: hospital::ORIGIN.parse().unwrap(), public_key };
    let signed = |size: &str, more: &str| {
        let text = format!("{}\n{size}\n{}\n{more}", hospital::ORIGIN, BASE64.encode(&[0; 32]));
        let signature = [&verifier.key_id()[..], &key.sign(text.as_bytes()).to_bytes()].concat();
        format!("{text}\n\u{2014} {} {}\n", hospital::ORIGIN, BASE64.encode(&signature))
    };
    let own = std::fs::read_to_string(folder.join("claimed-anchors/journal.vkey")).unwrap();
    let checkpoint = std::fs::read_to_string(folder.join("journal/checkpoint.txt")).unwrap();
    let inclusion = std::fs::read_to_string(folder.join("journal/inclusion.txt")).unwrap();
    let (index, siblings) = inclusion.split_once('\n').unwrap();
    let written = "the checkpoint is not written as it must be";
    let digests = "something else than digests";
    let no_number = "does not begin with a number";
    let cases = [
        (signed(command, ""), inclusion.clone(), written),
        (signed("0100", ""), inclusion.clone(), written),
        (signed("1000000000000000000", ""), inclusion.clone(), written),
        (signed("-1", ""), inclusion.clone(), written),
        (signed("100", "more\n"), inclusion.clone(), written),
        (checkpoint.clone(), format!("{command}\n{siblings}"), no_number),
        (checkpoint.clone(), format!("0{index}\n{siblings}"), no_number),
        (checkpoint.clone(), format!("{index}\n{command}\n{siblings}"), digests),
        (checkpoint.clone(), format!("{index}\n{}", siblings.to_uppercase()), digests),
        (checkpoint.clone(), format!("{index}\n{}", siblings.replacen('\n', "00\n", 1)), digests),
    ];
    let shells = [&["sh"][..], &["bash", "--posix"]];
    let shells = shells.into_iter().filter(|shell| Command::new(shell[0]).args(["-c", ":"]).status().is_ok());
    for shell in shells {
        for (checkpoint, inclusion, expected) in &cases {
            std::fs::write(folder.join("claimed-anchors/journal.vkey"), format!("{own}{verifier}\n")).unwrap();
            std::fs::write(folder.join("journal/checkpoint.txt"), checkpoint).unwrap();
            std::fs::write(folder.join("journal/inclusion.txt"), inclusion).unwrap();
            let arguments = [&shell[1..], &["verify.sh", "claimed-anchors"]].concat();
            let (good, said) = run(&folder, shell[0], &arguments);
            assert!(!good && said.contains(expected), "{shell:?} {checkpoint} {inclusion}: {said}");
        }
        // A key for something else than checkpoints begins with another byte.
        let other = own.replace("+A", "+B");
        std::fs::write(folder.join("claimed-anchors/journal.vkey"), other).unwrap();
        std::fs::write(folder.join("journal/checkpoint.txt"), &checkpoint).unwrap();
        let arguments = [&shell[1..], &["verify.sh", "claimed-anchors"]].concat();
        let (good, said) = run(&folder, shell[0], &arguments);
        assert!(!good && said.contains("is not one of Ed25519"), "{shell:?}: {said}");
    }
    assert!(!folder.join("run-by-the-pack").exists());
}

/// Where it lies, what the environment says and which tools go beyond POSIX changes nothing.
#[test]
fn the_script_does_without_what_is_around_it() {
    let (hospital, other) = (Hospital::new(), Hospital::new());
    let place = hospital.folder.path().join("line\nbreak");
    std::fs::create_dir(&place).unwrap();
    let folder = place.join("pack");
    std::fs::rename(unpacked(&hospital, &hospital.file(Recipe::default())), &folder).unwrap();
    let elsewhere = unpacked(&other, &other.file(Recipe::default()));
    let tools = hospital.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for (name, lines) in [("mktemp", "exit 1"), ("head", "case $1 in -c*) exit 1 ;; esac\nexec /usr/bin/head \"$@\"")] {
        std::fs::write(tools.join(name), format!("#!/bin/sh\n{lines}\n")).unwrap();
        std::fs::set_permissions(tools.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/src/export/verify.sh");
    let own = hospital.trust.journals[0].to_string();
    for arguments in [&["verify.sh", "claimed-anchors"][..], &[published, "claimed-anchors", "."]] {
        let mut shell = Command::new("sh");
        shell.args(arguments).current_dir(&folder).env("CDPATH", &elsewhere).env("PATH", &path);
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.contains(&own), "{arguments:?}: {said}");
    }
    let (good, said) = run(&place, "sh", &[published, "pack/claimed-anchors", elsewhere.to_str().unwrap()]);
    assert!(!good && said.contains("the time-stamp:"), "the pack that was named is looked at: {said}");
}

/// A pack from which an entry was left out lacks nothing that one could see; whoever verifies it is told so.
#[test]
fn of_a_pack_it_is_said_how_far_it_tells() {
    let hospital = Hospital::new();
    let folder = unpacked(&hospital, &hospital.file(Recipe::default()));
    for (language, said) in [("en", "As far as this pack tells: that no revocation"), ("ja", "失効、任命")] {
        let arguments = ["verify", ".", "--anchors", "claimed-anchors", "--accept-evaluation", "--lang", language];
        let (good, told) = run(&folder, env!("CARGO_BIN_EXE_torikomi"), &arguments);
        assert!(good && told.contains(said), "{told}");
    }
    let instructions = std::fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    for said in ["an entry that was left out is not missed", "失効の項目が抜かれていても"] {
        assert!(instructions.contains(said), "{said}");
    }
}
