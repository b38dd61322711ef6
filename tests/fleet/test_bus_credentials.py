# SPDX-License-Identifier: BSD-2-Clause
"""Who may use a server: each way to say who we are, and what the bus says where it is not the right one."""
import os
import re
import tempfile
import time
import unittest

import nats
from probe import Case, Probe

USERS = """
accounts {
  ours: { jetstream: enabled, users: [
    { user: one, password: secret }
    { user: reader, password: secret, permissions: { publish: { deny: ["s.>", "$JS.API.STREAM.CREATE.>"] } } }
    { user: deaf, password: secret, permissions: { subscribe: { deny: ["_INBOX.>"] } } }
  ] }
  poor: { users: [ { user: poor, password: secret } ] }
}
"""


class Credentials(Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="stsurvey-creds-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def expect_open(self, server, options, expected):
        with self.subTest(options), Probe(server.url, *options) as probe:
            self.expect_answer(probe.opened, expected)

    def test_user_and_password(self):
        with nats.Server(more=USERS) as server:
            for options, expected in [
                (["--user", "one", "--password", "secret"], "ok"),
                (["--user", "one", "--password", "wrong"], f"refused {server.url}: …Authorization Violation…--creds"),
                ([], "refused …Authorization Violation…NATS_USER"),
                (["--password", "secret"], "refused NATS_PASSWORD: without NATS_USER"),
                (["--user", "poor", "--password", "secret"], "refused …not enabled for …account"),
                (["--user", "deaf", "--password", "secret"], "refused …Permissions Violation for Subscription"),
            ]:
                self.expect_open(server, options, expected)

    def test_the_configuration_that_the_document_shows_serves_a_queue(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/fleet/queue.md"), encoding="utf-8") as file:
            lines = re.findall(r"^    (listen: .*|jetstream \{ .*|authorization \{ .*)$", file.read(), re.M)
        self.assertEqual([line.split()[0] for line in lines], ["listen:", "jetstream", "authorization"])
        store = lines[1].replace("/var/lib/nats", self.path("store")).replace("100G", "1G")
        with nats.Server(jetstream=False, more="\n".join([store, lines[2]])) as server:
            self.expect_open(server, ["--user", "survey", "--password", "a long one"], "ok")
            self.expect_open(server, [], "refused …Authorization Violation")
            with Probe(server.url, "--user", "survey", "--password", "a long one") as one:
                self.expect(one, [("stream S s.> limits 0", "ok"), ("publish s.1 - 0 x", "ok")])

    def test_what_a_user_may_not_do_is_refused_with_its_name(self):
        with nats.Server(more=USERS) as server:
            with Probe(server.url, "--user", "one", "--password", "secret") as one:
                self.expect(one, [("stream S s.> limits 0", "ok"), ("publish s.1 - 0 x", "ok")])
            with Probe(server.url, "--user", "reader", "--password", "secret") as reader:
                self.expect(reader, [
                    ("next S s.> 1", "ok seq=1"),
                    ("publish s.1 - 0 x", 'refused …Permissions Violation for Publish to "s.1"'),
                    ("stream T t.> limits 0", 'refused …Permissions Violation for Publish to "$JS.API.STREAM.CREATE.T"'),
                    ("next S s.> 1", "ok seq=1"),
                ])

    def test_nkey(self):
        ours, other = nats.Key(), nats.Key()
        account = nats.Key("account")
        with nats.Server(more=f"authorization {{ users: [ {{ nkey: {ours.public} }} ] }}") as server:
            for options, expected in [
                (["--nkey", ours.write(self.path("ours.nk"))], "ok"),
                (["--nkey", self.write("comment.nk", f"# ours\n{ours.seed}")], "ok"),
                (["--nkey", other.write(self.path("other.nk"))], "refused …Authorization Violation"),
                (["--nkey", account.write(self.path("account.nk"))], "refused --nkey …no seed of a user"),
                (["--nkey", self.write("bad.nk", ours.seed[:-9] + ("A" if ours.seed[-9] != "A" else "B") + ours.seed[-8:] + "\n")], "refused --nkey …no seed"),
                (["--nkey", self.write("public.nk", ours.public + "\n")], "refused --nkey …no seed"),
                (["--nkey", self.write("empty.nk", "")], "refused --nkey …is empty"),
                (["--nkey", self.path("none.nk")], "refused --nkey …none.nk: No such file"),
                (["--nkey", self.folder.name], "refused --nkey …cannot be read"),
            ]:
                self.expect_open(server, options, expected)

    def test_creds(self):
        operator, other = nats.Operator(), nats.Operator()
        with nats.Server(more=operator.more) as server:
            for options, expected in [
                (["--creds", operator.creds(self.path("ours.creds"))], "ok"),
                (["--creds", operator.creds(self.path("later.creds"), time.time() + 3600)], "ok"),
                (["--creds", operator.creds(self.path("old.creds"), 1700000000)], "refused …old.creds expired on 2023-11-14T22:13:20Z: get new ones"),
                (["--creds", other.creds(self.path("other.creds"))], "refused …Authorization Violation; give"),
                (["--creds", self.write("bad.creds", "nothing\n")], "refused"),
                (["--creds", self.path("none.creds")], "refused --creds …No such file"),
            ]:
                self.expect_open(server, options, expected)

    def test_creds_that_expire_meanwhile_end_the_calls(self):
        """The server ends the connection by its own clock, in whole seconds: so two of them, and more where a busy machine does not even
        connect in time."""
        operator = nats.Operator()
        path = self.path("short.creds")
        with nats.Server(more=operator.more) as server:
            with Probe(server.url, "--creds", operator.creds(self.path("lasting.creds"))) as other:
                self.expect(other, [("stream S s.> queue 0", "ok"), ("consumer S c s.> 30 5", "ok")])
            opened, life_s = "", 1
            while opened != "ok":
                life_s *= 2
                with Probe(server.url, "--creds", operator.creds(path, time.time() + life_s), "--patience", "0") as probe:
                    opened = probe.opened
                    if opened != "ok":
                        self.expect_answer(opened, "refused …short.creds expired on")
                        continue
                    self.expect(probe, [("pull 0 S c 3600", "refused …short.creds expired on")])
                    operator.creds(path)
                    self.expect(probe, [("look S", "ok messages=0")])

    def test_tls(self):
        certificates = nats.Certificates(self.folder.name)
        other = nats.Certificates(tempfile.mkdtemp(dir=self.folder.name))
        certificate, key = certificates.issue("server")
        client, client_key = certificates.issue("client")
        stranger, stranger_key = other.issue("stranger")
        tls = f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}'
        with nats.Server(more=tls, scheme="tls", host="localhost") as server:
            for options, expected in [
                (["--ca", certificates.ca], "ok"),
                ([], "refused …certificate…--tlsca"),
                (["--ca", other.ca], "refused …certificate…--tlsca"),
                (["--ca", self.write("bad.pem", "nothing\n")], "refused …bad.pem"),
                (["--ca", self.path("none.pem")], "refused --tlsca …No such file"),
                (["--cert", client], "refused --tlscert and --tlskey"),
            ]:
                self.expect_open(server, options, expected)
            server.url = server.url.replace("localhost", "127.0.0.1")  # a certificate for another name
            self.expect_open(server, ["--ca", certificates.ca], "refused …--tlsca")
        both = f'tls {{ cert_file: "{certificate}", key_file: "{key}", ca_file: "{certificates.ca}", verify: true }}'
        with nats.Server(more=both, host="localhost") as server:
            for options, expected in [
                (["--ca", certificates.ca, "--cert", client, "--key", client_key], "ok"),
                (["--ca", certificates.ca], "refused"),
                (["--ca", certificates.ca, "--cert", stranger, "--key", stranger_key], "refused"),
                (["--ca", certificates.ca, "--cert", client, "--key", stranger_key], "refused …key"),
            ]:
                self.expect_open(server, options, expected)
        with nats.Server(scheme="tls", host="localhost") as server:
            self.expect_open(server, ["--ca", certificates.ca], "refused …does not speak TLS")


if __name__ == "__main__":
    unittest.main()
