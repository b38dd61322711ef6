#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""web.py - the world as HTTPS: the policies on disk, and the configurations of nginx and faultd.

nginx serves what a real server can be made to do; faultd the rest. A policy host is on nginx unless its domain
names a `fault`.
"""

import gzip
import os
import zlib

from certs import mint
from world import ADDRESS, DOT_NAME, WEB

WELL_KNOWN = ".well-known/mta-sts.txt"
# Certificates nginx refuses to load, or that make its own security level fail: faultd serves them.
FAULTD_CERTS = {"weak-key", "sha1", "bad-signature", "not-a-ca", "unknown-critical", "many-sans", "long-chain", "nul-in-san"}


def on_web(domain):
    """Does some web server answer for this domain's policy host?"""
    return domain.lab and domain.name is not None and (domain.policy() is not None or domain.get("http") or domain.get("fault"))


def on_faultd(domain):
    return bool(domain.get("fault")) or domain.get("cert") in FAULTD_CERTS


def write_policy(domain, folder):
    body = domain.policy()
    if body is None:
        return
    path = os.path.join(folder, "www", domain.host, WELL_KNOWN)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(body)


def location(domain):
    """The body of `location` for a domain's `http` table, as the world file gives it."""
    http, lines = domain.get("http") or {}, []
    if http.get("try"):
        lines.append("root /nonexistent;")
    for field in http.get("headers", []):
        name, value = field.split(": ", 1)
        lines.append('add_header %s "%s" always;' % (name, value.replace('"', '\\"')))
    if "type" in http:
        lines += ["types { }", 'default_type "%s";' % http["type"]]
    if "status" in http:
        target = http.get("location", "")
        lines.append('return %d "%s";' % (http["status"], target.replace("{d}", domain.name)) if target else "return %d;" % http["status"])
    return "location = /%s { %s }" % (WELL_KNOWN, " ".join(lines))


def server(names, pem, listen, extra=""):
    return """server {
	include %s;
	server_name %s;
	ssl_certificate %s;
	ssl_certificate_key %s;
	%s
}
""" % (listen, "\n\t\t".join(names), pem, pem, extra)


def nginx(domains, folder, port, pems, has_ipv6):
    """nginx.conf: one server for each shared certificate, one for each domain that is special."""
    shared, own = {}, []
    for domain in domains:
        if not on_web(domain) or on_faultd(domain):
            continue
        if domain.get("http") or domain.get("cert", "ok") != "ok":
            own.append(server([domain.host], pems[domain.host], "listen.conf", location(domain)))
        else:
            shared.setdefault(pems[domain.host], {})[domain.host] = True
    blocks = [server(hosts, pem, "listen.conf") for pem, hosts in shared.items()]
    listens = ["%s:%d" % (address, port) for address in WEB] + (["[::1]:%d" % port] if has_ipv6 else [])
    with open(os.path.join(folder, "listen.conf"), "w", encoding="utf-8") as file:
        file.write("".join("listen %s ssl;\n" % listen for listen in listens))
    default = "".join("\tlisten %s ssl default_server backlog=4096;\n" % listen for listen in listens)
    return """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
	access_log off;
	client_body_temp_path {folder}/tmp;
	proxy_temp_path {folder}/tmp;
	fastcgi_temp_path {folder}/tmp;
	uwsgi_temp_path {folder}/tmp;
	scgi_temp_path {folder}/tmp;
	server_names_hash_max_size 65536;
	server_names_hash_bucket_size 256;
	types {{ text/plain txt; }}
	default_type text/plain;
	keepalive_timeout 5s;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_session_cache shared:lab:4m;
	root {folder}/www/$host;
	# a name nobody has: unrecognized_name, as real hosters answer
	server {{
{default}	ssl_reject_handshake on;
	}}
	server {{ listen {plain}:{port} default_server; return 400; }}
{blocks}}}
""".format(folder=folder, default=default, blocks="".join(blocks + own), plain=ADDRESS["plain-http"], port=port)


def faultd(domains, folder, pems):
    """faultd.conf: a line for each policy host it serves: host, behaviour, certificate, file with the answer's octets."""
    lines = []
    os.makedirs(os.path.join(folder, "raw"), exist_ok=True)
    for domain in domains:
        if not on_web(domain) or not on_faultd(domain):
            continue
        body = domain.policy() or b""
        raw = domain.get("http", {}).get("raw")
        if raw is None:
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        else:
            zeros = domain.get("http").get("gzip_mb", 0) << 20
            packed = gzip.compress(bytes(zeros) if zeros else body, 1)
            raw = raw.encode("latin-1").replace(b"{gzip}", packed).replace(b"{gzip_length}", b"%d" % len(packed))
            raw = raw.replace(b"{deflate}", zlib.compress(body))
            answer = raw.replace(b"{body}", body).replace(b"{length}", b"%d" % len(body))
        path = os.path.join(folder, "raw", domain.host)
        with open(path, "wb") as file:
            file.write(answer)
        lines.append("%s %s %s %s" % (domain.host, domain.get("fault", "serve"), pems[domain.host], path))
    return "\n".join(lines) + "\n"


def certificates(domains, folder, mkcert, more):
    """Mint for every policy host and for @more (certs.py); the PEM file of each."""
    single = {d.host: d.get("cert", "ok") for d in domains if on_web(d) and (d.get("cert", "ok") != "ok")}
    single[DOT_NAME] = "ok"
    shared = {d.host for d in domains if on_web(d)} - set(single)
    return mint(mkcert, os.path.join(folder, "certs"), single, shared, more)


def write(domains, folder, port, pems, has_ipv6):
    """Policies, nginx.conf, faultd.conf."""
    for domain in domains:
        if on_web(domain):
            write_policy(domain, folder)
    os.makedirs(os.path.join(folder, "tmp"), exist_ok=True)
    for name, text in (("nginx.conf", nginx(domains, folder, port, pems, has_ipv6)), ("faultd.conf", faultd(domains, folder, pems))):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
