//! Our container before other programs.

use std::fs::File;
use std::io::Cursor;

use torikomi::crypto::make::Suite;
use torikomi::evidence::container::{Entry, EntryName, Reader, write};

use crate::parts::Parts;

#[test]
fn unzip_and_python_read_it() {
    let parts = Parts::new(Suite::Ed25519);
    let manifest = parts.manifest();
    let signature = parts.stamp(&parts.sign(&manifest));
    let page: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let contents: [(&str, &[u8]); 5] = [
        ("original-001.tif", &page),
        ("record.json", b"{}"),
        ("profile.toml", b""),
        ("META-INF/ASiCManifest001.xml", &manifest),
        ("META-INF/signature001.p7s", &signature),
    ];
    let make = || {
        let mut contents = contents;
        let entries = contents.iter_mut().map(|(name, content)| Entry::of(name.parse().unwrap(), content)).collect();
        let mut bytes = Vec::new();
        write(entries, &mut bytes).unwrap();
        bytes
    };
    let bytes = make();
    assert_eq!(bytes, make(), "the same container whenever it is written");
    parts.write("record.asice", &bytes);
    assert!(parts.succeed("unzip -t record.asice").contains("No errors detected"));
    let listed = parts.succeed("unzip -Z1 record.asice");
    assert_eq!(listed.lines().next(), Some("mimetype"));
    assert_eq!(listed.lines().count(), 6);
    parts.write(
        "read.py",
        b"import zipfile, hashlib\n\
          z = zipfile.ZipFile('record.asice')\n\
          assert z.testzip() is None\n\
          for i in z.infolist():\n\
          \x20   assert i.compress_type == zipfile.ZIP_STORED and not i.extra and i.date_time == (1980, 1, 1, 0, 0, 0)\n\
          \x20   print(i.filename, hashlib.sha256(z.read(i)).hexdigest())\n",
    );
    let read = parts.succeed("python3 read.py");
    for (name, content) in contents {
        let expected = format!("{name} {}\n", torikomi::ids::Digest::of(content).hex());
        assert!(read.contains(&expected), "{expected}{read}");
    }

    let mut reader = Reader::open(File::open(parts.path("record.asice")).unwrap()).unwrap();
    assert_eq!(reader.bytes(&EntryName::Manifest, 1 << 20).unwrap(), manifest);
    assert_eq!(reader.bytes(&EntryName::Signature, 1 << 20).unwrap(), signature);
}

#[test]
fn what_other_programs_write_is_not_ours() {
    let parts = Parts::new(Suite::Ed25519);
    parts.write(
        "make.py",
        b"import zipfile\n\
          z = zipfile.ZipFile('other.asice', 'w')\n\
          z.writestr('mimetype', 'application/vnd.etsi.asic-e+zip')\n\
          z.writestr('record.json', '{}')\n",
    );
    parts.succeed("python3 make.py");
    assert!(Reader::open(Cursor::new(parts.read("other.asice"))).is_err());
}
