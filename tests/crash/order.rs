//! A kill leaves the kernel's memory as it was; a power cut does not. So the order itself is looked at: what a commit
//! promises is on the disk before it, and what a commit replaces goes only after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use torikomi::ids::Digest;
use torikomi::store::records;

use crate::account::{self, filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, Settings};

const CALLS: &str = "write,writev,pwrite64,copy_file_range,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat";

#[test]
fn what_a_commit_promises_is_on_the_disk_before_it() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "source_release = \"filed\"\n", ..Settings::default() });
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    // Profile and calendar may have been kept when the home was founded.
    let kept_before = all_names(&objects);
    let shards_before = account::names(&objects);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let trace = format!("trace={CALLS}");
    let daemon =
        hospital.start_under(&["strace", "-D", "-f", "-y", "-s", "5000", "-e", &trace, "-o", log.to_str().unwrap()]);
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "order");
    let (name, content) = sent.first_key_value().unwrap();
    let record = filed(&hospital, name);
    wait_for(&hospital, "the end of the source", || (!hospital.drop().join(name).exists()).then_some(()));
    drop(daemon);
    let calls = calls(&std::fs::read_to_string(&log).unwrap());

    // The commits, told by what they write into the table: station and state stand side by side in a row.
    let taken = commit(&calls, "front-desktaken");
    let filed = commit(&calls, "front-deskfiled");
    assert!(taken.1 < filed.0);

    let custody = hospital.custody();
    let copy = copied(&calls, &custody);
    let members = copy.members.iter().map(|member| on_disk_before(&calls, member, copy.placed.0)).max().unwrap();
    let listed = ended(&calls, |call| call.syncs(&copy.draft) && call.begins > members);
    assert!(listed < copy.placed.0, "the names in the copy are not on the disk when it is placed");
    let entered = ended(&calls, |call| call.syncs(&custody) && call.begins > copy.placed.1);
    assert!(entered < taken.0, "its name in custody is not on the disk when the ledger says that it was taken");

    let members = hospital.database.read(async |tx| records::members(tx, record.id, false).await).unwrap();
    let object = |name: &str| members.iter().find(|member| member.name == name).unwrap().object;
    assert_eq!(object("original-001.jpg"), *content);
    let new = ["original-001.jpg", "record.json", "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"];
    assert!(new.iter().all(|name| !kept_before.contains(&hex(&object(name)))), "{kept_before:?}");
    let mut new_shards = 0;
    for member in &members {
        let (name, object) = (&member.name, hex(&member.object));
        if kept_before.contains(&object) {
            continue;
        }
        let shard = objects.join(&object[..2]);
        let linked = calls
            .iter()
            .find(|call| {
                call.name == "linkat" && call.text.contains(&format!("{object}\"")) && call.text.ends_with("= 0")
            })
            .unwrap_or_else(|| panic!("{name} was never given its name"));
        // Under another name until its bytes are on the disk.
        let staged = linked.text.split('"').nth(1).unwrap();
        on_disk_before(&calls, staged, linked.begins);
        let named = ended(&calls, |call| call.syncs(&shard) && call.begins > linked.ends);
        assert!(named < filed.0, "the name of {name} is not on the disk when the ledger says that it was filed");
        if shards_before.contains(&object[..2].to_owned()) {
            continue;
        }
        let mkdir = |call: &&Call| call.name.starts_with("mkdir") && call.text.contains(&*shard.to_string_lossy());
        let made = calls.iter().filter(mkdir).find(|call| call.text.ends_with("= 0")).expect("its folder was made");
        let listed = ended(&calls, |call| call.syncs(&objects) && call.begins > made.ends);
        assert!(listed < filed.0, "the folder of {name} is not on the disk when the ledger says that it was filed");
        new_shards += 1;
    }
    assert!(new_shards > 0, "no object went into a new folder");

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

/// Demands that `path` was written before `moment`, and synced between the last such write and it; answers where it was
/// synced. Another file may come to bear the name later.
fn on_disk_before(calls: &[Call], path: &str, moment: usize) -> usize {
    let before = calls.iter().filter(|call| call.writes(path) && call.begins < moment);
    let written = before.map(|call| call.ends).max();
    let written = written.unwrap_or_else(|| panic!("{path} was never written"));
    let synced = ended(calls, |call| call.syncs(Path::new(path)) && call.begins > written);
    assert!(synced < moment, "{path} is not on the disk in time");
    synced
}

fn ended(calls: &[Call], which: impl Fn(&Call) -> bool) -> usize {
    calls.iter().find(|call| which(call)).map(|call| call.ends).expect("it was never synced")
}

/// The names of all files in the folders below.
fn all_names(folder: &Path) -> BTreeSet<String> {
    let shards = std::fs::read_dir(folder).into_iter().flatten().map(|shard| shard.unwrap().path());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard).into_iter().flatten());
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

fn hex(digest: &Digest) -> String {
    digest.to_string().trim_start_matches("sha256:").to_owned()
}
