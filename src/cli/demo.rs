//! `torikomi demo`: a throw-away home, sample scans good and bad, everything running.
//!
//! It goes in by the same doors as everybody: files in the drop folder, requests over the control socket.

mod samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Moment};

use serde::Serialize;
use zeroize::Zeroizing;

use super::init::make::{NewFounder, Plan, make};
use super::page::{Table, Tone};
use super::{Answer, Desk, Failure, serve};
use crate::config::Mode;
use crate::config::home::Home;
use crate::control::ceremony::{self, Planned};
use crate::control::client::ask;
use crate::control::{Credentials, Request, Secret};
use crate::database::DatabaseError;
use crate::document::{DeliveryState, DocumentState, HoldReason};
use crate::ids::Name;
use crate::instant::Instant;
use crate::judgement::Outcome;
use crate::keyring;
use crate::ledger::{deliveries, documents};
use crate::people::register::NewPerson;
use crate::pipeline::line::Line;
use crate::profile::DEMONSTRATION;
use samples::Sample;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// End after the samples.
    #[arg(long)]
    once: bool,
    /// Where to make the home; a new folder below the system's temporary one where nothing is said.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// For the people of a home that is thrown away; the demonstration prints it.
const PASSPHRASE: &str = "Demo-no-Aikotoba-1!";
const STATION: &str = "front-desk";

/// Longer than any sample needs, the patience with incomplete files included.
const LONGEST: Duration = Duration::from_secs(180);

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let environment = |problem: String| Failure::Start { problem };
    let root = match &args.dir {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("torikomi-demo-{}", std::process::id())),
    };
    let runtime = serve::runtime()?;
    make(plan(root.clone())?, runtime.handle(), jiff::Timestamp::now().into())
        .map_err(|error| environment(error.to_string()))?;
    std::fs::write(root.join("patients.csv"), samples::PATIENTS).map_err(|error| environment(error.to_string()))?;
    serve_authority(&root, &runtime)?;
    let (daemon, stopped) = serve::start(root.clone(), &runtime)?;
    let socket = crate::daemon::socket(&daemon.line);
    people(&root, &socket)?;

    let samples = samples::all().map_err(|error| environment(error.to_string()))?;
    let drop = root.join("drop").join(STATION);
    let zone = daemon.line.calendar().calendar.zone().clone();
    for sample in &samples {
        deliver(sample, &drop, &zone).map_err(|error| environment(error.to_string()))?;
    }
    let results = watch(&daemon.line, &samples, desk)?;
    let good = results.iter().all(|result| result.as_expected);
    desk.show(&Summary { home: root.display().to_string(), samples: results.clone(), as_expected: good }, |page| {
        let word = |id: &str| desk.words.say(id);
        let mut table =
            Table::new(vec![word("demo-column-sample"), word("demo-column-became"), word("demo-column-found")]);
        for result in &results {
            let tone = if result.as_expected { Tone::Good } else { Tone::Bad };
            table.row(Some(tone), vec![result.sample.clone(), result.became(desk), result.findings.join(", ")]);
        }
        page.table(&table);
        let count = results.iter().filter(|result| result.as_expected).count();
        let blanks = [("count", count.into()), ("of", results.len().into())];
        page.marked(if good { Tone::Good } else { Tone::Bad }, &desk.words.with("demo-summary", &blanks));
        if !args.once {
            let blanks = [
                ("home", root.display().to_string().into()),
                ("drop", drop.display().to_string().into()),
                ("passphrase", PASSPHRASE.into()),
            ];
            desk.words.with("demo-try", &blanks).lines().for_each(|line| page.line(line));
        }
    })?;
    if !args.once {
        serve::wait_for_stop(&runtime, &stopped)?;
    }
    std::mem::drop(daemon);
    if args.once && args.dir.is_none() {
        // Only what this run made: the name has this process's number.
        std::fs::remove_dir_all(&root).map_err(|error| environment(error.to_string()))?;
    }
    Ok(if good { Answer::Yes } else { Answer::No })
}

fn plan(root: PathBuf) -> Result<Plan, Failure> {
    let person = |login: &str, name: &str| NewFounder {
        person: NewPerson {
            login: login.to_owned(),
            name: name.to_owned(),
            kana: None,
            occupation: "診療情報管理士".to_owned(),
            department: "診療情報管理室".to_owned(),
        },
        passphrase: Zeroizing::new(PASSPHRASE.to_owned()),
    };
    Ok(Plan {
        root,
        mode: Mode::Evaluation,
        organization: "見本病院".to_owned(),
        stations: vec![name(STATION)?],
        founders: [person("admin", "見本 管理"), person("manager", "見本 責任")],
        authority_passphrase: Zeroizing::new(PASSPHRASE.to_owned()),
        database: None,
        objects: None,
        profiles: DEMONSTRATION
            .iter()
            .map(|preset| (preset.file_name.to_owned(), preset.text.as_bytes().to_vec()))
            .collect(),
    })
}

/// Runs the home's own authority on a free port, and writes it and shorter waits into the settings.
fn serve_authority(root: &Path, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    let environment = |problem: String| Failure::Start { problem };
    let home = Home::open(root)?;
    let path = home.layout().settings();
    let authority = keyring::timestamping(home.layout()).map_err(|error| environment(error.to_string()))?;
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .map_err(|error| environment(error.to_string()))?;
    let address = listener.local_addr().map_err(|error| environment(error.to_string()))?;
    let clock = || Instant::from(jiff::Timestamp::now());
    runtime.spawn(crate::authority::serve::serve(listener, authority, clock, std::future::pending()));

    let text = std::fs::read_to_string(&path).map_err(|error| environment(error.to_string()))?;
    let mut settings = String::new();
    for line in text.lines() {
        if line.starts_with("url = ") {
            settings.push_str(&format!("url = \"http://{address}/\"\n"));
        } else {
            settings.push_str(line);
            settings.push('\n');
        }
        if line == format!("[station.{STATION}]") {
            settings.push_str("quiet_time = \"1s\"\nsidecar_wait = \"1s\"\npatience = \"12s\"\nsweep = \"1s\"\n");
        }
    }
    std::fs::write(&path, settings).map_err(|error| environment(error.to_string()))
}

/// Adds a clerk, who opens a session and attests the batch.
fn people(root: &Path, socket: &Path) -> Result<(), Failure> {
    let by = |login: &str| Credentials { login: login.to_owned(), passphrase: Secret::new(PASSPHRASE.to_owned()) };
    let add = Request::AddPerson {
        by: by("admin"),
        login: "clerk".to_owned(),
        name: "見本 受付".to_owned(),
        kana: None,
        occupation: "医療事務".to_owned(),
        department: "医事課".to_owned(),
    };
    ask(socket, &add)?;
    let plan = Request::PlanCertificate {
        by: "admin".to_owned(),
        witness: Some("manager".to_owned()),
        login: "clerk".to_owned(),
        renew: false,
    };
    let planned: Planned = serde_json::from_value(ask(socket, &plan)?)
        .map_err(|error| Failure::StrangeAnswer { problem: error.to_string() })?;
    let passphrase = Secret::new(PASSPHRASE.to_owned());
    let certified = ceremony::hold(Home::open(root)?.layout(), &planned, &passphrase, &passphrase)
        .map_err(|error| Failure::start(&error))?;
    let requests = [
        Request::Enrol { by: by("admin"), witness: Some(by("manager")), person: by("clerk"), present: None, certified },
        Request::Appoint {
            by: by("admin"),
            second: Some(by("manager")),
            login: "clerk".to_owned(),
            role: name("operator")?,
            rank: 1,
            from: None,
            until: None,
        },
        Request::OpenSession { by: by("clerk"), station: name(STATION)?, attested: true, obtained_on: None },
    ];
    for request in requests {
        ask(socket, &request)?;
    }
    Ok(())
}

fn name(text: &str) -> Result<Name, Failure> {
    text.parse().map_err(|_| Failure::BadValue { value: text.to_owned(), problem: String::new() })
}

/// Puts a sample into the drop folder as a scanner would: first the sidecar, then the pages, each by a rename.
fn deliver(sample: &Sample, drop: &Path, zone: &jiff::tz::TimeZone) -> std::io::Result<()> {
    let now = jiff::Timestamp::now().to_zoned(zone.clone());
    for path in sample.sidecar.iter().chain(&sample.files) {
        let Some(bytes) = samples::bytes(path) else { continue };
        let bare = path.rsplit('/').next().unwrap_or(path);
        let bytes = if bare.ends_with(".json") {
            String::from_utf8_lossy(bytes)
                .replace("@TODAY@", &now.date().to_string())
                .replace("@NOW@", &now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
                .into_bytes()
        } else {
            bytes.to_vec()
        };
        let part = drop.join(format!("{bare}.part"));
        std::fs::write(&part, bytes)?;
        std::fs::rename(part, drop.join(bare))?;
    }
    Ok(())
}

/// What became of a sample.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SampleResult {
    pub sample: String,
    pub delivery: Option<DeliveryState>,
    pub document: Option<DocumentState>,
    pub hold: Option<HoldReason>,
    pub findings: Vec<String>,
    pub as_expected: bool,
}

/// What `demo --json` prints.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Summary {
    pub home: String,
    pub samples: Vec<SampleResult>,
    pub as_expected: bool,
}

impl SampleResult {
    fn became(&self, desk: &Desk) -> String {
        match (self.document, self.delivery) {
            (Some(state), _) => desk.words.standing(state, self.hold),
            (None, Some(state)) => desk.words.word("delivery-state", &state.to_string()),
            (None, None) => "–".to_owned(),
        }
    }
}

/// Looks until every sample is where it should be, or nothing can be waited for any more.
fn watch(line: &Line, samples: &[Sample], desk: &Desk) -> Result<Vec<SampleResult>, Failure> {
    let begun = Moment::now();
    let bar = desk.progress();
    bar.set_length(samples.len() as u64);
    loop {
        let found = look(line).map_err(|error| Failure::Database { problem: error.to_string() })?;
        let results: Vec<SampleResult> = samples.iter().map(|sample| compare(sample, &found)).collect();
        let settled = results.iter().filter(|result| result.as_expected).count();
        bar.set_position(settled as u64);
        if settled == samples.len() || begun.elapsed() > LONGEST {
            bar.finish_and_clear();
            return Ok(results);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// By a delivered file's bare name: where its delivery and document stand.
type Standing = BTreeMap<String, (DeliveryState, Option<documents::Document>)>;

fn look(line: &Line) -> Result<Standing, DatabaseError> {
    line.database.read(async |tx| {
        let mut found = Standing::new();
        for state in DeliveryState::ALL {
            for delivery in deliveries::in_state(tx, state).await? {
                found.insert(delivery.source_display.clone(), (state, None));
                for file in deliveries::files(tx, delivery.id).await? {
                    found.insert(file.source_os_name().to_string_lossy().into_owned(), (state, None));
                }
            }
        }
        let filter = documents::Filter { ended: true, ..documents::Filter::default() };
        for document in documents::list(tx, &filter, 1000).await?.documents {
            for part in documents::parts(tx, document.id).await? {
                found.insert(part.delivered_name, (DeliveryState::Taken, Some(document.clone())));
            }
        }
        Ok(found)
    })
}

fn compare(sample: &Sample, found: &Standing) -> SampleResult {
    let bare = |path: &String| path.rsplit('/').next().unwrap_or(path).to_owned();
    let standing = sample.files.first().and_then(|file| found.get(&bare(file)));
    let document = standing.and_then(|(_, document)| document.as_ref());
    let findings: Vec<String> = document
        .and_then(|document| document.judgement.as_ref())
        .map(|judgement| {
            judgement
                .findings
                .iter()
                .filter(|finding| matches!(finding.outcome, Outcome::Failed(_) | Outcome::Indeterminate(_)))
                .map(|finding| finding.check.clone())
                .collect()
        })
        .unwrap_or_default();
    let mut distinct = findings;
    distinct.dedup();
    let result = SampleResult {
        sample: sample.name.clone(),
        delivery: standing.map(|(state, _)| *state),
        document: document.map(|document| document.state),
        hold: document.and_then(|document| document.held),
        findings: distinct,
        as_expected: false,
    };
    let as_expected = result.delivery == Some(sample.delivery)
        && result.document == sample.document
        && result.hold == sample.hold
        && sample.findings.iter().all(|check| result.findings.contains(check));
    SampleResult { as_expected, ..result }
}
