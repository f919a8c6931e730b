use super::interval::Interval;
use super::*;
use crate::paper::Paper;

const SMALLEST: &str = "mode = \"evaluation\"\n[station.front-desk]\nprofiles = [\"referral-letter\"]\n\
                        [authority.own]\nurl = \"http://127.0.0.1:3161/\"\n";

fn parse(text: &str) -> Result<Config, Vec<String>> {
    Config::parse(text.as_bytes(), "torikomi.toml").map_err(|all| all.iter().map(ToString::to_string).collect())
}

#[test]
fn the_smallest_file_takes_every_default() {
    let config = parse(SMALLEST).unwrap();
    assert_eq!((config.mode, config.language), (Mode::Evaluation, Lang::Ja));
    let name: Name = "front-desk".parse().unwrap();
    let station = &config.stations[&name];
    assert_eq!(station.folder(Path::new("/home"), &name), Path::new("/home/drop/front-desk"));
    assert_eq!((station.quiet_time, station.patience), (Interval::from_seconds(3), Interval::from_minutes(10)));
    assert_eq!(config.signing, signing::Signing::default());
    assert_eq!((config.signing.longest, config.signing.most), (Interval::from_hours(8), 500));
}

#[test]
fn what_is_set_is_taken() {
    let text = format!(
        "{SMALLEST}[station.ward-2]\npath = \"/srv/scans/二病棟\"\nprofiles = [\"consent\"]\npaper = \"B5\"\n\
         patience = \"1h\"\nwatch = \"poll\"\nanonymous_writing = true\nscanner_make = \"見本製作所\"\n\
         scanner_model = \"S-1\"\n[signing]\nsuite = \"ecdsa-p256\"\n"
    );
    let config = parse(&text).unwrap();
    let name: Name = "ward-2".parse().unwrap();
    let station = &config.stations[&name];
    assert_eq!(station.folder(Path::new("/home"), &name), Path::new("/srv/scans/二病棟"));
    assert_eq!((station.paper, station.watch), (Some(Paper::B5), station::Watch::Poll));
    assert_eq!(station.scanner().unwrap().model, "S-1");
    assert_eq!(config.signing.suite, signing::Suite::EcdsaP256);
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let text = "mode = \"trial\"\n[station.front-desk]\nquiet_tme = \"3s\"\npatience = \"1s\"\nscanner_serial = \"1\"\n\
                [station.Ward]\nprofiles = [\"consent\"]\n[authority.own]\nurl = \"ftp://127.0.0.1\"\n\
                policies = [\"1.2.392\", \"x\"]\n[signing]\nidle = \"9h\"\nmost = 0\n[image]\nsandbox = true\n";
    assert_eq!(
        parse(text).unwrap_err(),
        [
            "torikomi.toml:1:8: mode: \"trial\" is none of evaluation, production",
            "torikomi.toml:2:10: station.front-desk.profiles is missing",
            "torikomi.toml:2:10: station.front-desk.scanner_make is missing",
            "torikomi.toml:3:1: station.front-desk.quiet_tme is not known here (quiet_time?)",
            "torikomi.toml:4:12: station.front-desk.patience: 1s is not between 3s and 7days",
            "torikomi.toml:6:10: station.Ward: \"Ward\" is not a name",
            "torikomi.toml:9:7: authority.own.url: \"ftp://127.0.0.1\" is not a url",
            "torikomi.toml:10:24: authority.own.policies: \"x\" is not a oid",
            "torikomi.toml:12:8: signing.idle: 9h is not between 1min and 8h",
            "torikomi.toml:13:8: signing.most: 0 is not between 1 and 10000",
            "torikomi.toml:15:11: image.sandbox must be a string, not true or false",
        ]
    );
}

#[test]
fn nothing_is_taken_from_a_file_that_lacks_something() {
    let missing = |text: &str| parse(text).unwrap_err().join("\n");
    assert!(missing("").contains("station.<name> is missing"));
    assert!(missing("").contains("mode is missing"));
    assert!(missing(&SMALLEST.replace("[authority.own]\nurl", "#")).contains("authority.<name> is missing"));
    assert!(missing("mode = ").contains(":1:8: "));
}

#[test]
fn two_stations_never_share_a_folder() {
    for (path, shared) in
        [("drop/front-desk", true), ("drop/x/../front-desk/", true), ("drop", true), ("drop/y", false)]
    {
        let text = format!("{SMALLEST}[station.ward-2]\nprofiles = [\"consent\"]\npath = \"{path}\"\n");
        let found = parse(&text).err().unwrap_or_default().join("\n");
        assert_eq!(found.contains("give each station a folder of its own"), shared, "{path}: {found}");
    }
}

#[test]
fn a_station_never_lies_in_a_folder_of_the_home_itself() {
    let refused = |path: &str, rest: &str| {
        let text = SMALLEST.replace("[station.front-desk]", &format!("[station.front-desk]\npath = \"{path}\""));
        let found = parse(&format!("{text}{rest}")).err().unwrap_or_default().join("\n");
        found.contains("where the home keeps its own files")
    };
    for path in ["store/x", "custody", "./keys/../run", "profiles", ".", ".."] {
        assert!(refused(path, ""), "{path}");
    }
    for path in ["scans", "/srv/scans", "/srv/records/in", "/srv"] {
        assert!(!refused(path, ""), "{path}");
    }
    for path in ["/srv/records/in", "/srv"] {
        assert!(refused(path, "[store]\npath = \"/srv/records\"\n"), "{path}");
    }
}

#[test]
fn a_link_into_the_store_is_seen_through() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("store")).unwrap();
    std::os::unix::fs::symlink(home.path().join("store"), home.path().join("link")).unwrap();
    let settings = home.path().join("torikomi.toml");
    let text = SMALLEST.replace("[station.front-desk]", "[station.front-desk]\npath = \"link/in\"");
    std::fs::write(&settings, text).unwrap();
    let refused = Config::load(&settings).unwrap_err().to_string();
    assert!(refused.contains("where the home keeps its own files"), "{refused}");
}

#[test]
fn production_refuses_a_clock_of_its_own() {
    let text = format!("{SMALLEST}[clock]\nstarts_at = \"2026-11-20T14:10:00.000000Z\"\n");
    assert!(parse(&text).is_ok());
    let refused = parse(&text.replace("evaluation", "production")).unwrap_err();
    assert_eq!(refused, ["torikomi.toml:6:2: clock.starts_at is allowed only with mode = \"evaluation\""]);
}

#[test]
fn authorities_are_asked_in_their_order() {
    let text = format!("{SMALLEST}order = 2\n[authority.z]\nurl = \"https://z.example.jp/\"\n");
    let names: Vec<_> = parse(&text).unwrap().authorities_in_order().iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["z", "own"]);
}

#[test]
fn an_authority_is_asked_for_a_policy_that_counts() {
    let text = |listed: &str| format!("{SMALLEST}policies = [{listed}]\nrequest_policy = \"1.2.392.9\"\n");
    let config = parse(&text("\"1.2.392.8\", \"1.2.392.9\"")).unwrap();
    let authority = config.authorities.values().next().unwrap();
    assert_eq!(authority.request_policy.as_ref().unwrap().as_str(), "1.2.392.9");
    let refused = parse(&text("\"1.2.392.8\"")).unwrap_err();
    assert_eq!(refused, ["torikomi.toml:7:18: authority.own.request_policy: \"1.2.392.9\" is not a listed-policy"]);
}

/// The file that `init` writes.
fn written() -> String {
    let name = "front-desk".parse().unwrap();
    let profiles = ["referral-letter".parse().unwrap(), "consent".parse().unwrap()];
    let own = "evaluation".parse().unwrap();
    let stations = [StationTemplate { name: &name, profiles: &profiles }];
    template(
        Mode::Evaluation,
        &stations,
        &[AuthorityTemplate { name: &own, url: "http://127.0.0.1:3161/" }],
        None,
        None,
    )
}

#[test]
fn the_written_file_is_read_back_as_the_defaults() {
    let config = parse(&written()).unwrap();
    let station = config.stations.values().next().unwrap();
    assert_eq!(station.profiles.len(), 2);
    assert_eq!(*station, Station { profiles: station.profiles.clone(), ..Station::default() });
    assert_eq!(config.image, image::Image::default());
}

#[test]
fn every_commented_default_is_what_it_says() {
    // Every line that shows a default is put in force; the settings must stay the same. Lines that show an example for
    // what is off are left out, since they would switch something on.
    let text = written();
    let off = "path document_type paper file_name request_policy tls_roots scanner_make scanner_model scanner_serial workers id_width \
               anchor starts_at check_digit column_id column_name column_kana column_sex column_birth_date \
               column_merged_into column_temporary database database_password_file url retention_days";
    let in_force: Vec<_> = text
        .lines()
        .map(|line| match line.strip_prefix("# ").and_then(|rest| rest.split_once(" = ")) {
            Some((key, value))
                if !key.contains(' ') && (!off.split(' ').any(|name| name == key) || value == "\"store\"") =>
            {
                format!("{key} = {value}")
            }
            _ => line.to_owned(),
        })
        .collect();
    let changed = in_force.iter().zip(text.lines()).filter(|(new, old)| new.as_str() != *old).count();
    assert!(changed > 30, "{changed}");
    assert_eq!(parse(&in_force.join("\n")).unwrap(), parse(&text).unwrap());
}

#[test]
fn every_example_can_be_taken() {
    let text = written();
    let mut shown = 0;
    for (at, line) in text.lines().enumerate() {
        let Some(setting) = line.strip_prefix("# ").filter(|rest| rest.contains(" = ") && !rest.starts_with('"'))
        else {
            continue;
        };
        let lines: Vec<_> = text.lines().enumerate().map(|(n, line)| if n == at { setting } else { line }).collect();
        // A scanner needs make and model together, roots for TLS an https address, a policy its list, a password its database, a lock its server; each alone is complained of by name.
        let needs_another = ["scanner_", "tls_roots", "request_policy", "database_password_file", "retention_days"]
            .iter()
            .any(|name| setting.starts_with(name));
        match parse(&lines.join("\n")) {
            Ok(_) => {}
            Err(problems) => assert!(needs_another, "{setting}: {problems:?}"),
        }
        shown += 1;
    }
    assert!(shown > 40, "{shown}");
}

#[test]
fn every_setting_is_explained_in_both_languages() {
    fn check<S: Section>() {
        let fields = S::fields();
        assert!(!fields.is_empty());
        for (name, about) in fields.iter().map(|field| (field.name, field.about)).chain([("the table", S::ABOUT)]) {
            assert_eq!(about.len(), 2, "{name}");
            assert!(about[0].is_ascii(), "{name}");
            assert!(!about[1].is_ascii(), "{name}");
        }
        for field in fields {
            let known = field.default.is_some() || field.example.is_some();
            assert!(known, "{} shows neither default nor example", field.name);
        }
    }
    check::<Station>();
    check::<Authority>();
    check::<signing::Signing>();
    check::<image::Image>();
    check::<patients::Patients>();
    check::<journal::Journal>();
    check::<store::Store>();
    check::<clock::Clock>();
    check::<people::People>();
}

#[test]
fn which_calendar_a_station_keeps_is_for_the_calendar_to_say() {
    let text = written().replace("[station.front-desk]\n", "[station.front-desk]\ncalendar = \"emergency\"\n");
    let problems = parse(&text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("calendar"), "{problems:?}");
}
