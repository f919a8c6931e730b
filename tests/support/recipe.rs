//! What is filed at the throw-away hospital, and what of it is not as it should be.

use std::sync::Arc;

use serde_json::{Map, Value};
use torikomi::calendar::DEFAULT_CALENDAR;
use torikomi::document::Part;
use torikomi::evidence::manifest::Member as Named;
use torikomi::evidence::record::{ClockKnown, RecordJson, Seen};
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::instant::Instant;
use torikomi::journal::custody::InCustody;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::judgement::{Finding, Outcome, Severity};
use torikomi::people::acts::{Deed, PagesSeen};
use torikomi::people::certificates::Signer;
use torikomi::store::records::{Member, Record};

use super::{FILED_AT, Hospital, SIGNED_AT, STAMPED_AT, TAKEN_IN_AT, at};

/// What somebody does at the hospital who knows the entry of a signature.
pub type BeforeFiling = Box<dyn Fn(&Hospital, &Draft)>;

/// What is filed, and what of it is not as it should be.
pub struct Recipe {
    pub profile: String,
    pub calendar: String,
    pub taken_in_at: Instant,
    pub signed_at: Instant,
    pub stamped_at: Option<Instant>,
    pub filed_at: Instant,
    /// Two pages, unless it says otherwise.
    pub contents: Vec<Vec<u8>>,
    pub sidecar: Option<Vec<u8>>,
    pub decisions: fn(DocumentId) -> Vec<Deed>,
    /// Who makes them, in order; the manager where nobody is named.
    pub decided_by: Vec<Arc<Signer>>,
    /// When they are made: at the intake, unless it says otherwise.
    pub decided_at: Option<Instant>,
    /// Changes the record before it is signed.
    pub record: fn(&mut RecordJson),
    /// Changes the text of the record before it is signed.
    pub text: fn(String) -> String,
    /// Changes the manifest's members before it is signed.
    pub members: fn(&mut Vec<Named>),
    /// The signature brings the signer's certificate alone, as where a root that everybody has issued it itself.
    pub alone: bool,
    /// Who stamps, and what.
    pub stamp: Stamp,
    /// Changes the facts of the entry of the signature.
    pub signed: fn(&mut Map<String, Value>),
    /// What happens between the entry of the signature and the filing; it is told that entry as it should be.
    pub before_filing: BeforeFiling,
    /// Changes the facts of the entry of the filing.
    pub facts: fn(&mut Map<String, Value>),
    /// Changes what the journal says of the copy in custody.
    pub in_custody: fn(&mut Draft),
    /// When that is entered: at the intake, unless it says otherwise.
    pub in_custody_at: Option<Instant>,
    /// Changes what the journal says of the taking.
    pub taken: fn(&mut Map<String, Value>),
    /// Changes the act that opens the session.
    pub opened: fn(&mut Deed),
    /// Who opens it: the manager, unless it says otherwise.
    pub opened_by: fn(&Hospital) -> &Signer,
    pub closed_at: Option<Instant>,
    /// What happens between the intake and the signature.
    pub meanwhile: fn(&Hospital),
    /// Whether the profile is brought into force first.
    pub adopted: bool,
    /// Changes the index.
    pub row: fn(&mut Record, &mut Vec<Member>),
}

pub enum Stamp {
    Good,
    /// Over another signature.
    OfAnother,
    /// By an authority under another root.
    Stranger,
}

impl Default for Recipe {
    fn default() -> Self {
        let demo = include_str!("../../profiles/demo/referral-letter-demo.toml");
        // Each is confirmed, so that there is a decision.
        let profile = demo.replace("confirm = \"session\"", "confirm = \"each\"");
        let profile = profile.lines().filter(|line| !line.starts_with("auto_confirm_clause"));
        Self {
            profile: profile.collect::<Vec<_>>().join("\n") + "\n",
            calendar: DEFAULT_CALENDAR.to_owned(),
            taken_in_at: at(TAKEN_IN_AT),
            signed_at: at(SIGNED_AT),
            stamped_at: Some(at(STAMPED_AT)),
            filed_at: at(FILED_AT),
            contents: vec![b"II*\0 the first page".to_vec(), b"II*\0 the second page".to_vec()],
            sidecar: Some(b"{\"patient_id\":\"9990001\"}".to_vec()),
            decisions: |document| vec![confirm(document)],
            decided_by: Vec::new(),
            decided_at: None,
            record: |_| (),
            text: |text| text,
            members: |_| (),
            alone: false,
            stamp: Stamp::Good,
            signed: |_| (),
            before_filing: Box::new(|_, _| ()),
            facts: |_| (),
            in_custody: |_| (),
            in_custody_at: None,
            taken: |_| (),
            opened: |_| (),
            opened_by: |hospital| &hospital.manager,
            closed_at: None,
            meanwhile: |_| (),
            adopted: true,
            row: |_, _| (),
        }
    }
}

impl Hospital {
    /// A document that is taken in at this time, and nothing more. Answers the entry of its copy.
    pub fn take(&self, document: DocumentId, now: Instant) -> u64 {
        self.take_by(document, now, clock_known())
    }

    /// The same by a clock of which this was known.
    pub fn take_by(&self, document: DocumentId, now: Instant, clock: ClockKnown) -> u64 {
        self.take_of(document, now, clock, "uketsuke", &[])
    }

    /// The same of these scans, at a station.
    pub fn take_of(
        &self,
        document: DocumentId,
        now: Instant,
        clock: ClockKnown,
        station: &str,
        contents: &[Digest],
    ) -> u64 {
        let delivery = DeliveryId::new();
        let (station, contents) = (station.parse().unwrap(), contents.to_vec());
        let said = InCustody { station, copy: 1, contents, clock, session: None };
        let index = self.append(said.entry(delivery), now).index;
        let subject = Subject { document: Some(document), ..Subject::delivery(delivery) };
        let taken = Draft::by_system(Kind::DeliveryTaken, subject)
            .fact("station", said.station)
            .fact("copy", 1)
            .fact("contents", said.contents);
        self.append(taken.fact("in_custody", index), now);
        index
    }
}

/// Stands in an act for the digest of the state that the record says the act was about.
pub fn the_state() -> Digest {
    Digest::of(b"state")
}

pub fn confirm(document: DocumentId) -> Deed {
    Deed::Confirm { document, state_digest: the_state(), pages: PagesSeen::Attested, supersedes: None }
}

/// What the checks say of a document with which nothing is wrong.
pub fn nothing_found() -> Vec<Finding> {
    let known = torikomi::profile::KNOWN_OUTCOMES.iter().filter(|known| known.built);
    let passed = |known: &torikomi::profile::KnownOutcome| Finding {
        check: known.name.to_owned(),
        outcome: Outcome::Passed,
        severity: Severity::Pass,
        page: None,
    };
    known.map(passed).collect()
}

/// The findings with what one check says instead.
pub fn found(finding: Finding) -> Vec<Finding> {
    let mut findings = nothing_found();
    let place = findings.iter().position(|passed| passed.check == finding.check).unwrap();
    findings[place] = finding;
    findings
}

/// What an act about a document in this state names, written by hand.
pub(super) fn state_of(record: &RecordJson, seen: Option<&Seen>) -> Digest {
    let own = Seen {
        identity: record.identity.clone(),
        claims: record.claims.clone(),
        parts: record
            .pages
            .iter()
            .filter_map(|range| {
                let file = record.files.iter().find(|file| file.name == range.file)?;
                Some(Part {
                    delivery: file.delivery,
                    content: file.digest,
                    first_page: range.first_page,
                    page_count: range.page_count,
                    delivered_name: file.delivered_name.clone(),
                })
            })
            .collect(),
        judgement: Some(record.judgement.clone()),
    };
    let mut state = serde_json::to_value(seen.unwrap_or(&own)).unwrap();
    let map = state.as_object_mut().unwrap();
    map.insert("v".into(), 1.into());
    map.insert("document".into(), record.document.to_string().into());
    map.insert("salt".into(), serde_json::to_value(record.salt).unwrap());
    map.entry("judgement").or_insert(Value::Null);
    Digest::of(&serde_json_canonicalizer::to_vec(&state).unwrap())
}

/// A clock that is kept right.
pub fn clock_known() -> ClockKnown {
    ClockKnown { synchronised: Some(true), estimated_error_us: Some(800), problem: None }
}
