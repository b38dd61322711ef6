#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_browser.py STSURVEY POPULATION FOLDER - the page in a browser: it fits a telephone and a desk, says nothing to the console, and can be read
in the light, in the dark and on paper. Pictures of it stay in FOLDER. Exit status 77 without Chromium."""

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "population"))
import population

STSURVEY, POPULATION, FOLDER = "", "", pathlib.Path()
SKIPPED = 77
TIMEOUT_S = 120  # a browser that hangs; it takes two
WIDTHS = (360, 1280)
# Without the network, and without what it would look for by itself.
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--allow-file-access-from-files",
           "--enable-logging=stderr", "--force-device-scale-factor=1"]
DARK = ["--blink-settings=preferredColorScheme=0"]
LIGHT = ["--blink-settings=preferredColorScheme=1"]
CONTRAST = 4.5  # WCAG 2.1, 1.4.3

# The page in frames of each width; what is too wide, and in which colours it is read.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><title>probe</title><body>%s<pre id="told"></pre><script>
function told(frame) {
	const page = frame.contentDocument, width = page.documentElement.clientWidth, wide = [];
	for (const node of page.body.querySelectorAll('*')) {
		const box = node.getBoundingClientRect();
		if ((box.right > width + 0.5 || box.left < -0.5) && !node.closest('.scroll'))
			wide.push(node.tagName + ': ' + node.textContent.slice(0, 60));
	}
	const colours = {};
	for (const kind of ['body', 'p.soft', 'a', 'thead th', 'small', '.trend']) {
		const style = frame.contentWindow.getComputedStyle(page.querySelector(kind));
		colours[kind] = [style.color, style.backgroundColor];
	}
	return {width: width, scrolls: page.documentElement.scrollWidth, wide: wide, colours: colours,
		scrollers: page.querySelectorAll('.scroll').length};
}
addEventListener('load', () => {
	document.getElementById('told').textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(told));
});
</script></body>""" % "".join('<iframe src="page.html" style="width:%dpx;height:600px;border:0"></iframe>' % width for width in WIDTHS)
# A window is never as narrow as a telephone, so a picture of that is one of a frame.
NARROW = '<!DOCTYPE html><meta charset="utf-8"><title>narrow</title><body style="margin:0"><iframe src="page.html" style="width:360px;height:%dpx;border:0"></iframe></body>'
HEIGHT = 6000


def luminance(colour):
    parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Browser(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="stsurvey-browser-")
        cls.folder = pathlib.Path(cls.work.name)
        scans = []
        for week in (False, True):
            plan, scan = cls.folder / "plan", str(cls.folder / ("week%d" % week))
            population.write_plan(plan, second_week=week, divide=1000)
            subprocess.run([POPULATION, str(plan), scan, "--seed", "5", "--time", str(population.START + week * population.WEEK)], check=True)
            scans.append(scan)
        subprocess.run([STSURVEY, "report", scans[1], "--previous", scans[0], "-o", str(cls.folder / "page.html")], check=True)
        (cls.folder / "probe.html").write_text(PROBE, encoding="utf-8")
        (cls.folder / "narrow.html").write_text(NARROW % HEIGHT, encoding="utf-8")
        FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.copy(cls.folder / "page.html", FOLDER)

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def browse(self, name, *options):
        with tempfile.TemporaryDirectory(prefix="stsurvey-profile-", ignore_cleanup_errors=True) as profile:
            done = subprocess.run(["chromium", *OPTIONS, "--user-data-dir=" + profile, *options, (self.folder / name).as_uri()],
                                  capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
                                  env=dict(os.environ, HOME=profile))
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(said, [], "nothing is said on the console")
        return done.stdout

    told = {}

    def probe(self, *options):
        if options not in self.told:
            dom = self.browse("probe.html", "--dump-dom", "--window-size=1400,1400", *options)
            self.told[options] = json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', dom, re.DOTALL).group(1)))
        return self.told[options]

    def test_it_fits(self):
        for width, told in zip(WIDTHS, self.probe(*LIGHT)):
            self.assertEqual(told["width"], width)
            self.assertLessEqual(told["scrolls"], width)
            self.assertEqual(told["wide"], [], "only a table may be wider, within its scroller")
            self.assertGreater(told["scrollers"], 10)

    def test_it_can_be_read_in_light_and_dark(self):
        papers = []
        for options in (LIGHT, DARK):
            colours = self.probe(*options)[0]["colours"]
            paper = colours["body"][1]
            papers.append(luminance(paper))
            for kind, (ink, _) in colours.items():
                for ground in (paper, colours[".trend"][1]):
                    self.assertGreater(contrast(ink, ground), CONTRAST, "%s in %s on %s" % (kind, ink, ground))
        self.assertGreater(papers[0], 0.9)
        self.assertLess(papers[1], 0.1)

    def test_pictures_of_it_are_kept(self):
        for name, source, width, options in (("360", "narrow.html", 500, LIGHT), ("1280", "page.html", 1280, LIGHT),
                                             ("360-dark", "narrow.html", 500, DARK), ("1280-dark", "page.html", 1280, DARK)):
            picture = FOLDER / (name + ".png")
            picture.unlink(missing_ok=True)
            self.browse(source, "--screenshot=" + str(picture), "--window-size=%d,%d" % (width, HEIGHT), *options)
            self.assertGreater(picture.stat().st_size, 50000)

    def test_it_can_be_printed(self):
        paper = FOLDER / "page.pdf"
        paper.unlink(missing_ok=True)
        self.browse("page.html", "--print-to-pdf=" + str(paper), "--no-pdf-header-footer")
        octets = paper.read_bytes()
        self.assertTrue(octets.startswith(b"%PDF"))
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", octets)), 2)


if __name__ == "__main__":
    STSURVEY, POPULATION, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if not shutil.which("chromium"):
        print("chromium is not installed: nothing was looked at")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=1)
