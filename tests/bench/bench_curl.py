# SPDX-License-Identifier: BSD-2-Clause
"""`curl --parallel` with the system's trust store, as the peer of a policy fetch: it loads the store for each connection."""
import pathlib
import socket
import subprocess
import time

import bench_tools as tools

FETCHES = 100
BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
HOST = "mta-sts.example.test"


def make_certificate(work):
    """A P-256 certificate, and the system's bundle with it: the size is what costs."""
    key, certificate, bundle = work / "key.pem", work / "certificate.pem", work / "bundle.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=" + HOST, "-addext", "subjectAltName=DNS:" + HOST, "-keyout", key, "-out", certificate],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bundle.write_bytes(BUNDLE.read_bytes() + certificate.read_bytes())
    return key, certificate, bundle


def wait_for(port):
    for _ in range(50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("openssl s_server did not start")


def curl_cpu_ms(work):
    """Milliseconds of CPU a fetch, or None where curl, openssl or the bundle is missing."""
    if not BUNDLE.exists():
        return None
    key, certificate, bundle = make_certificate(work)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(["taskset", "-c", tools.SERVER_CORE, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                               certificate, "-key", key, "-www", "-quiet"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        done = tools.measure(["curl", "--parallel", "--parallel-max", 50, "--silent", "--show-error", "--cacert", bundle, "--resolve",
                              f"{HOST}:{port}:127.0.0.1", "--output", "/dev/null", "--header", "Connection: close", "--max-time",
                              60, f"https://{HOST}:{port}/[1-{FETCHES}]"])
    finally:
        server.terminate()
        server.wait()
    if done.status != 0:
        raise RuntimeError(f"curl ended with {done.status}: {done.out[-500:]}")
    return done.cpu * 1e3 / FETCHES
