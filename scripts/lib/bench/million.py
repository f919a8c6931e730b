"""Measures finding, filing and verifying one record in a store of a million against a store of none; `scripts/bench --million`.

Two homes stand beside each other, and both file the same few documents. Into one of them a million records are put first:
`grown.py` says what that is. Each figure is taken in turns, once here and once there, so that whatever else the machine does
meets both.
"""

import argparse
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from home import PROFILES, QUIET_SECONDS, STATION, Home, machine, patient, today
from load import make, put, write_section
from main import HERE, RELEASE, ROOT, instant, load, say

MOST = 1.2
HEADING = "## A million records"
# Documents that both homes file before anything is measured, so many of each patient; numbers of those after them.
FIRST, OF_EACH = 100, 5
TEMPLATES, SINGLE = range(500, 502), 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="how often each figure is taken")
    parser.add_argument("--program", type=Path, default=RELEASE)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks-load.md")
    given = parser.parse_args()

    (ROOT / "target").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-million-", dir=ROOT / "target"))
    homes = []
    try:
        for name in ("empty", "full"):
            (folder / name).mkdir()
            homes.append(LastingHome(given.program, folder / name, ROOT / "profiles/demo", SINGLE + given.times))
        empty, full = homes
        seconds = full.grow(folder, given.records)
        for home in homes:
            file_all(home, folder, range(FIRST))
        report = Report(folder, given, seconds)
        measure(empty, full, folder, given.times, report)
        write_section(given.out, HEADING, report.text())
    finally:
        for home in homes:
            home.stop()
    shutil.rmtree(folder)
    sys.exit(0 if report.good else 1)


class LastingHome(Home):
    """A home whose daemon is stopped and started again."""

    def stop_daemon(self):
        daemon = self.running.pop()
        daemon.terminate()
        daemon.wait()

    def start_daemon(self):
        """Answers how long it took until the daemon answered."""
        begun = time.time()
        self.start("serve")
        self.wait_for_daemon(3600)
        seconds = time.time() - begun
        own = ["--as", "clerk", "--passphrase-file", self.passphrase]
        self.say("session", "open", "--station", STATION, "--attest", *own)
        return seconds

    def grow(self, folder, records):
        """Puts so many records in; answers how long the start took before and with them."""
        # Two, by which is seen what each record has of its own.
        file_all(self, folder, TEMPLATES)
        self.stop_daemon()
        before = self.start_daemon()
        self.stop_daemon()
        begun = time.time()
        # In a process of its own, whose memory goes with it.
        subprocess.run([sys.executable, "-B", HERE / "grown.py", self.root, str(records)], check=True)
        say(f"{records} records put in within {time.time() - begun:.0f} s")
        self.start_daemon()
        # The files of the journal have caught up, and the start is one as any other.
        self.stop_daemon()
        return before, self.start_daemon()


def file_all(home, folder, numbers):
    before, files = home.status()["records"], make_of(folder, numbers)
    for file in files:
        put(home, file)
    home.wait_for_records(before + len(files), 0.2, 600)


def make_of(folder, numbers):
    files = make(folder, numbers)
    named = []
    for number, file in zip(numbers, files):
        name = f"{patient(number // OF_EACH)}_{PROFILES['tif']}_{today()}_{number}.tif"
        named.append(file.rename(file.with_name(name)))
    return named


def measure(empty, full, folder, times, report):
    records = {home: home.say("record", "list", "--patient-id", patient(0))["records"][-1]["id"] for home in (empty, full)}
    day = today()
    looks = {
        "Find by patient": lambda home: home.say("record", "list", "--patient-id", patient(1)),
        "Find by day, 100 of them": lambda home: home.say("record", "list", "--from", day, "--most", "100"),
        "Verify one": lambda home: home.say("verify", records[home], "--accept-evaluation"),
    }
    for what, look in looks.items():
        taken = {empty: [], full: []}
        for _ in range(times):
            for home in (empty, full):
                begun = time.perf_counter()
                look(home)
                taken[home].append((time.perf_counter() - begun) * 1000)
        report.row(what, taken[empty], taken[full], MOST)
    taken = {empty: [], full: []}
    for turn in range(times):
        for home in (empty, full):
            taken[home].append(file_one(home, folder, turn))
    report.row("File one, from its close, less the settle time", taken[empty], taken[full], MOST)
    taken = {empty: [], full: []}
    for _ in range(times):
        for home in (empty, full):
            begun = time.perf_counter()
            home.status()
            taken[home].append((time.perf_counter() - begun) * 1000)
    report.row("Status of the line", taken[empty], taken[full], None)


def file_one(home, folder, turn):
    """Milliseconds, by what the record says; nobody asks the daemon meanwhile."""
    who = patient(SINGLE + turn)
    (file,) = make(folder, [SINGLE + turn])
    (home.drop / file.name).write_bytes(file.read_bytes())
    closed = time.time()
    time.sleep(QUIET_SECONDS + 1)
    until = time.time() + 60
    while not (found := home.say("record", "list", "--patient-id", who)["records"]):
        if time.time() > until:
            raise SystemExit(f"{file.name} was not filed")
        time.sleep(0.5)
    return (instant(found[0]["filed_at"]) - closed - QUIET_SECONDS) * 1000


class Report:
    def __init__(self, folder, given, starts):
        self.good = True
        command = shlex.join(["scripts/bench", "--million", *sys.argv[1:]])
        release = "release build" if given.program == RELEASE else "NOT the release build; only good for trying this script"
        before, after = starts
        self.lines = [
            HEADING,
            "",
            f"A store of {given.records:,} records and one without, in turns, {given.times} times each; medians. Written by",
            "`scripts/bench --million`; how the records come there stands in `scripts/lib/bench/grown.py`. What is typed as a",
            "command counts with the start of the program.",
            "",
            f"- When: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC; command: `{command}`; {release}",
            f"- Machine: {machine(folder)}; load average {load()}",
            f"- The daemon's start, SQLite's check of the whole database in it: {before:.1f} s without, {after:.1f} s with them",
            "",
            "| | without | with them | ratio | at most |",
            "| --- | --- | --- | --- | --- |",
        ]

    def row(self, what, without, with_them, most):
        medians = [statistics.median(each) for each in (without, with_them)]
        ratio = medians[1] / medians[0]
        target = "none set"
        if most:
            self.good &= ratio <= most
            target = f"{most}×: {'reached' if ratio <= most else 'missed'}"
        say(f"{what}: {medians[0]:.1f} ms, {medians[1]:.1f} ms: {ratio:.2f}× ({target})")
        self.lines.append(f"| {what} | {medians[0]:.1f} ms | {medians[1]:.1f} ms | **{ratio:.2f}×** | {target} |")

    def text(self):
        return "\n".join([*self.lines, ""])


if __name__ == "__main__":
    main()
