//! `torikomi journal show`: the newest entries, or those from a given one on.

use super::entries::{self, Detail};
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Viewed;
use crate::control::facts::JournalPage;
use crate::ids::DocumentId;
use crate::journal::read;

#[derive(Debug, clap::Args)]
#[command(mut_arg("as", |who| who.requires("private")))]
pub struct Args {
    #[arg(long, value_name = "INDEX")]
    from: Option<u64>,
    #[arg(long, value_name = "N", default_value_t = 50)]
    most: u16,
    #[arg(long, value_name = "DOCUMENT", conflicts_with = "from")]
    document: Option<DocumentId>,
    /// They hold patients' names: whoever wants to see them is entered.
    #[arg(long)]
    private: bool,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let shown = desk.database()?.read(async |tx| {
        let head = read::head(tx).await?;
        let size = head.as_ref().map_or(0, |head| head.size);
        let stored = match args.document {
            Some(document) => read::story_of_document(tx, document).await?,
            None => {
                let from = args.from.unwrap_or_else(|| size.saturating_sub(u64::from(args.most)));
                read::entries(tx, from, u32::from(args.most)).await?
            }
        };
        let entries = entries::of(tx, stored, args.private).await?;
        let (root, checkpoint) = head.map(|head| (head.root, head.checkpoint)).unzip();
        Ok(JournalPage { size, root, checkpoint, entries })
    })?;
    let private: Vec<_> =
        shown.entries.iter().filter(|facts| facts.private.is_some()).map(|facts| facts.entry.index).collect();
    if !private.is_empty() {
        args.by.enter(desk, vec![Viewed::PrivateParts(private)])?;
    }
    desk.show(&shown, |page| {
        if shown.entries.is_empty() {
            page.line(&desk.words.say("journal-empty"));
        }
        entries::lines(desk, page, &shown.entries, Detail::All);
        let size = shown.size.to_string();
        page.heading(&desk.words.with("journal-size", &[("size", size.into())]));
    })?;
    Ok(Answer::Yes)
}
