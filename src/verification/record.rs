//! `record.json`, and whether it agrees with what lies beside it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::content::{Manifest, Members, objection_of};
use super::finding::{Doubt, Fact, Fault, Objection};
use super::parts::Parts;
use super::{Unverifiable, member_name};
use crate::calendar::Calendar;
use crate::evidence::container::EntryName;
use crate::evidence::record::{RECORD_VERSION, RecordJson, RecordSidecar};
use crate::ids::Digest;
use crate::profile::{self, Profile};

pub(super) const RECORD: &str = "record.json";
pub(super) const PROFILE: &str = "profile.toml";
pub(super) const CALENDAR: &str = "calendar.toml";

/// Findings for each of ten thousand pages stay far below.
const LONGEST_RECORD: u64 = 64 << 20;
const LONGEST_SETTINGS: u64 = crate::toml_text::LONGEST_FILE as u64;

/// A record that says nothing its own parts deny.
pub(super) struct Read {
    pub json: RecordJson,
    pub profile: Profile,
    pub calendar: Calendar,
}

impl Read {
    pub(super) fn fact(&self) -> Fact {
        Fact::RecordConsistent {
            document: self.json.document,
            version: self.json.version,
            files: self.json.files.len() as u64,
            pages: self.json.page_count,
        }
    }
}

/// Reads the record, its profile and its calendar.
pub(super) fn read(
    parts: &mut Parts<'_>,
    manifest: &Manifest,
    members: &Members,
) -> Result<Result<Read, Objection>, Unverifiable> {
    let mut bytes = Vec::new();
    for (name, limit) in [(RECORD, LONGEST_RECORD), (PROFILE, LONGEST_SETTINGS), (CALENDAR, LONGEST_SETTINGS)] {
        let Some(entry) = member_name(name) else { continue };
        match parts.bytes(&entry, limit) {
            Ok(content) => bytes.push(content),
            Err(error) => return objection_of(error).map(Err),
        }
    }
    let [record, profile, calendar] = bytes.as_slice() else {
        return Ok(Err(Fault::EntryMissing { name: RECORD.to_owned() }.into()));
    };
    Ok(judge(record, profile, calendar, manifest, members))
}

fn judge(
    record: &[u8],
    profile: &[u8],
    calendar: &[u8],
    manifest: &Manifest,
    members: &Members,
) -> Result<Read, Objection> {
    let json = parse(record)?;
    let named = Digest::of(profile);
    if named != json.profile.digest || json.judgement.profile != json.profile {
        let found = if named == json.profile.digest { json.judgement.profile.digest } else { named };
        return Err(Fault::OtherProfile { found, named: json.profile.digest }.into());
    }
    let (profile, _) =
        profile::lint(profile, PROFILE).map_err(|problems| Fault::ProfileWrong { detail: first(&problems) })?;
    if *profile.reference() != json.profile {
        return Err(Fault::OtherProfile { found: profile.reference().digest, named: json.profile.digest }.into());
    }
    let (calendar, _) =
        Calendar::parse(calendar, CALENDAR).map_err(|problems| Fault::CalendarWrong { detail: first(&problems) })?;
    if calendar.digest() != json.calendar {
        return Err(Fault::OtherCalendar { found: calendar.digest(), named: json.calendar }.into());
    }
    files(&json, manifest, members)?;
    pages(&json)?;
    if json.clocks.obtained_on != json.identity.obtained_on.as_ref().map(|obtained| obtained.value) {
        return Err(Fault::DatesDiffer.into());
    }
    if (json.version == 1) != json.previous.is_none() || json.version == 0 {
        return Err(Fault::PreviousVersionWrong.into());
    }
    Ok(Read { json, profile, calendar })
}

/// Reads canonical JSON of a known version. A key that stands there twice, or anything else that two readers could read
/// differently, is not canonical.
fn parse(bytes: &[u8]) -> Result<RecordJson, Objection> {
    let unreadable = |error: serde_json::Error| Fault::RecordUnreadable { detail: error.to_string() };
    let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    match value.get("v").and_then(Value::as_u64).map(u32::try_from) {
        Some(Ok(found)) if found > RECORD_VERSION => {
            let name = RECORD.to_owned();
            return Err(Doubt::NewerFormat { name, found, known: RECORD_VERSION }.into());
        }
        Some(Ok(1..)) => {}
        _ => return Err(Fault::RecordUnreadable { detail: "v".to_owned() }.into()),
    }
    if serde_json_canonicalizer::to_vec(&value).map_err(unreadable)? != bytes {
        return Err(Fault::RecordNotCanonical.into());
    }
    let json: RecordJson = serde_json::from_value(value).map_err(unreadable)?;
    // A field that nobody reads would be signed without being understood.
    if serde_json_canonicalizer::to_vec(&json).map_err(unreadable)? != bytes {
        return Err(Fault::RecordNotCanonical.into());
    }
    Ok(json)
}

/// Each member is one that the record accounts for, and each file is the member that the record says.
fn files(json: &RecordJson, manifest: &Manifest, members: &Members) -> Result<(), Fault> {
    let differ = |name: &str| Fault::FilesDiffer { name: name.to_owned() };
    if let Some((_, other)) = (1_u32..).zip(&json.sidecars).find(|(place, sidecar)| !is_named(*place, sidecar)) {
        return Err(differ(&other.name));
    }
    let sidecars = json.sidecars.iter().map(|sidecar| sidecar.name.as_str());
    let others = [RECORD, PROFILE, CALENDAR].into_iter().chain(sidecars);
    let mut expected: Vec<&str> = json.files.iter().map(|file| file.name.as_str()).collect();
    if expected.is_empty() {
        return Err(differ("original-001"));
    }
    expected.extend(others);
    let listed: Vec<&str> = manifest.members.iter().map(|member| member.name.as_str()).collect();
    if let Some(name) = listed.iter().find(|name| !expected.contains(name)) {
        return Err(differ(name));
    }
    // One place each, in one order: what the manifest lists is what the record lists.
    if let Some(name) = expected.iter().enumerate().find(|(place, name)| listed.get(*place) != Some(name)) {
        return Err(differ(name.1));
    }
    for file in &json.files {
        let member = manifest.members.iter().find(|member| member.name.as_str() == file.name);
        let wrong = || Fault::FileDiffers { name: file.name.clone() };
        if member.is_none_or(|member| member.digest != file.digest) {
            return Err(wrong());
        }
        let entry: EntryName = file.name.parse().map_err(|_| wrong())?;
        // A damaged page has no length to compare; that it is damaged was said already.
        if members.length(&entry).is_some_and(|length| length != file.byte_length) {
            return Err(wrong());
        }
    }
    Ok(())
}

/// Whether a sidecar bears the name of its place and kind: a file of its own, or rows of a batch's list.
fn is_named(place: u32, sidecar: &RecordSidecar) -> bool {
    let (kind, ending) = if sidecar.list.is_some() { ("index-row", "csv") } else { ("sidecar", "json") };
    sidecar.name == format!("{kind}-{place:03}.{ending}")
}

/// Ranges lie within the files, none overlaps another, every file is used, and their pages are counted right.
fn pages(json: &RecordJson) -> Result<(), Fault> {
    let mut taken: Vec<(&str, u32, u32)> = Vec::new();
    let mut counted = 0_u32;
    for range in &json.pages {
        let wrong = || Fault::PagesWrong { name: range.file.clone(), first_page: range.first_page };
        let end = range.first_page.checked_add(range.page_count).ok_or_else(wrong)?;
        let known = json.files.iter().any(|file| file.name == range.file);
        let overlaps =
            taken.iter().any(|(file, from, until)| *file == range.file && range.first_page < *until && *from < end);
        if !known || range.first_page == 0 || range.page_count == 0 || overlaps {
            return Err(wrong());
        }
        taken.push((&range.file, range.first_page, end));
        counted = counted.checked_add(range.page_count).ok_or_else(wrong)?;
    }
    if let Some(unused) = json.files.iter().find(|file| !taken.iter().any(|(name, ..)| *name == file.name)) {
        return Err(Fault::FileUnused { name: unused.name.clone() });
    }
    if counted != json.page_count {
        return Err(Fault::PageCountWrong { counted, said: json.page_count });
    }
    let contents: BTreeSet<Digest> = json.files.iter().map(|file| file.digest).collect();
    let measured: BTreeSet<Digest> = json.measurements.iter().map(|reference| reference.content).collect();
    match contents.symmetric_difference(&measured).next() {
        Some(content) => Err(Fault::MeasurementsWrong { content: *content }),
        None => Ok(()),
    }
}

/// The first of a file's problems.
fn first(problems: &[crate::toml_text::Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}
