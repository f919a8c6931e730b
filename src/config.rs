//! Settings of a home, one file a concern.
//!
//! `torikomi.toml` is read as a whole: every problem is told with its line and column, and nothing is used of a file
//! that has one. Each setting is declared once, with its default and its explanation; `init` writes these into the
//! file. Secrets never stand here: a setting that needs one names a file.

mod section;
pub mod authority;
pub mod backup;
pub mod claim;
pub mod clock;
pub mod home;
pub mod image;
pub mod interval;
pub mod journal;
pub mod objects;
pub mod patients;
pub mod people;
pub mod profiles;
pub mod signing;
pub mod station;
pub mod store;
pub mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::ids::Name;
use crate::messages::Lang;
use crate::toml_text::{self, Complaint, Problem, Reading, Table};
use section::{Section, Sheet, documented, listed, quoted};

pub use authority::Authority;
pub use station::Station;

/// Whether a home is for trying Torikomi out or for real paper. Fixed at `init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Own certificate authority and time-stamping authority; every certificate says so.
    Evaluation,
    Production,
}

impl Mode {
    /// The word that settings, records and status share.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::Production => "production",
        }
    }
}

/// Everything that `torikomi.toml` says, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub mode: Mode,
    /// The language of messages where a command is not told another.
    pub language: Lang,
    pub stations: BTreeMap<Name, Station>,
    pub authorities: BTreeMap<Name, Authority>,
    pub signing: signing::Signing,
    pub image: image::Image,
    pub patients: patients::Patients,
    pub journal: journal::Journal,
    pub store: store::Store,
    pub objects: objects::Objects,
    pub backup: backup::Backup,
    pub clock: clock::Clock,
    pub people: people::People,
    pub watch: watch::Watch,
}

/// A settings file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings {} cannot be read: {error}", .file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("{}", list(.0))]
    Faulty(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads a settings file.
    ///
    /// # Errors
    /// When it cannot be read, or with everything that is wrong in it.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |error| ConfigError::Unreadable { file: file.to_owned(), error };
        let mut bytes = Vec::new();
        // One byte over the limit is enough to be told that it is too long.
        let most = u64::try_from(toml_text::LONGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
        std::fs::File::open(file).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        let root = file.parent().filter(|root| !root.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse_in(root, &bytes, &file.to_string_lossy()).map_err(ConfigError::Faulty)
    }

    /// Reads settings from bytes; `file` is the name that problems are told under.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the lines.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, Vec<Problem>> {
        // Of a home that is not there: what lies where is told by names alone.
        Self::parse_in(Path::new("home"), bytes, file)
    }

    fn parse_in(root: &Path, bytes: &[u8], file: &str) -> Result<Self, Vec<Problem>> {
        Reading::of(bytes, file, |reading, top| Some(Self::read(root, reading, top))).map(|(config, _)| config)
    }

    /// The authorities in the order in which they are asked.
    #[must_use]
    pub fn authorities_in_order(&self) -> Vec<(&Name, &Authority)> {
        let mut all: Vec<_> = self.authorities.iter().collect();
        // Stable: those of one order stay in the order of their names.
        all.sort_by_key(|(_, authority)| authority.order);
        all
    }

    fn read<'t>(root: &Path, reading: &Reading<'t>, mut top: Table<'_, 't>) -> Self {
        let stations: Vec<(Name, Range<usize>, Station)> = read_each(reading, &mut top, "station");
        let authorities: Vec<(Name, Range<usize>, Authority)> = read_each(reading, &mut top, "authority");
        let store: store::Store = read_section(reading, &mut top, "store");
        check_folders(reading, root, &stations, &store);
        let [clock_at, image_at, store_at] = ["clock", "image", "store"]
            .map(|section| top.keys().into_iter().find(|key| key.value == section).map(|key| key.at));
        let [of_store, of_custody] = [&store.path, &store.custody].map(|folder| real(&root.join(folder)));
        // The markers are locked, and one that both have would be locked by the line itself.
        if of_store.starts_with(&of_custody) || of_custody.starts_with(&of_store) {
            let (key, other) = ("store.custody".to_owned(), "store.path".to_owned());
            let at = store_at.unwrap_or_else(|| top.at().clone());
            reading.complain(&at, Complaint::OneFolder { key, other });
        }
        let mode = top.choice("mode", &[("evaluation", Mode::Evaluation), ("production", Mode::Production)]);
        let language = top.optional_choice("language", &[("ja", Lang::Ja), ("en", Lang::En)]);
        let config = Self {
            // A mode that cannot be read was complained of; no settings come of it.
            mode: mode.map_or(Mode::Production, |mode| mode.value),
            language: language.map_or(Lang::Ja, |language| language.value),
            stations: stations.into_iter().map(|(name, _, station)| (name, station)).collect(),
            authorities: authorities.into_iter().map(|(name, _, authority)| (name, authority)).collect(),
            signing: read_section(reading, &mut top, "signing"),
            image: read_section(reading, &mut top, "image"),
            patients: read_section(reading, &mut top, "patients"),
            journal: read_section(reading, &mut top, "journal"),
            store,
            objects: read_section(reading, &mut top, "objects"),
            backup: read_section(reading, &mut top, "backup"),
            clock: read_section(reading, &mut top, "clock"),
            people: read_section(reading, &mut top, "people"),
            watch: read_section(reading, &mut top, "watch"),
        };
        if config.mode == Mode::Production {
            let evaluation_only = [
                ("clock.starts_at", config.clock.starts_at.is_some(), clock_at),
                // What decodes strangers' bytes beside real keys is shut in whole, or the line does not start.
                ("image.sandbox = \"best-effort\"", config.image.sandbox == image::Sandbox::BestEffort, image_at),
            ];
            for (key, _, at) in evaluation_only.into_iter().filter(|(_, set, _)| *set) {
                let at = at.unwrap_or_else(|| top.at().clone());
                reading.complain(&at, Complaint::EvaluationOnly { key: key.to_owned() });
            }
        }
        top.finish();
        config
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

fn read_section<'t, S: Section>(reading: &Reading<'t>, top: &mut Table<'_, 't>, key: &str) -> S {
    S::read(Sheet::new(reading, top.table(key)))
}

/// The tables below `key`, as `[station.a]` and `[station.b]` lie below `station`. There must be one at least.
fn read_each<'t, S: Section>(
    reading: &Reading<'t>,
    top: &mut Table<'_, 't>,
    key: &str,
) -> Vec<(Name, Range<usize>, S)> {
    let mut all = Vec::new();
    let mut tables = top.table(key);
    let keys = tables.keys();
    if keys.is_empty() {
        reading.complain(tables.at(), Complaint::MissingKey { key: format!("{key}.<name>") });
    }
    for name in keys {
        let section = read_section(reading, &mut tables, &name.value);
        match name.value.parse() {
            Ok(parsed) => all.push((parsed, name.at, section)),
            Err(_) => {
                let (key, expected) = (tables.name_of(&name.value), "name".to_owned());
                reading.complain(&name.at, Complaint::BadValue { key, value: name.value, expected });
            }
        }
    }
    tables.finish();
    all
}

/// Two stations in one folder would take each other's deliveries, under the other's name and profiles.
/// And in a folder of ours a scanner would write over keys and records, or intake would take them in.
fn check_folders(reading: &Reading<'_>, root: &Path, stations: &[(Name, Range<usize>, Station)], store: &store::Store) {
    let mut seen: Vec<(PathBuf, &Name)> = Vec::new();
    let home = real(root);
    let inside = [Path::new("keys"), Path::new("run"), Path::new("profiles"), &store.path, &store.custody];
    let ours = inside.map(|folder| real(&root.join(folder)));
    for (name, at, station) in stations {
        let folder = real(&station.folder(root, name));
        let met = ours.iter().find(|own| own.starts_with(&folder) || folder.starts_with(own));
        let met = met.or_else(|| Some(&home).filter(|home| home.starts_with(&folder)));
        if let Some(own) = met {
            let (key, folder) = (format!("station.{name}.path"), own.display().to_string());
            reading.complain(at, Complaint::OwnFolder { key, folder });
        }
        let shared = seen.iter().find(|(other, _)| other.starts_with(&folder) || folder.starts_with(other));
        if let Some((_, other)) = shared {
            let (key, other) = (format!("station.{name}.path"), format!("station.{other}.path"));
            reading.complain(at, Complaint::SharedFolder { key, other });
        }
        seen.push((folder, name));
    }
}

/// Where a path leads, through links, as far as it is there; beyond that by its names alone.
fn real(path: &Path) -> PathBuf {
    let plain = plain(path);
    let found = plain.ancestors().find_map(|ancestor| {
        let real = std::fs::canonicalize(ancestor).ok()?;
        Some(real.join(plain.strip_prefix(ancestor).ok()?))
    });
    found.unwrap_or(plain)
}

/// The path without `.` and `..`, as far as that can be told without looking.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// What `init` writes as `torikomi.toml`: every setting with its explanation and default, and what was chosen.
#[must_use]
pub fn template(
    mode: Mode,
    stations: &[StationTemplate<'_>],
    authorities: &[AuthorityTemplate<'_>],
    database: Option<&DatabaseTemplate>,
    objects: Option<&ObjectsTemplate>,
) -> String {
    let mut sections = vec![format!(
        "# Settings of this home. A line that begins with # shows a default; remove the # to change it.\n\
         # このホームの設定。# で始まる行は既定値。変えるときは # を取る。\n\n\
         # \"evaluation\" or \"production\"; fixed when the home was made.\n\
         # 評価用か本番か。作成時に決まり、変えられない。\n\
         mode = \"{mode}\"\n\
         # The language of messages: \"ja\" or \"en\".\n\
         # メッセージの言語。\n\
         # language = \"ja\"\n"
    )];
    for station in stations {
        let profiles = ("profiles", listed(station.profiles));
        sections.push(documented::<Station>(&format!("station.{}", station.name), &[profiles]));
    }
    for authority in authorities {
        let url = ("url", quoted(authority.url));
        sections.push(documented::<Authority>(&format!("authority.{}", authority.name), &[url]));
    }
    sections.extend([
        documented::<signing::Signing>("signing", &[]),
        documented::<image::Image>("image", &[]),
        documented::<patients::Patients>("patients", &[]),
        documented::<journal::Journal>("journal", &[]),
        documented::<store::Store>("store", &database.map(DatabaseTemplate::settings).unwrap_or_default()),
        documented::<objects::Objects>("objects", &objects.map(ObjectsTemplate::settings).unwrap_or_default()),
        documented::<backup::Backup>("backup", &[]),
        documented::<clock::Clock>("clock", &[]),
        documented::<people::People>("people", &[]),
        documented::<watch::Watch>("watch", &[]),
    ]);
    sections.join("\n")
}

/// A station that `init` writes.
#[derive(Clone, Copy, Debug)]
pub struct StationTemplate<'a> {
    pub name: &'a Name,
    pub profiles: &'a [Name],
}

/// An authority that `init` writes.
#[derive(Clone, Copy, Debug)]
pub struct AuthorityTemplate<'a> {
    pub name: &'a Name,
    pub url: &'a str,
}

/// A database on a server, as `init` writes it.
#[derive(Clone, Debug)]
pub struct DatabaseTemplate {
    pub url: String,
    pub password_file: Option<PathBuf>,
}

impl DatabaseTemplate {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let file = self.password_file.as_ref().map(|file| ("database_password_file", quoted(&file.to_string_lossy())));
        std::iter::once(("database", quoted(&self.url))).chain(file).collect()
    }
}

/// An S3 store for objects, as `init` writes it.
#[derive(Clone, Debug)]
pub struct ObjectsTemplate {
    pub url: objects::BucketUrl,
    pub region: Option<String>,
    pub credentials_file: PathBuf,
    pub tls_roots: Option<PathBuf>,
    pub retention_days: Option<u32>,
}

impl ObjectsTemplate {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let path = |path: &PathBuf| quoted(&path.to_string_lossy());
        let optional = [
            ("region", self.region.as_deref().map(quoted)),
            ("tls_roots", self.tls_roots.as_ref().map(path)),
            ("retention_days", self.retention_days.map(|days| days.to_string())),
        ];
        let given = optional.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let always = [("url", quoted(&self.url.to_string())), ("credentials_file", path(&self.credentials_file))];
        always.into_iter().chain(given).collect()
    }
}

#[cfg(test)]
mod tests;
