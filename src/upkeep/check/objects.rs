//! Each object against its digest, against who names it, and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{Named, StoreFinding, Unchecked, Walk};
use crate::ids::{Digest, RecordId};
use crate::instant::Instant;
use crate::journal::Kind;
use crate::journal::read;
use crate::ledger::{named, profiles};
use crate::people::acts::{Act, Deed};
use crate::people::certificates::{self, Certificate};
use crate::people::register;
use crate::store::{SHELVES, StoreError, records};

/// Some records say enough of what an object is to them.
const SOME_RECORDS: u32 = 3;

/// How long what asks the line for something may take from storing an object to its row.
const REQUEST: SignedDuration = SignedDuration::from_secs(60);

/// What few things name: read once.
struct Few {
    named: Vec<(Digest, Named)>,
    /// Calendars that were in use and judged nothing.
    kept: BTreeSet<Digest>,
}

impl Walk<'_> {
    pub(super) fn objects(&mut self) -> Result<(), Unchecked> {
        let few = self.few()?;
        let objects = self.sources.objects;
        for stranger in objects.beside_the_shelves()? {
            self.say(StoreFinding::StrangerInStore { path: self.shown_place(&stranger) });
        }
        for first in SHELVES {
            // What lies there is listed before the rows are read: what is stored meanwhile is not seen at all.
            let shelf = objects.shelf(first)?;
            let (names, in_hand_since) = self.names(first, &few)?;
            for stranger in &shelf.strangers {
                self.say(StoreFinding::StrangerInStore { path: self.shown_place(stranger) });
            }
            for unfinished in &shelf.unfinished {
                self.unfinished(unfinished)?;
            }
            for object in &shelf.objects {
                let named = names.get(object).copied().unwrap_or(Named::Nobody);
                self.object(object, named, in_hand_since, &few)?;
            }
            for (object, named) in names {
                if shelf.objects.binary_search(&object).is_err() && objects.length(&object)?.is_none() {
                    let (path, records) = (self.shown_place(&objects.place(&object)), self.records_with(&object)?);
                    self.say(StoreFinding::ObjectMissing { object, path, named, records });
                }
            }
        }
        Ok(())
    }

    fn few(&self) -> Result<Few, Unchecked> {
        let (named, mut kept) = self.read(async |tx| {
            let mut named: Vec<_> =
                profiles::all(tx).await?.iter().map(|it| (it.reference.digest, Named::Profile)).collect();
            for person in register::list(tx).await? {
                let held = certificates::of_person(tx, person.id).await?;
                let objects = held.iter().flat_map(Certificate::objects);
                named.extend(objects.map(|object| (object, Named::Certificate)));
            }
            named.extend(named::calendars(tx).await?.into_iter().map(|digest| (digest, Named::Calendar)));
            let mut kept = BTreeSet::new();
            for stored in read::of_kind(tx, Kind::CalendarAdopted).await? {
                let entry = stored.entry()?;
                kept.extend(entry.facts.get("digest").and_then(|digest| digest.as_str()?.parse::<Digest>().ok()));
            }
            // The calendar that the home was founded with may have been another's before anything was judged by it.
            for stored in read::of_kind(tx, Kind::HomeFounded).await? {
                let act = stored.entry()?.act.and_then(|act| Act::parse(&act.text).ok());
                if let Some(Deed::Genesis { calendar, .. }) = act.map(|act| act.deed) {
                    kept.insert(calendar);
                }
            }
            Ok((named, kept))
        })?;
        if let Ok(bytes) = std::fs::read(self.sources.home.layout().calendar()) {
            kept.insert(Digest::of(&bytes));
        }
        Ok(Few { named, kept })
    }

    /// Who names what on a shelf, and since when a stage has had something in hand, of one moment.
    fn names(&self, first: u8, few: &Few) -> Result<(BTreeMap<Digest, Named>, Option<Instant>), Unchecked> {
        self.read(async |tx| {
            let mut names = BTreeMap::new();
            names.extend(named::on_shelf(tx, first).await?.into_iter().map(|object| (object, Named::Document)));
            names.extend(few.named.iter().filter(|(digest, _)| digest.as_bytes().first() == Some(&first)).copied());
            names.extend(records::objects_on_shelf(tx, first).await?.into_iter().map(|object| (object, Named::Record)));
            Ok((names, named::in_hand_since(tx).await?))
        })
    }

    fn object(
        &mut self,
        object: &Digest,
        named: Named,
        in_hand_since: Option<Instant>,
        few: &Few,
    ) -> Result<(), Unchecked> {
        let path = self.shown_place(&self.sources.objects.place(object));
        match self.sources.objects.check(object) {
            Ok(length) => {
                self.report.objects = self.report.objects.saturating_add(1);
                self.report.bytes = self.report.bytes.saturating_add(length);
            }
            Err(StoreError::Damaged { .. }) => {
                let records = self.records_with(object)?;
                self.say(StoreFinding::ObjectDamaged { object: *object, path: path.clone(), named, records });
            }
            // It was listed a moment ago, and nothing that works takes objects away: somebody else did.
            Err(StoreError::Missing(_)) if named == Named::Nobody => {}
            Err(StoreError::Missing(_)) => {
                let records = self.records_with(object)?;
                self.say(StoreFinding::ObjectMissing { object: *object, path: path.clone(), named, records });
            }
            // Of a server that is away no object is at fault, and each would be waited for.
            Err(error @ StoreError::Unusable(_)) => return Err(error.into()),
            Err(error) => {
                let problem = error.to_string();
                self.say(StoreFinding::ObjectUnreadable { object: *object, path: path.clone(), problem });
            }
        }
        self.step();
        if named != Named::Nobody || few.kept.contains(object) || self.signatures.contains(object) {
            return Ok(());
        }
        let wanted = *object;
        if self.read(async |tx| named::may_be_filed(tx, &wanted).await)? {
            return Ok(());
        }
        let Some(stored_at) = self.sources.objects.stored_at(object)? else { return Ok(()) };
        let asked_for = self.running_since()?.is_some() && self.sources.now.since(stored_at) < REQUEST;
        if asked_for || in_hand_since.is_some_and(|since| stored_at >= since) {
            self.report.in_the_making = self.report.in_the_making.saturating_add(1);
        } else {
            self.say(StoreFinding::ObjectOrphan { object: *object, path });
        }
        Ok(())
    }

    fn records_with(&self, object: &Digest) -> Result<Vec<RecordId>, Unchecked> {
        self.read(async |tx| records::with_object(tx, object, SOME_RECORDS).await)
    }
}
