"""What the tests that look at pages share: a browser for a class of tests, pages with the
checks loaded, and the pictures."""
import os
import unittest

from tests.browser.browser import DESKTOP, PHONE, PROGRAM, Browser
from tests.system.gazetted import TOP

AXE = os.path.join(TOP, "tests", "browser", "node_modules", "axe-core", "axe.min.js")
PICTURES = os.path.join(TOP, "build", "screenshots")
LOOKS = [(size, scheme) for size in ("desktop", "phone") for scheme in ("light", "dark")]
SIZES = {"desktop": DESKTOP, "phone": PHONE}
CHECKS = os.path.join(TOP, "tests", "browser", "checks.js")


@unittest.skipUnless(PROGRAM, "no chromium: the pages are not looked at (apt-get install chromium)")
class LookTest(unittest.TestCase):
    base = None  # the address of the site; a subclass sets it

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        with open(CHECKS) as file:
            cls.checks = file.read()

    def open(self, path, size="desktop", scheme="light", **options):
        page = self.browser.page(SIZES[size], scheme, **options)
        self.addCleanup(page.close)
        self.go(page, path)
        return page

    def go(self, page, path):
        page.go(self.base + path)
        self.load_checks(page)

    def load_checks(self, page):
        page.run(f"void (globalThis.checks = {self.checks})")

    def picture(self, page, name):
        path = os.path.join(PICTURES, name + ".png")
        page.picture(path)
        return path

    def check_looks(self, page, name):
        """Contrast, structure and width in every look, with a picture of each."""
        for size, scheme in LOOKS:
            with self.subTest(page=name, size=size, scheme=scheme):
                page.look(SIZES[size], scheme)
                for check in ("contrast", "structure", "width"):
                    self.assertEqual(page.run(f"checks.{check}()"), [], check)
                self.picture(page, f"{name}-{size}-{scheme}")

    def check_clean(self, page, path):
        """No complaint on the console, and nothing asked of anybody else."""
        self.assertEqual(page.complaints(), [])
        here = [url for url in page.requests() if url.startswith(self.base + "/")]
        self.assertIn(self.base + path, here)
        self.assertEqual([url for url in page.requests()
                          if url not in here and not url.startswith("data:")], [])

    def check_axe(self, page):
        """WCAG 2.2 A and AA, and its best practice."""
        with open(AXE) as file:
            page.run(f"{file.read()}; void 0")
        found = page.run(
            "axe.run().then((found) => ({passes: found.passes.length, bad: found."
            "violations.map((v) => [v.id, v.nodes.map((node) => node.html)])}))")
        self.assertEqual(found["bad"], [])
        self.assertGreater(found["passes"], 20)

    def check_keyboard(self, page):
        """Tab reaches every stop in order, and shows where it is."""
        count = page.run("checks.stops()")
        self.assertGreater(count, 5)
        reached = []
        while len(reached) < count:
            page.key("Tab", 9)
            focus = page.run("checks.focused()")
            self.assertTrue(focus["isMarked"] and focus["isInView"], focus)
            if focus["stop"]:  # else what scrolls: a table, some code
                reached.append(focus["stop"])
        self.assertEqual(reached, list(range(1, count + 1)))
