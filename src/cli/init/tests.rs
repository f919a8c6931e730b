use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::make::{InitError, NewFounder, Plan};
use super::*;
use crate::config::Config;
use crate::config::home::{Home, HomeError, Layout};
use crate::crypto::make::Passphrase;
use crate::database::{Database, owner};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::Kind;
use crate::journal::read::entries;
use crate::keyring::{self, Keyring};
use crate::ledger::profiles::{self, ProfileState};
use crate::messages::Lang;
use crate::people::certificates::{self, Signer};
use crate::people::{appointments, register};

const PASSPHRASES: [&str; 3] = ["架空の合言葉-2026-春", "架空の合言葉-2026-夏", "封をした言葉-2026-冬"];

fn now() -> Instant {
    Instant::from_microseconds(1_795_000_000_000_000).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn plan(root: &Path, mode: Mode) -> Plan {
    let founder = |text: &str, passphrase: &str| NewFounder {
        person: new_person(text).unwrap(),
        passphrase: Zeroizing::new(passphrase.to_owned()),
    };
    Plan {
        root: root.to_owned(),
        mode,
        organization: "見本病院".into(),
        stations: vec!["front-desk".parse().unwrap(), "ward-2".parse().unwrap()],
        founders: [
            founder("mihon-kanri,見本 管理者,事務員,医事課", PASSPHRASES[0]),
            founder("mihon-joho,見本 情報,診療情報管理士,診療録管理室", PASSPHRASES[1]),
        ],
        authority_passphrase: Zeroizing::new(PASSPHRASES[2].to_owned()),
        database: None,
        objects: None,
        profiles: preset_files(PRESETS),
    }
}

fn init(plan: Plan) -> Result<Made, InitError> {
    make(plan, runtime().handle(), now())
}

#[test]
fn a_new_home_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    let made = init(plan(&root, Mode::Evaluation)).unwrap();
    assert!(!made.resumed);

    let home = Home::open(&root).unwrap();
    assert_eq!(home.id(), made.id);
    let layout = home.layout();
    let config = Config::load(&layout.settings()).unwrap();
    assert_eq!(config.mode, Mode::Evaluation);
    home.check_markers(&config).unwrap();
    home.check_permissions(&config).unwrap();
    for (name, station) in &config.stations {
        home.check_drop_folder(&station.folder(layout.root(), name)).unwrap();
        // Those that this build cannot carry out are there to be read, and no station files under them.
        assert!(station.profiles.contains(&"referral-letter".parse().unwrap()));
        assert!(!station.profiles.contains(&"rx-dispensed".parse().unwrap()));
    }
    let _lock = home.lock(&config).unwrap();
    for path in [layout.calendar(), root.join("patients.csv"), layout.store(&config).join("journal")] {
        assert!(path.exists(), "{}", path.display());
    }
    assert!(!root.join(".torikomi-init").exists());
    assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);

    // Everybody's key opens with the own passphrase, and the line's own keys with the home's secret.
    let runtime = runtime();
    let database = Database::open(&layout.database(&config), false, runtime.handle(), || ()).unwrap();
    let id = home.id();
    database.read(async move |tx| owner::check(tx, id, Mode::Evaluation).await).unwrap();
    let people = database.read(async |tx| register::list(tx).await).unwrap();
    for (login, passphrase, role) in
        [("mihon-kanri", PASSPHRASES[0], Role::Admin), ("mihon-joho", PASSPHRASES[1], Role::InformationManager)]
    {
        let person = people.iter().find(|person| person.login.as_str() == login).unwrap();
        let (certificate, roles) = database
            .read(async |tx| {
                let certificate = certificates::current(tx, person, now()).await?;
                let roles = appointments::roles(tx, person.id, now()).await?;
                Ok::<_, PeopleError>((certificate, roles))
            })
            .unwrap();
        assert_eq!(roles, [role].into());
        let keys = layout.people_keys();
        let open = |passphrase: &str| {
            Signer::unlock(person, certificate.clone(), &keys, &Passphrase::new(passphrase.to_owned()))
        };
        assert!(open(passphrase).is_ok());
        assert!(open(PASSPHRASES[2]).is_err());
    }
    assert!(Keyring::open(layout, &config, home.id()).is_ok());
    assert!(keyring::timestamping(layout).is_ok());
    assert!(keyring::open_authority(layout, &Passphrase::new(PASSPHRASES[2].to_owned())).is_ok());
    assert!(keyring::open_authority(layout, &Passphrase::new(PASSPHRASES[0].to_owned())).is_err());
    let root_certificate = keyring::certificate_of_authority(layout).unwrap();
    assert_eq!(Digest::of(&root_certificate), made.root_certificate);

    // One entry, signed by both, and the presets in force with it.
    let journal = database.read(async |tx| entries(tx, 0, 10).await).unwrap();
    assert_eq!(journal.iter().map(|entry| entry.entry().unwrap().kind).collect::<Vec<_>>(), [Kind::HomeFounded]);
    assert_eq!(journal[0].entry().unwrap().act.unwrap().signatures.len(), 2);
    let versions = database.read(async |tx| profiles::all(tx).await).unwrap();
    assert_eq!(versions.len(), PRESETS.len());
    assert!(versions.iter().all(|version| version.state == ProfileState::InForce));
}

#[test]
fn in_production_the_presets_are_drafts_and_nothing_stamps() {
    let folder = tempfile::tempdir().unwrap();
    init(plan(folder.path(), Mode::Production)).unwrap();
    let home = Home::open(folder.path()).unwrap();
    let config = Config::load(&home.layout().settings()).unwrap();
    assert_eq!(config.mode, Mode::Production);
    assert!(keyring::timestamping(home.layout()).is_err());
    let runtime = runtime();
    let database = Database::open(&home.layout().database(&config), false, runtime.handle(), || ()).unwrap();
    let versions = database.read(async |tx| profiles::all(tx).await).unwrap();
    assert!(!versions.is_empty());
    assert!(versions.iter().all(|version| version.state == ProfileState::Draft));
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letters.txt"), "x").unwrap();
    let refused = init(plan(folder.path(), Mode::Evaluation)).unwrap_err();
    assert!(matches!(&refused, InitError::NotEmpty { found, .. } if found == "letters.txt"));
    assert_eq!(refused.exit_status(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let folder = tempfile::tempdir().unwrap();
    let made = init(plan(folder.path(), Mode::Evaluation)).unwrap();
    let again = init(plan(folder.path(), Mode::Evaluation)).unwrap_err();
    assert!(matches!(again, InitError::AlreadyAHome { id, .. } if id == made.id));
    assert_eq!(Home::open(folder.path()).unwrap().id(), made.id);
}

#[test]
fn what_is_wrong_is_told_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(&root, Mode::Evaluation);
        change(&mut plan);
        let refused = init(plan).unwrap_err();
        assert!(!root.exists());
        assert_eq!(refused.exit_status(), 2, "{refused}");
        for lang in Lang::ALL {
            assert!(!refused.say(lang).is_empty());
        }
        refused
    };
    assert!(matches!(refused(&|plan| plan.stations.clear()), InitError::NoStation));
    assert!(matches!(refused(&|plan| plan.stations[1] = plan.stations[0].clone()), InitError::StationTwice(_)));
    assert!(matches!(
        refused(&|plan| plan.founders[1].person.login = plan.founders[0].person.login.clone()),
        InitError::OnePerson
    ));
    assert!(matches!(
        refused(&|plan| plan.founders[1].passphrase = Zeroizing::new("mihon-joho-2026".into())),
        InitError::FounderPassphrase { .. }
    ));
    assert!(matches!(
        refused(&|plan| plan.authority_passphrase = Zeroizing::new("short".into())),
        InitError::AuthorityPassphrase(_)
    ));
    assert!(matches!(
        refused(&|plan| plan.founders[0].person.department.clear()),
        InitError::People(PeopleError::Refused(Refused::IncompletePerson))
    ));
    let broken = refused(&|plan| plan.profiles[0].1 = b"id = 3".to_vec());
    assert!(matches!(&broken, InitError::Profile { problems, .. } if !problems.is_empty()));
}

/// What a crash leaves: a home taken apart again, as far as it had come.
fn cut_off(root: &Path, moved: &[&str]) -> Made {
    let made = init(plan(root, Mode::Evaluation)).unwrap();
    let stage = root.join(".torikomi-init");
    fs::remove_file(root.join(".torikomi-home")).unwrap();
    fs::create_dir(&stage).unwrap();
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name();
        if name != ".torikomi-init" && !moved.iter().any(|moved| name == *moved) {
            fs::rename(root.join(&name), stage.join(&name)).unwrap();
        }
    }
    made
}

#[test]
fn a_move_that_was_cut_off_is_finished() {
    for moved in [&[][..], &["keys", "store"], &["keys", "store", "drop", "run", "custody", "profiles"]] {
        let folder = tempfile::tempdir().unwrap();
        let made = cut_off(folder.path(), moved);
        fs::write(folder.path().join(".torikomi-init/complete"), made.id.to_string()).unwrap();
        assert!(matches!(Home::open(folder.path()), Err(HomeError::NotAHome(_))));
        let finished = resume(folder.path()).unwrap().unwrap();
        assert_eq!(finished, Made { resumed: true, ..made });
        let home = Home::open(folder.path()).unwrap();
        let config = Config::load(&home.layout().settings()).unwrap();
        home.check_markers(&config).unwrap();
        Keyring::open(home.layout(), &config, home.id()).unwrap();
        assert!(!folder.path().join(".torikomi-init").exists());
    }
}

#[test]
fn a_making_that_was_cut_off_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join(".torikomi-init");
    fs::create_dir_all(stage.join("keys")).unwrap();
    fs::write(stage.join("keys/authority.pem"), "half").unwrap();
    assert!(resume(folder.path()).unwrap().is_none());
    let made = init(plan(folder.path(), Mode::Evaluation)).unwrap();
    assert!(!made.resumed);
    assert_eq!(Home::open(folder.path()).unwrap().id(), made.id);
}

#[test]
fn nothing_is_replaced_by_a_move() {
    let folder = tempfile::tempdir().unwrap();
    let made = cut_off(folder.path(), &[]);
    fs::write(folder.path().join(".torikomi-init/complete"), made.id.to_string()).unwrap();
    fs::write(folder.path().join("torikomi.toml"), "somebody's").unwrap();
    let refused = resume(folder.path()).unwrap_err();
    assert!(matches!(&refused, InitError::InTheWay(path) if path.ends_with("torikomi.toml")));
    assert_eq!(fs::read(folder.path().join("torikomi.toml")).unwrap(), b"somebody's");
    fs::remove_file(folder.path().join("torikomi.toml")).unwrap();
    assert!(resume(folder.path()).unwrap().is_some());
}

#[test]
fn two_at_once_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let held = fs::File::open(folder.path()).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert!(matches!(init(plan(folder.path(), Mode::Evaluation)), Err(InitError::Busy(_))));
}

#[test]
fn secrets_are_in_no_file() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    init(plan(folder.path(), Mode::Evaluation)).unwrap();
    let mut all = Vec::new();
    walk(folder.path(), &mut all);
    assert!(all.len() > 20);
    for path in all {
        let bytes = fs::read(&path).unwrap();
        for secret in PASSPHRASES.iter().map(|text| text.as_bytes()).chain([&b"BEGIN PRIVATE KEY"[..]]) {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
        }
    }
    // What lies below the home is the business of its owner alone.
    let layout = Layout::new(folder.path());
    assert_eq!(fs::metadata(layout.authority_key()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn people_are_read_as_typed() {
    let person = new_person(" mihon-kanri, 見本 管理者 、事務員,医事課").unwrap();
    assert_eq!((person.login.as_str(), person.name.as_str()), ("mihon-kanri", "見本 管理者"));
    assert!(new_person("mihon-kanri,見本 管理者").is_none());
    assert!(new_person("a,b,c,d,e").is_none());
}

#[test]
fn the_command_makes_a_home_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{text}\n")).unwrap();
        path
    };
    let files = [file("a", PASSPHRASES[0]), file("b", PASSPHRASES[1]), file("ca", PASSPHRASES[2])];
    let root = folder.path().join("home");
    let desk = Desk::new(crate::cli::Words::new(Lang::Ja), None, false);
    let args = |manager: &str| Args {
        database: None,
        database_password_file: None,
        objects: None,
        objects_credentials_file: None,
        objects_region: None,
        objects_tls_roots: None,
        objects_retention_days: None,
        folder: Some(root.clone()),
        mode: ModeArg::Evaluation,
        organization: "見本病院".into(),
        stations: vec!["front-desk".parse().unwrap()],
        administrator: Some("mihon-kanri,見本 管理者,事務員,医事課".into()),
        manager: Some(manager.into()),
        passphrase_files: ["mihon-kanri", "mihon-joho"]
            .iter()
            .zip(&files)
            .map(|(login, file)| format!("{login}={}", file.display()))
            .collect(),
        ca_passphrase_file: Some(files[2].clone()),
    };
    let wrong = run(&args("mihon-joho"), &desk).unwrap_err();
    assert_eq!(wrong.exit_status(), 2);
    assert!(wrong.sentence(&desk.words).contains("mihon-joho"));
    let manager = "mihon-joho,見本 情報,診療情報管理士,診療録管理室";
    fs::write(&files[1], "mihon-joho\n").unwrap();
    let weak = run(&args(manager), &desk).unwrap_err();
    assert!(weak.sentence(&desk.words).contains("13 文字以上"), "{}", weak.sentence(&desk.words));
    assert!(!root.exists());
    fs::write(&files[1], PASSPHRASES[1]).unwrap();
    assert_eq!(run(&args(manager), &desk).unwrap(), Answer::Yes);
    assert!(Home::open(&root).is_ok());
    let again = run(&args(manager), &desk).unwrap_err();
    assert_eq!(again.exit_status(), 2);
}
