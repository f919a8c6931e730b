//! A kill leaves the kernel's memory as it was; a power cut does not. So the order itself is looked at: what a commit
//! promises is on the disk before it, and what a commit replaces goes only after it.

use std::collections::BTreeMap;
use std::path::Path;

use torikomi::ids::Digest;

use crate::account::{filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, Settings};

const CALLS: &str =
    "write,writev,pwrite64,copy_file_range,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat";

#[test]
fn what_a_commit_promises_is_on_the_disk_before_it() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "source_release = \"filed\"\n", ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let trace = format!("trace={CALLS}");
    let daemon =
        hospital.start_under(&["strace", "-D", "-f", "-y", "-s", "5000", "-e", &trace, "-o", log.to_str().unwrap()]);
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "order");
    let (name, content) = sent.first_key_value().unwrap();
    filed(&hospital, name);
    wait_for(&hospital, "the end of the source", || (!hospital.drop().join(name).exists()).then_some(()));
    drop(daemon);
    let calls = calls(&std::fs::read_to_string(&log).unwrap());

    // The commits, told by what they write into the table: station and state stand side by side in a row.
    let taken = commit(&calls, "front-desktaken");
    let filed = commit(&calls, "front-deskfiled");
    assert!(taken.1 < filed.0);

    let custody = hospital.custody();
    let copy = copied(&calls, &custody);
    for member in &copy.members {
        on_disk_before(&calls, member, taken.0);
    }
    on_disk_before(&calls, &copy.draft, copy.placed.0);
    let entered = ended(&calls, |call| call.syncs(&custody) && call.begins > copy.placed.1);
    assert!(entered < taken.0, "its name in custody is not on the disk when the ledger says that it was taken");

    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let original = hex(content);
    let shard = objects.join(&original[..2]);
    let linked = calls
        .iter()
        .find(|call| {
            call.name == "linkat" && call.text.contains(&format!("{original}\"")) && call.text.ends_with("= 0")
        })
        .unwrap();
    let bytes = ended(&calls, |call| call.is_sync() && call.text.contains(&format!("{original}#")));
    assert!(bytes < linked.begins, "the object has its name before its bytes are on the disk");
    let named = ended(&calls, |call| call.syncs(&shard) && call.begins > linked.ends);
    assert!(named < filed.0, "the object's name is not on the disk when the ledger says that it was filed");

    let source = hospital.drop();
    let gone = calls.iter().filter(|call| call.removes() && call.text.contains(&*source.to_string_lossy()));
    let first =
        gone.filter(|call| call.text.contains(name) || call.text.contains("content-001")).map(|call| call.begins).min();
    assert!(first.unwrap() > filed.1, "the delivered file goes before the record of it is on the disk");
    let gone = calls.iter().filter(|call| call.removes() && call.begins > copy.placed.1);
    let gone = gone.filter(|call| call.text.contains(&copy.placed_name)).map(|call| call.begins).min();
    assert!(gone.unwrap() > filed.1, "the copy in custody goes before the record of it is on the disk");
}

/// One call of the daemon, with the places in the log at which it began and ended.
struct Call {
    begins: usize,
    ends: usize,
    process: String,
    name: String,
    text: String,
}

impl Call {
    fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync")
    }

    fn syncs(&self, path: &Path) -> bool {
        self.is_sync() && self.text.contains(&format!("<{}>", path.display()))
    }

    fn writes(&self, path: &str) -> bool {
        matches!(self.name.as_str(), "write" | "writev" | "pwrite64" | "copy_file_range")
            && self.text.contains(&format!("<{path}>"))
    }

    /// Takes away a name, or moves it to where it will be taken away.
    fn removes(&self) -> bool {
        self.name.starts_with("unlink") || self.name.starts_with("rename")
    }
}

fn calls(log: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: BTreeMap<String, usize> = BTreeMap::new();
    for (place, line) in log.lines().enumerate() {
        let Some((process, said)) = line.split_once(' ') else { continue };
        let said = said.trim_start();
        if let Some(rest) = said.strip_prefix("<... ") {
            let Some(call) = unfinished.remove(process).and_then(|at| calls.get_mut(at)) else { continue };
            call.ends = place;
            call.text.push_str(rest.split_once("resumed>").unwrap().1);
        } else if let Some((name, text)) = said.split_once('(') {
            let text = match text.strip_suffix("<unfinished ...>") {
                Some(text) => {
                    unfinished.insert(process.to_owned(), calls.len());
                    text
                }
                None => text,
            };
            let (process, name, text) = (process.to_owned(), name.to_owned(), text.trim_end().to_owned());
            calls.push(Call { begins: place, ends: place, process, name, text });
        }
    }
    calls
}

/// Where the first commit that writes `row` begins to write, and where it is on the disk.
fn commit(calls: &[Call], row: &str) -> (usize, usize) {
    let log = |call: &&Call| call.text.contains("torikomi.db-wal>");
    let written = calls.iter().filter(log).find(|call| call.text.contains(row)).unwrap();
    let synced = calls
        .iter()
        .filter(log)
        .find(|call| call.is_sync() && call.process == written.process && call.begins > written.ends)
        .unwrap();
    (written.begins, synced.ends)
}

struct Copied {
    draft: std::path::PathBuf,
    members: Vec<String>,
    placed: (usize, usize),
    placed_name: String,
}

/// The delivery's copy: a folder that is filled under another name and placed whole.
fn copied(calls: &[Call], custody: &Path) -> Copied {
    let place = format!("<{}>, \"", custody.display());
    let placed = calls.iter().find(|call| call.name == "renameat2" && call.text.contains(&place)).unwrap();
    let names: Vec<&str> = placed.text.split('"').collect();
    let draft = custody.join(names[1]);
    let inside = format!("<{}/", draft.display());
    let mut members: Vec<String> = calls
        .iter()
        .filter(|call| call.is_sync())
        .filter_map(|call| Some(format!("{}/{}", draft.display(), call.text.split_once(&inside)?.1.split_once('>')?.0)))
        .collect();
    members.sort();
    members.dedup();
    assert_eq!(members.len(), 3, "the scan, its sidecar and what describes them: {members:?}");
    Copied { draft, members, placed: (placed.begins, placed.ends), placed_name: names[3].to_owned() }
}

/// Demands that `path` was written, and synced after the last write, before `moment`.
fn on_disk_before(calls: &[Call], path: impl AsRef<Path>, moment: usize) {
    let path = path.as_ref();
    let written = calls.iter().filter(|call| call.writes(&path.to_string_lossy())).map(|call| call.ends).max();
    let synced = ended(calls, |call| call.syncs(path) && call.begins > written.unwrap_or(0));
    assert!(synced < moment, "{} is not on the disk in time", path.display());
}

fn ended(calls: &[Call], which: impl Fn(&Call) -> bool) -> usize {
    calls.iter().find(|call| which(call)).map(|call| call.ends).expect("it was never synced")
}

fn hex(digest: &Digest) -> String {
    digest.to_string().trim_start_matches("sha256:").to_owned()
}
