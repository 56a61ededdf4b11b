"""How long evidence is kept: over days of a set clock, and what is left is still a whole chain."""
import os
import shutil
import signal
import sqlite3
import tempfile
import unittest

from tests.system import test_clock
from tests.system.gazetted import article
from tests.system.test_partners import COUNTY, PORTAL, PartnerTest

DAY = 24 * 3600.0
RULES = """
rights:
  - {name: all, public: full, partners: {county: full, portal: full}}
"""


class Retention(PartnerTest):
    set = test_clock.Clock.set

    def setUp(self):
        super().setUp()
        self.room = tempfile.mkdtemp(prefix="gazetted-clock.")
        self.addCleanup(shutil.rmtree, self.room)
        self.library, self.file = test_clock.build(self.room), os.path.join(self.room, "offset")

    def run_on(self, gazetted, days):
        """The daemon in a day of its own, in which county fetches its feed and one article."""
        self.set(days * DAY)
        gazetted.restart() if gazetted.process else gazetted.start()
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom").status, 200)
        self.assertEqual(self.fetch(gazetted, "/p/-/a.ninjs.json").status, 200)

    def rows(self, gazetted):
        """Rows by day, and the number of the first."""
        database = sqlite3.connect(f"file:{gazetted.room}/state/gazetted.db?mode=ro", uri=True)
        days = dict(database.execute("SELECT time / 86400000, count(*) FROM ledger GROUP BY 1"))
        first, = database.execute("SELECT min(seq) FROM ledger").fetchone()
        database.close()
        return days, first

    def verify(self, gazetted):
        status, output, errors = self.ctl(gazetted, "ledger", "verify")
        self.assertEqual(status, 0, output + errors)
        return output

    def keep(self, gazetted, age):
        since = len(gazetted.lines)
        self.configure(gazetted, RULES + f"store: {{ledger_keep: {age}}}\n")
        if gazetted.process:
            gazetted.signal(signal.SIGHUP)
            gazetted.wait_line(r"reload: store\.ledger_keep now", since)
        return since

    def test_rows_go_by_days_and_what_is_left_is_whole(self):
        gazetted = self.gazetted({"a.md": article("One", id="tag:x,2026:1", date="2020-05-01")},
                                 config="", is_started=False)
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        gazetted.wrapper = ["env", f"LD_PRELOAD={self.library}", f"TEST_CLOCK={self.file}",
                            f"ASAN_OPTIONS={options.lstrip(':')}"]
        self.tokens(gazetted, "county", COUNTY)
        self.tokens(gazetted, "portal", PORTAL)
        self.keep(gazetted, "0s")
        for days in (-20, -10, -5, 0):
            self.run_on(gazetted, days)
        gazetted.wait(lambda: len(self.rows(gazetted)[0]) == 4, "rows of four days")
        today = max(self.rows(gazetted)[0])
        self.verify(gazetted)

        # for ever until a reload says otherwise, which applies at once
        since = self.keep(gazetted, "7d")
        gazetted.wait_line(r"ledger: rows removed by rule", since)
        gazetted.wait(lambda: sorted(day - today for day in self.rows(gazetted)[0]) == [-5, 0],
                      "what is left")
        self.assertGreater(self.rows(gazetted)[1], 1)
        self.verify(gazetted)
        status, output, _ = self.ctl(gazetted, "who-has", "tag:x,2026:1")
        self.assertEqual((status, output.count("county")), (0, output.count("\n")))

        # by itself on a later day, at the start
        self.run_on(gazetted, 3)
        gazetted.wait_line(r"ledger: rows removed by rule")
        gazetted.wait(lambda: sorted(day - today for day in self.rows(gazetted)[0]) == [0, 3],
                      "what is left")
        self.verify(gazetted)
        gazetted.stop()
        self.verify(gazetted)

        # the rule explains what it removed and nothing beyond that
        _, first = self.rows(gazetted)
        database = sqlite3.connect(f"{gazetted.room}/state/gazetted.db")
        database.execute("DELETE FROM ledger WHERE seq = ?", (first,))
        database.commit()
        database.close()
        status, output, _ = self.ctl(gazetted, "ledger", "verify")
        self.assertEqual(status, 1)
        self.assertIn(f"rows 1 to {first} were removed", output)


if __name__ == "__main__":
    unittest.main()
