#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_page.py STSURVEY POPULATION - the page of `stsurvey report`: is it well formed, and has it the tables' numbers?"""

import csv
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "population"))
import page
import population

STSURVEY, POPULATION = "", ""
TITLE = "<b>A & \"title\"</b> '\x1b[31m"
DIVIDE = 1000  # the large classes; the others are whole


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError("%s: %d\n%s" % (" ".join(command), done.returncode, done.stderr))
    return done.stdout


class Survey(unittest.TestCase):
    maxDiff = None
    work = None

    @classmethod
    def setUpClass(cls):
        if not Survey.work:
            Survey.work = tempfile.TemporaryDirectory(prefix="stsurvey-page-")
            Survey.make()

    @staticmethod
    def make():
        cls = Survey
        folder = pathlib.Path(cls.work.name)
        scans = []
        for week in (False, True):
            plan, scan = folder / ("plan%d" % week), str(folder / ("week%d" % week))
            population.write_plan(plan, second_week=week, divide=DIVIDE)
            run(POPULATION, str(plan), scan, "--seed", "5", "--time", str(population.START + week * population.WEEK),
                *(("--direct", "1") if week else ()))
            run(STSURVEY, "stats", scan, "-d", str(folder / ("tables%d" % week)))
            scans.append(scan)
        run(STSURVEY, "diff", *scans, "-d", str(folder / "drift"))
        cls.drift = folder / "drift"
        cls.tables, cls.before = folder / "tables1", folder / "tables0"
        cls.text = run(STSURVEY, "report", scans[1], "--previous", scans[0], "--title", TITLE, "-o", "-")
        cls.alone = run(STSURVEY, "report", scans[1], "-o", "-")
        cls.scans = scans
        cls.page = page.Page(cls.text)
        cls.metric = cls.overview(cls.tables)

    @staticmethod
    def overview(folder):
        with open(folder / "overview.csv", newline="", encoding="utf-8") as file:
            return {row["metric"]: int(row["domains"]) for row in csv.DictReader(file)}

    def rows(self, name, folder=None):
        with open((folder or self.tables) / (name + ".csv"), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def counts(self, name, key, value="domains", **where):
        return {row[key]: int(row[value]) for row in self.rows(name) if all(row[k] == v for k, v in where.items())}

    def shown(self, section, table):
        return page.tables(self.page.section(section))[table]


class Refused(Survey):
    def test_no_scan_is_the_one_before_itself(self):
        done = subprocess.run([STSURVEY, "report", self.scans[1], "--previous", self.scans[1], "-o", "-"], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("is the scan itself; give the one before it", done.stderr)


class Form(Survey):
    def test_it_stands_by_itself(self):
        for node in [n for tag in ("a", "link") for n in self.page.root.all(tag)]:
            self.assertRegex(node.attributes["href"], "^(#|data:text/csv;|data:,$)")
        for tag in ("script", "img", "iframe", "object", "form"):
            self.assertEqual(list(self.page.root.all(tag)), [], tag)
        self.assertNotIn("url(", self.text)
        self.assertNotRegex(self.text, r"[\x00-\x08\x0b-\x1f\x7f]")

    def test_a_title_is_text(self):
        self.assertEqual(next(self.page.root.all("h1")).text(), TITLE.replace("\x1b", "\ufffd"))
        self.assertEqual(next(self.page.root.all("title")).text(), TITLE.replace("\x1b", "\ufffd"))

    def test_links_lead_somewhere_and_the_contents_are_whole(self):
        ids = [n.attributes["id"] for tag in ("h2", "caption", "section") for n in self.page.root.all(tag) if "id" in n.attributes]
        self.assertEqual(len(ids), len(set(ids)))
        links = [n.attributes["href"][1:] for n in self.page.root.all("a") if n.attributes["href"].startswith("#")]
        self.assertEqual(links, [i for i in ids if not i.startswith("table-") and i != "then-and-now"])

    def test_tables_can_be_read_out(self):
        for table in self.page.root.all("table"):
            self.assertEqual(len(list(table.all("caption"))), 1)
            self.assertTrue(all(th.attributes["scope"] in ("row", "col") for th in table.all("th")))
            region = next(table.above())
            self.assertEqual((region.attributes["role"], region.attributes["tabindex"]), ("region", "0"))
            self.assertEqual(region.attributes["aria-labelledby"], next(table.all("caption")).attributes["id"])
            columns = len(next(table.all("tr")).children)
            for row in table.all("tr"):
                if row.attributes.get("aria-hidden") != "true":
                    self.assertEqual(len([c for c in row.children if not isinstance(c, str)]), columns)
        captions = [caption.text() for caption in self.page.root.all("caption")]
        self.assertEqual(len(captions), len(set(captions)), "regions that are called the same")
        for axis in (n for n in self.page.root.all("svg") if n.attributes.get("class") == "axis"):
            self.assertEqual(len(axis.text().split()), len(" ".join(n.text() for n in axis.all("text")).split()), "a text browser runs them together")
        for svg in self.page.root.all("svg"):
            self.assertTrue(any(n.attributes.get("aria-hidden") == "true" for n in svg.above()), "numbers say what pictures do")

    def test_bars_stay_within_their_scale(self):
        for rect in self.page.root.all("rect"):
            end = sum(float(rect.attributes[name].rstrip("%")) for name in ("x", "width"))
            self.assertLessEqual(end, 100.011)

    def test_without_a_previous_scan_nothing_is_compared(self):
        alone = page.Page(self.alone)
        for words in ("last time", "Since the last scan"):
            self.assertIn(words, self.page.root.text())
            self.assertNotIn(words, alone.root.text())


class Numbers(Survey):
    def test_the_data_are_the_tables(self):
        data = self.page.data()
        self.assertGreater(len(data), 15)
        for name, octets in data.items():
            whole = (self.tables / name).read_bytes()
            self.assertTrue(whole == octets or (len(octets) > 50000 and whole.startswith(octets) and octets.endswith(b"\n")), name)
            self.assertGreater(len(list(csv.reader(io.StringIO(octets.decode())))), 1, name)

    def test_the_result(self):
        m = self.metric
        lead = next(n for n in self.page.root.all("div") if n.attributes.get("class") == "lead")
        self.assertEqual([page.numbers(p.words()) for p in lead.all("p")], [
            [m["scanned"], m["with_mx"], m["sts_record"], m["tlsrpt_record"]],
            [m["sts_record"], m["policy_usable"], m["mode_enforce"], m["mode_testing"], m["mode_none"]],
            [m["sts_record"], m["misconfigured"], m["delivery_failure"], m["unknown"]]])

    def test_better_or_worse(self):
        now, before = self.metric, self.overview(self.before)
        shown = self.shown("trend", 0)
        for row, metric in zip(shown, ("sts_record", "tlsrpt_record", "mode_enforce", "misconfigured", "delivery_failure")):
            self.assertEqual([page.numbers(row[1])[0], page.numbers(row[2])[0]], [before[metric], now[metric]], metric)
        words = [row[3].split()[-1] for row in shown]
        self.assertEqual(words[3], "Better" if now["misconfigured"] * before["sts_record"] < before["misconfigured"] * now["sts_record"]
                         else "Worse")
        headline = next(n for n in self.page.root.all("h2") if n.attributes["id"] == "then-and-now").text()
        self.assertIn("%s" % {(True, False): "Better than last time", (False, True): "Worse than last time"}.get(
            ("Better" in words, "Worse" in words), "Better than last time in %d of 5 respects, worse in %d" %
            (words.count("Better"), words.count("Worse"))), headline)
        old = {row["code"]: int(row["domains"]) for row in self.rows("findings", self.before)}
        new = self.counts("findings", "code")
        for row in self.shown("trend", 1):
            code = page.code(row)
            self.assertEqual([page.numbers(cell)[0] for cell in row[1:]], [old[code], new[code], abs(new[code] - old[code])])

    def test_domain_by_domain(self):
        _, _, pairs, changes = page.tables(self.page.section("trend"))
        told = {row["metric"]: row for row in self.rows("pairs", self.drift)}
        for row in pairs:
            of, came, went = (page.numbers(cell)[0] for cell in row[1:])
            gone, come = ("fixed", "broken") if page.code(row) in ("misconfigured", "delivery_failure") else ("broken", "fixed")
            self.assertEqual([of, came, went], [int(told[page.code(row)][c]) for c in ("of", come, gone)], row[0])
        kinds = [row["change"] for row in self.rows("changes", self.drift)]
        self.assertEqual({page.code(row): page.numbers(row[1])[0] for row in changes},
                         {page.code(row): kinds.count(page.code(row)) for row in changes})
        self.assertEqual(sum(page.numbers(row[1])[0] for row in changes), len(kinds))

    def test_the_funnel(self):
        self.assertEqual([page.numbers(row[1])[0] for row in self.shown("funnel", 0)], list(self.counts("funnel", "step").values()))

    def test_adoption(self):
        *charts, tlds = page.tables(self.page.section("adoption"))
        columns = ("with_mx", "sts_with_mx", "tlsrpt_with_mx")
        by_tld = {row["tld"]: [int(row[c]) for c in columns] for row in self.rows("by_tld")}
        for row in tlds:
            self.assertEqual([page.numbers(cell)[0] for cell in row[1:]], by_tld[row[0]], row[0])
        ranks = [[int(row[c]) for c in columns] for row in self.rows("by_rank") if int(row["domains"])]
        for chart in charts:
            self.assertEqual([[page.numbers(cell)[0] for cell in row[1:]] for row in chart], ranks)

    def test_what_breaks(self):
        of, components = self.metric["sts_record"], self.counts("components", "component", managed="all")
        shown, verdicts, *stages = page.tables(self.page.section("breaks"))
        self.assertEqual({page.code(row): page.numbers(row[1])[0] for row in shown},
                         {c: n for c, n in components.items() if c not in ("ok", "unknown") and (n or c != "mxtls")})
        self.assertEqual(sum(page.numbers(row[1])[0] for row in shown), self.metric["misconfigured"])
        self.assertEqual(sum(page.numbers(row[1])[0] for row in verdicts), of, "one number of domains with a record")
        for name, stage in zip(("tls", "http", "syntax"), stages):
            reasons = self.counts(name, "reason")
            for row in stage:
                self.assertEqual(page.numbers(row[1])[0], reasons[page.code(row)], row)

    def test_findings_are_there_errors_first(self):
        findings = {row["code"]: row for row in self.rows("findings")}
        order = ["error", "tolerated", "warning", "transient", "info"]
        seen = []
        for row in [row for table in page.tables(self.page.section("findings")) for row in table]:
            code = next(word for word in row[0].split() if word in findings)
            self.assertEqual(page.numbers(row[1])[0], int(findings[code]["domains"]))
            seen.append(order.index(findings[code]["severity"]))
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(len(seen), len([f for f in findings.values() if int(f["domains"])]), "each of them: they are few here")

    def test_policies(self):
        modes, ages, kinds = page.tables(self.page.section("policies"))
        self.assertEqual([page.numbers(row[1])[0] for row in modes], [self.metric["mode_" + m] for m in ("enforce", "testing", "none")])
        for shown, name in ((ages, "mode_max_age"), (kinds, "mx_consistency")):
            self.assertEqual(sorted(page.numbers(cell)[0] for row in shown for cell in row[1:]),
                             sorted(int(row["domains"]) for row in self.rows(name)))

    def test_managers(self):
        faults, roles, parties, *_ = page.tables(self.page.section("managed"))
        for row in faults:
            of = self.counts("components", "component", managed=page.code(row))
            wrong = sum(n for c, n in of.items() if c not in ("ok", "unknown"))
            self.assertEqual([page.numbers(cell)[0] for cell in row[1:]], [wrong + of["ok"], wrong])
        for row in roles:
            self.assertEqual([page.numbers(cell)[0] for cell in row[1:]],
                             list(self.counts("managed", "managed", role=page.code(row)).values()), row[0])
        for row in parties:
            kinds = self.counts("inconsistency", "kind", run_by=page.code(row))
            self.assertEqual([page.numbers(cell)[0] for cell in row[1:]], [sum(kinds.values()), sum(kinds.values()) - kinds["match"]])

    def test_providers(self):
        known = {(row["role"], row["provider"]): [int(row["domains"]), int(row["misconfigured"])] for row in self.rows("providers")}
        for table in self.page.section("providers").all("table"):
            role = next(table.all("caption")).words()
            if "misconfigured" in role:
                role = next(table.all("code")).text()
                for row in page.tables(table.parent)[0]:
                    self.assertEqual([page.numbers(cell)[0] for cell in row[1:]], known[role, row[0]])

    def test_senders(self):
        for row in self.shown("senders", 0):
            of = self.counts("sender_outcome", "outcome", profile=row[0])
            self.assertEqual(sorted(page.numbers(cell)[0] for i, cell in enumerate(row) if i not in (0, 2)), sorted(of.values()))

    def test_whose_answers(self):
        sources, reasons, audit = page.tables(self.page.section("direct"))
        for row in sources:
            by_source = [sum(int(r["domains"]) for r in self.rows("direct") if (r["question"], r["source"]) == (row[0], source))
                         for source in ("direct", "resolver")]
            self.assertEqual([page.numbers(row[1])[0], page.numbers(row[3])[0]], by_source, row)
        told = {}
        for row in self.rows("direct"):
            counts = told.setdefault(row["fall_back"], [0, 0])
            counts[0] += int(row["domains"])
            counts[1] += int(row["domains"]) if row["source"] == "direct" else 0
        del told[""]
        self.assertGreater(len(told), 15)
        self.assertEqual({page.code(row): [page.numbers(row[1])[0], page.numbers(row[3])[0]] for row in reasons}, told)
        kinds = {row["kind"]: row for row in self.rows("audit") if row["question"] == "all"}
        self.assertGreater(int(kinds["data"]["answers"]), 0)
        for row in audit:
            kind = kinds[page.code(row)]
            self.assertEqual(page.numbers(row[1])[0], int(kind["answers"]))
            shown = [float(number) for number in re.findall(r"[0-9.]+", row[2])]
            self.assertEqual(len(shown), 3)
            for number, column in zip(shown, ("share", "share_low", "share_high")):
                self.assertAlmostEqual(number, 100 * float(kind[column]), delta=0.01)

    def test_a_scan_without_has_no_such_section(self):
        before = page.Page(run(STSURVEY, "report", self.scans[0], "-o", "-"))
        self.assertNotIn("Whose answers", before.root.text())

    def test_labels(self):
        # a spreadsheet's apostrophe is none of the page's
        rows = {(row["label"], row["value"].removeprefix("'")): row for row in self.rows("by_label")}
        if not rows:
            self.skipTest("the population has no labels")
        for heading, table in zip(self.page.section("labels").all("h3"), page.tables(self.page.section("labels"))):
            for row in table:
                facts = rows[heading.text().removeprefix("By "), row[0].replace("without one", "")]
                self.assertEqual([page.numbers(cell)[0] for cell in row[1:]],
                                 [int(facts[c]) for c in ("with_mx", "sts_with_mx", "enforce", "misconfigured")])


if __name__ == "__main__":
    STSURVEY, POPULATION = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=1)
