# SPDX-License-Identifier: BSD-2-Clause
"""JetStream as a stranger sees it, for the tests of the queue: what is in streams and buckets, and how to spoil it.

    js = jetstream.Client(server.port)
    js.messages("STSURVEY_week_RESULTS")       # [Message(sequence, subject, headers, data)]
    js.get("STSURVEY_week", "done.0")          # octets of a key, or None
    js.publish("stsurvey.week.queue.0", b"…")  # and delete(), purge(), put()
"""
import base64
import collections
import json
import socket

ANSWER_S = 30  # whatever takes longer hangs

Message = collections.namedtuple("Message", "sequence subject headers data")


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_S)
        self.file = self.socket.makefile("rb")
        self.file.readline()  # INFO
        self._send(b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB _INBOX.t 1\r\n')

    def close(self):
        self.file.close()
        self.socket.close()

    def _send(self, octets):
        self.socket.sendall(octets)

    def request(self, subject, data=b"", headers=None):
        """The answer's octets, without headers."""
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in (headers or {}).items())
        head = b"NATS/1.0\r\n" + head + b"\r\n"
        self._send(b"HPUB %s _INBOX.t %d %d\r\n%s%s\r\n" % (subject.encode(), len(head), len(head) + len(data), head, data))
        while True:
            words = self.file.readline().split()
            if not words:
                raise ConnectionError("the server has gone away")
            if words[0] == b"PING":
                self._send(b"PONG\r\n")
            elif words[0] == b"-ERR":
                raise RuntimeError(b" ".join(words).decode())
            elif words[0] == b"MSG":
                return self.file.read(int(words[-1]) + 2)[:-2]
            elif words[0] == b"HMSG":
                return self.file.read(int(words[-1]) + 2)[int(words[-2]):-2]

    def api(self, what, **values):
        answer = json.loads(self.request("$JS.API." + what, json.dumps(values).encode() if values else b""))
        if answer.get("error", {}).get("code") == 404:
            return None
        if "error" in answer:
            raise RuntimeError(f"{what}: {answer['error']}")
        return answer

    def state(self, stream):
        return self.api("STREAM.INFO." + stream)["state"]

    def message(self, stream, **which):
        """seq=N, or last_by_subj=SUBJECT; None: there is none."""
        answer = self.api("STREAM.MSG.GET." + stream, **which)
        if answer is None:
            return None
        found = answer["message"]
        headers = base64.b64decode(found.get("hdrs", "")).decode().split("\r\n")[1:]
        return Message(found["seq"], found["subject"], dict(line.split(": ", 1) for line in headers if ": " in line),
                       base64.b64decode(found.get("data", "")))

    def messages(self, stream):
        state = self.state(stream)
        found = (self.message(stream, seq=n) for n in range(state["first_seq"], state["last_seq"] + 1))
        return [one for one in found if one is not None]

    def delete(self, stream, sequence):
        self.api("STREAM.MSG.DELETE." + stream, seq=sequence)

    def purge(self, stream):
        self.api("STREAM.PURGE." + stream)

    def publish(self, subject, data, headers=None):
        """Into whichever stream takes it."""
        answer = json.loads(self.request(subject, data, headers))
        if "error" in answer:
            raise RuntimeError(f"{subject}: {answer['error']}")
        return answer["seq"]

    def get(self, bucket, key):
        found = self.message("KV_" + bucket, last_by_subj=f"$KV.{bucket}.{key}")
        return None if found is None or "KV-Operation" in found.headers else found.data

    def put(self, bucket, key, data):
        self.publish(f"$KV.{bucket}.{key}", data)

    def remove(self, bucket, key):
        """As who removes a key does."""
        self.publish(f"$KV.{bucket}.{key}", b"", {"KV-Operation": "DEL"})
