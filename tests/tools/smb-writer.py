"""Writes one file to the share `scans` as scanners do that a plain copy does not resemble.

    smb-writer.py PORT WAY LOCAL NAME

ways: slow         in four parts with pauses, the file open throughout
      preallocated its size is set first, then as `slow`
      appended     in four parts, closed after each
      header-last  all but the first 64 bytes, which stand as zeros until a pause later
      killed       the first half; then the program dies with the file open
"""

import os
import signal
import sys
import time

import smbclient

# Longer than the time for which a file must not have changed.
PAUSE = 1.6
HEADER = 64

port, way, local, name = int(sys.argv[1]), *sys.argv[2:]
with open(local, "rb") as file:
    data = file.read()
# A guest has no key to sign the negotiation with.
smbclient.ClientConfig(require_secure_negotiate=False)
smbclient.register_session("127.0.0.1", username="scanner", password="-", port=port, require_signing=False)
path = rf"\\127.0.0.1\scans\{name}"
part = -(-len(data) // 4)
parts = [data[at : at + part] for at in range(0, len(data), part)]


def opened(mode: str):
    return smbclient.open_file(path, mode=mode, buffering=0, share_access="r", port=port)


def write(file, data: bytes):
    while data:
        data = data[file.write(data[:65536]) :]


match way:
    case "slow" | "preallocated":
        with opened("wb") as file:
            if way == "preallocated":
                file.truncate(len(data))
                file.seek(0)
            for number, part in enumerate(parts):
                time.sleep(PAUSE if number else 0)
                write(file, part)
    case "appended":
        for number, part in enumerate(parts):
            time.sleep(PAUSE if number else 0)
            with opened("ab") as file:
                write(file, part)
    case "header-last":
        with opened("wb") as file:
            write(file, bytes(HEADER) + data[HEADER:])
            time.sleep(PAUSE)
            file.seek(0)
            write(file, data[:HEADER])
    case "killed":
        file = opened("wb")
        write(file, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    case _:
        sys.exit(f"no such way: {way}")
