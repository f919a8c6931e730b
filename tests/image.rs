//! The worker from outside: real files made by other people's programs, and files made to hurt.
//!
//! Needs `tiffcp`, `tiff2pdf`, `scanimage`, `convert`, `qpdf` and `pdfimages`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what does not hold here fails the test"
)]

#[path = "image/files.rs"]
mod files;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use torikomi::ids::Digest;
use torikomi::image::{Limits, Sandbox, WorkerError, Workers, unmeasured};
use torikomi::measurements::{
    ColourModel, Completeness, Compression, Decoded, DpiSource, Fault, Format, Limit, LineDirection, Measurements,
    MissingPart, PageKind, PdfEncryption, Skew, Tone,
};

fn workers() -> Workers {
    Workers::new(env!("CARGO_BIN_EXE_torikomi").into(), Limits::default(), Sandbox::Required)
}

fn measure_with(workers: &Workers, bytes: &[u8]) -> Result<Measurements, WorkerError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    // Read-only, as custody hands it out.
    workers.measure(&File::open(file.path()).unwrap(), &Digest::of(bytes))
}

fn measured(bytes: &[u8]) -> Measurements {
    measure_with(&workers(), bytes).unwrap()
}

fn fault(workers: &Workers, bytes: &[u8]) -> Fault {
    match measure_with(workers, bytes) {
        Err(WorkerError::Fault { fault }) => fault,
        other => panic!("{other:?}"),
    }
}

fn whole(measurements: &Measurements) -> bool {
    measurements.completeness == Completeness::Complete
        && !measurements.pages.is_empty()
        && measurements.pages.iter().all(|page| page.decoded == Decoded::Whole)
}

/// A folder to make files in with other programs.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a program here; its words are split at blanks.
    fn run(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let program = words.next().unwrap();
        let output = Command::new(program)
            .args(words)
            .current_dir(self.0.path())
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A scanned page, written straight to a file.
    fn scan(&self, options: &str, name: &str) -> Vec<u8> {
        self.run(&format!("scanimage -d test --resolution 100 -x 60 -y 80 {options} -o {name}"));
        self.read(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn tone(&self, name: &str) -> Tone {
        let measurements = measured(&self.read(name));
        assert!(whole(&measurements), "{name}: {measurements:?}");
        measurements.pages[0].tone.unwrap()
    }
}

#[test]
fn scans_are_measured_as_the_scanner_made_them() {
    let desk = Desk::new();
    for (format, expected, source) in [
        ("tiff", Format::Tiff, DpiSource::TiffTags),
        ("png", Format::Png, DpiSource::PngPhys),
        ("jpeg", Format::Jpeg, DpiSource::JfifDensity),
    ] {
        for (mode, model) in [("Color", ColourModel::Colour), ("Gray", ColourModel::Grey)] {
            let name = format!("{mode}.{format}");
            let measurements =
                measured(&desk.scan(&format!("--format={format} --mode {mode} --test-picture Grid"), &name));
            assert!(whole(&measurements), "{name}: {measurements:?}");
            assert_eq!((measurements.format, measurements.trailing_bytes), (expected, 0), "{name}");
            let page = &measurements.pages[0];
            assert_eq!((page.colour, page.bits_per_sample), (model, 8), "{name}");
            // 60 × 80 mm at 100 dpi.
            assert_eq!((page.width_px, page.height_px), (236, 314), "{name}");
            let dpi = page.declared_dpi.unwrap();
            assert!(dpi.x_milli.abs_diff(100_000) < 50, "{name}: {dpi:?}");
            assert_eq!(dpi.found_in, source, "{name}");
            if format == "jpeg" {
                assert_eq!(page.jpeg.unwrap().nearest_quality, 75, "{name}");
            }
        }
    }
    let line_art = measured(&desk.scan("--format=tiff --mode Gray --depth 1 --test-picture Grid", "bits.tif"));
    assert_eq!((line_art.pages[0].colour, line_art.pages[0].bits_per_sample), (ColourModel::Bitonal, 1));
    let deep = measured(&desk.scan("--format=tiff --mode Color --depth 16 --test-picture Grid", "deep.tif"));
    assert_eq!((deep.pages[0].bits_per_sample, whole(&deep)), (16, true));
}

#[test]
fn a_pdf_that_a_scanning_program_wrote_is_complete_and_repaired() {
    let desk = Desk::new();
    let measurements = measured(&desk.scan("--format=pdf --mode Color --test-picture Grid", "scan.pdf"));
    assert_eq!((measurements.format, measurements.completeness), (Format::Pdf, Completeness::Complete));
    assert_eq!(measurements.pdf.unwrap().repaired, Some(true));
    let page = &measurements.pages[0];
    assert_eq!((page.kind, page.decoded.clone()), (PageKind::Scan, Decoded::Whole));
    assert_eq!((page.width_px, page.height_px), (236, 314));
    let placed = page.placed_size.unwrap();
    let dpi = u64::from(page.width_px) * 25_400_000 / placed.width_um;
    assert!(dpi.abs_diff(100_000) < 1000, "{dpi}");
    let listed = desk.run("pdfimages -list scan.pdf");
    assert!(listed.lines().last().unwrap().contains(" 236   314 "), "{listed}");
}

#[test]
fn every_way_of_writing_a_tiff_gives_the_same_page() {
    let desk = Desk::new();
    desk.scan("--format=tiff --mode Gray --depth 1 --test-picture Grid", "bits.tif");
    let expected = desk.tone("bits.tif");
    for (options, compression) in [
        ("-c none", Compression::None),
        ("-c packbits", Compression::Packbits),
        ("-c lzw", Compression::Lzw),
        ("-c zip", Compression::Deflate),
        ("-c g3:1d", Compression::CcittG3),
        ("-c g3:2d", Compression::CcittG3),
        ("-c g3:1d:fill", Compression::CcittG3),
        ("-c g3:2d:fill", Compression::CcittG3),
        ("-c g4", Compression::CcittG4),
        ("-c g4 -r 1", Compression::CcittG4),
        ("-c g4 -f lsb2msb", Compression::CcittG4),
        ("-c g3 -f lsb2msb", Compression::CcittG3),
        ("-c none -f lsb2msb", Compression::None),
        ("-c lzw -f lsb2msb", Compression::Lzw),
        ("-c g4 -8", Compression::CcittG4),
        ("-c g4 -B", Compression::CcittG4),
        ("-c g4 -B -8", Compression::CcittG4),
        ("-c g4 -t -w 64 -l 64", Compression::CcittG4),
        ("-c none -t -w 64 -l 64", Compression::None),
    ] {
        desk.run(&format!("tiffcp {options} bits.tif other.tif"));
        assert_eq!(desk.tone("other.tif"), expected, "{options}");
        let page = measured(&desk.read("other.tif")).pages.remove(0);
        assert_eq!((page.compression, page.colour), (vec![compression], ColourModel::Bitonal), "{options}");
    }
}

/// Wherever a decoder finds the pixels, in rows, strips, tiles, passes or runs, it is the same page.
#[test]
fn the_skew_of_a_page_is_seen_in_every_format() {
    let desk = Desk::new();
    let (width, height) = (1240_i32, 1754_i32);
    // Lines of words, turned by two degrees about the middle.
    let (sin, cos) = 2_f64.to_radians().sin_cos();
    let dark = |x: f64, y: f64| {
        let line = (y / 40.0).floor();
        let word = ((x + 17.0 * line) / 55.0).rem_euclid(1.0);
        x.abs() < 480.0 && y.abs() < 700.0 && y.rem_euclid(40.0) < 14.0 && word < 0.4 + 0.4 * (line * 0.37).sin().abs()
    };
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x - width / 2, y - height / 2)));
    let pixels = pixels.map(|(x, y)| (f64::from(x), f64::from(y)));
    let levels = pixels.map(|(x, y)| if dark(x * cos + y * sin, y * cos - x * sin) { 20 } else { 235 });
    let mut page = format!("P5 {width} {height} 255\n").into_bytes();
    page.extend(levels);
    fs::write(desk.path("page.pgm"), page).unwrap();
    for made in [
        "convert page.pgm -compress none made.tif",
        "convert page.pgm -define png:color-type=0 made.png",
        "convert page.pgm -interlace PNG made-interlaced.png",
        "convert page.pgm -quality 85 made.jpg",
        "convert page.pgm -threshold 50% -compress Group4 made-g4.tif",
        "convert page.pgm -threshold 50% -compress Fax made-g3.tif",
        "tiffcp -c lzw made-g4.tif made-bits.tif",
        "tiffcp -c zip -t -w 256 -l 256 made.tif made-tiles.tif",
        "tiffcp -c none -r 33 made.tif made-strips.tif",
        "tiffcp -c g4 -t -w 256 -l 256 made-g4.tif made-g4-tiles.tif",
        "tiff2pdf -o made.pdf made-g4.tif",
    ] {
        desk.run(made);
        let name = made.rsplit(' ').find(|word| word.starts_with("made") && desk.path(word).exists()).unwrap();
        let name = if made.starts_with("tiff2pdf") { "made.pdf" } else { name };
        let measurements = measured(&desk.read(name));
        assert!(whole(&measurements), "{name}: {measurements:?}");
        let appearance = measurements.pages[0].appearance.unwrap_or_else(|| panic!("{name} is not looked at"));
        let Skew::Seen { milli_degrees, lines, .. } = appearance.skew else { panic!("{name}: {appearance:?}") };
        assert_eq!((lines, appearance.cell_px), (LineDirection::Across, 2), "{name}");
        assert!((milli_degrees - 2000).abs() <= 100, "{name}: {appearance:?}");
    }
}

#[test]
fn colours_survive_planes_tiles_palettes_and_predictors() {
    let desk = Desk::new();
    desk.run("convert -size 236x314 gradient:red-blue -depth 8 -compress none colour.tif");
    let expected = desk.tone("colour.tif");
    for options in [
        "-c lzw:2",
        "-c zip:2",
        "-c packbits",
        "-c none -p separate",
        "-c lzw:2 -p separate",
        "-c zip -t -w 128 -l 128",
        "-c zip:2 -p separate -t -w 128 -l 128",
        "-c lzw:2 -B",
    ] {
        desk.run(&format!("tiffcp {options} colour.tif other.tif"));
        assert_eq!(desk.tone("other.tif"), expected, "{options}");
    }
    for options in ["-c jpeg:90 -r 16", "-c jpeg:r:90 -r 16", "-c jpeg:90 -t -w 128 -l 128"] {
        desk.run(&format!("tiffcp {options} colour.tif other.tif"));
        let page = measured(&desk.read("other.tif")).pages.remove(0);
        assert_eq!((page.decoded.clone(), page.compression.clone()), (Decoded::Whole, vec![Compression::Jpeg]));
        let tone = page.tone.unwrap();
        assert!(tone.coloured_ppm.abs_diff(expected.coloured_ppm) < 20_000, "{options}: {tone:?} {expected:?}");
        assert_eq!(page.jpeg.unwrap().nearest_quality, 90, "{options}");
    }
    desk.run("convert colour.tif -colors 16 -type palette palette.tif");
    let palette = measured(&desk.read("palette.tif")).pages.remove(0);
    assert_eq!((palette.colour, palette.decoded), (ColourModel::Palette, Decoded::Whole));
    assert!(palette.tone.unwrap().coloured_ppm > 900_000);
    desk.run("convert colour.tif -colorspace CMYK -compress lzw cmyk.tif");
    let cmyk = measured(&desk.read("cmyk.tif")).pages.remove(0);
    assert_eq!((cmyk.colour, cmyk.samples_per_pixel, cmyk.decoded), (ColourModel::Cmyk, 4, Decoded::Whole));
}

#[test]
fn pages_of_a_file_are_all_there() {
    let desk = Desk::new();
    desk.scan("--format=tiff --mode Gray --depth 1 --test-picture Grid", "one.tif");
    desk.run(&format!("tiffcp -c g4 {}many.tif", "one.tif ".repeat(10)));
    let bytes = desk.read("many.tif");
    let measurements = measured(&bytes);
    assert_eq!((measurements.pages.len(), whole(&measurements)), (10, true));
    assert_eq!(desk.run("tiffinfo many.tif").matches("TIFF Directory").count(), 10);
    desk.run("tiff2pdf -o many.pdf many.tif");
    let pdf = measured(&desk.read("many.pdf"));
    assert_eq!((pdf.pages.len(), whole(&pdf)), (10, true));
    assert_eq!(pdf.pages[0].tone, measurements.pages[0].tone);
    // A lenient reader finds six pages in this and says nothing.
    let cut = measured(&bytes[..bytes.len() * 6 / 10]);
    assert!(matches!(cut.completeness, Completeness::Incomplete { .. }), "{:?}", cut.completeness);
}

#[test]
fn jpeg_2000_is_whole_or_not() {
    let desk = Desk::new();
    desk.scan("--format=png --mode Color --test-picture Grid", "a.png");
    for options in ["-quality 0", "-define jp2:rate=20"] {
        desk.run(&format!("convert a.png {options} a.jp2"));
        let bytes = desk.read("a.jp2");
        let measurements = measured(&bytes);
        assert!(whole(&measurements), "{measurements:?}");
        let page = &measurements.pages[0];
        assert_eq!((measurements.format, page.width_px, page.height_px), (Format::Jpeg2000, 236, 314));
        // Reversible it is, even where most of it was cut away: no header tells.
        assert_eq!(page.compression, [Compression::Jpeg2000Reversible], "{options}");
        for cut in [bytes.len() / 2, bytes.len() * 98 / 100, bytes.len() - 2, bytes.len() - 1] {
            assert_ne!(measured(&bytes[..cut]).completeness, Completeness::Complete, "{cut}");
            assert_ne!(measured(&bytes[..cut]).pages[0].decoded, Decoded::Whole, "{cut}");
        }
    }
}

#[test]
fn what_breaks_off_is_never_whole() {
    let desk = Desk::new();
    let mut files = vec![
        desk.scan("--format=jpeg --mode Color --test-picture Grid", "a.jpg"),
        desk.scan("--format=png --mode Gray --test-picture Grid", "a.png"),
        desk.scan("--format=tiff --mode Gray --test-picture Grid", "a.tif"),
        desk.scan("--format=pdf --mode Gray --test-picture Grid", "a.pdf"),
    ];
    desk.scan("--format=tiff --mode Gray --depth 1 --test-picture Grid", "bits.tif");
    desk.run("tiffcp -c g4 -r 16 bits.tif b.tif");
    files.push(desk.read("b.tif"));
    desk.run("convert a.jpg -interlace JPEG progressive.jpg");
    files.push(desk.read("progressive.jpg"));
    desk.run("tiff2pdf -o b.pdf b.tif");
    files.push(desk.read("b.pdf"));
    desk.run("qpdf --linearize b.pdf c.pdf");
    files.push(desk.read("c.pdf"));
    for bytes in files {
        assert!(whole(&measured(&bytes)));
        let end = bytes.trim_ascii_end().len();
        for part in 0..12 {
            let cut = end * part / 12;
            let measurements = measured(&bytes[..cut]);
            assert_ne!(measurements.completeness, Completeness::Complete, "{cut} of {}", bytes.len());
        }
        assert!(!matches!(measured(&bytes[..end - 1]).completeness, Completeness::Complete));
    }
}

#[test]
fn encrypted_pdfs_are_told_apart() {
    let desk = Desk::new();
    desk.scan("--format=tiff --mode Gray --test-picture Grid", "a.tif");
    desk.run("tiff2pdf -o a.pdf a.tif");
    // The two blanks hold an empty password.
    desk.run("qpdf --encrypt  owner 256 -- a.pdf open.pdf");
    desk.run("qpdf --encrypt user owner 256 -- a.pdf locked.pdf");
    let open = measured(&desk.read("open.pdf"));
    let told = open.pdf.as_ref().unwrap();
    assert_eq!((told.encryption, told.scripts), (Some(PdfEncryption::EmptyPassword), Some(false)));
    assert!(whole(&open));
    let locked = measured(&desk.read("locked.pdf"));
    let told = locked.pdf.unwrap();
    assert_eq!((told.encryption, told.scripts), (Some(PdfEncryption::Password), None));
    assert_eq!(locked.pages[0].decoded, Decoded::Failed { fault: Fault::Encrypted });
    assert_eq!(locked.completeness, Completeness::Complete);
}

#[test]
fn hostile_files_end_in_a_finding() {
    for (name, bytes, expected) in files::refused() {
        let measurements = measured(&bytes);
        let found = measurements.pages.last().map(|page| page.decoded.clone());
        assert_eq!(found, Some(expected), "{name}: {:?}", measurements.completeness);
    }
    for (name, bytes) in files::broken() {
        let measurements = measured(&bytes);
        assert!(!whole(&measurements), "{name}: {measurements:?}");
    }
    // Odd, and harmless, or of a format that is not taken in: these must come to an end, in an answer.
    for (_, bytes) in files::odd().into_iter().chain(files::dicom()) {
        measured(&bytes);
    }
}

#[test]
fn what_a_file_says_of_a_patient_is_in_no_measurement() {
    for bytes in [files::titled_pdf("KAKUU HANAKO"), files::tagged_tiff("KAKUU HANAKO")] {
        let measurements = measured(&bytes);
        assert!(whole(&measurements), "{measurements:?}");
        assert!(!serde_json::to_string(&measurements).unwrap().contains("HANAKO"));
    }
}

#[test]
fn what_no_limit_foresees_is_stopped_from_outside() {
    let small = workers().with_memory(256 << 20);
    for (name, bytes) in files::memory_bombs() {
        assert_eq!(fault(&small, &bytes), Fault::OutOfMemory, "{name}");
    }
    let hasty = workers().with_patience(Duration::from_secs(1));
    for (name, bytes) in files::endless() {
        let started = Instant::now();
        assert_eq!(fault(&hasty, &bytes), Fault::TimedOut { after_seconds: 1 }, "{name}");
        assert!(started.elapsed() < Duration::from_secs(20), "{name}");
    }
    // Nobody else is any the worse for it.
    assert!(whole(&measured(&files::good_jpeg_pdf())));
}

#[test]
fn the_digest_is_compared() {
    let bytes = files::good_jpeg_pdf();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let expected = Digest::of(b"what was taken in");
    match workers().measure(&file, &expected) {
        Err(WorkerError::ContentChanged { expected: e, found }) => {
            assert_eq!((e, found), (expected, Digest::of(&bytes)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_kernel_confines_workers_here() {
    workers().probe().unwrap();
}

/// The seal is no use to whoever has read the file already.
#[test]
fn a_worker_is_confined_before_it_reads_a_byte_of_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let (log, content) = (folder.path().join("calls"), folder.path().join("content"));
    let bytes = files::good_jpeg_pdf();
    fs::write(&content, &bytes).unwrap();
    let worker = env!("CARGO_BIN_EXE_torikomi");
    let traced = format!("exec /usr/bin/strace -f -y -o '{}' '{worker}' \"$@\"", log.display());
    let workers = impostor(&folder, &traced).with_patience(Duration::from_secs(60));
    assert!(whole(&workers.measure(&File::open(&content).unwrap(), &Digest::of(&bytes)).unwrap()));
    let calls = fs::read_to_string(&log).unwrap();
    let first = |which: &dyn Fn(&str) -> bool| calls.lines().position(which);
    let of_content = format!("<{}>", content.display());
    let sealed = first(&|line| line.contains("seccomp(SECCOMP_SET_MODE_FILTER") && line.ends_with("= 0"));
    let read = first(&|line| line.contains(&of_content) && ["read", "map"].iter().any(|call| line.contains(call)));
    let (sealed, read) = (sealed.expect("it is never confined"), read.expect("it never reads"));
    assert!(sealed < read, "it reads before it is confined:\n{calls}");
}

/// A program that does what a worker that was taken over might do.
fn impostor(folder: &TempDir, script: &str) -> Workers {
    let path = folder.path().join("impostor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Workers::new(path, Limits::default(), Sandbox::Required).with_patience(Duration::from_secs(2))
}

#[test]
fn an_impostor_costs_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let fault_of = |script: &str| fault(&impostor(&folder, script), b"bytes");
    assert_eq!(fault_of("/bin/cat /dev/zero"), Fault::BadAnswer);
    assert_eq!(fault_of("echo '{}'"), Fault::BadAnswer);
    assert_eq!(fault_of("exit 0"), Fault::BadAnswer);
    assert_eq!(fault_of("exit 9"), Fault::Exited { status: 9 });
    assert_eq!(fault_of("kill -SEGV $$"), Fault::Killed { signal: 11 });
    assert_eq!(fault_of("/bin/cat /dev/zero >&2"), Fault::TimedOut { after_seconds: 2 });
    assert_eq!(fault_of("exec /bin/sleep 600"), Fault::TimedOut { after_seconds: 2 });
    assert_eq!(fault_of("exec >&- 2>&-; exec /bin/sleep 600"), Fault::TimedOut { after_seconds: 2 });
    // A well-formed answer about pages that cannot be.
    let mut lie = unmeasured(Digest::of(b"bytes"), 5, Fault::UnknownFormat);
    lie.trailing_bytes = 6;
    let lie = serde_json::to_string(&lie).unwrap();
    assert_eq!(fault_of(&format!("echo '{lie}'")), Fault::BadAnswer);
    // Nothing of ours is in its reach: no environment but a word to the allocator, no working folder.
    let bare = "[ \"$(/bin/pwd)\" = / ] && [ -z \"$(/usr/bin/env | /bin/grep -v -e ^PWD= -e ^_= -e ^GLIBC_TUNABLES=)\" ] && exit 3";
    assert_eq!(fault_of(bare), Fault::Exited { status: 3 });
    // What only this file makes happen is its own doing.
    assert_eq!(fault_of(r#"case "$2" in *probe*) exit 0;; *) exit 77;; esac"#), Fault::Exited { status: 77 });
    let refused = measure_with(&impostor(&folder, "exit 77"), b"bytes");
    assert!(matches!(refused, Err(WorkerError::CannotSandbox)), "{refused:?}");
    let gone = Workers::new(folder.path().join("nobody"), Limits::default(), Sandbox::Required);
    assert!(matches!(measure_with(&gone, b"bytes"), Err(WorkerError::CannotStart(_))));
}

#[test]
fn a_probe_that_is_killed_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let tried = folder.path().join("tried");
    let killed = |times: usize, then: &str| {
        fs::write(&tried, "").unwrap();
        let count =
            format!("echo >> {0}; [ $(/usr/bin/wc -l < {0}) -le {times} ] && kill -KILL $$; {then}", tried.display());
        impostor(&folder, &count).probe()
    };
    assert!(killed(2, "exit 0").is_ok());
    assert!(matches!(killed(2, "exit 77"), Err(WorkerError::CannotSandbox)));
    let given_up = killed(9, "exit 0");
    assert!(matches!(given_up, Err(WorkerError::Fault { fault: Fault::Killed { signal: 9 } })), "{given_up:?}");
    assert_eq!(fs::read_to_string(&tried).unwrap().lines().count(), 3);
}

#[test]
fn no_worker_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("pid");
    let slow = impostor(&folder, &format!("echo $$ > {}; exec /bin/sleep 600", mark.display()));
    assert!(matches!(fault(&slow, b"bytes"), Fault::TimedOut { .. }));
    let pid = fs::read_to_string(&mark).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "neither running nor a zombie");
}

#[test]
fn a_worker_refuses_what_is_no_request() {
    for arguments in [&["worker"][..], &["worker", "{}"], &["worker", "{}", "more"], &["worker", "nonsense"]] {
        let status = Command::new(env!("CARGO_BIN_EXE_torikomi")).args(arguments).status().unwrap();
        assert_eq!(status.code(), Some(64), "{arguments:?}");
    }
}

#[test]
fn limits_reach_the_worker() {
    let bytes = files::good_jpeg_pdf();
    let limits = Limits { held_bytes: 10, ..Limits::default() };
    let workers = Workers::new(env!("CARGO_BIN_EXE_torikomi").into(), limits, Sandbox::BestEffort);
    let measurements = measure_with(&workers, &bytes).unwrap();
    assert_eq!(measurements.pages[0].decoded, Decoded::Refused { limit: Limit::FileBytes });
    let nothing = measure_with(&workers, b"").unwrap();
    let missing = Completeness::Incomplete { missing: MissingPart::Header, at_byte: 0 };
    assert_eq!((nothing.completeness, nothing.pages.len()), (missing, 0));
}
