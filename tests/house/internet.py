#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""internet.py - what a survey of the internet takes, as arithmetic on what was measured.

    internet.py ROOT                         does docs/scanning-the-internet.md tell what follows from the figures?
    internet.py ROOT --write                 make it so
    internet.py ROOT --print [--domains N] [--cores N] [--share SHARE] [--operator-rate N] [--price P]
                                             the tables, with figures of yours

Figures are read where they were measured: docs/performance.md, docs/before-you-scan.md, the constants of the code. Exit status 1 where the
page tells others.
"""
import argparse
import pathlib
import re
import sys

PAGE = "docs/scanning-the-internet.md"
DOMAINS = (1_000_000, 100_000_000, 400_000_000)
QUESTIONS = 3        # a domain: docs/resolver.md, "Fewest questions"
CORES = 2            # of a machine
SPARE = 2            # times the CPU, for what the figures leave out
PRICE = 0.04         # of a core-hour: to be replaced
CHUNK = 100_000
BLOCK = re.compile(r"(<!-- (\w+) -->\n\n).*?(<!-- end -->)", re.S)

# name: (file, what stands around it)
FIGURES = {
    "resolver_clean": ("docs/performance.md", r"18\.6 µs a domain \(Unbound 4\.4 of them\) and ([\d.]+)"),
    "direct_clean": ("docs/performance.md", r"met: ([\d.]+) µs a domain \(Unbound"),
    "resolver_all": ("docs/performance.md", r"all kinds, `--direct` from a zone.*met: [\d.]+ and ([\d.]+) µs"),
    "direct_all": ("docs/performance.md", r"all kinds, `--direct` from a zone.*met: ([\d.]+) and"),
    "list_all": ("docs/performance.md", r"all kinds from a plain list ÷ the resolver way[^|]*\|[^|]*\|[^|]*\| ([\d.]+) \|"),
    "octets": ("docs/performance.md", r"octets per domain stored \|[^|]*\|[^|]*\| ([\d.]+) \|"),
    "fetch_ms": ("docs/performance.md", r"\| scanner/https/net_curl \| ([\d.]+) \|"),
    "probe_ms": ("docs/performance.md", r"\| scanner/smtp \| ([\d.]+) \|"),
    "rss": ("docs/performance.md", r"RSS MiB, 1,000,000 from a zone \(200,000\)[^|]*\|[^|]*\|[^|]*\| (\d+) \("),
    "listed": ("docs/performance.md", r"\| octets a domain of a list [^\n]*\n[^\n]*\n\| ([\d.]+) \|"),
    "results": ("docs/performance.md", r"\| octets a domain of a list [^\n]*\n[^\n]*\n\|[^|]*\| ([\d.]+) \|"),
    "operator_rate": ("scanner/rules/server_books.h", r"#define OPERATOR_RATE (\d+)"),
    "server_rate": ("scanner/rules/server_books.h", r"#define SERVER_RATE (\d+)"),
    "lanes": ("scanner/fleet/job.h", r"JOB_LANES = (\d+)"),
    "largest": ("docs/before-you-scan.md", r"GoDaddy served ([\d.]+) %"),
    "second": ("docs/before-you-scan.md", r"Cloudflare ([\d.]+) %"),
}


def read_figures(root):
    found = {}
    for name, (path, around) in FIGURES.items():
        match = re.search(around, (root / path).read_text(encoding="utf-8"))
        if not match:
            sys.exit(f"internet.py: {path} has no {around}")
        found[name] = float(match[1])
    found["list_all"] *= found["resolver_all"]
    return found


def short(value, unit):
    """Three digits."""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def span(seconds):
    for size, unit in ((86400 * 2, "days"), (7200, "hours"), (120, "minutes")):
        if seconds >= size:
            return short(seconds / {"days": 86400, "hours": 3600, "minutes": 60}[unit], unit)
    return short(seconds, "seconds")


def octets(count):
    for size, unit in ((1e9, "GB"), (1e6, "MB")):
        if count >= size:
            return short(count / size, unit)
    return short(count / 1e3, "kB")


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head, rows):
    return "\n".join([row(*head), "|" + "---|" * len(head), *rows]) + "\n"


WAYS = (("through a resolver", "resolver_all"), ("`--direct`, a plain list", "list_all"), ("`--direct`, a zone file", "direct_all"))


def figures(f, _):
    rows = [
        row("CPU of scan and resolver a domain, through a resolver", f"{f['resolver_all']:g} µs ({f['resolver_clean']:g} of clean ones)",
            "[performance.md](performance.md), `tests/bench/run --only whole`"),
        row("the same, `--direct` from a plain list", f"{f['list_all']:.0f} µs", "there"),
        row("the same, `--direct` from a zone file", f"{f['direct_all']:g} µs ({f['direct_clean']:g})", "there"),
        row("CPU of a policy fetch", f"{f['fetch_ms']:g} ms", "there, `--only fetch`"),
        row("CPU of a probe of a mail server", f"{f['probe_ms']:g} ms", "there, `--only smtp`"),
        row("octets a domain in the scan file", f"{f['octets']:g}", "there, `--full --only matrix`"),
        row("questions a domain", QUESTIONS, "[resolver.md](resolver.md), \"Fewest questions\""),
        row("the largest operator's share of all domains, the second's", f"{f['largest']:g} %, {f['second']:g} %", "[before-you-scan.md](before-you-scan.md), 9."),
        row("questions a second to an operator, to an address", f"{f['operator_rate']:,.0f}, {f['server_rate']:.0f}", "defaults, [direct.md](direct.md)"),
        row("octets a domain of a list in the queue", f"{f['listed']:g}", "[performance.md](performance.md), `--only fleet`"),
        row("octets of results in the queue ÷ those of the files", f"{f['results']:g}", "there, likewise"),
    ]
    return table(("figure", "value", "from"), rows)


def busy(f, way, domains):
    return domains * f[way] / 1e6


def asked(f, share, domains, rate):
    return domains * share / 100 * QUESTIONS / rate


def ceiling(f, options):
    share, rate = options.share or f["largest"], options.operator_rate or f["operator_rate"]
    rows = []
    for domains in options.domains:
        wait = asked(f, share, domains, rate)
        for label, way in WAYS:
            cpu = busy(f, way, domains)
            rows.append(row(f"{domains / 1e6:g} M", label, f"{cpu / 3600:.2f} core-hours", span(cpu / options.cores), span(wait),
                            span(max(cpu / options.cores, wait)), f"{max(1, -(-SPARE * cpu // (wait * options.cores))):.0f}"))
    return table(("domains", "way", "CPU", f"on {options.cores} cores", f"{share:g} % of them at {rate:,.0f} a second", "so it takes",
                  "machines, and resolvers"), rows)


def operators(f, options):
    rates = sorted({options.operator_rate or f["operator_rate"], 500, 100}, reverse=True)
    rows = [row(f"{domains / 1e6:g} M", f"{share:g} %", *(span(asked(f, share, domains, rate)) for rate in rates))
            for domains in options.domains for share in (f["largest"], f["second"], 1)]
    return table(("domains", "an operator's share", *(f"at {rate:,.0f} a second" for rate in rates)), rows)


def hurry(f, options):
    share = options.share or f["largest"]
    rows = []
    for domains in sorted({*options.domains, 160_000_000})[1:]:
        for hours in (24, 6, 1):
            rows.append(row(f"{domains / 1e6:g} M", f"{hours} hours" if hours > 1 else "an hour",
                            f"{domains * share / 100 * QUESTIONS / hours / 3600:,.0f}",
                            *(f"{busy(f, way, domains) / hours / 3600:.2g}" for _, way in WAYS)))
    return table(("domains", "in", "questions a second at the largest operator", *(f"cores {label}" for label, _ in WAYS)), rows)


def room(f, options):
    rows = [row(f"{domains / 1e6:g} M", f"{-(-domains // CHUNK):,}", octets(domains * f["listed"]), octets(domains * f["octets"] * f["results"]),
                octets(domains * (f["listed"] + f["octets"] * f["results"])), octets(2 * domains * f["octets"])) for domains in options.domains]
    return table(("domains", "chunks", "lists at the server", "results at the server", "together, where nothing is collected",
                  "`collect`: pieces and the file"), rows)


def cost(f, options):
    share, rate = options.share or f["largest"], options.operator_rate or f["operator_rate"]
    rows = []
    for domains in options.domains:
        for label, way in WAYS:
            cpu = busy(f, way, domains)
            wall = max(cpu / options.cores, asked(f, share, domains, rate))
            rows.append(row(f"{domains / 1e6:g} M", label, f"{cpu / 3600 * options.price:.2f}",
                            f"{wall / 3600 * options.cores * options.price:.2f}"))
    return table(("domains", "way", "CPU used × price", f"{options.cores} cores, for as long as it takes"), rows)


TABLES = {"figures": figures, "ceiling": ceiling, "operators": operators, "hurry": hurry, "room": room, "cost": cost}


def sentences(f):
    """What the page says of the figures between its tables."""
    return (
        f"needs {160e6 * f['largest'] / 100 * QUESTIONS / 86400:,.0f} questions a second at the largest operator",
        f"`--rate` {f['operator_rate'] / f['largest'] * 100:,.0f}",
        f"{f['operator_rate'] / f['largest'] * 100 / QUESTIONS:,.0f} domains a second",
        f"{f['rss']:.0f} MiB",
        f"no more than {f['lanes']:.0f} workers",
        f"{CHUNK:,} domains are {octets(CHUNK * f['octets'])}",
        f"{68e3 / 87e6 * f['fetch_ms'] * 1000:.2f} µs a domain",
        f"{1e6 * f['probe_ms'] / 1000 / 3600:.2f} core-hours a million",
        f"{PRICE:g} a core-hour",
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--domains", type=int, action="append")
    parser.add_argument("--cores", type=int, default=CORES)
    parser.add_argument("--share", type=float)
    parser.add_argument("--operator-rate", type=float)
    parser.add_argument("--price", type=float, default=PRICE)
    options = parser.parse_args()
    options.domains = options.domains or DOMAINS
    f = read_figures(options.root)
    if options.print:
        print("\n".join(f"{name}\n\n{make(f, options)}" for name, make in TABLES.items()))
        return 0
    page = options.root / PAGE
    text = page.read_text(encoding="utf-8")
    if [match[2] for match in BLOCK.finditer(text)] != list(TABLES):
        print(f"{PAGE}: its tables are not {', '.join(TABLES)}")
        return 1
    made = BLOCK.sub(lambda match: match[1] + TABLES[match[2]](f, options) + "\n" + match[3], text)
    if options.write:
        page.write_text(made, encoding="utf-8")
    flat = " ".join(made.split())
    missing = [sentence for sentence in sentences(f) if sentence not in flat]
    for sentence in missing:
        print(f"{PAGE}: does not say: {sentence}")
    if made != text and not options.write:
        print(f"{PAGE}: tables differ from the figures: tests/house/internet.py ROOT --write")
        return 1
    print(f"{len(TABLES)} tables, {len(sentences(f))} sentences, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
