//! `record.json`, and whether it agrees with what lies beside it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::content::{Manifest, Members, objection_of};
use super::finding::{Doubt, Fact, Fault, Objection};
use super::parts::Parts;
use super::{Unverifiable, member_name};
use crate::calendar::Calendar;
use crate::evidence::container::EntryName;
use crate::evidence::record::{PageRange, RECORD_VERSION, RecordJson, RecordSidecar};
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
///
/// It is read as what it has to be, and never as whatever it is: a tree of foreign JSON takes a hundred times the memory of its
/// text.
fn parse(bytes: &[u8]) -> Result<RecordJson, Objection> {
    // A key that nobody knows may be as long as the file.
    let unreadable =
        |error: serde_json::Error| Fault::RecordUnreadable { detail: error.to_string().chars().take(300).collect() };
    match serde_json::from_slice::<Versioned>(bytes).map_err(unreadable)?.v.map(u32::try_from) {
        Some(Ok(found)) if found > RECORD_VERSION => {
            let name = RECORD.to_owned();
            return Err(Doubt::NewerFormat { name, found, known: RECORD_VERSION }.into());
        }
        Some(Ok(1..)) => {}
        _ => return Err(Fault::RecordUnreadable { detail: "v".to_owned() }.into()),
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    if !KeysInOrder.deserialize(&mut reader).map_err(unreadable)? {
        return Err(Fault::RecordNotCanonical.into());
    }
    let json: RecordJson = serde_json::from_slice(bytes).map_err(unreadable)?;
    // A field that nobody reads would be signed without being understood.
    if serde_json_canonicalizer::to_vec(&json).map_err(unreadable)? != bytes {
        return Err(Fault::RecordNotCanonical.into());
    }
    Ok(json)
}

/// What every version of a format says of itself. The rest is passed over, and kept nowhere.
#[derive(Deserialize)]
pub(super) struct Versioned {
    #[serde(default)]
    pub v: Option<u64>,
}

/// Whether the keys of every object stand in the order of RFC 8785, each once.
struct KeysInOrder;

impl<'de> DeserializeSeed<'de> for KeysInOrder {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeysInOrder {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let (mut in_order, mut last) = (true, None::<String>);
        while let Some(key) = map.next_key::<String>()? {
            // By UTF-16 code units (RFC 8785, 3.2.3).
            in_order &= last.is_none_or(|last| last.encode_utf16().lt(key.encode_utf16()));
            in_order &= map.next_value_seed(Self)?;
            last = Some(key);
        }
        Ok(in_order)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<bool, A::Error> {
        let mut in_order = true;
        while let Some(inner) = sequence.next_element_seed(Self)? {
            in_order &= inner;
        }
        Ok(in_order)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(true)
    }
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
    let known: BTreeSet<&str> = expected.iter().copied().collect();
    if let Some(name) = listed.iter().find(|name| !known.contains(*name)) {
        return Err(differ(name));
    }
    // One place each, in one order: what the manifest lists is what the record lists.
    if let Some(name) = expected.iter().enumerate().find(|(place, name)| listed.get(*place) != Some(name)) {
        return Err(differ(name.1));
    }
    // Each at its place, as was just seen.
    for (file, member) in json.files.iter().zip(&manifest.members) {
        let wrong = || Fault::FileDiffers { name: file.name.clone() };
        if member.digest != file.digest {
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
    let wrong = |range: &PageRange| Fault::PagesWrong { name: range.file.clone(), first_page: range.first_page };
    let end = |range: &PageRange| range.first_page.checked_add(range.page_count);
    let known: BTreeSet<&str> = json.files.iter().map(|file| file.name.as_str()).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut counted = 0_u32;
    for range in &json.pages {
        let is_empty = range.first_page == 0 || range.page_count == 0 || end(range).is_none();
        if is_empty || !known.contains(range.file.as_str()) {
            return Err(wrong(range));
        }
        used.insert(&range.file);
        counted = counted.checked_add(range.page_count).ok_or_else(|| wrong(range))?;
    }
    // Side by side in their file, one that begins before the other ends lies over it.
    let mut sorted: Vec<(usize, &PageRange)> = json.pages.iter().enumerate().collect();
    sorted.sort_unstable_by_key(|(place, range)| (&range.file, range.first_page, *place));
    for ((_, before), (_, range)) in sorted.iter().zip(sorted.iter().skip(1)) {
        if before.file == range.file && end(before) > Some(range.first_page) {
            return Err(wrong(range));
        }
    }
    if let Some(unused) = json.files.iter().find(|file| !used.contains(file.name.as_str())) {
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
