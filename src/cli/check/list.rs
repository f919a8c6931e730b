//! `torikomi check list`: every check in one line.

use super::{facts, parts};
use crate::cli::page::Table;
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::CheckList;
use crate::inspection::CHECKS;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(Args {}: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let list = CheckList { checks: CHECKS.iter().map(|check| facts(check)).collect() };
    desk.show(&list, |page| {
        let columns = ["check", "looks-for"].map(|column| desk.words.say(&format!("column-{column}")));
        let mut table = Table::new(columns.to_vec());
        for check in CHECKS {
            let looks_for = parts(&desk.words, check).into_iter().next().map(|(_, said)| first_sentence(&said));
            table.row(None, vec![check.name.to_owned(), looks_for.unwrap_or_default()]);
        }
        page.table(&table);
    })?;
    Ok(Answer::Yes)
}

fn first_sentence(text: &str) -> String {
    let end = ["。", ". ", ": "].iter().filter_map(|mark| text.find(mark).map(|at| at + mark.trim_end().len())).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim_end_matches(':').to_owned()
}
