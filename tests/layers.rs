//! Keeps the map in `src/lib.rs` true: a module names only what stands above it, and a few pairs never meet.
//!
//! Reads the sources as text. What is compiled for tests only may name anything.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Pairs that never meet, whatever the order in `lib.rs` allows.
const NEVER: &[(&str, &str, &str)] = &[
    ("verification", "crypto::make", "what proves a record must not share code with what made it"),
    ("verification", "signing", "what proves a record must not share code with what made it"),
    ("verification", "filing", "what proves a record must not share code with what made it"),
    ("verification", "journal::append", WRITER),
    ("verification", "journal::files", WRITER),
    ("verification", "journal::anchor", WRITER),
    ("verification", "journal::stamping", WRITER),
    ("verification", "people::change", WRITER),
    ("verification", "people::enrolment", WRITER),
    ("verification", "people::certificates::insert", WRITER),
    ("verification", "people::certificates::revoke", WRITER),
    ("verification", "people::certificates::Signer", "what verifies has nobody's key"),
    ("crypto::check", "crypto::make", "what checks evidence only decodes"),
    ("crypto::make", "crypto::check", "what makes evidence only encodes"),
];

const WRITER: &str = "what verifies reads, and writes nothing";

/// Methods that a module never calls: a transaction that writes, and the objects' own.
const NEVER_CALLED: &[(&str, &[&str], &str)] = &[("verification", &["write", "put", "put_stream"], WRITER)];

/// Words do no input or output.
const NOT_FOR_WORDS: &[&str] =
    &["std::fs", "std::net", "std::process", "std::env", "tokio", "sqlx", "rustix", "ureq", "object_store", "notify"];

#[test]
fn every_module_names_only_what_stands_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = Map::parse(&fs::read_to_string(root.join("lib.rs")).unwrap());
    assert!(map.modules.len() > 20, "lib.rs was not understood: {:?}", map.modules);

    let mut files = Vec::new();
    collect(&root, &mut files);
    let sources: Vec<Source> = files.iter().map(|file| Source::read(&root, file)).collect();
    let for_tests: BTreeSet<Vec<String>> = sources.iter().flat_map(Source::test_modules).collect();

    let mut complaints = Vec::new();
    for source in &sources {
        let is_test = (1..=source.module.len()).any(|depth| for_tests.contains(&source.module[..depth]));
        if !source.module.is_empty() && !is_test {
            complaints.extend(map.complaints(source));
        }
    }
    assert!(complaints.is_empty(), "the layer rule (ARCHITECTURE.md) is broken:\n{}", complaints.join("\n"));
}

/// The sections of `lib.rs`, told by the first word of their comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Words,
    Instruments,
    Stages,
    Doors,
}

/// The modules in the order in which `lib.rs` lists them.
struct Map {
    modules: Vec<(String, Layer)>,
}

impl Map {
    fn parse(lib: &str) -> Self {
        let mut layer = None;
        let mut modules = Vec::new();
        for line in lib.lines() {
            if let Some(title) = line.strip_prefix("// -- ") {
                layer = match title.split([':', ' ']).next() {
                    Some("words") => Some(Layer::Words),
                    Some("instruments") => Some(Layer::Instruments),
                    Some("stages") => Some(Layer::Stages),
                    Some("order") => Some(Layer::Doors),
                    _ => panic!("lib.rs has a section that this test does not know: {title}"),
                };
            } else if let Some(name) = line.trim_start_matches("pub ").strip_prefix("mod ") {
                let name = name.trim_end_matches(';').to_owned();
                modules.push((name, layer.unwrap_or_else(|| panic!("{line} stands before the first section"))));
            }
        }
        Self { modules }
    }

    fn place(&self, module: &str) -> Option<(usize, Layer)> {
        let place = self.modules.iter().position(|(name, _)| name == module)?;
        Some((place, self.modules[place].1))
    }

    fn complaints(&self, source: &Source) -> Vec<String> {
        let own = source.module.join("::");
        let mut found = Vec::new();
        for Named { line, path } in source.names() {
            let objection = source.resolve(&path).and_then(|path| Some((self.objection(&source.module, &path)?, path)));
            if let Some((reason, path)) = objection {
                found.push(format!("{}:{line}: {own} names {}: {reason}", source.file.display(), path.join("::")));
            }
        }
        let never: Vec<_> = NEVER_CALLED.iter().filter(|(subject, ..)| within(&source.module, subject)).collect();
        for Token { line, text } in source.called() {
            if let Some((.., reason)) = never.iter().find(|(_, methods, _)| methods.contains(&text.as_str())) {
                found.push(format!("{}:{line}: {own} calls {text}: {reason}", source.file.display()));
            }
        }
        if self.place(&source.module[0]).is_none() {
            found.push(format!("{}: {own} is not in lib.rs", source.file.display()));
        }
        found
    }

    /// Why `from` must not name `path`.
    fn objection(&self, from: &[String], path: &[String]) -> Option<String> {
        let (own_place, own_layer) = self.place(&from[0])?;
        if own_layer == Layer::Words && NOT_FOR_WORDS.iter().any(|foreign| within(path, foreign)) {
            return Some("words do no input or output".to_owned());
        }
        // What does not begin at the root is of another crate or of this module.
        let (_, path) = path.split_first().filter(|(first, rest)| *first == "crate" && !rest.is_empty())?;
        if let Some((_, _, reason)) =
            NEVER.iter().find(|(subject, object, _)| within(from, subject) && within(path, object))
        {
            return Some((*reason).to_owned());
        }
        // What is not in the map is a macro.
        let (place, layer) = self.place(&path[0])?;
        if path[0] == from[0] {
            return None;
        }
        if within(from, "inspection::checks") && layer != Layer::Words {
            return Some("a check names words only, so that a line of data can test it".to_owned());
        }
        if place > own_place {
            return Some("it stands below in lib.rs".to_owned());
        }
        if own_layer == Layer::Stages && layer == Layer::Stages && place + 1 != own_place {
            return Some("of the stages, a stage names only the one before".to_owned());
        }
        None
    }
}

/// Whether a path begins with these words.
fn within(path: &[String], prefix: &str) -> bool {
    let prefix: Vec<&str> = prefix.split("::").collect();
    path.len() >= prefix.len() && path.iter().zip(&prefix).all(|(a, b)| a == b)
}

/// One source file, without comments, literals and what is for tests only; lines kept.
struct Source {
    file: PathBuf,
    /// `src/crypto/check/path.rs` is `[crypto, check, path]`; `lib.rs` and `main.rs` are the empty list.
    module: Vec<String>,
    tokens: Vec<Token>,
    /// Modules in files of their own that only tests have.
    test_modules: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

/// A path as it stands in a source.
struct Named {
    line: usize,
    path: Vec<String>,
}

impl Source {
    fn read(root: &Path, file: &Path) -> Self {
        let relative = file.strip_prefix(root).unwrap();
        Self::parse(relative, &fs::read_to_string(file).unwrap())
    }

    fn parse(file: &Path, text: &str) -> Self {
        let module: Vec<String> =
            file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        let module = if module == ["lib"] || module == ["main"] { Vec::new() } else { module };
        let (tokens, test_modules) = without_tests(tokens(text));
        Self { file: Path::new("src").join(file), module, tokens, test_modules }
    }

    fn test_modules(&self) -> impl Iterator<Item = Vec<String>> {
        self.test_modules.iter().map(|name| [self.module.as_slice(), std::slice::from_ref(name)].concat())
    }

    /// Every path that this file writes out from the crate, from a parent module or from another crate.
    fn names(&self) -> Vec<Named> {
        let mut named = Vec::new();
        for (place, token) in self.tokens.iter().enumerate() {
            let follows_path = place > 0 && self.tokens[place - 1].text == "::";
            if follows_path || !is_word(&token.text) || self.text(place + 1) != Some("::") {
                continue;
            }
            self.path(place, Vec::new(), &mut named);
        }
        named
    }

    /// Every method that this file calls.
    fn called(&self) -> impl Iterator<Item = &Token> {
        let calls = self.tokens.windows(3).filter(|token| {
            token[0].text == "." && is_word(&token[1].text) && matches!(token[2].text.as_str(), "(" | "::")
        });
        calls.map(|token| &token[1])
    }

    /// Reads `a::b::{c, d::e as f}` from `place` on, one entry a leaf; answers with the place after it.
    fn path(&self, mut place: usize, mut before: Vec<String>, into: &mut Vec<Named>) -> usize {
        let mut line = 0;
        while let Some(token) = self.tokens.get(place) {
            if token.text == "{" {
                place += 1;
                while self.text(place).is_some_and(|text| text != "}") {
                    place = self.path(place, before.clone(), into);
                    // `as f`, the comma, and whatever else ends an entry.
                    while self.text(place).is_some_and(|text| text != "}" && text != ",") {
                        place += 1;
                    }
                    place += usize::from(self.text(place) == Some(","));
                }
                return place + 1;
            }
            if !is_word(&token.text) {
                break;
            }
            line = token.line;
            before.push(token.text.clone());
            place += 1;
            if self.text(place) != Some("::") {
                break;
            }
            place += 1;
        }
        into.push(Named { line, path: before });
        place
    }

    /// The path from the crate's root, `crate` first; a path that does not go there stays as it is.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        if ups == 0 {
            return Some(path.to_vec());
        }
        let above = self.module.get(..self.module.len().checked_sub(ups)?)?;
        Some([&["crate".to_owned()], above, path.get(ups..)?].concat())
    }

    fn text(&self, place: usize) -> Option<&str> {
        self.tokens.get(place).map(|token| token.text.as_str())
    }
}

/// Words, `::` and single signs. Comments and the insides of literals are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (length, token) = if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = rest.find('"').unwrap() + 1;
            (rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()), None)
        } else if word > 0 {
            (word, Some(&rest[..word]))
        } else if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |at| at + 2), None)
        } else if first == '"' {
            (quoted(rest, '"'), None)
        } else if first == '\'' && is_character(rest) {
            (quoted(rest, '\''), None)
        } else if rest.starts_with("::") {
            (2, Some("::"))
        } else {
            (first.len_utf8(), (!first.is_whitespace()).then_some(&rest[..first.len_utf8()]))
        };
        tokens.extend(token.map(|text| Token { line, text: text.to_owned() }));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// How many `#` a raw string that begins here has.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// A character literal, as against a lifetime.
fn is_character(rest: &str) -> bool {
    let mut after = rest.chars().skip(1);
    after.next().is_some_and(|c| c == '\\' || after.next() == Some('\''))
}

/// The length of a literal in quotes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Takes out each item marked `#[cfg(test)]`; names those that are modules in files of their own.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, Vec<String>) {
    let mut kept = Vec::new();
    let mut modules = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
        if rest.len() > mark.len() && rest.iter().zip(mark).all(|(token, text)| token.text == text) {
            let item = &rest[mark.len()..];
            let length = item_length(item);
            let name = item[..length].iter().skip_while(|token| token.text != "mod").nth(1);
            if item[..length].last().is_some_and(|token| token.text == ";") {
                modules.extend(name.map(|token| token.text.clone()));
            }
            rest = &item[length..];
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    (kept, modules)
}

/// Up to the first `;` outside of brackets, or the end of the first braces.
fn item_length(item: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (place, token) in item.iter().enumerate() {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        // `use a::{b, c};` closes braces too, but goes on to its semicolon.
        let ends = token.text == ";" || token.text == "}" && item[0].text != "use";
        if depth == 0 && ends {
            return place + 1;
        }
    }
    item.len()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    into.sort();
}

// The scanner itself, on small sources.

const LIB: &str = "\
// -- words: plain data --
pub mod ids;
pub mod profile;
// -- instruments: one outside thing each --
pub mod crypto;
pub mod store;
// -- stages: one step each --
pub mod inspection;
pub mod review;
pub mod signing;
pub mod filing;
pub mod verification;
// -- order and doors --
pub mod pipeline;
pub mod cli;
";

#[track_caller]
fn check(file: &str, text: &str, expected: &[&str]) {
    let complaints = Map::parse(LIB).complaints(&Source::parse(Path::new(file), text));
    assert_eq!(complaints.len(), expected.len(), "{complaints:#?}");
    for (complaint, expected) in complaints.iter().zip(expected) {
        assert!(complaint.starts_with(expected), "{complaint}");
    }
}

#[test]
fn what_stands_above_may_be_named() {
    check("signing.rs", "use crate::crypto::make;\nuse crate::review::{Accepted, Decision};\nuse crate::ids::*;", &[]);
    check("cli/verify.rs", "fn run() { crate::verification::verify(&crate::store::open()) }", &[]);
    check("crypto/make/cms.rs", "use super::super::oid; use crate::{ids::Digest, profile::Profile};", &[]);
    // A module of its own that is called like one of the map.
    check("crypto/make.rs", "mod store; pub use store::Token;", &[]);
}

#[test]
fn a_violation_is_named_with_its_line() {
    check(
        "crypto.rs",
        "//! Purpose.\n\nuse crate::store::Store;",
        &["src/crypto.rs:3: crypto names crate::store::Store: "],
    );
    check(
        "store/records.rs",
        "use crate::{\n    ids::Digest,\n    signing::{Signed, Attempt as A},\n};\n",
        &["src/store/records.rs:3: store::records names crate::signing::Signed: ", "src/store/records.rs:3: "],
    );
    check(
        "profile.rs",
        "fn f() -> super::store::Store { todo() }",
        &["src/profile.rs:1: profile names crate::store::Store"],
    );
    check("nowhere.rs", "", &["src/nowhere.rs: nowhere is not in lib.rs"]);
}

#[test]
fn a_stage_names_only_the_stage_before() {
    check("filing.rs", "use crate::signing::Signed;", &[]);
    check(
        "filing.rs",
        "use crate::review::Accepted;",
        &["src/filing.rs:1: filing names crate::review::Accepted: of the stages"],
    );
}

#[test]
fn a_check_names_words_only() {
    check(
        "inspection/checks/blank.rs",
        "use crate::profile::Profile; use super::Outcome; use crate::inspection::Page;",
        &[],
    );
    check("inspection/checks/blank.rs", "use crate::crypto::X;", &["src/inspection/checks/blank.rs:1: "]);
    check("inspection/effective.rs", "use crate::crypto::X;", &[]);
}

#[test]
fn makers_and_checkers_never_meet() {
    check("verification/signer.rs", "use crate::crypto::{check, make};", &["src/verification/signer.rs:1: "]);
    check("verification.rs", "use crate::crypto::check::Cms;", &[]);
    check(
        "verification.rs",
        "fn f(_: crate::filing::Filed) {}",
        &["src/verification.rs:1: verification names crate::filing::Filed: "],
    );
    check(
        "crypto/check.rs",
        "use super::make::der;",
        &["src/crypto/check.rs:1: crypto::check names crate::crypto::make::der: "],
    );
    check("crypto/make/cms.rs", "use super::super::check;", &["src/crypto/make/cms.rs:1: "]);
}

#[test]
fn what_verifies_writes_nothing() {
    for writer in ["journal::append::Journal", "journal::files::Files", "people::enrolment", "people::change::Change"] {
        let expected = format!("src/verification/journal.rs:1: verification::journal names crate::{writer}: ");
        check("verification/journal.rs", &format!("use crate::{writer};"), &[&expected]);
    }
    check(
        "verification/at_home.rs",
        "fn f() {\n  self.database.write::<_, Error, _>(job);\n  objects.put(bytes) }",
        &[
            "src/verification/at_home.rs:2: verification::at_home calls write: ",
            "src/verification/at_home.rs:3: verification::at_home calls put: ",
        ],
    );
    check("verification.rs", "use crate::journal::read; fn f() { database.read(query); index.insert(1) }", &[]);
    check("filing.rs", "fn f() { self.database.write(job) }", &[]);
}

#[test]
fn words_do_no_input_or_output() {
    check(
        "profile/file.rs",
        "use std::{fmt, fs};",
        &["src/profile/file.rs:1: profile::file names std::fs: words do no"],
    );
    check("store.rs", "use std::fs;", &[]);
}

#[test]
fn comments_literals_and_tests_do_not_count() {
    let text = r##"
        // use crate::cli::Args;
        /* crate::cli */
        const A: &str = "crate::cli::Args"; const B: &str = r#"crate::cli "quoted" "#; const C: char = '"';
        fn f<'a>(x: &'a str) {}
        #[cfg(test)]
        use crate::{cli::Args, pipeline};
        #[cfg(test)]
        mod tests { use crate::cli::Args; fn g() { crate::cli::run(); } }
        #[cfg(test)]
        mod more_tests;
    "##;
    check("store.rs", text, &[]);
    let modules: Vec<_> = Source::parse(Path::new("store.rs"), text).test_modules().collect();
    assert_eq!(modules, [["store", "more_tests"]]);
    // What follows a test module counts again.
    check("store.rs", "#[cfg(test)]\nmod tests {}\nuse crate::cli::Args;", &["src/store.rs:3: "]);
}
