# SPDX-License-Identifier: BSD-2-Clause
"""A nats-server of Debian on loopback, for the tests of the queue:

    with nats.Server() as server:          # JetStream in a folder of its own
        server.url                         # nats://127.0.0.1:PORT
        server.kill()                      # SIGKILL; its files stay
        server.start()                     # again, with the same port, files and configuration
        server.freeze(), server.thaw()     # SIGSTOP, SIGCONT

    nats.Server(jetstream=False)           # without JetStream
    nats.Server(max_file="10M")            # of its storage
    nats.Server(more="max_payload: 64K")   # lines of its configuration; may hold {folder}

Users, certificates and credentials: Keys, Certificates, Operator below. Where nats-server is missing, importing this
ends the script with 77.
"""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from ports import free_port

SKIPPED = 77
READY_S = 30         # whatever takes longer hangs
POLL_S = 0.02
NATS_SERVER = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")

if NATS_SERVER is None:
    print("skipped: no nats-server (Debian: apt install nats-server)")
    sys.exit(SKIPPED)


class Server:
    def __init__(self, jetstream=True, max_file="4G", more="", scheme="nats", host="127.0.0.1", folder=None):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="stsurvey-nats-")
        self.port = free_port()
        self.url = f"{scheme}://{host}:{self.port}"
        self.log = os.path.join(self.folder, "server.log")
        self.config = os.path.join(self.folder, "server.conf")
        self.process = None
        self.frozen = False
        self.jetstream, self.max_file, self.more = jetstream, max_file, more

    def write_config(self):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"listen: 127.0.0.1:{self.port}\n")
            if self.jetstream:
                file.write(f"jetstream {{ store_dir: {json.dumps(os.path.join(self.folder, 'js'))}, max_file: {self.max_file}, "
                           "max_mem: 64M }\n")
            file.write(self.more.replace("{folder}", self.folder) + "\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Started, and ready for clients."""
        assert self.process is None
        self.write_config()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([NATS_SERVER, "-c", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + READY_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(self.log, encoding="utf-8", errors="replace") as log:
                        raise RuntimeError("nats-server does not start:\n" + log.read()[-2000:]) from None
                time.sleep(POLL_S)

    def _end(self, number):
        if self.process is None:
            return
        self.thaw()
        self.process.send_signal(number)
        self.process.wait()
        self.process = None

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        """As its operator would."""
        self._end(signal.SIGTERM)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # all of its threads stand
        self.frozen = True

    def thaw(self):
        if self.frozen:
            self.process.send_signal(signal.SIGCONT)
            self.frozen = False


# ---- keys and credentials, as nk and nsc make them ----

KIND = {"user": 20 << 3, "account": 0, "operator": 14 << 3}
SEED = 18 << 3


def _crc16(octets):
    crc = 0
    for octet in octets:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xffff
    return crc.to_bytes(2, "little")


def _text(octets):
    return base64.b32encode(octets + _crc16(octets)).decode().rstrip("=")


class Key:
    """An NKey: .public, .seed, .sign()."""

    def __init__(self, kind="user"):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        self._key = Ed25519PrivateKey.generate()
        secret = self._key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        public = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        prefix = KIND[kind]
        self.public = _text(bytes([prefix]) + public)
        self.seed = _text(bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + secret)

    def sign(self, octets):
        return self._key.sign(octets)

    def write(self, path):
        with open(path, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(self.seed + "\n")
        return path


def _base64url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _jwt(issuer, subject, name, what, expires=None):
    claims = {"jti": _base64url(os.urandom(16)), "iat": int(time.time()), "iss": issuer.public, "name": name, "sub": subject, "nats": what}
    if expires is not None:
        claims["exp"] = int(expires)
    head = _base64url(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode()) + "." + _base64url(json.dumps(claims).encode())
    return head + "." + _base64url(issuer.sign(head.encode()))


class Operator:
    """A server's operator with one account that has JetStream: .more is what the server's configuration needs, creds()
    writes a user's file."""

    def __init__(self):
        self.operator, self.account, system = Key("operator"), Key("account"), Key("account")
        limits = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1,
                  "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
        operator = _jwt(self.operator, self.operator.public, "operator",
                        {"type": "operator", "version": 2, "system_account": system.public})
        account = _jwt(self.operator, self.account.public, "account", {"type": "account", "version": 2, "limits": limits})
        no_jetstream = {**limits, "mem_storage": 0, "disk_storage": 0, "streams": 0, "consumer": 0}
        system_jwt = _jwt(self.operator, system.public, "system", {"type": "account", "version": 2, "limits": no_jetstream})
        self.more = (f"operator: {operator}\nsystem_account: {system.public}\nresolver: MEMORY\n"
                     f"resolver_preload: {{ {self.account.public}: {account}, {system.public}: {system_jwt} }}\n")

    def creds(self, path, expires=None):
        user = Key("user")
        jwt = _jwt(self.account, user.public, "user",
                   {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}}, expires)
        with open(path, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
                       f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")
        return path


class Certificates:
    """A certificate authority and what it signed, in a folder: .ca; issue(name, host) → certificate, key."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.ca_key = self._path("ca.pem"), self._path("ca.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=test CA",
                      "-keyout", self.ca_key, "-out", self.ca)

    def _path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def issue(self, name, host="localhost"):
        """@host: a name, or an address."""
        certificate, key, request, extra = (self._path(name + end) for end in (".pem", ".key", ".csr", ".ext"))
        kind = "IP" if host.replace(".", "").isdigit() else "DNS"
        with open(extra, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={kind}:{host}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", "30",
                      "-extfile", extra, "-out", certificate)
        return certificate, key
