//! An unpacked record, for people with ordinary tools.
//!
//! ```text
//! VERIFY.md, verify.sh   what to do, and a script that does it
//! record/                exactly what unpacking the container gives
//! certificates/          signer, issuers, authority: what came in signature and token, as PEM
//! journal/               the entry of the filing, its inclusion proof, the checkpoint; proof.json for `torikomi verify`
//! claimed-anchors/       what the exporting hospital believes in: to be compared with what it publishes elsewhere
//! ```

use std::fmt::Write as _;

use super::{Export, ExportError, LONGEST_SIGNATURE, Pouring};
use crate::crypto::check::{self, Anchors, Certificate};
use crate::crypto::pem;
use crate::durable::Folder;
use crate::evidence::container::{EntryName, MEDIA_TYPE};
use crate::evidence::manifest::{MANIFEST_PATH, SIGNATURE_PATH};
use crate::evidence::proof::ProvenEntry;
use crate::verification::Trust;

const INSTRUCTIONS: &str = include_str!("VERIFY.md");
const SCRIPT: &str = include_str!("verify.sh");

/// The names that an unpacked record shares with folders of anchors.
const ROOTS: &str = "roots.pem";
const TIMESTAMP_ROOTS: &str = "timestamp-roots.pem";
const TIMESTAMP_POLICIES: &str = "timestamp-policies.txt";
const JOURNAL: &str = "journal.vkey";

/// Writes into a folder that is empty.
pub(super) fn write(export: &mut Export<'_>, folder: &Folder) -> Result<(), ExportError> {
    record(export, &folder.make_folder("record")?)?;
    evidence(export, folder)?;
    journal(export, &folder.make_folder("journal")?)?;
    anchors(export.claimed, &folder.make_folder("claimed-anchors")?)?;
    folder.create_new("verify.sh", SCRIPT.as_bytes())?;
    // Last: where it lies, everything else does.
    folder.create_new("VERIFY.md", INSTRUCTIONS.as_bytes())?;
    Ok(())
}

fn record(export: &mut Export<'_>, folder: &Folder) -> Result<(), ExportError> {
    folder.create_new("mimetype", MEDIA_TYPE.as_bytes())?;
    let inner = folder.make_folder("META-INF")?;
    let file_name = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
    for name in export.order()? {
        let (target, file) = match &name {
            EntryName::Member(member) => (folder, member.as_str().to_owned()),
            EntryName::Manifest => (&inner, file_name(MANIFEST_PATH).to_owned()),
            EntryName::Signature => (&inner, file_name(SIGNATURE_PATH).to_owned()),
        };
        let parts = &mut export.parts;
        target.create_new_from::<ExportError>(&file, |sink| {
            parts.copy_to(&name, &mut Pouring(sink))?;
            Ok(())
        })?;
    }
    Ok(())
}

/// What stands inside the signature, laid out.
fn evidence(export: &mut Export<'_>, folder: &Folder) -> Result<(), ExportError> {
    let manifest = export.parts.bytes(&EntryName::Manifest, super::LONGEST_MANIFEST)?;
    let signature = export.parts.bytes(&EntryName::Signature, LONGEST_SIGNATURE)?;
    let signed = check::cades(&signature, &manifest)?;
    let certificates = folder.make_folder("certificates")?;
    let write = |name: &str, others: &str, first: &Certificate, rest: &[Vec<u8>]| -> Result<(), ExportError> {
        certificates.create_new(&format!("{name}.pem"), pem::write(&first.der).as_bytes())?;
        for (number, der) in (1..).zip(rest) {
            certificates.create_new(&format!("{others}-{number:03}.pem"), pem::write(der).as_bytes())?;
        }
        Ok(())
    };
    write("signer", "issuer", &signed.signer, &signed.certificates)?;
    if let Some(token) = &signed.timestamp
        && let Ok(claim) = check::timestamp_claim(token, &signed.signature)
    {
        write("timestamp-authority", "timestamp-issuer", &claim.certificate, &claim.certificates)?;
    }
    Ok(())
}

fn journal(export: &Export<'_>, folder: &Folder) -> Result<(), ExportError> {
    let proof = &export.proof;
    folder.create_new("proof.json", &export.proof_bytes()?)?;
    folder.create_new("checkpoint.txt", proof.checkpoint.as_bytes())?;
    folder.create_new("entry.json", &proof.filed.bytes().unwrap_or_default())?;
    folder.create_new("inclusion.txt", inclusion(&proof.filed).as_bytes())?;
    Ok(())
}

/// The place and the sibling hashes, one a line, for a shell.
fn inclusion(entry: &ProvenEntry) -> String {
    let mut text = format!("{}\n", entry.index);
    for hash in &entry.proof {
        let _ = writeln!(text, "{}", hash.hex());
    }
    text
}

fn anchors(claimed: &Trust, folder: &Folder) -> Result<(), ExportError> {
    let all = |anchors: &Anchors| anchors.certificates().iter().map(|one| pem::write(&one.der)).collect::<String>();
    let mut stamps = String::new();
    for authority in &claimed.authorities {
        let roots = all(&authority.anchors);
        if !stamps.contains(&roots) {
            stamps.push_str(&roots);
        }
    }
    // A policy list counts only where every authority has one.
    let policies: String = if claimed.authorities.iter().any(|authority| authority.policies.is_empty()) {
        String::new()
    } else {
        claimed
            .authorities
            .iter()
            .flat_map(|authority| &authority.policies)
            .map(|policy| format!("{policy}\n"))
            .collect()
    };
    let journals: String = claimed.journals.iter().map(|key| format!("{key}\n")).collect();
    let files = [
        (ROOTS, all(&claimed.signers)),
        (TIMESTAMP_ROOTS, stamps),
        (TIMESTAMP_POLICIES, policies),
        (JOURNAL, journals),
    ];
    for (name, text) in files.into_iter().filter(|(_, text)| !text.is_empty()) {
        folder.create_new(name, text.as_bytes())?;
    }
    Ok(())
}
