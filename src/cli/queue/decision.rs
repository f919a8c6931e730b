//! What the decisions of the queue share: the reason that is given, what is shown before, and how the answer is shown.

use super::{facts, list, show};
use crate::cli::choice;
use crate::cli::page::{Page, Tone};
use crate::cli::person::enter_look;
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::Decided;
use crate::control::{LookedAt, ReasonGiven, Request, Viewed};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};

/// Why a person decides so: a code, and words where the code is not enough. Both go into the journal.
#[derive(Debug, clap::Args)]
pub struct Reason {
    #[arg(id = "reason", long = "reason", value_name = "CODE", value_parser = choice::reason)]
    code: Name,
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Reason {
    pub(in crate::cli) fn given(&self) -> ReasonGiven {
        ReasonGiven { code: self.code.clone(), text: self.text.clone() }
    }
}

/// What the person looked at earlier, where they say so: the digest that came with it, for each document in order.
#[derive(Debug, clap::Args)]
pub struct Shown {
    #[arg(long, value_name = "DIGEST")]
    shown: Vec<Digest>,
}

impl Shown {
    /// The documents as they were shown earlier; or as they are shown now, before the passphrase is asked for. The daemon
    /// refuses what has changed by the time that it decides.
    pub(super) fn documents(&self, desk: &Desk, ids: &[DocumentId]) -> Result<Vec<LookedAt>, Failure> {
        if self.shown.is_empty() {
            return look(desk, ids);
        }
        self.check_count(ids.len())?;
        let looked = ids.iter().zip(&self.shown);
        Ok(looked.map(|(document, shown)| LookedAt { document: *document, shown: *shown }).collect())
    }

    /// [`Self::documents`], of one.
    pub(super) fn document(&self, desk: &Desk, document: DocumentId) -> Result<LookedAt, Failure> {
        let looked = self.documents(desk, &[document])?;
        looked.into_iter().next().ok_or_else(|| Failure::NotFound { what: document.to_string() })
    }

    /// The same of a delivery.
    pub(super) fn delivery(&self, desk: &Desk, id: DeliveryId) -> Result<Digest, Failure> {
        if let Some(shown) = self.shown.first() {
            self.check_count(1)?;
            return Ok(*shown);
        }
        let found = facts::delivery(&desk.database()?, id)?;
        enter_look(desk, None, vec![Viewed::Delivery(id)])?;
        let mut page = Page::new(false);
        list::deliveries_table(desk, &mut page, std::slice::from_ref(&found.delivery));
        eprint!("{}", page.into_text());
        Ok(found.shown)
    }

    fn check_count(&self, named: usize) -> Result<(), Failure> {
        if self.shown.len() == named {
            return Ok(());
        }
        Err(Failure::ShownForEach { named: named as u64, shown: self.shown.len() as u64 })
    }
}

/// Shows documents to the person who is about to decide: one as `queue show` does, several as `queue list` does. Not on the
/// output, which is for what was done.
fn look(desk: &Desk, ids: &[DocumentId]) -> Result<Vec<LookedAt>, Failure> {
    let database = desk.database()?;
    let mut page = Page::new(false);
    // Whoever proves who they are has not done so yet, and may never: the look is that of the machine's user.
    let enter = || enter_look(desk, None, ids.iter().copied().map(Viewed::Document).collect());
    let looked = if let [id] = ids {
        let shown = facts::shown(&database, *id)?;
        enter()?;
        show::document(desk, &mut page, &shown);
        vec![LookedAt { document: *id, shown: shown.document.shown }]
    } else {
        let documents = facts::documents(&database, ids)?;
        enter()?;
        let looked = documents.iter().map(|facts| LookedAt { document: facts.document, shown: facts.shown }).collect();
        let rows: Vec<_> = documents.into_iter().map(|document| facts::row(document, true)).collect();
        list::documents_table(desk, &mut page, &rows);
        looked
    };
    eprint!("{}", page.into_text());
    Ok(looked)
}

/// Asks the daemon and shows what was done, as the sentence `said`.
pub(super) fn decide(desk: &Desk, request: &Request, said: &str) -> Result<Answer, Failure> {
    let decided: Decided = desk.ask(request)?;
    desk.show(&decided, |page| answer(desk, page, &decided, said))?;
    Ok(Answer::Yes)
}

fn answer(desk: &Desk, page: &mut Page, decided: &Decided, said: &str) {
    page.marked(Tone::Good, &desk.words.with(said, &[("count", decided.documents.len().into())]));
    for document in &decided.documents {
        page.below(&document.to_string());
    }
    let index = decided.journal_index.to_string();
    page.small(&desk.words.with("cli-journalled", &[("index", index.into())]));
}
