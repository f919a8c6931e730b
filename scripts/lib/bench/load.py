"""Measures memory and steadiness: long documents, a burst, a steady trickle; `scripts/bench --load` runs it.

Memory is the proportional set size (PSS) of the daemon and its workers, looked at twenty times a second; the peak of a
phase is the highest of these sums. What is shared with others counts by its share.

What was delivered is accounted for afterwards: each name is one record's, with the digest of what was put there.
"""

import argparse
import hashlib
import os
import random
import shlex
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import scans
from home import PROFILES, QUIET_SECONDS, STATION, Home, machine, patient, today
from main import RELEASE, ROOT, SAMPLES, load, say

PAGES_TIFF, PAGES_PDF = 500, 1000
PEAK_MIB, IDLE_MIB = 256, 64
STEADY_SHARE = 0.8
PER_SECOND, LATE_MS = 5, 500
SAMPLES_OF = {"tif": ("referral-letter-p1.tif", scans.tiff), "jpg": ("consent.jpg", scans.jpeg)}
COLOUR = 200
# So many of a burst are verified, a few with each command.
VERIFIED, AT_ONCE = 200, 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--burst", type=int, default=10_000, help="files at once")
    parser.add_argument("--steady", type=int, default=500, help="files whose rate the burst is compared with")
    parser.add_argument("--trickle", type=int, default=300, help=f"files at {PER_SECOND} a second")
    parser.add_argument("--program", type=Path, default=RELEASE)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks-load.md")
    given = parser.parse_args()

    (ROOT / "target").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-load-", dir=ROOT / "target"))
    total = given.burst + given.steady + given.trickle + COLOUR + 2
    home = LoadHome(given.program, folder, profiles_for_long_documents(folder), total)
    report = Report(folder, given)
    try:
        memory = Memory(home.running[-1].pid)
        time.sleep(5)
        report.memory("nothing to do, after the start", memory.taken(), IDLE_MIB)
        names = iter(range(total))
        long_document(home, folder, "tif", PAGES_TIFF, next(names), memory, report)
        long_document(home, folder, "pdf", PAGES_PDF, next(names), memory, report)
        steady = burst(home, folder, [next(names) for _ in range(given.steady)])
        say(f"{given.steady} files at once: {steady:.1f}/s")
        home.open_another_session()
        burst(home, folder, [next(names) for _ in range(COLOUR)], "jpg")
        report.memory(f"{COLOUR} colour JPEGs at once", memory.taken(), PEAK_MIB)
        home.open_another_session("burst")
        sent = Counter()
        rate = burst(home, folder, [next(names) for _ in range(given.burst)], sent=sent)
        report.memory(f"{given.burst} files at once", memory.taken(), PEAK_MIB)
        report.burst(given, steady, rate, account(home, sent))
        home.open_another_session()
        report.trickle(trickle(home, folder, [next(names) for _ in range(given.trickle)]))
        memory.taken()
        # What a burst took is given back within ten seconds.
        time.sleep(15)
        memory.taken()
        time.sleep(5)
        report.memory(f"nothing to do, with {total} records", memory.taken(), IDLE_MIB)
        write_section(given.out, None, report.text())
    finally:
        home.stop()
    shutil.rmtree(folder)
    sys.exit(0 if report.good else 1)


class LoadHome(Home):
    """Reads documents as long as those measured, and signs as many in one session as it may."""

    def settle(self):
        super().settle()
        path = self.root / "torikomi.toml"
        lines = []
        for line in path.read_text().splitlines():
            if line == "most = 5000":
                line = "most = 10000"
            lines.append(line + "\nmost_pages = 2000" if line == "[image]" else line)
        path.write_text("\n".join(lines) + "\n")

    def people(self):
        super().people()
        # A person's sessions in a row sign no more than one may, so the burst has somebody of its own.
        self.operator("burst", "見本 一斉")

    def open_another_session(self, login="clerk"):
        for session in self.say("session", "list")["sessions"]:
            if not session["closed_at"]:
                self.say("session", "close", session["session"])
        self.open_session(login)


def profiles_for_long_documents(folder):
    profiles = folder / "profiles"
    profiles.mkdir()
    for profile in PROFILES.values():
        text = (ROOT / f"profiles/demo/{profile}.toml").read_text()
        (profiles / f"{profile}.toml").write_text(text.replace("maximum_pages = 50\n", "maximum_pages = 2000\n"))
    return profiles


def long_document(home, folder, kind, pages, number, memory, report):
    """One document of many A4 pages, 300 dpi, G4."""
    tiff = folder / f"{pages}.tif"
    subprocess.run(["tiffcp", *[SAMPLES / SAMPLES_OF["tif"][0]] * pages, tiff], check=True)
    file = folder / f"{patient(number)}_{PROFILES['tif']}_{today()}_{number}.{kind}"
    if kind == "pdf":
        subprocess.run(["tiff2pdf", "-o", file, tiff], check=True)
    else:
        tiff.rename(file)
    memory.taken()
    before, begun = home.status()["records"], time.time()
    put(home, file)
    seconds = home.wait_for_records(before + 1, 0.1, 3600) - begun
    say(f"{kind} of {pages} pages: {seconds:.1f} s")
    report.memory(f"one {kind.upper()} of {pages} pages, filed in {seconds:.1f} s", memory.taken(), PEAK_MIB)


def burst(home, folder, numbers, kind="tif", sent=None):
    """Documents a second, from the end of the settle time of the first until the last one is filed. What was put there, by
    name and digest, is counted in `sent`."""
    files = make(folder, numbers, kind)
    if sent is not None:
        sent.update((file.name, digest_of(file)) for file in files)
    before, begun = home.status()["records"], time.time()
    for file in files:
        put(home, file)
    return len(files) / (home.wait_for_records(before + len(files), 0.2, 3600) - begun - QUIET_SECONDS)


def account(home, sent):
    """Demands that each name of a burst is one record's, with its bytes, and verifies some of the records; answers how many."""
    with read(home) as database:
        rows = database.execute(
            "SELECT p.delivered_name, m.object, r.id FROM record r JOIN document_part p ON p.document = r.document"
            " JOIN record_member m ON m.record = r.id AND m.object = p.content"
        ).fetchall()
    filed = Counter((name, digest) for name, digest, _ in rows)
    missed, doubled = sent - filed, Counter({name: times for name, times in filed.items() if name in sent and times > 1})
    if missed or doubled:
        raise SystemExit(f"Missed: {sorted(missed)[:10]}; doubled: {sorted(doubled)[:10]}")
    names = {name for name, _ in sent}
    others = Counter(name for name, _, _ in rows if name in names)
    left = [file.name for file in home.drop.iterdir() if file.name in names]
    if left or others.total() != len(sent):
        raise SystemExit(f"Of what was delivered there is more than its records: {left}")
    of_burst = [record for name, digest, record in rows if (name, digest) in sent]
    some = random.sample(of_burst, min(VERIFIED, len(of_burst)))
    for first in range(0, len(some), AT_ONCE):
        # Ends the measurement where one does not verify.
        home.say("verify", *some[first : first + AT_ONCE], "--accept-evaluation")
    say(f"{len(sent)} names, one record each; {len(some)} of them verified")
    return len(some)


def digest_of(file):
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()


def write_section(path, heading, text):
    """Writes a part of the page that begins with this heading, or all that stands before the first such part, and leaves
    the others as they are."""
    parts = {None: ""}
    part = None
    for line in path.read_text().splitlines(keepends=True) if path.is_file() else []:
        part = line.strip() if line.strip() in SECTIONS else part
        parts[part] = parts.get(part, "") + line
    parts[heading] = text
    path.write_text("\n".join(part.rstrip("\n") + "\n" for part in parts.values() if part))


def trickle(home, folder, numbers):
    """How long each took from its close until it was filed, less the settle time."""
    files = make(folder, numbers)
    before, closed = home.status()["records"], {}
    begun = time.time()
    for turn, file in enumerate(files):
        time.sleep(max(0.0, begun + turn / PER_SECOND - time.time()))
        (home.drop / file.name).write_bytes(file.read_bytes())
        closed[file.name] = time.time()
    home.wait_for_records(before + len(files), 0.2, 600)
    with read(home) as database:
        rows = database.execute(
            "SELECT p.delivered_name, r.filed_at FROM record r JOIN document_part p ON p.document = r.document"
        ).fetchall()
    filed = {name: at / 1e6 for name, at in rows}
    return sorted((filed[name] - at - QUIET_SECONDS) * 1000 for name, at in closed.items())


def read(home):
    """The database of a home; what lists show leaves out the names."""
    return closing(sqlite3.connect(f"file:{home.root}/store/torikomi.db?mode=ro", uri=True))


def make(folder, numbers, kind="tif"):
    sample, vary = SAMPLES_OF[kind]
    sample = (SAMPLES / sample).read_bytes()
    made = Path(tempfile.mkdtemp(dir=folder))
    files = []
    for number in numbers:
        file = made / f"{patient(number)}_{PROFILES[kind]}_{today()}_{number}.{kind}"
        file.write_bytes(vary(sample, f"Scan {number:06}".encode()))
        files.append(file)
    os.sync()
    return files


def put(home, file):
    part = home.drop / f".{file.name}.part"
    shutil.copyfile(file, part)
    os.rename(part, home.drop / file.name)


class Memory:
    """The highest sum since it was asked last."""

    def __init__(self, daemon):
        self.daemon, self.peak = daemon, 0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            self.peak = max(self.peak, sum(self.pss(process) for process in self.processes()))
            time.sleep(0.05)

    def processes(self):
        try:
            tasks = list(Path(f"/proc/{self.daemon}/task").iterdir())
            return [self.daemon, *(int(child) for task in tasks for child in (task / "children").read_text().split())]
        except OSError:
            return [self.daemon]

    @staticmethod
    def pss(process):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

    def taken(self):
        """The peak in MiB."""
        peak, self.peak = self.peak, 0
        return peak / 1024


class Report:
    def __init__(self, folder, given):
        self.good = True
        command = shlex.join(["scripts/bench", "--load", *sys.argv[1:]])
        release = "release build" if given.program == RELEASE else "NOT the release build; only good for trying this script"
        self.head = [
            "# Measured under load",
            "",
            "Written by `scripts/bench --load`. Scans are A4 pages of 300 dpi, G4 where nothing else is said. Figures are as they came out.",
            "",
            f"- When: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC; command: `{command}`",
            f"- Machine: {machine(folder)}",
            f"- Program: {release}",
            f"- Load average before and after: {load()}",
        ]
        self.rows, self.rest = [], []

    def memory(self, what, mebibytes, target):
        self.good &= mebibytes < target
        said = "reached" if mebibytes < target else "missed"
        say(f"{what}: {mebibytes:.0f} MiB ({target}: {said})")
        self.rows.append(f"| {what} | **{mebibytes:.0f} MiB** | {target} MiB: {said} |")

    def burst(self, given, steady, rate, verified):
        share = rate / steady
        self.good &= share >= STEADY_SHARE
        said = "reached" if share >= STEADY_SHARE else "missed"
        say(f"{given.burst} files at once: {rate:.1f}/s, {share:.0%} of {steady:.1f}/s")
        self.rest += [
            "## A burst",
            "",
            f"{given.burst} files put into the drop folder at once were filed at **{rate:.1f}** a second, {share:.0%} of the",
            f"{steady:.1f} a second of {given.steady} files (target {STEADY_SHARE:.0%}: {said}).",
            "Each of their names then was that of one record, with the digest of what was delivered: none was missed, none was",
            f"doubled; of {verified} of them, drawn at random, the record was verified.",
            "",
        ]

    def trickle(self, waits):
        highest = waits[int(len(waits) * 0.99) - 1] if len(waits) > 1 else waits[0]
        self.good &= highest < LATE_MS
        said = "reached" if highest < LATE_MS else "missed"
        median = statistics.median(waits)
        say(f"{PER_SECOND} a second: median {median:.0f} ms, p99 {highest:.0f} ms after the settle time")
        self.rest += [
            f"## {PER_SECOND} documents a second",
            "",
            f"From the close of a file to `filed`, less the settle time ({QUIET_SECONDS:.0f} s), over {len(waits)} files: median",
            f"{median:.0f} ms, 99th percentile **{highest:.0f} ms** (target {LATE_MS} ms: {said}), longest {waits[-1]:.0f} ms.",
            "",
        ]

    def text(self):
        self.head[-1] += f"; {load()}"
        return "\n".join([*self.head, "", *MEMORY, *self.rows, "", *self.rest])


# Parts of the page that are measured by themselves.
SECTIONS = ["## A million records"]

MEMORY = [
    "## Memory",
    "",
    "The peak of the proportional set size of daemon and workers, looked at twenty times a second.",
    "",
    "| While | peak | target |",
    "| --- | --- | --- |",
]


if __name__ == "__main__":
    main()
