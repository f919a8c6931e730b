//! A hospital files for decades. Nothing that filing one scan asks of the database reads a table from end to end that grows with
//! what was filed: `scripts/bench --million` measures it, and this looks at the plan of every statement.

use std::collections::BTreeSet;
use std::fs;

use sqlx::Row as _;
use torikomi::database::DatabaseError;

use crate::account::{filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::Hospital;

/// What may be read whole: it grows with the people, the profiles and the stations.
const SMALL: [&str; 9] = [
    "away",
    "appointment",
    "certificate",
    "person",
    "profile_version",
    "session",
    "sqlite_master",
    "station_note",
    "watched_file",
];

#[test]
fn no_statement_of_a_filing_reads_all_that_was_ever_filed() {
    let hospital = Hospital::found();
    let daemon = hospital.start_under(&["env", "RUST_LOG=info,sqlx=debug"]);
    hospital.open_session().unwrap();
    let begun = fs::read(hospital.log()).unwrap().len();
    let sent = deliver_consent(&hospital, "one");
    filed(&hospital, sent.first_key_value().unwrap().0);
    wait_for(&hospital, "the end of its copy", || {
        let names = crate::account::names(&hospital.custody());
        names.iter().all(|name| !name.contains(".001")).then_some(())
    });
    daemon.stop();
    let log = String::from_utf8(fs::read(hospital.log()).unwrap().split_off(begun)).unwrap();
    let statements: BTreeSet<String> = log.lines().filter_map(statement).collect();
    assert!(statements.len() > 50, "{statements:#?}");
    for table in ["record", "journal_entry", "document", "delivery"] {
        assert!(statements.iter().any(|statement| statement.starts_with(&format!("INSERT INTO {table} "))), "{table}");
    }
    let partial: BTreeSet<String> = hospital
        .database
        .read::<_, DatabaseError, _>(async |tx| {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'";
            Ok(sqlx::query(sql).fetch_all(tx).await?.iter().map(|row| row.get("name")).collect())
        })
        .unwrap();
    let mut whole = Vec::new();
    for statement in &statements {
        let explained = format!("EXPLAIN QUERY PLAN {statement}");
        let plan = hospital.database.read::<_, DatabaseError, _>(async |tx| {
            Ok(sqlx::query(sqlx::AssertSqlSafe(explained)).fetch_all(tx).await?)
        });
        let steps = plan.unwrap().iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>();
        let wide = steps.into_iter().filter(|step| reads_all(step, statement, &partial));
        whole.extend(wide.map(|step| format!("{step}: {statement}")));
    }
    assert!(whole.is_empty(), "{whole:#?}");
}

/// Whether a step of a plan goes through a whole table, or finds by nothing but a station, or a state in which most end.
fn reads_all(step: &str, statement: &str, partial: &BTreeSet<String>) -> bool {
    let words: Vec<&str> = step.split(' ').collect();
    let is_small = |table: &str| SMALL.iter().any(|small| table.starts_with(small));
    match words.as_slice() {
        ["SCAN", table, ..] => !is_small(table) && *table != "CONSTANT" && !table.starts_with('('),
        ["SEARCH", .., "INDEX", index, "(station=?)"] => !is_small(index) && !partial.contains(*index),
        ["SEARCH", .., "INDEX", _, "(state=?)"] => ["'taken'", "'filed'"].iter().any(|end| statement.contains(end)),
        _ => false,
    }
}

/// What was asked of the database, in one line of the log.
fn statement(line: &str) -> Option<String> {
    let (_, said) = line.split_once("sqlx::query: summary=")?;
    let (summary, rest) = said.split_once(" db.statement=")?;
    let (whole, _) = rest.split_once(" rows_affected=")?;
    let [summary, whole] = [summary, whole].map(|text| serde_json::from_str::<String>(text).unwrap());
    // A short one is its own summary.
    let statement = if whole.is_empty() { summary } else { whole };
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| words.starts_with(verb)).then_some(words)
}
