//! What a start refuses it has only read: no server is tried out, and no schema brought up to date, for a database that is not
//! the right one.

use std::fs;

use torikomi::config::ObjectsTemplate;

use crate::claims::{refused_with, stop, up};
use crate::hospital::{Foundation, Hospital};
use crate::put_back::{backup, put_back};
use crate::s3::S3;

#[test]
fn nothing_is_tried_out_before_the_database_is_known_to_be_the_right_one() {
    let (s3, folder) = (S3::start(), tempfile::tempdir().unwrap());
    let objects = ObjectsTemplate {
        url: s3.url("hospital-a").parse().unwrap(),
        region: None,
        credentials_file: S3::key_file(folder.path()),
        tls_roots: None,
        retention_days: Some(3650),
    };
    let mut hospital = Hospital::founded(&Foundation { objects: Some(objects), ..Foundation::default() });
    let root = hospital.root();
    let database = hospital.home.layout().database(&hospital.config);
    let older = backup(&hospital, &folder.path().join("older.db"));
    stop(up(&root));
    let trials =
        || -> Vec<String> { s3.store().keys().into_iter().filter(|key| key.contains(".torikomi-probe")).collect() };
    // What was locked stays, and shows that the start that went well has tried the server out.
    assert!(!trials().is_empty());
    for trial in trials() {
        s3.store().take_away(&trial);
    }
    let newer = backup(&hospital, &folder.path().join("newer.db"));

    put_back(&mut hospital, &older);
    refused_with(&root, "an older database was put back");
    assert_eq!(trials(), [""; 0], "a start that was refused has written to the server");
    // One that was cut to nothing gets no tables either.
    put_back(&mut hospital, &older);
    fs::write(&database, b"").unwrap();
    refused_with(&root, "was never finished");
    assert_eq!((fs::metadata(&database).unwrap().len(), trials().len()), (0, 0));
    put_back(&mut hospital, &newer);
    stop(up(&root));
}
