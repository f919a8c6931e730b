//! `torikomi session open`: unlocks a person's key for one station.

use jiff::civil::Date;

use crate::cli::page::Tone;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::Opened;
use crate::identity::dates;
use crate::ids::Name;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "STATION")]
    station: Name,
    #[arg(long)]
    attest: bool,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    obtained_on: Option<Date>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::OpenSession {
        by: args.by.prove(desk)?,
        station: args.station.clone(),
        attested: args.attest,
        obtained_on: args.obtained_on,
    };
    let opened: Opened = desk.ask(&request)?;
    let words = &desk.words;
    desk.show(&opened, |page| {
        let (until, most) = (words.time(opened.expires_at), opened.most);
        page.marked(Tone::Good, &words.with("session-opened", &[("until", until.into()), ("most", most.into())]));
        page.small(&opened.session.to_string());
        if opened.resumed > 0 {
            page.line(&words.with("session-resumed", &[("count", opened.resumed.into())]));
        }
        // What was attested is said in full, so that nobody attests what they have not read.
        let said = if args.attest { (Tone::Good, "session-attested") } else { (Tone::Warning, "session-not-attested") };
        page.marked(said.0, &words.say(said.1));
    })?;
    Ok(Answer::Yes)
}
