#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""includes.py - who includes whom, and who may.

    includes.py ROOT         print each include that the architecture forbids, and each circle of headers
    includes.py --self-test  does it notice each kind of break?

Rooms and arrows are those of HACKING.md's first table. Exit status 1 on any break.
"""

import os
import re
import sys
import tempfile

HACKING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "HACKING.md")
PRODUCT = ("parsers/", "output/", "analysis/", "scanner/")


def read_rooms():
    """HACKING.md's first table, which is the one place where the rooms are defined: folder → name, name → whom it may include."""
    with open(HACKING, encoding="utf-8") as file:
        rows = re.findall(r"^\| `([a-z_/]+)/` \|.*\| ([^|]*) \|$", file.read(), re.M)
    rooms = {folder: folder.split("/")[-1] for folder, _ in rows if (folder + "/").startswith(PRODUCT)}
    may = {rooms[folder]: set(rooms.values()) if names == "all" else set(re.findall(r"`(\w+)`", names))
           for folder, names in rows if folder in rooms}
    unknown = set().union(*may.values()) - may.keys()
    if unknown or not may:
        sys.exit("HACKING.md: the table of rooms is not understood%s" % "".join(", no room " + name for name in sorted(unknown)))
    return rooms, may


ROOMS, MAY = read_rooms()

# parsers/ neither allocate nor do I/O nor look at a clock: these headers offer none of it.
PURE = {"assert.h", "ctype.h", "inttypes.h", "limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"}

# Libraries, and the only files that may name them.
LIBRARIES = [
    ("c-ares", r"ares", r"scanner/dns/net_cares[a-z_]*\.[ch]$"),
    ("libavro", r"avro\.h", r"output/avro_file\.c$"),
    ("libcurl", r"curl/", r"scanner/https/net_curl[a-z_]*\.[ch]$"),
    ("OpenSSL", r"openssl/", r"scanner/(tls/[a-z_]*\.[ch]|https/(net_curl[a-z_]*\.[ch]|http_answer\.c)|smtp/[a-z_]*\.[ch]|fleet/digest\.c|bus/bus_nkey\.c)$"),
    ("libnats", r"nats", r"scanner/bus/bus_own\.h$"),
    ("libuv", r"uv(\.h|/)", r"scanner/"),
    ("msgpack", r"msgpack", r"output/scan_file/"),
    ("zstd", r"zstd", r"(output/scan_file/frame\.c|scanner/feed/feed[a-z_]*\.c)$"),
    ("zlib", r"zlib", r"(scanner/(feed/feed[a-z_]*|https/http_coding)|analysis/tlsrpt/tlsrpt_gzip)\.c$"),
    ("GMime", r"gmime", r"analysis/tlsrpt/tlsrpt_mime\.c$"),
    ("yajl", r"yajl", r"(analysis/tlsrpt/tlsrpt_json\.c|scanner/bus/bus_json\.h)$"),
    ("libidn2", r"idn2", r"scanner/rules/idna\.c$"),
    ("libpsl", r"libpsl", r"analysis/classify/public_suffix\.c$"),
]

# Made by the build, and the one file that brings each in.
GENERATED = {
    "domain_members.inc": r"analysis/lines/domain_members\.c$",
    "finding_enum.h": r"parsers/finding\.h$",
    "finding_table.inc": r"parsers/finding\.c$",
    "page_css.inc": r"analysis/page/html\.c$",
    "provider_table.inc": r"analysis/attribution/provider\.c$",
    "public_resolvers.inc": r"scanner/rules/public_resolvers\.c$",
    "sender_switches.h": r"analysis/senders/sender_profile\.h$",
    "sender_table.inc": r"analysis/senders/sender_profile\.c$",
    "smtp_canaries.inc": r"scanner/live/canary_list\.c$",
    "notification.inc": r"analysis/tables/letter\.c$",
    "unbound_survey.inc": r"scanner/dns/private_resolver\.c$",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    return ROOMS.get(os.path.dirname(path))


def sources(root):
    for room in PRODUCT:
        for folder, _, files in os.walk(os.path.join(root, room)):
            for file in sorted(files):
                if file.endswith((".c", ".h", ".inc")):
                    yield os.path.relpath(os.path.join(folder, file), root)


def includes_of(root, path):
    """[(line, "<" or '"', header)]"""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    return [(text.count("\n", 0, match.start()) + 1, match[1], match[2]) for match in INCLUDE.finditer(text)]


def break_of_own(path, root, header):
    if header in GENERATED:
        return None if re.match(GENERATED[header], path) else "is generated, and for another file"
    if not os.path.exists(os.path.join(root, header)):
        return "is not a path from the top of the project"
    room = room_of(header)
    if room is None:
        return "lies in none of the rooms"
    if room != room_of(path) and room not in MAY[room_of(path)]:
        return "%s may not include %s" % (room_of(path), room)
    return None


def break_of_foreign(path, header):
    for library, pattern, who in LIBRARIES:
        if re.match(pattern, header):
            return None if re.match(who, path) else "%s does not belong here" % library
    if room_of(path) == "parsers" and header not in PURE:
        return "parsers/ is to need no more of libc than %s" % ", ".join(sorted(PURE))
    return None


def circles(graph):
    """Headers that come back to themselves, each circle once."""
    found, done = [], set()

    def walk(header, way):
        if header in way:
            found.append(way[way.index(header):] + [header])
            return
        if header not in done:
            for other in graph.get(header, []):
                walk(other, way + [header])
            done.add(header)

    for header in sorted(graph):
        walk(header, [])
    return found


def breaks(root):
    found, graph, seen = [], {}, 0
    for path in sources(root):
        includes = includes_of(root, path)
        own = path[:-2] + ".h"
        seen += 1
        if room_of(path) is None:
            found.append("%s: the file lies in none of the rooms" % path)
            continue
        for line, kind, header in includes:
            why = break_of_own(path, root, header) if kind == '"' else break_of_foreign(path, header)
            if why:
                found.append("%s:%d: %s: %s" % (path, line, header, why))
        if path.endswith(".h"):
            graph[path] = [header for _, kind, header in includes if kind == '"']
        elif path.endswith(".c") and os.path.exists(os.path.join(root, own)) and includes and includes[0][2] != own:
            if includes[0][2] == path[:-2] + "_own.h":  # the private one, which brings in the public one
                continue
            found.append("%s:%d: %s: its own header comes first" % (path, includes[0][0], includes[0][2]))
    found += ["circle: %s" % " → ".join(circle) for circle in circles(graph)]
    return found, seen


# path, text, and what must be said of it.
BROKEN = [
    ("parsers/a.c", "#include <stdlib.h>\n", "parsers/ is to need"),
    ("parsers/b.c", '#include "output/x.h"\n', "parsers may not include output"),
    ("parsers/c.c", "#include <uv.h>\n", "libuv"),
    ("output/a.c", '#include "analysis/pass/x.h"\n', "output may not include pass"),
    ("output/b.c", "#include <openssl/sha.h>\n", "OpenSSL"),
    ("analysis/classify/a.c", '#include "output/x.h"\n', "classify may not include output"),
    ("analysis/pass/a.c", '#include "scanner/x.h"\n', "pass may not include scanner"),
    ("scanner/base/a.c", '#include "scanner/rules/x.h"\n', "base may not include rules"),
    ("scanner/rules/a.c", '#include "scanner/job/x.h"\n', "rules may not include job"),
    ("scanner/job/a.c", '#include "scanner/dns/x.h"\n', "job may not include dns"),
    ("scanner/job/b.c", '#include "output/x.h"\n', "job may not include output"),
    ("scanner/dns/a.c", '#include "scanner/https/x.h"\n', "dns may not include https"),
    ("scanner/dns/b.c", '#include "scanner/options/x.h"\n', "dns may not include options"),
    ("scanner/feed/a.c", '#include "scanner/options/x.h"\n', "feed may not include options"),
    ("scanner/run/a.c", '#include "scanner/x.h"\n', "run may not include scanner"),
    ("scanner/attic/a.c", '#include "parsers/x.h"\n', "the file lies in none of the rooms"),
    ("scanner/c.c", '#include "scanner/attic/x.h"\n', "not a path from the top"),
    ("analysis/pass/b.c", '\n#include "analysis/pass/x.h"\n#  include <zstd.h>\n', "analysis/pass/b.c:3: zstd.h"),
    ("scanner/job/job.c", "#include <ares.h>\n", "c-ares"),
    ("scanner/run/scan_main.c", "#include <curl/curl.h>\n", "libcurl"),
    ("scanner/a.c", '#include "tests/x.h"\n', "none of the rooms"),
    ("scanner/b.c", '#include "c.h"\n', "not a path from the top"),
    ("scanner/x.c", '#include <stdio.h>\n#include "scanner/x.h"\n', "its own header comes first"),
    ("scanner/d.c", '#include "finding_enum.h"\n', "is generated"),
    ("output/p.h", '#include "output/q.h"\n', "circle: output/p.h → output/q.h → output/p.h"),
]
SOUND = {
    "parsers/x.h": "#include <stdint.h>\n", "output/x.h": '#include "parsers/x.h"\n', "output/q.h": '#include "output/p.h"\n',
    "analysis/pass/x.h": '#include "output/x.h"\n', "analysis/classify/classify.h": '#include "parsers/x.h"\n',
    "scanner/x.h": '#include "analysis/pass/x.h"\n', "scanner/dns/net_cares.c": "#include <ares.h>\n", "tests/x.h": "",
    "output/p.h": "", "scanner/rules/x.h": '#include "scanner/base/x.h"\n', "scanner/base/x.h": "",
    "scanner/job/x.h": '#include "scanner/rules/x.h"\n', "scanner/dns/x.h": '#include "scanner/job/x.h"\n',
    "scanner/https/x.h": '#include "scanner/job/x.h"\n', "scanner/options/x.h": "", "scanner/run/x.c": '#include "scanner/dns/x.h"\n',
}


def self_test():
    failed = 0
    for path, text, expected in [("parsers/x.h", SOUND["parsers/x.h"], None)] + BROKEN:
        with tempfile.TemporaryDirectory() as root:
            for name, content in {**SOUND, path: text}.items():
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(content)
            found, _ = breaks(root)
        good = len(found) == 1 and expected in found[0] if expected else not found
        failed += not good
        if not good:
            print("%s: expected %s, got %s" % (path, expected or "nothing", found))
    print("%d breaks noticed, %d not" % (len(BROKEN) - failed, failed))
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found, seen = breaks(sys.argv[1])
    print("\n".join(found + ["%d files, %d breaks" % (seen, len(found))]))
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
