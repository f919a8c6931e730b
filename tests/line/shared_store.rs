//! Two copies of one home whose settings name one store and one custody outside it: only one of them works there.

use std::path::Path;
use std::process::Command;

use crate::claims::{refused, stop, up};
use crate::hospital::{Hospital, Settings};
use crate::program::torikomi;

#[test]
fn a_copy_of_a_home_is_kept_out_of_the_store_and_custody_that_both_name() {
    for shared in ["store", "custody"] {
        let mut hospital = Hospital::found();
        let place = tempfile::tempdir().unwrap();
        let (home, copy) = (hospital.root(), place.path().join("copy"));
        run(Command::new("mv").arg(home.join(shared)).arg(place.path()));
        let outside = place.path().join(shared).display().to_string();
        let settings = std::fs::read_to_string(hospital.home.layout().settings()).unwrap();
        let key = if shared == "store" { "path" } else { "custody" };
        assert!(!settings.contains(&format!("\n{key} = \"{shared}\"")), "{settings}");
        hospital.configure(&Settings { store: format!("{key} = \"{outside}\"\n"), ..Settings::default() });

        let first = up(&home);
        cp(&home, &copy);
        refused(&copy, &format!("works with {outside} just now"));
        let ran = torikomi(Some(&copy), &["store", "check", "--rebuild", "--lang", "en"]);
        assert!(ran.status == 3 && ran.err.contains(&outside), "{} {}", ran.status, ran.err);
        stop(first);
        // Now nobody could say that it is not the same; from here on the two differ.
        std::fs::remove_dir_all(&copy).unwrap();
        cp(&home, &copy);
        stop(up(&copy));
        refused(&home, "another copy of this home has worked");
        stop(up(&copy));
        // By a person's word this is the right one.
        std::fs::remove_file(place.path().join(shared).join(".torikomi-claim")).unwrap();
        stop(up(&home));
        refused(&copy, "another copy of this home has worked");
    }
}

fn cp(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-a").arg(from).arg(to));
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
