#!/usr/bin/env python3
"""Runs every test, one process more at a time than there are processors.

Most tests wait for a daemon most of their time, so they run side by side, and the processors are not idle; but not as
threads of one process (scripts/test says why). A process for each test would start a PostgreSQL server for each: so it is
one for each module of a test binary.

Prints one line for each process, the whole output of those that fail, and a summary as the last line.
"""

import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

# These kill, fill and unmount, and wait for what comes of it; the longest first.
LONGEST = ["crash", "line", "deliveries", "export"]

# Three times what the longest takes on a busy machine: what hangs must not keep the others' results from being told.
MOST_SECONDS = 1200

RESULT = re.compile(r"^test result: .*? (\d+) passed; (\d+) failed;", re.MULTILINE)


def binaries():
    """The test binaries, built where they are not yet: (name, path)."""
    build = ["cargo", "test", "--locked", "--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(build, stdout=subprocess.PIPE, text=True, check=True)
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return [
        (message["target"]["name"] + ("" if "test" in message["target"]["kind"] else f" ({message['target']['kind'][0]})"),
         message["executable"])
        for message in messages
        if message.get("executable") and message["profile"]["test"]
    ]


def jobs(name, path):
    """The modules of a binary, each with its tests: (name, binary, tests)."""
    listed = subprocess.run([path, "--list", "--format", "terse"], stdout=subprocess.PIPE, text=True, check=True)
    modules = {}
    for line in listed.stdout.splitlines():
        test, _, kind = line.rpartition(": ")
        if kind == "test":
            modules.setdefault(test.split("::")[0] if "::" in test else "", []).append(test)
    return [(f"{name} {module}".strip(), path, tests) for module, tests in modules.items()]


def run(job):
    name, path, tests = job
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        ran = subprocess.Popen([path, "--exact", *tests], stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            ended = f"with status {ran.wait(MOST_SECONDS)}"
        except subprocess.TimeoutExpired:
            ended = f"by being killed after {MOST_SECONDS} s"
            # What it started, too.
            os.killpg(ran.pid, signal.SIGKILL)
            ran.wait()
        said.seek(0)
        output = said.read().decode(errors="replace")
    found = RESULT.search(output)
    passed, failed = (int(count) for count in found.groups()) if found else (0, 0)
    if not failed and (ran.returncode or passed != len(tests)):
        failed = max(1, len(tests) - passed)
        output += f"\n{name} ended {ended}, and {passed} of {len(tests)} tests passed.\n"
    return name, passed, failed, output, time.monotonic() - begun


def main():
    todo = [job for name, path in binaries() for job in jobs(name, path)]
    # What takes minutes first: begun last, it would leave the other processors idle.
    place = {name: number for number, name in enumerate(LONGEST)}
    todo.sort(key=lambda job: (place.get(job[0].split()[0], len(LONGEST)), -len(job[2])))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        ended = concurrent.futures.as_completed([pool.submit(run, job) for job in todo])
        for number, (name, ok, bad, output, seconds) in enumerate((future.result() for future in ended), 1):
            passed, failed = passed + ok, failed + bad
            print(f"[{number}/{len(todo)}] {name}: {ok} passed, {bad} failed, {seconds:.1f} s", flush=True)
            if bad:
                print(output, flush=True)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
