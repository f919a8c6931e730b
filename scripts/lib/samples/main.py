"""Makes fixtures/samples: scans of invented hospital forms, good ones and bad ones, each with what should become of it.

The same versions of Python's packages and of the fonts give the same bytes; every sample has its own seed.
"""

import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np

import containers
import forms
from scan import bitonal, cleaned, scan

PATIENTS = [
    {"id": "9990001", "name": "架空 花子", "kana": "カクウ ハナコ", "sex": "female", "birth_date": "1952-04-03",
     "birth_ja": "昭和27年4月3日", "sex_ja": "女"},
    {"id": "9990002", "name": "見本 太郎", "kana": "ミホン タロウ", "sex": "male", "birth_date": "1960-11-23",
     "birth_ja": "昭和35年11月23日", "sex_ja": "男"},
    {"id": "9990003", "name": "髙﨑 例子", "kana": "タカサキ レイコ", "sex": "female", "birth_date": "1978-01-09",
     "birth_ja": "昭和53年1月9日", "sex_ja": "女"},
    {"id": "9990004", "name": "例示 正", "kana": "レイジ タダシ", "sex": "male", "birth_date": "1946-08-15",
     "birth_ja": "昭和21年8月15日", "sex_ja": "男"},
    # A character outside the basic plane, as hospital masters have them.
    {"id": "9990005", "name": "見本 𠮷子", "kana": "ミホン ヨシコ", "sex": "female", "birth_date": "2001-02-28",
     "birth_ja": "平成13年2月28日", "sex_ja": "女"},
    # Registered twice; everything goes to 9990002 now.
    {"id": "9990007", "name": "見本 太良", "kana": "ミホン タロウ", "sex": "male", "birth_date": "1960-11-23",
     "merged_into": "9990002"},
    # Brought in unconscious; the name is not known yet.
    {"id": "9990008", "name": "仮登録 八号", "kana": "", "sex": "unknown", "birth_date": "", "temporary": "true"},
]
HANAKO, TARO, REIKO, TADASHI, YOSHIKO = PATIENTS[:5]
# Not in the master.
STRANGER = {"id": "9999999", "name": "未登録 一郎", "kana": "ミトウロク イチロウ", "birth_ja": "昭和40年5月5日", "sex_ja": "男"}

SCANNER = {"make": "見本精機", "model": "例示スキャナ 300", "serial": "EX-000123"}


class Collection:
    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def add(self, name, files, sidecar, what, **expected):
        """Writes `files` (a dict of name to bytes) and the sidecar, and notes what should become of them."""
        for file, data in files.items():
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        entry = {"name": name, "files": list(files)}
        if sidecar is not None:
            first = Path(next(iter(files)))
            path = (self.folder / first).with_suffix(".json")
            if "files" in sidecar:
                path = self.folder / first.parent / f"{name}.json"
            text = json.dumps({"format": "torikomi-sidecar-v1", **sidecar}, ensure_ascii=False, indent=2)
            path.write_text(text + "\n", encoding="utf-8")
            entry["sidecar"] = str(path.relative_to(self.folder))
        self.entries.append({**entry, **expected, "what": what})

    def expected_toml(self):
        out = [EXPECTED_HEAD]
        for entry in self.entries:
            out.append("\n[[sample]]\n")
            out += [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.items()]
        return "".join(out)


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    collection = Collection(folder)
    good(collection)
    bad_pictures(collection)
    bad_files(collection)
    bad_statements(collection)
    (folder / "patients.csv").write_text(patients_csv(), encoding="utf-8")
    (folder / "expected.toml").write_text(collection.expected_toml(), encoding="utf-8")


def good(collection):
    collection.add(
        "referral-letter",
        {"good/referral-letter.tif": containers.tiff(pages("g4", forms.referral_letter, HANAKO))},
        sidecar(HANAKO, "referral-letter", 2, document_date="R8.11.18"),
        "Two pages, 300 dpi group 4, Japanese date in the sidecar",
        **filed("referral-letter-demo"),
    )
    first, second = pages("g4 apart", forms.referral_letter, TARO, number="R8-0431")
    collection.add(
        "referral-letter-two-files",
        {
            "good/referral-letter-p1.tif": containers.tiff([first]),
            "good/referral-letter-p2.tif": containers.tiff([second]),
        },
        sidecar(TARO, "referral-letter", 2, document_date="2026-11-18",
                files=["referral-letter-p1.tif", "referral-letter-p2.tif"]),
        "One file a page; the sidecar says which pages make the document",
        **filed("referral-letter-demo"),
    )
    collection.add(
        "consent",
        {"good/consent.jpg": containers.jpeg(pages("colour", forms.consent, HANAKO)[0], 88)},
        sidecar(HANAKO, "consent", 1, document_date="2026-11-20"),
        "Colour JPEG with pen and red seals",
        **filed("consent-demo"),
    )
    page = pages("colour", forms.admission_plan, REIKO, seed="admission", noise=0.7)[0]
    collection.add(
        "admission-plan",
        {"good/admission-plan.pdf": containers.pdf_of_jpegs([(containers.jpeg(page, 82), page)])},
        sidecar(REIKO, "admission-plan", 1, document_date="2026-11-19"),
        "PDF of one colour JPEG; a name with 髙 and 﨑",
        **filed("admission-plan-demo"),
    )
    report = pages("grey", forms.lab_report, TADASHI)[0]
    collection.add(
        "lab-report",
        {"good/検査報告書-0001.png": containers.png(report)},
        sidecar(TADASHI, "lab-report", 1, paper="A5", document_date="20261119"),
        "Grey PNG on A5, with a Japanese file name",
        **filed("lab-report-demo"),
    )
    strip = pages("colour", forms.ecg, YOSHIKO, noise=0.4, dust=4)[0]
    collection.add(
        "ecg",
        {"good/ecg.tif": containers.tiff([cleaned(strip, 10, 238, steps=24)], "tiff_adobe_deflate")},
        sidecar(YOSHIKO, "ecg", 1, paper="A5", remarks="25 mm/s、10 mm/mV"),
        "Lossless colour TIFF, landscape; a name with a character outside the basic plane",
        **filed("ecg-demo"),
    )
    collection.add(
        "care-plan",
        {"good/care-plan.pdf": containers.pdf_of_g4(pages("g4", forms.care_plan, HANAKO))},
        sidecar(HANAKO, "care-plan", 3, document_date="2026-11-17"),
        "PDF of three group 4 pages",
        **filed("care-plan-demo"),
    )


def bad_pictures(collection):
    small = pages("colour", forms.consent, TARO, seed="150")[0]
    small = small.resize((small.width // 2, small.height // 2))
    collection.add(
        "resolution-150-dpi",
        {"bad/resolution-150-dpi.jpg": containers.jpeg(small, 88, dpi=150)},
        sidecar(TARO, "consent", 1),
        "Scanned at 150 dpi where the profile asks for more",
        **review("consent-demo", "rejected", "resolution_below_minimum"),
    )
    collection.add(
        "bitonal-consent",
        {"bad/bitonal-consent.tif": containers.tiff(pages("g4", forms.consent, TARO, seed="bitonal"))},
        sidecar(TARO, "consent", 1),
        "Black and white where colour is asked: the seal is no longer red",
        **review("consent-demo", "rejected", "colour_below_minimum"),
    )
    letter = pages("g4", forms.referral_letter, REIKO, seed="blank")
    empty = degraded("g4", forms.blank(seeded("blank page")), seeded("blank page"))
    collection.add(
        "blank-page",
        {"bad/blank-page.tif": containers.tiff([letter[0], *empty])},
        sidecar(REIKO, "referral-letter", 2),
        "The second page went through with its back up; in black and white, faint writing would look the same",
        **review("referral-letter-demo", "findings", "blank_page"),
    )
    for name, dpi, what in (
        ("dpi-tag-9600", 9600, "The file claims 9600 dpi; its pixels over the paper are 300"),
        ("dpi-tag-1", 1, "The file claims 1 dpi; its pixels over the paper are 300"),
    ):
        collection.add(
            name,
            {f"bad/{name}.tif": containers.tiff(pages("g4", forms.referral_letter, TADASHI, seed=name)[:1], dpi=dpi)},
            sidecar(TADASHI, "referral-letter", 1),
            what,
            **review("referral-letter-demo", "findings", "resolution_declared_disagrees", "resolution_absurd"),
        )
    collection.add(
        "dpi-tag-missing",
        {"bad/dpi-tag-missing.tif": containers.tiff(
            pages("g4", forms.referral_letter, TADASHI, seed="no tag")[:1], dpi=None)},
        sidecar(TADASHI, "referral-letter", 1, paper=None),
        "No resolution in the file and no paper in the sidecar, under a profile that takes several sizes",
        **review("referral-letter-demo", "findings", "resolution_below_minimum", "resolution_absurd"),
    )


def bad_files(collection):
    photo = containers.jpeg(pages("colour", forms.consent, REIKO, seed="cut", noise=0.6)[0], 80)
    collection.add(
        "truncated-jpeg",
        {"bad/truncated-jpeg.jpg": photo[: len(photo) * 55 // 100]},
        sidecar(REIKO, "consent", 1),
        "An upload that broke off: 55 % of a JPEG",
        profile="consent-demo",
        delivery="incomplete",
    )
    letter = containers.tiff(pages("g4", forms.referral_letter, REIKO, seed="cut"))
    collection.add(
        "truncated-tiff",
        {"bad/truncated-tiff.tif": letter[: len(letter) * 70 // 100]},
        sidecar(REIKO, "referral-letter", 2),
        "70 % of a TIFF of two pages: the first page is whole, which lenient readers take for all",
        profile="referral-letter-demo",
        delivery="incomplete",
    )
    plan = containers.pdf_of_g4(pages("g4", forms.care_plan, TARO, seed="locked")[2:])
    collection.add(
        "encrypted-pdf",
        {"bad/encrypted-pdf.pdf": encrypted(plan)},
        sidecar(TARO, "care-plan", 1),
        "A PDF that asks for a password; nothing else can be told of it",
        **review("care-plan-demo", "rejected", "pdf_encrypted", "pdf_active_content", "pdf_attachments",
                 "pdf_signed_before", "pdf_repaired", "page_not_decodable", "page_drawn_over", "page_partly_bare",
                 "paper_not_accepted", "resolution_below_minimum", "resolution_absurd", "symbol_coding",
                 "blank_page"),
    )
    page = pages("g4", forms.care_plan, TARO, seed="script")[2:]
    collection.add(
        "scripted-pdf",
        {"bad/scripted-pdf.pdf": containers.pdf_of_g4(page, script=r"app.alert\('opened'\);")},
        sidecar(TARO, "care-plan", 1),
        "A PDF that runs a script when it is opened",
        **review("care-plan-demo", "rejected", "pdf_active_content"),
    )
    report = pages("colour", forms.lab_report, TADASHI, seed="extension", noise=0.6)[0].convert("L")
    collection.add(
        "wrong-extension",
        {"bad/wrong-extension.tif": containers.jpeg(report, 80)},
        sidecar(TADASHI, "lab-report", 1, paper="A5"),
        "A JPEG that calls itself .tif; the content counts",
        **filed("lab-report-demo"),
    )
    collection.add(
        "not-an-image",
        {"bad/not-an-image.tif": "これは画像ではありません。\nThis is not a picture.\n".encode()},
        sidecar(HANAKO, "referral-letter", 1),
        "A text file that calls itself .tif",
        profile="referral-letter-demo",
        delivery="completeness-unknown",
    )
    collection.add(
        "empty-file",
        {"bad/empty-file.pdf": b""},
        None,
        "Nothing at all",
        delivery="incomplete",
    )


def bad_statements(collection):
    """Good pictures, about which something wrong or nothing is said."""

    def letter(name, file, patient, statement, what, **expected):
        page = pages("g4", forms.referral_letter, patient, seed=name)[:1]
        collection.add(name, {f"bad/{file}": containers.tiff(page)}, statement, what, **expected)

    def held(reason):
        return {"delivery": "taken", "document": "identifying", "hold": reason}

    letter("unknown-patient", "unknown-patient.tif", STRANGER,
           sidecar(STRANGER, "referral-letter", 1),
           "A patient whom the master does not know", **held("unknown-patient"))
    letter("contradicts-its-name", "9990002_referral-letter_0001.tif", HANAKO,
           sidecar(HANAKO, "referral-letter", 1),
           "The file name says 9990002, the sidecar 9990001", **held("conflict"))
    letter("no-statement", "scan0001.tif", HANAKO, None,
           "No sidecar, and a name that says nothing", **held("identity"))
    letter("no-date", "no-date.tif", HANAKO,
           sidecar(HANAKO, "referral-letter", 1, obtained_on=None),
           "Nobody says when the paper came in; today is never assumed", **held("identity"))
    letter("scanned-before-it-came", "scanned-before-it-came.tif", TARO,
           sidecar(TARO, "referral-letter", 1, scanned_at="2026-11-01T09:30:00+09:00"),
           "Scanned, it says, before the hospital had the paper",
           **review("referral-letter-demo", "findings", "scanned_before_obtained"))
    letter("late", "late.tif", TARO,
           sidecar(TARO, "referral-letter", 1, obtained_on="2026-11-02", scanned_at="2026-11-02T10:00:00+09:00"),
           "Came in on 2 November 2026: the window has long passed", **review("referral-letter-demo", "late", "scan_window_exceeded"))
    letter("page-missing", "page-missing.tif", REIKO,
           sidecar(REIKO, "referral-letter", 2),
           "The sidecar counts two pages, the file has one",
           **review("referral-letter-demo", "findings", "page_count_differs"))
    letter("double-feed", "double-feed.tif", REIKO,
           sidecar(REIKO, "referral-letter", 1, double_feed=True),
           "The scanner's sensor saw two sheets at once",
           **review("referral-letter-demo", "findings", "double_feed_reported"))


def filed(profile, *warnings):
    findings = {"findings": list(warnings)} if warnings else {}
    return {"profile": profile, "delivery": "taken", "document": "filed", **findings}


def review(profile, hold, *findings):
    return {"profile": profile, "delivery": "taken", "document": "review", "hold": hold,
            **({"findings": list(findings)} if findings else {})}


def sidecar(patient, document_type, expected_pages, **changes):
    """A full statement; a change to None leaves the field out."""
    fields = {
        "patient_id": patient["id"],
        # A demonstration home has the demonstration profiles only.
        "document_type": f"{document_type}-demo",
        "obtained_on": "@TODAY@",
        "scanned_at": "@NOW@",
        "operator": "clerk",
        "paper": "A4",
        "expected_pages": expected_pages,
        "double_feed": False,
        "scanner": SCANNER,
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def seeded(text):
    return np.random.default_rng(zlib.crc32(text.encode()))


def pages(finish, form, patient, seed="", number=None, **scan_options):
    rng = seeded(f"{form.__name__} {patient['id']} {finish} {seed}")
    options = {} if number is None else {"number": number}
    return degraded(finish, form(rng, patient, **options), rng, **scan_options)


def degraded(finish, sheets, rng, **scan_options):
    """Each sheet as scanned, turned a little differently, in the depth that `finish` names."""
    scans = []
    for sheet in sheets:
        image = scan(sheet, rng, angle=0.3 + rng.uniform(-0.12, 0.12), **scan_options)
        if finish.startswith("g4"):
            image = bitonal(image)
        elif finish == "grey":
            image = cleaned(image.convert("L"), 24, 226, steps=64)
        scans.append(image)
    return scans


def encrypted(data):
    """Locked with a password. The weak and static options make the bytes repeatable; nobody is to be kept out."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.pdf"), Path(folder, "out.pdf")
        source.write_bytes(data)
        subprocess.run(
            ["qpdf", "--allow-weak-crypto", "--static-id", "--static-aes-iv", "--encrypt", "secret", "owner", "128",
             "--use-aes=y", "--", source, target],
            check=True,
        )
        return target.read_bytes()


def patients_csv():
    columns = ["id", "name", "kana", "sex", "birth_date", "merged_into", "temporary"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(PATIENTS)
    return out.getvalue()


EXPECTED_HEAD = """\
# What should become of each sample. Written by scripts/make-samples; see fixtures/README.md.
#
# delivery, document and hold are spelled as in src/document.rs; findings name the checks that do not pass.
# A sample without `document` never becomes one: its delivery stays where it says.
"""

if __name__ == "__main__":
    main(Path(sys.argv[1]))
