//! `torikomi session list`: whose keys are unlocked, where and for how long.

use crate::cli::page::{Page, Table, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{SessionList, SessionStatus};
use crate::people::sessions::SessionRow;
use crate::people::{register, sessions};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    ended: bool,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let list = desk.database()?.read(async |tx| {
        let mut found = Vec::new();
        for row in sessions::list(tx, !args.ended).await? {
            let login = register::get(tx, row.person).await?.map(|person| person.login.to_string());
            found.push(status(row, login.unwrap_or_default()));
        }
        Ok(SessionList { sessions: found })
    })?;
    desk.show(&list, |page| show(desk, page, &list))?;
    Ok(Answer::Yes)
}

fn status(row: SessionRow, login: String) -> SessionStatus {
    let (closed_at, close_reason) = row.closed.map(|(at, reason)| (at, reason.to_string())).unzip();
    SessionStatus {
        session: row.id,
        station: row.station,
        person: row.person,
        login,
        opened_at: row.opened_at,
        expires_at: row.expires_at,
        signed: row.signed,
        most: row.most,
        attested: row.attestation.is_some(),
        closed_at,
        close_reason,
    }
}

fn show(desk: &Desk, page: &mut Page, list: &SessionList) {
    let words = &desk.words;
    if list.sessions.is_empty() {
        page.line(&words.say("session-none"));
        return;
    }
    let columns = ["station", "login", "since", "expires", "signed-count", "attested", "session"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for session in &list.sessions {
        let ends = match (session.closed_at, &session.close_reason) {
            (Some(at), Some(why)) => {
                let why = words.word("session-closed", why);
                words.with("cli-value-from", &[("value", words.time(at).into()), ("source", why.into())])
            }
            _ => words.time(session.expires_at),
        };
        let tone = if session.closed_at.is_some() { None } else { Some(Tone::Good) };
        let attested = if session.attested { "session-attested-short" } else { "session-not-attested-short" };
        table.row(
            tone,
            vec![
                session.station.to_string(),
                session.login.clone(),
                words.time(session.opened_at),
                ends,
                format!("{}/{}", session.signed, session.most),
                words.say(attested),
                session.session.to_string(),
            ],
        );
    }
    page.table(&table);
}
