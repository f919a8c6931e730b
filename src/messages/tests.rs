//! The catalogue is whole: both languages say the same things, and every code has its sentence.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;

use super::*;
use crate::calendar::{CannotTell, Expiry};
use crate::judgement::Reason;
use crate::measurements::Fault;
use crate::people::entitlement::Refusal;
use crate::people::{Refused, Weakness};
use crate::profile::NotCarried;
use crate::toml_text::{Caution, Complaint};

/// Each message of a file, with the variables it names itself and the messages it refers to.
fn messages(text: &str) -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let mut messages: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" =")
            && line.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            current = id.to_owned();
            let earlier = messages.insert(current.clone(), Default::default());
            assert!(earlier.is_none(), "{current} is there twice");
        }
        let Some((variables, references)) = messages.get_mut(&current) else { continue };
        for part in line.split('{').skip(1) {
            let part = part.trim_start();
            let word: String = part
                .trim_start_matches('$')
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
                .collect();
            if part.starts_with('$') {
                variables.insert(word);
            } else if part.starts_with(|c: char| c.is_ascii_lowercase()) {
                references.insert(word);
            }
        }
    }
    messages
}

/// The variables of every message, those of the messages it refers to among them.
fn catalogue(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut own = BTreeMap::new();
    for area in AREAS {
        for (id, found) in messages(area.text(lang)) {
            assert!(own.insert(id.clone(), found).is_none(), "{id} is in two files, one of them {}", area.name);
        }
    }
    fn gather(id: &str, own: &BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>, into: &mut BTreeSet<String>) {
        let (variables, references) = own.get(id).unwrap_or_else(|| panic!("no message {id}"));
        into.extend(variables.iter().cloned());
        references.iter().for_each(|reference| gather(reference, own, into));
    }
    own.keys()
        .map(|id| {
            let mut variables = BTreeSet::new();
            gather(id, &own, &mut variables);
            (id.clone(), variables)
        })
        .collect()
}

#[test]
fn every_file_is_read_without_fault() {
    for area in AREAS {
        for lang in Lang::ALL {
            if let Err((_, errors)) = FluentResource::try_new(area.text(lang).to_owned()) {
                panic!("{}/{}.ftl: {errors:?}", lang.code(), area.name);
            }
        }
    }
}

#[test]
fn every_file_in_the_folders_is_listed() {
    for lang in Lang::ALL {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/messages").join(lang.code());
        let files: BTreeSet<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let listed: BTreeSet<String> = AREAS.iter().map(|area| format!("{}.ftl", area.name)).collect();
        assert_eq!(files, listed);
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let (ja, en) = (catalogue(Lang::Ja), catalogue(Lang::En));
    let ids = |catalogue: &BTreeMap<String, BTreeSet<String>>| catalogue.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&ja), ids(&en));
    for (id, variables) in ja {
        assert_eq!(Some(&variables), en.get(&id), "{id}");
    }
}

#[test]
fn every_message_can_be_said() {
    for lang in Lang::ALL {
        for (id, variables) in catalogue(lang) {
            let args: FluentArgs<'_> = variables.iter().map(|name| (name.as_str(), FluentValue::from(1))).collect();
            let pattern = bundle(lang).get_message(&id).and_then(|message| message.value()).unwrap();
            let mut errors = Vec::new();
            let text = bundle(lang).format_pattern(pattern, Some(&args), &mut errors);
            assert!(errors.is_empty(), "{} {id}: {errors:?}", lang.code());
            assert!(!text.is_empty(), "{} {id}", lang.code());
        }
    }
}

/// Every code of an enum has its message, and the message asks for no field that the code has not.
fn covers<T: JsonSchema>(area: &str) {
    let schema = schemars::schema_for!(T);
    let variants = schema.get("oneOf").and_then(Value::as_array).unwrap();
    assert!(!variants.is_empty());
    for lang in Lang::ALL {
        let catalogue = catalogue(lang);
        for variant in variants {
            let properties = variant["properties"].as_object().unwrap();
            let code = properties["code"]["const"].as_str().unwrap();
            let id = format!("{area}-{code}");
            let variables = catalogue.get(&id).unwrap_or_else(|| panic!("{}: no message {id}", lang.code()));
            let mut fields: BTreeSet<String> = properties.keys().cloned().collect();
            fields.extend(properties.keys().filter_map(|name| readable(name, 0)).map(|(name, _)| name));
            let strange: Vec<&String> = variables.difference(&fields).collect();
            assert!(strange.is_empty(), "{} {id} asks for {strange:?}", lang.code());
        }
    }
}

#[test]
fn every_code_has_its_sentence() {
    covers::<Reason>("reason");
    covers::<Fault>("fault");
    covers::<CannotTell>("calendar");
    covers::<Expiry>("calendar-expiry");
    covers::<Complaint>("setting");
    covers::<Caution>("caution");
    covers::<NotCarried>("not-carried");
    covers::<Refused>("people");
    covers::<Weakness>("weaknesses");
    covers::<Refusal>("unsigned");
    covers::<crate::journal::stamping::StampProblem>("checkpoint-stamp");
}

/// A message that chooses its words by a code names each of them; the last choice is for none that there is.
#[test]
fn every_code_is_chosen_by_name() {
    fn codes<T: JsonSchema>() -> Vec<String> {
        let schema = Value::from(schemars::schema_for!(T));
        let mut listed = vec![schema.clone()];
        listed.extend(schema["oneOf"].as_array().cloned().unwrap_or_default());
        let texts = listed
            .iter()
            .flat_map(|part| part["enum"].as_array().cloned().into_iter().flatten().chain([part["const"].clone()]));
        texts.filter_map(|code| code.as_str().map(ToOwned::to_owned)).collect()
    }
    for lang in Lang::ALL {
        let checks = AREAS.iter().find(|area| area.name == "checks").unwrap().text(lang);
        for (id, codes) in [
            ("limit-name", codes::<crate::measurements::Limit>()),
            ("format-name", codes::<crate::measurements::Format>()),
            ("colour-name", codes::<crate::measurements::ColourModel>()),
            ("basis-name", codes::<crate::judgement::ResolutionBasis>()),
        ] {
            let message = checks.split(&format!("\n{id} = ")).nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
            assert!(codes.len() > 2, "{id}: {codes:?}");
            for code in codes.iter().filter(|code| *code != "unknown") {
                assert!(message.contains(&format!("[{code}]")), "{} {id}: {code}", lang.code());
            }
        }
    }
}

/// A value that a schema allows: the first choice everywhere, and numbers large enough to be seen in small units.
fn sample(schema: &Value, definitions: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return sample(&definitions[name], definitions);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|choices| choices.first()) {
            return sample(first, definitions);
        }
    }
    if let Some(only) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return only.clone();
    }
    // A field that may hold anything says no type.
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("string");
    match kind {
        "object" => {
            let fields = schema["properties"].as_object().unwrap();
            fields.iter().map(|(name, schema)| (name.clone(), sample(schema, definitions))).collect()
        }
        "array" => vec![sample(&schema["items"], definitions)].into(),
        "integer" => match schema["maximum"].as_u64() {
            Some(most) if most < 300_000 => 85.into(),
            _ => 299_961.into(),
        },
        "boolean" => true.into(),
        "string" if schema["format"] == "date" => "2026-11-20".into(),
        "string" if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("T[0-9]")) => {
            "2026-11-24T15:00:00.000000Z".into()
        }
        _ => "…".into(),
    }
}

fn sentences<T: JsonSchema>(area: &str, text: &mut String) {
    let schema = Value::from(schemars::schema_for!(T));
    for variant in schema["oneOf"].as_array().unwrap() {
        let value = sample(variant, &schema["$defs"]);
        let code = value["code"].as_str().unwrap();
        let said = |lang| find_code(lang, area, &value).unwrap_or_else(|| panic!("no {area}-{code}"));
        text.push_str(&format!("{area}-{code}\n  {}\n  {}\n", said(Lang::Ja), said(Lang::En)));
    }
}

#[test]
fn what_people_read() {
    let mut text = String::new();
    sentences::<Reason>("reason", &mut text);
    sentences::<Fault>("fault", &mut text);
    sentences::<CannotTell>("calendar", &mut text);
    sentences::<Expiry>("calendar-expiry", &mut text);
    sentences::<Complaint>("setting", &mut text);
    sentences::<Caution>("caution", &mut text);
    sentences::<NotCarried>("not-carried", &mut text);
    insta::assert_snapshot!(text);
}

/// The same for the other areas, so that whoever changes a sentence reads it beside its twin.
#[test]
fn what_people_read_of_everything_else() {
    use crate::document::DeliveryProblem;
    use crate::identification::{Flag, IdentityProblem, SidecarProblem, TemplateProblem};
    use crate::intake::drop::RefusalKind;
    use crate::intake::line::{CustodyFinding, StationProblem};
    use crate::patients::{PatientIdProblem, PatientsProblem};
    use crate::verification::journal::JournalFault;
    use crate::verification::{ActFault, Doubt, Fact, Fault};

    let mut text = String::new();
    sentences::<Refused>("people", &mut text);
    sentences::<Weakness>("weaknesses", &mut text);
    sentences::<Refusal>("unsigned", &mut text);
    sentences::<Fact>("verify", &mut text);
    sentences::<Doubt>("verify", &mut text);
    sentences::<Fault>("verify", &mut text);
    sentences::<ActFault>("act-fault", &mut text);
    sentences::<JournalFault>("journal-fault", &mut text);
    sentences::<IdentityProblem>("identity", &mut text);
    sentences::<Flag>("flag", &mut text);
    sentences::<SidecarProblem>("sidecar", &mut text);
    sentences::<TemplateProblem>("template", &mut text);
    sentences::<PatientIdProblem>("patient-id", &mut text);
    sentences::<PatientsProblem>("patients", &mut text);
    sentences::<RefusalKind>("intake", &mut text);
    sentences::<DeliveryProblem>("delivery-problem", &mut text);
    sentences::<StationProblem>("station", &mut text);
    sentences::<CustodyFinding>("custody", &mut text);
    sentences::<crate::upkeep::check::StoreFinding>("store-finding", &mut text);
    sentences::<crate::upkeep::rebuild::NotRebuilt>("not-rebuilt", &mut text);
    sentences::<crate::upkeep::backup::Trouble>("backup", &mut text);
    sentences::<crate::daemon::claims::ClaimProblem>("claim", &mut text);
    sentences::<crate::config::home::HomeTrouble>("home", &mut text);
    sentences::<crate::control::facts::Warning>("warning", &mut text);
    sentences::<crate::pipeline::driver::Away>("away", &mut text);
    sentences::<crate::journal::stamping::StampProblem>("checkpoint-stamp", &mut text);
    sentences::<crate::people::importing::Unfit>("unfit", &mut text);
    sentences::<crate::control::production::Lacking>("lacking", &mut text);
    sentences::<crate::control::production::NotBuilt>("not-built", &mut text);
    insta::assert_snapshot!(text);
}

/// Those that no enum stands behind: what `init` says, notes, and the choices within a sentence, each blank by its name.
#[test]
fn what_people_read_by_name() {
    let mut text = String::new();
    let (ja, en) = (catalogue(Lang::Ja), catalogue(Lang::En));
    for (id, variables) in &ja {
        let family = ["init-", "note-", "held-", "hold-", "todo-", "status-", "verdict-", "need-", "profile-refusal-"];
        if !family.iter().any(|family| id.starts_with(family)) {
            continue;
        }
        assert_eq!(Some(variables), en.get(id));
        let blanks: Vec<(&str, FluentValue<'_>)> =
            variables.iter().map(|name| (name.as_str(), format!("<{name}>").into())).collect();
        text.push_str(&format!("{id}\n  {}\n  {}\n", say(Lang::Ja, id, &blanks), say(Lang::En, id, &blanks)));
    }
    insta::assert_snapshot!(text);
}

/// One word for each thing, in every Japanese text that people read.
#[test]
fn japanese_has_one_word_for_each_thing() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> =
        AREAS.iter().map(|area| (area.name.to_owned(), area.text(Lang::Ja).to_owned())).collect();
    let mut files: Vec<String> =
        ["README.ja.md", "docs/checks.md", "src/export/VERIFY.md", "src/calendar/default.toml"]
            .map(String::from)
            .into();
    // Their Japanese stands in the settings of each new home.
    for entry in std::fs::read_dir(root.join("src/config")).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            files.push(format!("src/config/{}", entry.file_name().into_string().unwrap()));
        }
    }
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(root.join(&file)).unwrap();
        texts.push((file, text));
    }
    // The other word, and the one that is ours.
    let others = [
        ("取込口", "ステーション"),
        ("スキャン場所", "ステーション"),
        ("患者台帳", "患者マスター"),
        ("患者一覧", "患者マスター"),
        ("付随ファイル", "サイドカー"),
        ("添付情報", "サイドカー"),
        ("受入", "受付"),
        ("タイムスタンプ局", "時刻認証局"),
        ("草案", "下書き"),
        ("復号", "デコード"),
        ("デーモン", "常駐プログラム"),
    ];
    for (file, text) in &texts {
        for (other, ours) in others {
            assert!(!text.contains(other), "{file}: {other} is {ours} elsewhere");
        }
        for cut in ["スキャナ", "フォルダ", "患者マスタ"] {
            let whole = format!("{cut}ー");
            assert_eq!(text.matches(cut).count(), text.matches(&whole).count(), "{file}: {cut} is {whole} elsewhere");
        }
    }
}

#[test]
fn no_finding_speaks_for_the_guideline() {
    for lang in Lang::ALL {
        for area in AREAS {
            let mut id = "";
            for line in area.text(lang).lines() {
                if let Some((name, _)) = line.split_once(" =")
                    && !line.starts_with(' ')
                {
                    id = name;
                }
                let speaks = line.contains("ガイドライン") || line.to_lowercase().contains("guideline");
                assert!(!(id.starts_with("reason-") && speaks), "{id}");
            }
        }
    }
}

#[test]
fn codes_become_sentences() {
    let reason = Reason::ResolutionBelow {
        found_milli_dpi: 149_980,
        minimum_dpi: 300,
        basis: crate::judgement::ResolutionBasis::Paper,
    };
    assert_eq!(
        say_code(Lang::Ja, "reason", &reason),
        "解像度が 149.9 dpi で、プロファイルの下限 300 dpi に足りません（紙の寸法から計算）。\
         300 dpi 以上で読み取り直してください。"
    );
    assert_eq!(
        say_code(Lang::En, "reason", &reason),
        "The resolution is 149.9 dpi, below the profile's minimum of 300 dpi (worked out from the paper's size). \
         Please scan again at 300 dpi or more."
    );
    let reason = Reason::DecodingFailed { fault: Fault::TimedOut { after_seconds: 60 } };
    let text = say_code(Lang::En, "reason", &reason);
    assert!(text.contains("60 seconds"), "{text}");
    let deadline = "2026-11-24T15:00:00.000000Z".parse().unwrap();
    let reason = Reason::ScanWindowExceeded {
        obtained_on: jiff::civil::date(2026, 11, 20),
        allowed_business_days: 1,
        deadline,
        taken_in_at: deadline,
    };
    let text = say_code(Lang::Ja, "reason", &reason);
    assert!(text.contains("2026-11-25 00:00 JST"), "{text}");
    assert_eq!(say(Lang::En, "no-such-message", &[]), "no-such-message");
}

#[test]
fn absent_fields_and_lists_have_words() {
    let damaged = |rows| say_code(Lang::En, "reason", &Reason::PageDamaged { rows, height_px: 3508 });
    assert!(damaged(Some(12)).contains("12 of 3508"), "{}", damaged(Some(12)));
    assert!(!damaged(None).contains("none"), "{}", damaged(None));
    let candidates = vec![crate::paper::Paper::A4, crate::paper::Paper::B5];
    let text = say_code(Lang::En, "reason", &Reason::SeveralPapers { candidates });
    assert!(text.contains("A4, B5"), "{text}");
}

#[test]
fn small_units_are_cut_never_rounded() {
    assert_eq!(readable("found_milli_dpi", 299_961), Some(("found_dpi".into(), "299.9".into())));
    assert_eq!(readable("dark_ppm", 199), Some(("dark_percent".into(), "0.0199".into())));
    assert_eq!(readable("dark_ppm", 1_000_000), Some(("dark_percent".into(), "100".into())));
    assert_eq!(readable("width_um", 210_000), Some(("width_mm".into(), "210".into())));
    assert_eq!(readable("pages", 3), None);
}
