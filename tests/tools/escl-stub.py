#!/usr/bin/env python3
"""A network scanner (eSCL) that "scans" given JPEG files: full pages for SANE's airscan backend, without a scanner.

    escl-stub.py [--config DIR] PAGE.jpg…

Serves on a free loopback port and prints it. With --config it also writes DIR/airscan.conf and DIR/dll.conf, so that

    SANE_CONFIG_DIR=DIR scanimage -d 'airscan:e0:Stub MFP' --source ADF --batch=page-%d.jpg --format=jpeg

fetches the pages. The glass (--source Flatbed) holds the first one. Ends when its standard input, if a pipe, closes.
"""

import argparse
import os
import stat
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = "Stub MFP"
NAMESPACES = (
    'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"'
)
# A4 at 300 dots per inch, in the protocol's units.
WIDTH, HEIGHT = 2480, 3508


def profile(size):
    return f"""<scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>{size[0]}</scan:MaxWidth>
<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>{size[1]}</scan:MaxHeight>
<scan:SettingProfiles><scan:SettingProfile>
<scan:ColorModes><scan:ColorMode>RGB24</scan:ColorMode><scan:ColorMode>Grayscale8</scan:ColorMode></scan:ColorModes>
<scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat></scan:DocumentFormats>
<scan:SupportedResolutions><scan:DiscreteResolutions><scan:DiscreteResolution>
<scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution>
</scan:DiscreteResolution></scan:DiscreteResolutions></scan:SupportedResolutions>
</scan:SettingProfile></scan:SettingProfiles>"""


CAPABILITIES = f"""<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities {NAMESPACES}>
<pwg:Version>2.6</pwg:Version><pwg:MakeAndModel>{NAME}</pwg:MakeAndModel>
<scan:Platen><scan:PlatenInputCaps>{profile((WIDTH, HEIGHT))}</scan:PlatenInputCaps></scan:Platen>
<scan:Adf><scan:AdfSimplexInputCaps>{profile((WIDTH, HEIGHT))}</scan:AdfSimplexInputCaps></scan:Adf>
</scan:ScannerCapabilities>"""


class Scanner(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.jobs = {}
        self.lock = threading.Lock()

    def begin(self, settings):
        with self.lock:
            job = str(len(self.jobs) + 1)
            self.jobs[job] = list(self.pages if b">Feeder<" in settings else self.pages[:1])
            return job

    def next_page(self, job):
        with self.lock:
            waiting = self.jobs.get(job)
            return waiting.pop(0) if waiting else None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        match self.path.strip("/").split("/"):
            case ["eSCL", "ScannerCapabilities"]:
                self.answer(200, CAPABILITIES.encode(), "text/xml")
            case ["eSCL", "ScannerStatus"]:
                status = (
                    f'<?xml version="1.0" encoding="UTF-8"?><scan:ScannerStatus {NAMESPACES}>'
                    "<pwg:Version>2.6</pwg:Version><pwg:State>Idle</pwg:State>"
                    "<scan:AdfState>ScannerAdfLoaded</scan:AdfState></scan:ScannerStatus>"
                )
                self.answer(200, status.encode(), "text/xml")
            case ["eSCL", "ScanJobs", job, "NextDocument"]:
                page = self.server.next_page(job)
                if page is None:
                    self.answer(404)
                else:
                    self.answer(200, page.read_bytes(), "image/jpeg")
            case _:
                self.answer(404)

    def do_POST(self):
        settings = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.rstrip("/") != "/eSCL/ScanJobs":
            return self.answer(404)
        job = self.server.begin(settings)
        self.answer(201, location=f"http://{self.headers['Host']}/eSCL/ScanJobs/{job}")

    def do_DELETE(self):
        self.answer(200)

    def answer(self, status, body=b"", content_type=None, location=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if content_type:
            self.send_header("Content-Type", content_type)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def end_with_standard_input():
    """So that a test that is killed leaves no server behind."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", type=Path, metavar="DIR", help="write SANE's configuration into this folder")
    arguments.add_argument("pages", nargs="+", type=Path, metavar="PAGE.jpg")
    arguments = arguments.parse_args()

    server = Scanner(arguments.pages)
    port = server.server_address[1]
    if arguments.config:
        arguments.config.mkdir(parents=True, exist_ok=True)
        url = f"http://127.0.0.1:{port}/eSCL"
        device = f'[devices]\n"{NAME}" = {url}, eSCL\n[options]\ndiscovery = disable\n'
        (arguments.config / "airscan.conf").write_text(device)
        (arguments.config / "dll.conf").write_text("airscan\n")
    end_with_standard_input()
    print(port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
