"""A home of its own for the measurement, made and used through the doors everybody has."""

import json
import os
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

PASSPHRASE = "Hakaru-no-Aikotoba-1!"
STATION = "office"
QUIET_SECONDS = 1.0
PROFILES = {"tif": "referral-letter-demo", "jpg": "consent-demo"}


class Home:
    """The home, its time-stamping authority and its daemon; a person in session. Ends what it started."""

    def __init__(self, program: Path, folder: Path, profiles: Path, patients: int):
        self.program, self.folder = program, folder
        self.root, self.passphrase = folder / "home", folder / "passphrase"
        self.drop = self.root / "drop" / STATION
        self.running = []
        self.passphrase.write_text(PASSPHRASE + "\n")
        founder = "診療情報管理士,診療情報管理室"
        self.say(
            *["init", self.root, "--station", STATION, "--organization", "見本病院"],
            *["--administrator", f"admin,見本 管理,{founder}", "--manager", f"manager,見本 責任,{founder}"],
            *["--passphrase-file", f"admin={self.passphrase}", "--passphrase-file", f"manager={self.passphrase}"],
            *["--ca-passphrase-file", self.passphrase],
        )
        for profile in PROFILES.values():
            (self.root / "profiles" / f"{profile}.toml").write_bytes((profiles / f"{profile}.toml").read_bytes())
        rows = "".join(f"{patient(n)},架空 {n}号\n" for n in range(patients))
        (self.root / "patients.csv").write_text("id,name\n" + rows)
        port = free_port()
        self.authority = f"http://127.0.0.1:{port}/"
        self.settle()

        self.start("timestamp", "serve", "--listen", f"127.0.0.1:{port}")
        self.start("serve")
        self.wait_for_daemon()
        self.people()

    def settle(self):
        """Writes the settings: names tell whose a scan is, one session signs everything, the shortest quiet time."""
        path = self.root / "torikomi.toml"
        lines = []
        for line in path.read_text().splitlines():
            if line.startswith("profiles = "):
                line = "profiles = " + json.dumps(list(PROFILES.values()))
                line += '\nfile_name = "{patient_id}_{document_type}_{obtained_on}_{*}"'
                line += f'\nquiet_time = "{int(QUIET_SECONDS)}s"\nsidecar_wait = "0s"'
            elif line.startswith("url = "):
                line = f'url = "{self.authority}"'
            elif line.startswith("# most = 500"):
                line = "most = 5000"
            lines.append(line)
        path.write_text("\n".join(lines) + "\n")

    def people(self):
        admin = ["--as", "admin", "--passphrase-file", self.passphrase]
        both = [*admin, "--second", "manager", "--second-passphrase-file", self.passphrase]
        for profile in PROFILES.values():
            self.say("profile", "approve", profile, *both)
        self.operator("clerk", "見本 受付")
        self.open_session("clerk")

    def operator(self, login, name):
        admin = ["--as", "admin", "--passphrase-file", self.passphrase]
        both = [*admin, "--second", "manager", "--second-passphrase-file", self.passphrase]
        called = ["--name", name, "--occupation", "医療事務", "--department", "医事課"]
        self.say("operator", "add", login, *called, *admin)
        files = ["--new-passphrase-file", self.passphrase, "--ca-passphrase-file", self.passphrase]
        files += ["--witness", "manager", "--witness-passphrase-file", self.passphrase]
        self.say("operator", "enrol", login, *admin, *files)
        self.say("operator", "appoint", login, "--role", "operator", *both)

    def open_session(self, login):
        own = ["--as", login, "--passphrase-file", self.passphrase]
        self.say("session", "open", "--station", STATION, "--attest", *own)

    def say(self, *words) -> dict:
        """Runs a command of the home and answers with what it printed."""
        command = [str(word) for word in [self.program, "--home", self.root, "--json", *words]]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            raise SystemExit(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
        return json.loads(ran.stdout)

    def start(self, *words):
        command = [str(word) for word in [self.program, "--home", self.root, *words]]
        log = open(self.folder / f"{words[0]}.log", "w")
        self.running.append(subprocess.Popen(command, stdout=log, stderr=log))

    def wait_for_daemon(self, longest=60):
        until = time.monotonic() + longest
        while True:
            try:
                self.status()
                return
            except OSError:
                if time.monotonic() > until or any(process.poll() is not None for process in self.running):
                    raise SystemExit((self.folder / "serve.log").read_text())
                time.sleep(0.1)

    def status(self) -> dict:
        """As `torikomi status --json`, but without the time that starting a program takes."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.root / "run" / "control.sock"))
            control.sendall(b'{"request":"status"}\n')
            return json.loads(control.makefile().readline())["facts"]

    def wait_for_records(self, wanted: int, look_every: float, longest: float) -> float:
        """Answers the time at which so many records were seen filed; ends everything if one is held."""
        until = time.time() + longest
        while True:
            status, now = self.status(), time.time()
            if status["records"] >= wanted:
                return now
            held = [count for count in status["documents"] if count["held"]]
            if held or status["paused"] or now > until:
                raise SystemExit(f"The line does not get on: {json.dumps(status, ensure_ascii=False, indent=1)}")
            time.sleep(look_every)

    def records(self) -> list:
        return self.say("record", "list", "--most", "10000")["records"]

    def processor_seconds(self) -> float:
        """What the daemon, its workers and those before them have used; the authority works for both sides."""
        daemon = self.running[-1].pid
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(stat.parent.name) == daemon or int(fields[1]) == daemon:
                ticks += sum(int(field) for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
            process.wait()


def patient(number: int) -> str:
    """Numbers that no hospital has."""
    return str(9990001 + number)


def today() -> str:
    """Where the home's calendar is: in Japan."""
    return datetime.now(timezone(timedelta(hours=9))).date().isoformat()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def machine(folder: Path) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
    system = os.uname()
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {processor()}, {memory} MiB, {system.sysname} {system.release}, {kind}"
