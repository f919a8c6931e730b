//! The rows of the index against the records' own bytes, and index and ledger against the journal.

use std::path::Path;

use super::{StoreFinding, Unchecked, Walk};
use crate::journal::disposal::Disposed;
use crate::journal::kept::{Uncompared, parts_kept, parts_not_kept};
use crate::journal::read;
use crate::store::records::{self, Filter, Record};
use crate::verification::IndexRow;
use crate::verification::index::{Compared, compare};
use crate::verification::journal::{JournalFault, Sources, verify};

/// Records are read a page at a time.
const PAGE: u32 = 1000;

impl Walk<'_> {
    /// Each row of the index.
    pub(super) fn rows(&mut self) -> Result<(), Unchecked> {
        let mut after: Option<Record> = None;
        loop {
            let page = self.read(async |tx| records::list(tx, &Filter::default(), after.as_ref(), PAGE).await)?;
            let Some(last) = page.last().cloned() else { return Ok(()) };
            for record in page {
                self.row(record)?;
                self.step();
            }
            after = Some(last);
        }
    }

    fn row(&mut self, record: Record) -> Result<(), Unchecked> {
        let (id, index) = (record.id, record.journal_index);
        let (members, stored) =
            self.read(async |tx| Ok((records::members(tx, id, false).await?, read::entries(tx, index, 1).await?)))?;
        self.report.records = self.report.records.saturating_add(1);
        let entry = stored.first().filter(|stored| stored.index == index).and_then(|stored| stored.entry().ok());
        // Of an entry that is another's the journal's turn tells.
        let entry = entry.filter(|entry| entry.subject.record == Some(id));
        let row = IndexRow { record, members };
        if let Some(Compared::Differs { field }) = compare(&row, self.sources.objects, entry.as_ref())? {
            self.say(StoreFinding::RowDiffers { record: id, field });
        }
        Ok(())
    }

    /// The journal, and both ways what it says happened against what is there.
    pub(super) fn journal(&mut self) -> Result<(), Unchecked> {
        let sources = self.sources;
        let files = sources.home.layout().store(sources.config).join("journal");
        let files: &Path = &files;
        let asked = Sources { database: sources.database, files, trust: sources.trust, against: None };
        let (before, all) = (self.done, self.all);
        let report = verify(&asked, |done, _| {
            let done = before.saturating_add(done);
            (self.progress)(done, all.max(done));
        })?;
        self.done = before.saturating_add(report.entries);
        self.report.journal_entries = report.entries;
        let (mut others, mut counts) = (report.more_faults, None);
        let mut documents = false;
        for fault in report.faults {
            match fault {
                JournalFault::RecordMissing { index } => {
                    let stored = self.read(async |tx| read::entries(tx, index, 1).await)?;
                    let record = stored.first().and_then(|stored| stored.entry().ok()?.subject.record);
                    self.say(StoreFinding::RowLost { journal_index: index, record });
                }
                JournalFault::RecordWithoutEntry { record } => self.say(StoreFinding::RowUnvouched { record }),
                JournalFault::RecordDiffers { record, .. } => {
                    let told = |finding: &StoreFinding| matches!(finding, StoreFinding::RowDiffers { record: found, .. } if *found == record);
                    if !self.report.findings.iter().any(told) {
                        self.say(StoreFinding::RowDiffers { record, field: "journal_index".to_owned() });
                    }
                }
                JournalFault::LedgerLacks { document } => {
                    documents = true;
                    self.say(StoreFinding::DocumentLost { document });
                }
                JournalFault::LedgerCounts { .. } => counts = Some(()),
                _ => others = others.saturating_add(1),
            }
        }
        // That documents are missing explains why there are fewer than the journal has.
        if counts.is_some() && !documents {
            others = others.saturating_add(1);
        }
        if others > 0 {
            self.say(StoreFinding::JournalFaulty { faults: others });
        }
        // Of the entries that the files held before this: a part is there before its entry.
        let (mut count, mut first) = (0_u64, None);
        let missing = |index| {
            count = count.saturating_add(1);
            first.get_or_insert(index);
        };
        parts_not_kept(files, sources.database, report.entries_in_files, missing).map_err(|error| match error {
            Uncompared::Database(error) => error.into(),
            Uncompared::Files(error) => Unchecked::Io { path: files.to_owned(), error },
        })?;
        if let Some(first) = first {
            self.say(StoreFinding::PartsNotKept { count, first });
        }
        // Of the acts that the files held: a part is gone before they tell that it is.
        let disposed = self.read(async |tx| Disposed::read(tx).await)?;
        let held = parts_kept(files, disposed.before(report.entries_in_files));
        let held = held.map_err(|error| Unchecked::Io { path: files.to_owned(), error })?;
        if let Some(first) = held.first() {
            self.say(StoreFinding::PartsNotErased { count: held.len() as u64, first: *first });
        }
        Ok(())
    }
}
