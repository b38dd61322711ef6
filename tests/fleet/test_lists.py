#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Lists as they come, cut into small chunks and put together again: of each entry the queue's file says what one scan's does."""
from fleet_case import Case, main, tool

CHUNK = 3


def without_why(record):
    """Whether a name server's address is not known or not known yet is the moment's."""
    if isinstance(record, dict):
        return {key: without_why(part) for key, part in record.items() if key != "fall_back"}
    return record


class Lists(Case):
    def assert_as_one_scan(self, content, *more):
        """Its records."""
        path = self.put("list", content)
        self.submit_file(path, CHUNK, *more)
        workers = [self.work(name, "-q") for name in ("one", "two")]
        self.finish(self.fleet("collect", "-o", self.path("fleet.msgpack.zst"), "-q"), 0)
        for worker in workers:
            self.finish(worker, 0)
        self.run_tool(*self.scan_options(path, self.path("one.msgpack.zst"), self.dns, "-q", *more))
        one, fleet = ({index: without_why(tool.without_times(record)) for index, record in self.records(self.path(name + ".msgpack.zst")).items()}
                      for name in ("one", "fleet"))
        self.assertEqual(list(one), list(fleet))
        for index, record in one.items():
            self.assertEqual(fleet[index], record)
        return one

    def test_entries_that_are_no_domains_or_there_twice(self):
        records = self.assert_as_one_scan(b"# list\nmx0.test\nbad bad\nsts1.test # that\n\nMX0.TEST.\nb\xc3\xbccher.test\nb\xfccher.test\n"
                                          b"\"a\", b\n-\nnx2.test\n" + b"x" * 5000 + b"\n127.0.0.1\na..b\nmx0.test\n" + b"long." * 60 + b"test\nrpt3.test")
        self.assertEqual(len(records), 15)
        self.assertEqual(sum(record["status"] == "illegal-input" for record in records.values()), 8)

    def test_ranks_and_labels(self):
        records = self.assert_as_one_scan("rank,domain,registrar,country\n" + "".join(
            f"{number * 7},{name},\"Registrar \"\"{number % 3}\"\", Ltd\",{'' if number % 4 else 'de'}\n" for number, name in enumerate(tool.names(20))),
            "--label", "country", "--label", "Registrar")
        self.assertEqual(records[5]["labels"], {"country": None, "registrar": "Registrar \"2\", Ltd"})
        self.assertEqual(records[5]["rank"], 35)

    def test_a_zone_by_its_operators(self):
        records = self.assert_as_one_scan("$ORIGIN test.\n@ SOA a b 1 2 3 4 5\n" + "".join(
            f"{name.removesuffix('.test')} NS ns1.nx{number % 5}.test.\n{name.removesuffix('.test')} NS ns2.nx.test.\n"
            for number, name in enumerate(tool.names(40))), "--direct", "--dns-port", str(self.dns.port))
        self.assertEqual(len(records), 40)

    def test_a_part_of_a_list(self):
        block = self.put("block", "mx0.test\nsts1.test\n")
        records = self.assert_as_one_scan(tool.lines(tool.names(400)), "--sample", "0.25", "--max-domains", "40", "--domain-blocklist-file", block, "-e", "7")
        self.assertEqual(len(records), 40)


if __name__ == "__main__":
    main()
