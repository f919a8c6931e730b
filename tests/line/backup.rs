//! `torikomi store backup`: generations on other media, made beside a running line, whole or not there, and opened with `age`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret as _;
use serde_json::Value;
use torikomi::ids::Digest;

use crate::account::{filed, names, the_journal_is_whole, wait_for};
use crate::burst::{deliver, deliver_consent};
use crate::hospital::Hospital;
use crate::mounts::Mount;
use crate::program::{Ran, command, torikomi};
use crate::schema::demand;

/// A folder on other media, and the key that opens what is put there.
pub struct Medium {
    pub folder: tempfile::TempDir,
    pub key: PathBuf,
    place: tempfile::TempDir,
}

impl Medium {
    /// One for which the home's settings seal.
    pub fn of(hospital: &Hospital) -> Self {
        let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let identity = age::x25519::Identity::generate();
        let key = place.path().join("key.txt");
        fs::write(&key, format!("# a key for a test\n{}\n", identity.to_string().expose_secret())).unwrap();
        seal_for(&hospital.root(), &identity.to_public().to_string());
        Self { folder, key, place }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn shown(&self) -> String {
        self.path().display().to_string()
    }

    pub fn key(&self) -> String {
        self.key.display().to_string()
    }

    /// Reads a generation back with the key, and demands that it is whole.
    pub fn check(&self, generation: u64) {
        let number = generation.to_string();
        let words =
            ["store", "backup", "--check", &self.shown(), "--generation", &number, "--identity", &self.key(), "--json"];
        let checked = torikomi(None, &words);
        let report = checked.json();
        demand("store-backup-check", &report);
        assert_eq!((checked.status, &report["findings"]), (0, &serde_json::json!([])), "{report:#}");
    }

    pub fn list(&self) -> Value {
        let listed = torikomi(None, &["store", "backup", "--list", &self.shown(), "--json"]);
        assert_eq!(listed.status, 0, "{}{}", listed.out, listed.err);
        demand("store-backup-list", &listed.json());
        listed.json()
    }

    /// The sealed file in which a file of the home lies.
    pub fn sealed(&self, plain: &[u8]) -> PathBuf {
        let hex = Digest::of(plain).hex();
        let name = names(&self.path().join("files")).into_iter().find(|name| name.starts_with(&hex));
        self.path().join("files").join(name.unwrap())
    }
}

/// Writes the key into the settings.
fn seal_for(root: &Path, recipient: &str) {
    let settings = root.join("torikomi.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let (before, rest) = text.split_once("# recipients = []").unwrap();
    fs::write(&settings, format!("{before}recipients = [\"{recipient}\"]{rest}")).unwrap();
}

pub fn back_up(hospital: &Hospital, medium: &Medium, more: &[&str]) -> Value {
    let made = run(hospital, medium, more);
    let report = made.json();
    assert_eq!(made.status, 0, "{report:#}{}", made.err);
    demand("store-backup", &report);
    report
}

pub fn run(hospital: &Hospital, medium: &Medium, more: &[&str]) -> Ran {
    let shown = medium.shown();
    let words = [&["store", "backup", "--to", shown.as_str(), "--json"], more].concat();
    torikomi(Some(&hospital.root()), &words)
}

fn refused(ran: &Ran, status: i32, code: &str) -> Value {
    let said = ran.json();
    assert_eq!((ran.status, &said["problem"]["backup"]["code"]), (status, &code.into()), "{said:#}{}", ran.err);
    said["problem"]["backup"].clone()
}

#[test]
fn a_home_is_backed_up_while_it_works_and_age_alone_opens_it() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    refused(&run(&hospital, &medium, &[]), 2, "not-a-backup");
    assert_eq!(names(medium.path()), [] as [&str; 0], "a mount that has gone leaves such a folder");
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // Each falls into another moment of the burst.
    let mut sent = Vec::new();
    for (number, prefix) in (1..).zip(["one", "two", "three"]) {
        sent.extend(deliver(&hospital, prefix));
        std::thread::sleep(Duration::from_millis(900));
        let report = back_up(&hospital, &medium, if number == 1 { &["--new"] } else { &[] });
        assert_eq!(report["generation"]["generation"], number, "{report:#}");
        assert_eq!(report["same_file_system"], true, "{report:#}");
    }
    for document in &sent {
        filed(&hospital, document.keys().next().unwrap());
    }
    let last = back_up(&hospital, &medium, &[]);
    assert!(last["generation"]["objects"].as_u64() > last["sealed"].as_u64(), "each object once: {last:#}");
    let status = torikomi(Some(&hospital.root()), &["status", "--json"]).json();
    assert_eq!(status["backup"]["made_at"], last["generation"]["made_at"], "{status:#}");
    assert!(torikomi(Some(&hospital.root()), &["status"]).out.contains("generation 4, "));
    daemon.stop();
    the_journal_is_whole(&hospital);
    // Without a line it is entered all the same.
    back_up(&hospital, &medium, &[]);
    the_journal_is_whole(&hospital);
    let entries = torikomi(Some(&hospital.root()), &["journal", "show", "--json"]).out;
    assert_eq!(entries.matches("home-backed-up").count(), 5, "{entries}");
    for generation in 1..=5 {
        medium.check(generation);
    }
    assert!(names(&hospital.custody()).len() <= 3, "{:?}", names(&hospital.custody()));

    // As docs/backup.md has it.
    let by_hand = medium.place.path().join("by-hand");
    let script = r#"
        cd "$1/generations/000005" && sha256sum --quiet -c files.sha256 objects.sha256 || exit 1
        age -d -i "$2" files.age > "$3.list" && mkdir "$3" && cd "$3" || exit 1
        while read -r digest path; do
            mkdir -p "$(dirname "$path")"
            case $path in
                store/objects/*) age -d -i "$2" -o "$path" "$1/objects/${digest%"${digest#??}"}/$digest"-*.age ;;
                *) age -d -i "$2" -o "$path" "$1/files/$digest"-*.age ;;
            esac || exit 1
        done < "$3.list"
        sha256sum --quiet -c "$3.list""#;
    let ran = Command::new("sh").args(["-c", script, "sh"]).arg(medium.path()).arg(&medium.key).arg(&by_hand).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let settings = fs::read(hospital.root().join("torikomi.toml")).unwrap();
    assert_eq!(fs::read(by_hand.join("torikomi.toml")).unwrap(), settings);
    assert!(by_hand.join("store/torikomi.db").exists() && by_hand.join("keys/journal.pem").exists());
}

#[test]
fn what_is_filed_while_a_backup_looks_at_custody_stays_there_until_it_is_done() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let held = hospital.home.hold_custody().unwrap().unwrap();
    let medium = Medium::of(&hospital);
    deliver_consent(&hospital, "meanwhile");
    filed(&hospital, "meanwhile-consent.jpg");
    let copies = || names(&hospital.custody()).into_iter().filter(|name| name.ends_with(".001")).count();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(copies(), 1, "a backup of a moment ago counts on it");
    drop(held);
    wait_for(&hospital, "the end of the copy", || (copies() == 0).then_some(()));
    // And one that looks at it keeps no scan from being taken in and filed.
    let ran = std::thread::scope(|scope| {
        let made = scope.spawn(|| back_up(&hospital, &medium, &["--new"]));
        deliver_consent(&hospital, "beside");
        filed(&hospital, "beside-consent.jpg");
        made.join().unwrap()
    });
    assert_eq!(ran["missing"], serde_json::json!([]));
    daemon.stop();
    assert_eq!(copies(), 0);
}

#[test]
fn one_that_is_killed_leaves_the_others_whole_and_is_no_generation() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    for (round, at) in ["files", "objects", "generations"].into_iter().enumerate() {
        // Something new, so that something is to be sealed.
        let daemon = hospital.start();
        hospital.open_session().unwrap();
        let prefix = format!("killed-{round}");
        deliver_consent(&hospital, &prefix);
        filed(&hospital, &format!("{prefix}-consent.jpg"));
        daemon.stop();
        let count = || walked(&medium.path().join(at));
        let before = count();
        let mut doomed = command(Some(&hospital.root()), &["store", "backup", "--to", &medium.shown()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while count() == before && begun.elapsed() < Duration::from_secs(20) {
            assert!(doomed.try_wait().unwrap().is_none(), "it had ended before it was killed");
        }
        doomed.kill().unwrap();
        doomed.wait().unwrap();
        let listed = medium.list();
        assert_eq!(listed["generations"].as_array().unwrap().len(), round + 1, "{at}: {listed:#}");
        assert!(listed["unfinished"].as_u64() <= Some(1), "{listed:#}");
        for generation in 1..=round + 1 {
            medium.check(generation as u64);
        }
        back_up(&hospital, &medium, &[]);
        assert_eq!(medium.list()["unfinished"], 0);
        medium.check(round as u64 + 2);
    }
    let store = names(&hospital.home.layout().store(&hospital.config));
    assert!(!store.iter().any(|name| name.contains("tmp")), "{store:?}");
}

/// How many files and folders stand somewhere below.
fn walked(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| 1 + walked(&entry.path())).sum()
}

#[test]
fn what_is_damaged_missing_or_anothers_is_told_by_name() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    let root = hospital.root();
    let key = medium.sealed(&fs::read(root.join("keys/journal.vkey")).unwrap());
    let check = |more: &[&str]| {
        let shown = medium.shown();
        torikomi(None, &[&["store", "backup", "--check", shown.as_str(), "--json"], more].concat())
    };
    let whole = fs::read(&key).unwrap();
    for with_key in [&[][..], &["--identity", &medium.key()][..]] {
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        fs::write(&key, flipped).unwrap();
        let ran = check(with_key);
        let found = ran.json()["findings"].clone();
        assert_eq!(
            (ran.status, &found[0]["code"], found.as_array().unwrap().len()),
            (1, &"damaged".into(), 1),
            "{found:#}"
        );
        assert_eq!(found[0]["path"], key.display().to_string());
        fs::remove_file(&key).unwrap();
        let found = check(with_key).json()["findings"].clone();
        assert_eq!((&found[0]["code"], &found[0]["path"]), (&"missing".into(), &key.display().to_string().into()));
        fs::write(&key, &whole).unwrap();
    }
    // What somebody exchanged for another sealed file under a name of its own.
    for list in ["files.age", "files.sha256", "objects.sha256"] {
        let list = medium.path().join("generations/000001").join(list);
        let whole = fs::read(&list).unwrap();
        fs::write(&list, &whole[..whole.len() - 1]).unwrap();
        let ran = check(&[]);
        assert_eq!((ran.status, &ran.json()["findings"][0]["path"]), (1, &list.display().to_string().into()));
        fs::write(&list, whole).unwrap();
    }
    assert_eq!(check(&["--identity", &medium.key()]).status, 0);

    let stranger = medium.place.path().join("stranger.txt");
    fs::write(&stranger, age::x25519::Identity::generate().to_string().expose_secret()).unwrap();
    refused(&check(&["--identity", &stranger.display().to_string()]), 2, "wrong-key");
    refused(&check(&["--identity", &root.join("torikomi.toml").display().to_string()]), 2, "identity-file");
    refused(&check(&["--generation", "7"]), 2, "no-generation");

    let inside = root.join("backup");
    fs::create_dir(&inside).unwrap();
    let to = |folder: &Path| {
        torikomi(Some(&root), &["store", "backup", "--to", &folder.display().to_string(), "--new", "--json"])
    };
    refused(&to(&inside), 2, "inside");
    fs::remove_dir(&inside).unwrap();
    let marker = medium.path().join("torikomi-backup");
    let ours = fs::read_to_string(&marker).unwrap();
    let other = torikomi::ids::HomeId::new().to_string();
    fs::write(&marker, ours.replace(&hospital.home.id().to_string(), &other)).unwrap();
    assert_eq!(refused(&to(medium.path()), 2, "other-home")["found"], other);
    fs::write(&marker, ours).unwrap();

    // A medium without room: nothing half is left, and the generations of before are whole.
    let small = Mount::of_size(256 << 10);
    refused(&to(&small.path), 3, "disk-full");
    let told = torikomi(None, &["store", "backup", "--list", &small.path.display().to_string(), "--json"]).json();
    assert_eq!((&told["generations"], &told["unfinished"]), (&serde_json::json!([]), &0.into()), "{told:#}");
    let begun = medium.path().join("begun");
    assert_eq!(to(&begun).json()["generation"]["generation"], 1);
    refused(&to(&medium.path().join("not-mounted/here")), 3, "disk");
    let absent = medium.path().join("absent").display().to_string();
    refused(&torikomi(Some(&root), &["store", "backup", "--to", &absent, "--json"]), 2, "not-a-backup");

    fs::write(
        root.join("torikomi.toml"),
        fs::read_to_string(root.join("torikomi.toml")).unwrap().replace("recipients = [", "# recipients = ["),
    )
    .unwrap();
    refused(&to(medium.path()), 2, "no-recipients");
    for lang in ["ja", "en"] {
        let told = torikomi(Some(&root), &["store", "backup", "--to", &medium.shown(), "--lang", lang]);
        assert!(told.err.contains("age-keygen"), "{}", told.err);
    }
}

#[test]
fn older_generations_go_and_those_that_stay_are_whole() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let settings = hospital.root().join("torikomi.toml");
    for number in 1..=4_u64 {
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, format!("{text}# {number}\n")).unwrap();
        let begin: &[&str] = if number == 1 { &["--new"] } else { &[] };
        let report = back_up(&hospital, &medium, &[begin, &["--keep", "2"]].concat());
        let removed = if number > 2 { serde_json::json!([number - 2]) } else { serde_json::json!([]) };
        assert_eq!(report["removed"], removed);
    }
    let kept = medium.list()["generations"].clone();
    assert_eq!((&kept[0]["generation"], &kept[1]["generation"]), (&3.into(), &4.into()), "{kept:#}");
    let sealed = names(&medium.path().join("files"));
    let old = fs::read_to_string(&settings).unwrap().replace("# 3\n# 4\n", "");
    assert!(!sealed.iter().any(|name| name.starts_with(&Digest::of(old.as_bytes()).hex())), "what none names goes");
    medium.check(3);
    medium.check(4);
}
