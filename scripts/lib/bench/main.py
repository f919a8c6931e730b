"""Measures the line and the obvious shell script on the same files; `scripts/bench` runs it.

Throughput: from the moment the first of many scans is in the drop folder until the last is filed: durable, signed and
time-stamped. The shell script works on some of the same files, half before and half after, one after another.
Latency: from the close of one file until it is seen filed, less the time the file must lie still.
"""

import argparse
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import scans
from home import PROFILES, QUIET_SECONDS, Home, machine, patient, today

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "fixtures/samples/good"
HERE = Path(__file__).resolve().parent
RELEASE = ROOT / "target/release/torikomi"
RATIO = 20
LATENCY_MS = 150
KINDS = {
    "tif": ("A4, 300 dpi, G4 TIFF", ["referral-letter-p1.tif", "referral-letter-p2.tif"], scans.tiff),
    "jpg": ("A4, 300 dpi, colour JPEG", ["consent.jpg"], scans.jpeg),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=int, help="TIFFs and JPEGs each, instead of 500 and 200")
    parser.add_argument("--shell-scans", type=int, default=20, help="of these, for the shell script")
    parser.add_argument("--single", type=int, default=15, help="files sent one at a time, of each kind")
    parser.add_argument("--program", type=Path, default=RELEASE)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/benchmarks.md")
    given = parser.parse_args()
    counts = {kind: given.scans or usual for kind, usual in {"tif": 500, "jpg": 200}.items()}

    (ROOT / "target").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "target"))
    patients = sum(counts.values()) + 2 * given.single
    home = Home(given.program, folder, ROOT / "profiles/demo", patients)
    try:
        report = Report(folder, given)
        certify(folder)
        first = 0
        for kind, count in counts.items():
            measure(home, folder, kind, first, count, given.shell_scans, report)
            first += count
        for kind in counts:
            single(home, folder, kind, first, given.single, report)
            first += given.single
        given.out.write_text(report.text())
    finally:
        home.stop()
    shutil.rmtree(folder)
    sys.exit(0 if report.good else 1)


def measure(home, folder, kind, first, count, shell_count, report):
    files = make(folder / kind, kind, first, count)
    half = max(shell_count // 2, 1)
    say(f"{kind}: shell script, {half} files, twice")
    shell = {how: script(home, folder, how, files[:half]) for how in ("-verbose", "-quiet")}
    say(f"{kind}: torikomi, {count} files")
    before = home.status()["records"]
    used = home.processor_seconds()
    begun = time.time()
    for file in files:
        shutil.copyfile(file, home.drop / f".{file.name}.part")
        os.rename(home.drop / f".{file.name}.part", home.drop / file.name)
    seconds = home.wait_for_records(before + count, 0.1, 3600) - begun
    used = home.processor_seconds() - used
    say(f"{kind}: shell script, {half} files, twice")
    for how, times in shell.items():
        times += script(home, folder, how, files[-half:])
    report.throughput(kind, count, seconds, used, shell)


def single(home, folder, kind, first, count, report):
    say(f"{kind}: torikomi, {count} files one at a time")
    waits, closes = [], []
    for file in make(folder / f"{kind}-single", kind, first, count):
        before = home.status()["records"]
        content = file.read_bytes()
        with open(home.drop / file.name, "wb") as scan:
            scan.write(content)
        closed = time.time()
        filed = home.wait_for_records(before + 1, 0.002, 60)
        waits.append(filed - closed - QUIET_SECONDS)
        closes.append(closed)
        time.sleep(0.3)
    records = sorted(home.records(), key=lambda record: record["filed_at"])[-count:]
    report.latency(kind, waits, list(zip(closes, records)))


def make(folder, kind, first, count):
    """Scans whose names say whose they are."""
    folder.mkdir()
    _, samples, vary = KINDS[kind]
    samples = [(SAMPLES / sample).read_bytes() for sample in samples]
    files = []
    for number in range(first, first + count):
        file = folder / f"{patient(number)}_{PROFILES[kind]}_{today()}_{number}.{kind}"
        file.write_bytes(vary(samples[number % len(samples)], f"Scan {number:06}".encode()))
        files.append(file)
    os.sync()
    return files


def certify(folder):
    """The shell script's key and certificate, of the same strength as a home's `ecdsa-p256`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=bench", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True,
        capture_output=True,
    )


def script(home, folder, how, files):
    """For each file the seconds that the shell script took, and those of a processor."""
    store = Path(tempfile.mkdtemp(prefix="shell-", dir=folder))
    command = ["sh", HERE / "script.sh", how, folder / "certificate.pem", folder / "key.pem", home.authority, store]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([*command, *files], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / len(files)
    return [(int(line) / 1e9, used) for line in ran.stdout.split()]


class Report:
    def __init__(self, folder, given):
        self.good = True
        command = shlex.join(["scripts/bench", *sys.argv[1:]])
        self.head = [
            "# Measured",
            "",
            "Written by `scripts/bench`, which measures Torikomi and the obvious shell script (`scripts/lib/bench/script.sh`)",
            "in one run on the same files, half of the script's before and half after. Figures are as they came out.",
            "",
            f"- When: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC; command: `{command}`",
            f"- Machine: {machine(folder)}; {system()}",
            f"- Program: {'release build' if given.program == RELEASE else 'NOT the release build; only good for trying this script'}",
            f"- Load average before and after: {load()}",
        ]
        self.rows, self.costs, self.waits, self.stages = [], [], [], []

    def throughput(self, kind, count, seconds, used, shell):
        rate = count / seconds
        times = {how: [took for took, _ in each] for how, each in shell.items()}
        verbose, plain = (1 / statistics.mean(times[how]) for how in ("-verbose", "-quiet"))
        ratio = rate / verbose
        reached = ratio >= RATIO
        self.good &= reached
        what = KINDS[kind][0]
        looked = len(shell["-verbose"])
        cells = [what, f"{count} in {seconds:.1f} s", f"{rate:.2f}", f"{verbose:.3f} ({looked} files)", f"**{ratio:.1f}×**"]
        cells += [f"{RATIO}×: {'reached' if reached else 'missed'}", f"{plain:.3f}", f"{rate / plain:.1f}×"]
        say(f"{what}: {rate:.2f}/s, script {verbose:.3f}/s: {ratio:.1f}×; with plain identify {plain:.3f}/s")
        self.rows.append("| " + " | ".join(cells) + " |")
        theirs = {how: statistics.mean(used for _, used in each) for how, each in shell.items()}
        medians = {how: statistics.median(each) for how, each in times.items()}
        cells = [what, f"{used / count * 1000:.0f} ms"]
        for how in ("-verbose", "-quiet"):
            cells.append(f"{theirs[how] * 1000:.0f} ms")
        cells += [f"{theirs['-verbose'] / (used / count):.1f}×"]
        cells += [f"{medians[how] * 1000:.0f} ms" for how in ("-verbose", "-quiet")]
        say(f"{what}: processor time {cells[1]}, script {cells[2]}, plain {cells[3]}")
        self.costs.append("| " + " | ".join(cells) + " |")

    def latency(self, kind, waits, records):
        milliseconds = sorted(wait * 1000 for wait in waits)
        median = statistics.median(milliseconds)
        reached = median < LATENCY_MS
        self.good &= reached
        what = KINDS[kind][0]
        cells = [what, str(len(waits)), f"**{median:.0f} ms**", f"{milliseconds[0]:.0f}–{milliseconds[-1]:.0f} ms"]
        cells.append(f"{LATENCY_MS} ms: {'reached' if reached else 'missed'}")
        say(f"{what}: {median:.0f} ms after the settle time ({milliseconds[0]:.0f}–{milliseconds[-1]:.0f})")
        self.waits.append("| " + " | ".join(cells) + " |")
        steps = {"taken in": [], "signed": [], "time-stamped": [], "filed": []}
        for closed, record in records:
            at = [closed + QUIET_SECONDS] + [instant(record[f"{name}_at"]) for name in FIELDS]
            for step, begun, ended in zip(steps, at, at[1:]):
                steps[step].append((ended - begun) * 1000)
        cells = [what, *(f"{statistics.median(times):.0f} ms" for times in steps.values())]
        say(f"{what}: " + ", ".join(f"{step} +{statistics.median(times):.0f} ms" for step, times in steps.items()))
        self.stages.append("| " + " | ".join(cells) + " |")

    def text(self):
        self.head[-1] += f"; {load()}"
        upper = [*self.head, "", *THROUGHPUT, *self.rows, "", *COSTS, *self.costs, "", *LATENCY]
        return "\n".join([*upper, *self.waits, "", *STAGES, *self.stages, ""])


FIELDS = ["taken_in", "signed", "timestamped", "filed"]
THROUGHPUT = [
    "## Documents per second",
    "",
    "From the first scan in the drop folder to the last one filed, durable, signed and time-stamped by the home's own",
    "evaluation authority. The settle time of one second is in it. The script looks at each file with `identify -verbose`,",
    "which decodes it as Torikomi does, or with plain `identify`, which reads the header only; it signs with `openssl cms`,",
    "has the signature stamped by the same authority, copies and syncs. It is slow, so it gets fewer of the same files; its",
    "rate is their number through the time they took.",
    "",
    "| Scans | Torikomi | per second | `identify -verbose` | ratio | target | plain `identify` | ratio |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
]
COSTS = [
    "Processor time of one document, the authority's (which serves both) not counted, hardly depends on what else the machine",
    "does. The script works on one file at a time; the medians are its time for one.",
    "",
    "| Scans | Torikomi | `identify -verbose` | plain `identify` | ratio to the first | median, verbose | median, plain |",
    "| --- | --- | --- | --- | --- | --- | --- |",
]
LATENCY = [
    "## From the close of a file to `filed`",
    "",
    "One file at a time, less the settle time (`quiet_time`, one second here), as seen at the control socket.",
    "",
    "| Scans | files | median | range | target |",
    "| --- | --- | --- | --- | --- |",
]
STAGES = [
    "Where that time goes: medians of the times that the record states, each from the one before; the first from the end of",
    "the settle time. A time-stamp's own instant has whole milliseconds.",
    "",
    "| Scans | taken in | signed | time-stamped | filed |",
    "| --- | --- | --- | --- | --- |",
]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def system():
    """The tools that the script uses."""
    commands = [["identify", "-version"], ["openssl", "version"]]
    said = [subprocess.run(command, capture_output=True, text=True).stdout for command in commands]
    return ", ".join(" ".join(line.split()[skip:take]) for line, skip, take in zip(said, (1, 0), (3, 2)))


def load():
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def say(text):
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    main()
