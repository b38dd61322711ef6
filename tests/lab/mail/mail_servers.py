#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mail_servers.py - Postfix, Exim and the fault server for the hosts of mail_world.py.

Postfix and Exim run from a folder their Debian packages were unpacked into (`unpacked`), never from an installation: mail servers
exclude each other as packages, and an installed one would start by itself. as_user.c lets them run as anybody. Where there is no such
folder the fault server, which shows the same certificates, stands in for them.
"""

import glob
import os

from world import ROOT

REAL = ("postfix", "exim")  # what else is served, the fault server plays
POSTFIX_FOLDERS = ("pid", "private", "public", "maildrop", "incoming", "active", "deferred", "defer", "bounce", "corrupt", "hold")


def unpacked():
    """The folder the packages were unpacked into (packages_unpack of cmake/setup.sh), or None."""
    folder = os.environ.get("STSURVEY_MAIL_SERVERS") or os.path.join(ROOT, "build", "mail-servers")
    return folder if os.path.exists(os.path.join(folder, "complete")) else None


def environment(binaries):
    """Where the unpacked programs find their libraries, and whom they believe to be."""
    libraries = [os.path.join(unpacked(), "usr/lib/postfix")]
    libraries += [place for form in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*") for place in glob.glob(os.path.join(unpacked(), form))]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(libraries), LD_PRELOAD=os.path.join(binaries, "as_user.so"), LANG="C")


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def key_first(pem):
    """A copy of a PEM file with its key in front, as Postfix wants it behind a name."""
    with open(pem, encoding="ascii") as file:
        certificates, mark, key = file.read().partition("-----BEGIN PRIVATE KEY-----")
    return put(pem + ".chain", mark + key + certificates)


def postfix_host(folder, host, address, port, pems):
    """Its lines in master.cf."""
    own = [pems[host.name, kind] for kind in host.kinds()]
    default = host.spec.get("default")
    options = {"myhostname": host.name, "syslog_name": "postfix/" + address}
    if default:
        names = os.path.join(folder, host.name + ".names")
        put(names, "%s %s\n" % (host.name, ", ".join(key_first(pem) for pem in own)))
        options["tls_server_sni_maps"] = "texthash:" + names
        own = [pems[host.name, default]]
    options["smtpd_tls_cert_file"] = own[0]
    if len(own) > 1:
        options["smtpd_tls_eccert_file"] = own[1]
    return "%s:%d inet n - n - - smtpd\n" % (address, port) + "".join("  -o %s=%s\n" % option for option in options.items())


def postfix(folder, hosts, port, pems):
    """Write its configuration; the command line."""
    here, there = os.path.join(folder, "postfix"), unpacked()
    for name in POSTFIX_FOLDERS:
        os.makedirs(os.path.join(here, "queue", name), exist_ok=True)
    os.makedirs(os.path.join(here, "data"), exist_ok=True)
    put(os.path.join(here, "main.cf"), """compatibility_level = 3.6
daemon_directory = {there}/usr/lib/postfix/sbin
command_directory = {there}/usr/sbin
shlib_directory = {there}/usr/lib/postfix
meta_directory = {here}
queue_directory = {here}/queue
data_directory = {here}/data
maillog_file = {here}/log
maillog_file_prefixes = /
mail_owner = daemon
setgid_group = mail
default_privs = nobody
import_environment = MAIL_CONFIG LD_LIBRARY_PATH LD_PRELOAD LANG=C
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
smtpd_relay_restrictions = reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
""".format(here=here, there=there))
    lines = [postfix_host(here, host, address, port, pems) for host in hosts for address, what in host.places if what == "postfix"]
    put(os.path.join(here, "master.cf"), "".join(lines) + "tlsmgr unix - - n 1000? 1 tlsmgr\npostlog unix-dgram n - n - 1 postlogd\n")
    return [os.path.join(there, "usr/lib/postfix/sbin/master"), "-d", "-c", here]  # -d: a group of its own it has already


def exim(folder, hosts, port, pems):
    here = os.path.join(folder, "exim")
    os.makedirs(here, exist_ok=True)
    places = [(address, host) for host in hosts for address, what in host.places if what == "exim"]
    put(os.path.join(here, "pems"), "".join("%s: %s\n" % (address, pems[host.name, host.kinds()[0]]) for address, host in places))
    put(os.path.join(here, "names"), "".join("%s: %s\n" % (address, host.name) for address, host in places))
    config = put(os.path.join(here, "exim.conf"), """primary_hostname = exim.lab-servers.net
smtp_active_hostname = ${{lookup{{$received_ip_address}}lsearch{{{here}/names}}}}
tls_certificate = ${{lookup{{$received_ip_address}}lsearch{{{here}/pems}}}}
tls_advertise_hosts = *
spool_directory = {here}
log_file_path = {here}/%s.log
exim_path = {program}
pid_file_path = {here}/pid
local_interfaces = <; {interfaces}
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD
host_lookup =
rfc1413_hosts =
acl_smtp_mail = deny
smtp_accept_max = 100
""".format(here=here, program=os.path.join(unpacked(), "usr/sbin/exim4"), interfaces=" ; ".join("[%s]:%d" % (address, port) for address, _ in places)))
    return [os.path.join(unpacked(), "usr/sbin/exim4"), "-bdf", "-C", config]


def smtp_conf(hosts, pems, stand_in):
    """The fault server's lines. @stand_in: it also plays for Postfix and Exim."""
    lines = []
    for host in hosts:
        own = ",".join(pems[name, kind] for name, kind in host.certificates()[:len(host.kinds())])
        default = host.spec.get("default")
        for address, what in host.places:
            if what == "closed" or what in REAL and not stand_in:
                continue
            lines.append("%s %s %s %s %s\n" % (address, host.name, "good" if what in REAL else what, own,
                                               pems[host.name, default] if default else "-"))
    return "".join(lines)
