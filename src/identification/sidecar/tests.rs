//! Sidecars good and bad, and the published schema.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const WHOLE: &str = r#"{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"referral-letter",
"obtained_on":"R8.11.20","document_date":"2026-11-18","scanned_at":"2026-11-20T09:30:00+09:00","operator":"clerk",
"station":"reception","paper":"A4","expected_pages":2,"double_feed":false,"dispensed":false,
"scanner":{"make":"架空","model":"S1","serial":"0001"},"remarks":"一枚目に\n付箋","files":["a.tif","b.tif"]}"#;

fn parse(text: &str) -> Result<Sidecar, SidecarProblem> {
    Sidecar::parse(text.as_bytes())
}

/// A sidecar with these entries beside its format.
fn with(entries: &str) -> Result<Sidecar, SidecarProblem> {
    parse(&format!("{{\"format\":\"torikomi-sidecar-v1\",{entries}}}"))
}

#[test]
fn a_whole_sidecar_is_read() {
    let sidecar = parse(WHOLE).unwrap();
    assert_eq!(sidecar.files.as_deref(), Some(&["a.tif".to_owned(), "b.tif".to_owned()][..]));
    let facts = sidecar.facts(None).unwrap();
    assert_eq!(facts.patient_id.as_deref(), Some("9990001"));
    assert_eq!(facts.document_type.unwrap().as_str(), "referral-letter");
    assert_eq!((facts.obtained_on, facts.document_date), (Some(date(2026, 11, 20)), Some(date(2026, 11, 18))));
    assert_eq!(facts.scanned_at.unwrap().to_string(), "2026-11-20T00:30:00.000000Z");
    assert!(!facts.zone_assumed);
    assert_eq!((facts.operator.as_deref(), facts.station.unwrap().as_str()), (Some("clerk"), "reception"));
    assert_eq!((facts.claims.paper, facts.claims.expected_pages), (Some(Paper::A4), Some(2)));
    assert_eq!((facts.claims.double_feed, facts.claims.dispensed), (Some(false), Some(false)));
    assert_eq!(facts.claims.scanner.unwrap().serial.as_deref(), Some("0001"));
    assert_eq!(facts.claims.remarks.as_deref(), Some("一枚目に\n付箋"));
}

#[test]
fn everything_but_the_format_may_be_left_out() {
    let bare = parse("\u{feff}{\"format\":\"torikomi-sidecar-v1\"}").unwrap();
    assert_eq!(bare.facts(None).unwrap(), Facts::default());
    assert_eq!(with("\"patient_id\":null,\"scanner\":null").unwrap(), bare);
    let written = serde_json::to_string(&parse(WHOLE).unwrap()).unwrap();
    assert_eq!(parse(&written).unwrap(), parse(WHOLE).unwrap(), "what is written reads back");
}

#[test]
fn what_is_wrong_in_form_is_named() {
    use SidecarProblem as P;
    let key = |key: &str| key.to_owned();
    let wrong = |name, expected| P::WrongType { key: key(name), expected };
    for (entries, expected) in [
        ("\"patientid\":\"1\"", P::UnknownKey { key: key("patientid") }),
        ("\"scanner\":{\"make\":\"a\",\"model\":\"b\",\"x\":1}", P::UnknownKey { key: key("scanner.x") }),
        ("\"scanner\":{\"make\":\"a\"}", P::EmptyValue { key: key("scanner.model") }),
        ("\"operator\":\"a\",\n\"operator\":\"b\"", P::DuplicateKey { key: key("operator"), line: 2, column: 10 }),
        ("\"patient_id\":9990001", wrong("patient_id", Expected::Text)),
        ("\"patient_id\":\" \"", P::EmptyValue { key: key("patient_id") }),
        ("\"expected_pages\":\"2\"", wrong("expected_pages", Expected::WholeNumber)),
        ("\"expected_pages\":2.0", wrong("expected_pages", Expected::WholeNumber)),
        ("\"expected_pages\":-1", wrong("expected_pages", Expected::WholeNumber)),
        ("\"expected_pages\":0", P::OutOfRange { key: key("expected_pages"), minimum: 1, maximum: 10_000 }),
        ("\"double_feed\":0", wrong("double_feed", Expected::TrueOrFalse)),
        ("\"scanner\":\"S1\"", wrong("scanner", Expected::Object)),
        ("\"files\":\"a.tif\"", wrong("files", Expected::List)),
        ("\"files\":[1]", wrong("files", Expected::List)),
        ("\"files\":[]", P::EmptyValue { key: key("files") }),
        ("\"files\":[\"a\",\"a\"]", P::RepeatedFile { file: key("a") }),
        ("\"files\":[\"../a\"]", P::NotABareName { file: key("../a") }),
        ("\"files\":[\"C:\\\\a\"]", P::NotABareName { file: key("C:\\a") }),
        ("\"document_type\":\"紹介状\"", P::BadName { key: key("document_type") }),
        ("\"paper\":\"a4\"", P::UnknownPaper { key: key("paper") }),
        ("\"operator\":\"a\\nb\"", P::UnfitCharacter { key: key("operator") }),
        ("\"remarks\":\"a\\u202eb\"", P::UnfitCharacter { key: key("remarks") }),
        ("\"remarks\":[[[[[[[[1]]]]]]]]", P::TooDeep { maximum: 8, line: 1, column: 50 }),
    ] {
        assert_eq!(with(entries), Err(expected), "{entries}");
    }
    let long = format!("\"operator\":\"{}\"", "あ".repeat(65));
    assert_eq!(with(&long), Err(P::TooLong { key: key("operator"), maximum: 64 }));
    assert!(with(&long.replacen('あ', "", 1)).is_ok());
}

#[test]
fn bytes_that_are_no_sidecar_are_refused() {
    use SidecarProblem as P;
    assert_eq!(parse(""), Err(P::NotJson { line: 1, column: 0 }));
    assert_eq!(parse("[]"), Err(P::NotAnObject));
    assert_eq!(parse("{}"), Err(P::MissingFormat));
    assert_eq!(Sidecar::parse(b"{\n \"\x95\x5c\"}"), Err(P::NotUtf8 { line: 2, column: 3 }));
    let largest = usize::try_from(MAXIMUM_BYTES).unwrap();
    let padded = |length: usize| format!("{{\"format\":\"torikomi-sidecar-v1\"}}{}", " ".repeat(length - 32));
    assert!(parse(&padded(largest)).is_ok());
    assert_eq!(parse(&padded(largest + 1)), Err(P::TooLarge { maximum_bytes: MAXIMUM_BYTES }));
}

#[test]
fn a_newer_format_is_told_from_an_unknown_one() {
    for (format, newer) in [
        ("torikomi-sidecar-v2", true),
        ("torikomi-sidecar-v10", true),
        ("torikomi-sidecar-v0", false),
        ("torikomi-sidecar-v01", false),
        ("torikomi-sidecar-v+1", false),
        ("torikomi-sidecar", false),
        ("other", false),
    ] {
        // The keys of a newer format are nobody's mistake.
        let problem = parse(&format!("{{\"patients\":[],\"format\":\"{format}\"}}")).unwrap_err();
        let format = format.to_owned();
        let expected =
            if newer { SidecarProblem::NewerFormat { format } } else { SidecarProblem::UnknownFormat { format } };
        assert_eq!(problem, expected);
    }
}

#[test]
fn dates_that_cannot_be_told_are_problems() {
    for (text, date) in [
        ("26.11.20", DateProblem::TwoDigitYear),
        ("2026-02-30", DateProblem::NoSuchDay),
        ("?", DateProblem::Unreadable),
    ] {
        let sidecar = with(&format!("\"obtained_on\":\"{text}\"")).unwrap();
        let expected = SidecarProblem::BadDate { key: "obtained_on".into(), text: text.into(), date };
        assert_eq!(sidecar.facts(None), Err(expected));
    }
}

#[test]
fn a_time_without_offset_needs_the_stations_word() {
    let tokyo = TimeZone::fixed(tz::offset(9));
    let sidecar = |text: &str| with(&format!("\"scanned_at\":\"{text}\"")).unwrap();
    let local = sidecar("2026-11-20T09:30:00");
    assert!(matches!(local.facts(None), Err(SidecarProblem::NoOffset { .. })));
    let facts = local.facts(Some(&tokyo)).unwrap();
    assert!(facts.zone_assumed);
    assert_eq!(facts.scanned_at.unwrap().to_string(), "2026-11-20T00:30:00.000000Z");
    for text in ["2026-11-20T00:30:00Z", "2026-11-20T09:30:00.0+09:00", "2026-11-19T19:30:00.000000000-05:00"] {
        let facts = sidecar(text).facts(Some(&tokyo)).unwrap();
        assert_eq!(facts.scanned_at.unwrap().to_string(), "2026-11-20T00:30:00.000000Z", "{text}");
        assert!(!facts.zone_assumed);
    }
    for text in [
        "2026-11-20",
        "2026-11-20 09:30:00+09:00",
        "2026-11-20T09:30+09:00",
        "2026-11-20T09:30:00+09",
        "2026-11-20T09:30:00+0900",
        "2026-11-20T09:30:60+09:00",
        "2026-11-20T09:30:00.+09:00",
        "2026-11-20T09:30:00z",
        "2026-11-20T24:00:00+09:00",
        "2026-02-30T09:30:00",
        "2026-11-20T09:30:00+09:00[Asia/Tokyo]",
        "2026-11-20T09:30:00.１",
    ] {
        let problem = sidecar(text).facts(Some(&tokyo));
        assert!(matches!(problem, Err(SidecarProblem::BadInstant { .. })), "{text}: {problem:?}");
    }
}

#[test]
fn an_hour_that_the_clocks_skipped_or_doubled_is_no_instant() {
    let paris = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    for (text, good) in [("2026-03-29T02:30:00", false), ("2026-10-25T02:30:00", false), ("2026-03-29T03:30:00", true)]
    {
        let facts = with(&format!("\"scanned_at\":\"{text}\"")).unwrap().facts(Some(&paris));
        assert_eq!(facts.is_ok(), good, "{text}");
    }
}

/// Regenerate with `TORIKOMI_WRITE_SCHEMAS=1`.
#[test]
fn the_published_schema_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json/sidecar.schema.json");
    let ours = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("TORIKOMI_WRITE_SCHEMAS").is_some() {
        std::fs::write(path, &ours).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), ours);
}

#[test]
fn schema_and_reader_agree() {
    let validator = jsonschema::validator_for(schema().as_value()).unwrap();
    let agree = |text: &str, expected: bool| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(validator.is_valid(&value), expected, "schema: {text}");
        assert_eq!(parse(text).is_ok(), expected, "reader: {text}");
    };
    agree(WHOLE, true);
    agree("{\"format\":\"torikomi-sidecar-v1\",\"patient_id\":null}", true);
    agree("{}", false);
    for entry in [
        "\"patientid\":\"1\"",
        "\"patient_id\":1",
        "\"expected_pages\":0",
        "\"expected_pages\":10001",
        "\"paper\":\"a4\"",
        "\"files\":[]",
        "\"files\":[1]",
        "\"document_type\":\"A\"",
        "\"scanner\":{\"make\":\"a\",\"model\":\"b\",\"x\":1}",
        "\"scanner\":{\"make\":\"a\"}",
        "\"double_feed\":\"no\"",
    ] {
        agree(&format!("{{\"format\":\"torikomi-sidecar-v1\",{entry}}}"), false);
    }
    // Every key that the schema names is one that the reader takes.
    let whole: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    let properties = schema().as_value()["properties"].as_object().unwrap().clone();
    assert!(properties.keys().eq(whole.as_object().unwrap().keys()), "{properties:?}");
}

proptest! {
    #[test]
    fn no_bytes_end_the_process(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Sidecar::parse(&bytes);
    }

    #[test]
    fn a_damaged_sidecar_does_not_either(at in 0..WHOLE.len(), byte: u8, cut in 0..WHOLE.len()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = Sidecar::parse(&bytes).map(|sidecar| sidecar.facts(None));
        let _ = Sidecar::parse(&bytes[..cut]);
    }

    #[test]
    fn no_text_of_a_field_does(text in "\\PC{0,40}", time in "[0-9T:.Z+-]{0,40}") {
        let zone = TimeZone::fixed(tz::offset(9));
        for (key, text) in [("obtained_on", &text), ("scanned_at", &text), ("scanned_at", &time)] {
            let sidecar = serde_json::json!({ "format": "torikomi-sidecar-v1", key: text }).to_string();
            let _ = parse(&sidecar).map(|sidecar| sidecar.facts(Some(&zone)));
        }
    }
}
