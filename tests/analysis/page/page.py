# SPDX-License-Identifier: BSD-2-Clause
"""page.py - the page of `stsurvey report` as a tree, for its tests."""

import html.parser
import re
import urllib.parse

VOID = {"meta", "link", "br"}


class Node:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children = tag, dict(attributes), parent, []

    def all(self, tag):
        """Every element of that name below, in the order of the page."""
        for child in self.children:
            if isinstance(child, Node):
                if child.tag == tag:
                    yield child
                yield from child.all(tag)

    def text(self):
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def pieces(self):
        for child in self.children:
            yield from [child] if isinstance(child, str) else child.pieces()

    def words(self):
        return " ".join(" ".join(self.pieces()).split())

    def above(self):
        node = self.parent
        while node:
            yield node
            node = node.parent


class Page(html.parser.HTMLParser):
    """Raises where an element is not closed by the one that opened it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("", [], None)
        self.feed(text)
        self.close()
        if self.at is not self.root:
            raise AssertionError("<%s> is not closed" % self.at.tag)

    def handle_starttag(self, tag, attributes):
        node = Node(tag, attributes, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag, attributes):
        self.at.children.append(Node(tag, attributes, self.at))

    def handle_endtag(self, tag):
        if tag != self.at.tag:
            raise AssertionError("</%s> within <%s>" % (tag, self.at.tag))
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)

    def section(self, name):
        for section in self.root.all("section"):
            if section.attributes["aria-labelledby"] == name:
                return section
        raise AssertionError("no section " + name)

    def data(self):
        """name → the table as its link has it"""
        tables = {}
        for link in self.root.all("a"):
            if "download" in link.attributes:
                head, octets = link.attributes["href"].split(",", 1)
                assert head == "data:text/csv;charset=utf-8", head
                tables[link.attributes["download"]] = urllib.parse.unquote_to_bytes(octets)
        return tables


def tables(node):
    """Of each table the rows that are read out: cells as words, the first its name."""
    found = []
    for table in node.all("table"):
        rows = [row for row in table.all("tr") if row.attributes.get("aria-hidden") != "true"]
        found.append([[cell.words() for cell in row.children if isinstance(cell, Node)] for row in rows[1:]])
    return found


def numbers(text):
    """The counts in a text, 1,234 and the like; no shares."""
    text = re.sub(r"[\d.,]+\s*(%|points)", "", text)
    return [int(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d+)*", text)]


def code(row):
    """The last word of a row's name: its code."""
    return row[0].split()[-1]
