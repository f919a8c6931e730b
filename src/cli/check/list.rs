//! `torikomi check list`: every check in one line.

use super::facts;
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
            let title = desk.words.say(&format!("check-{}", check.name.replace('_', "-")));
            table.row(None, vec![check.name.to_owned(), title]);
        }
        page.table(&table);
    })?;
    Ok(Answer::Yes)
}
