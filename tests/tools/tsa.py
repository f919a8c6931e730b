#!/usr/bin/env python3
"""OpenSSL as a foreign time-stamping authority (RFC 3161) over HTTP, with faults on request.

    tsa.py FOLDER [--delay S] [--refuse] [--garbage] [--wrong-nonce] [--replay] [--http-status N] [--offset-hours H] [--tls] [--port N]

Makes a root and a time-stamping certificate in FOLDER on first use (roots.pem is what a client has to trust), serves
on a free loopback port (or N) and prints it. Ends when its standard input, if a pipe, closes. Needs `openssl` and, for a
clock of its own, `faketime`.
"""

import argparse
import os
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

POLICY = "1.3.6.1.4.1.55555.1.1"

CONFIGURATION = """\
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = {policy}
digests = {digests}
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256

[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash

[tls]
basicConstraints = critical, CA:false
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth

[tsa]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Authority:
    def __init__(self, folder, options):
        self.folder = folder
        self.options = options
        self.lock = threading.Lock()
        self.first_reply = None
        folder.mkdir(parents=True, exist_ok=True)
        # An authority that accepts SHA-1 only refuses everything in earnest, with status and failure information.
        digests = "sha1" if options.refuse else "sha256, sha384, sha512"
        text = CONFIGURATION.format(folder=folder, policy=POLICY, digests=digests)
        (folder / "tsa.cnf").write_text(text)
        if not (folder / "roots.pem").exists():
            self.make_certificates()

    def make_certificates(self):
        """Valid from 30 days ago, so that a clock that is slow finds them valid too."""

        def openssl(*arguments):
            run(["faketime", "-f", "-30d", "openssl", *arguments], cwd=self.folder)

        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        openssl("req", "-x509", *key, "-keyout", "root.key", "-out", "roots.pem", "-days", "3650",
                "-subj", "/C=JP/O=Foreign authority for tests/CN=Test TSA root", "-config", "tsa.cnf", "-extensions", "root")
        openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr",
                "-subj", "/C=JP/O=Foreign authority for tests/CN=Test TSA", "-config", "tsa.cnf")
        openssl("x509", "-req", "-in", "tsa.csr", "-CA", "roots.pem", "-CAkey", "root.key", "-set_serial", "2",
                "-days", "3650", "-extfile", "tsa.cnf", "-extensions", "tsa", "-out", "tsa.pem")
        (self.folder / "serial").write_text("01\n")
        openssl("req", "-x509", *key, "-keyout", "tls-root.key", "-out", "tls-roots.pem", "-days", "3650",
                "-subj", "/C=JP/O=Private network for tests/CN=Test TLS root", "-config", "tsa.cnf", "-extensions", "root")
        openssl("req", *key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=127.0.0.1", "-config", "tsa.cnf")
        openssl("x509", "-req", "-in", "tls.csr", "-CA", "tls-roots.pem", "-CAkey", "tls-root.key", "-set_serial", "3",
                "-days", "3650", "-extfile", "tsa.cnf", "-extensions", "tls", "-out", "tls.pem")

    def reply(self, query):
        options = self.options
        time.sleep(options.delay)
        if options.garbage:
            return b"<html><body>Please log in to the guest network.</body></html>"
        # The serial file is read and written by each call.
        with self.lock, tempfile.TemporaryDirectory() as work:
            if options.replay and self.first_reply is not None:
                return self.first_reply
            (Path(work) / "query").write_bytes(query)
            if options.wrong_nonce:
                algorithm, imprint = message_imprint(query)
                run(["openssl", "ts", "-query", "-digest", imprint.hex(), f"-{algorithm}", "-cert", "-out", "query"],
                    cwd=work)
            command = ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "authority",
                       "-queryfile", "query", "-out", "reply"]
            if options.offset_hours:
                command = ["faketime", "-f", f"{options.offset_hours * 3600:+.0f}s", *command]
            run(command, cwd=work)
            reply = (Path(work) / "reply").read_bytes()
            self.first_reply = self.first_reply or reply
            return reply


def message_imprint(query):
    """The digest's name and value in a TimeStampReq: SEQUENCE { INTEGER, SEQUENCE { algorithm, OCTET STRING }, … }."""

    def content(data):
        length, start = data[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(data[2:start], "big")
        return data[start : start + length], data[start + length :]

    body, _ = content(query)
    _version, rest = content(body)
    imprint, _ = content(rest)
    _algorithm, rest = content(imprint)
    value, _ = content(rest)
    return {32: "sha256", 48: "sha384", 64: "sha512"}[len(value)], value


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.authority.options.http_status != 200:
            return self.answer(self.server.authority.options.http_status, b"", "text/plain")
        if self.headers.get("Content-Type") != "application/timestamp-query":
            return self.answer(415, b"", "text/plain")
        try:
            reply = self.server.authority.reply(query)
        except subprocess.CalledProcessError as error:
            return self.answer(500, error.stderr, "text/plain")
        kind = "text/html" if self.server.authority.options.garbage else "application/timestamp-reply"
        self.answer(200, reply, kind)

    def answer(self, status, body, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def run(command, cwd):
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


def end_with_standard_input():
    """So that a test that is killed leaves no server behind."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--delay", type=float, default=0, metavar="S", help="wait so many seconds with each reply")
    arguments.add_argument("--refuse", action="store_true", help="refuse every digest, as the protocol says")
    arguments.add_argument("--garbage", action="store_true", help="answer with a web page")
    arguments.add_argument("--wrong-nonce", action="store_true", help="stamp the right digest under another nonce")
    arguments.add_argument("--replay", action="store_true", help="answer every request with the first reply")
    arguments.add_argument("--http-status", type=int, default=200, metavar="N", help="answer with this status only")
    arguments.add_argument("--offset-hours", type=float, default=0, metavar="H", help="a clock that is off")
    arguments.add_argument("--tls", action="store_true", help="serve https, by a certificate under tls-roots.pem")
    arguments.add_argument("--port", type=int, default=0, metavar="N", help="serve on this port")
    options = arguments.parse_args()

    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    server.authority = Authority(options.folder.resolve(), options)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.authority.folder / "tls.pem", server.authority.folder / "tls.key")
        # The handshake is each connection's own, so that one that fails keeps no other waiting.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    end_with_standard_input()
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
