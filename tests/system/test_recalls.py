"""Recalls that stay open: told at the configured ages, to a program of the operator too, once
each, over restarts and reloads, and not when they are confirmed."""
import json
import os
import signal
import sqlite3
import unittest

from tests.system.gazetted import article
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest

SCRIPT = """#!/bin/sh
echo "$1 $GAZETTED_STEP/$GAZETTED_STEPS $GAZETTED_AGE $GAZETTED_ARTICLE [$GAZETTED_PARTNERS] \
$GAZETTED_RECALLED" >> "$2"
"""
RULES = """
rights:
  - name: all
    public: full
    partners: {county: full, portal: full}
"""
SLOW = 60.0  # the ledger is read no more often than it takes


class Recalls(SubscribingTest):
    def recalled(self, escalate, program=None, files=None):
        """A daemon in which county and portal have articles and county's callback fails."""
        gazetted = self.gazetted(files or {"b.md": article("Two", id="tag:x,2026:2")}, config="",
                                 is_started=False, options=["hub.retry.first=1h",
                                                            "hub.retry.max=1h"])
        self.seen = os.path.join(gazetted.room, "seen")
        script = os.path.join(gazetted.room, "script")
        with open(script, "w") as file:
            file.write(program or SCRIPT)
        os.chmod(script, 0o755)
        self.tokens(gazetted, "county", COUNTY)
        self.tokens(gazetted, "portal", PORTAL)
        self.command = f"command: [{script}, 'an argument', '{self.seen}']"
        self.tell(gazetted, escalate)
        gazetted.start()
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber)
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom").status, 200)
        self.assertEqual(self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).status, 200)
        subscriber.status = 503
        return gazetted, subscriber

    def tell(self, gazetted, escalate, more=""):
        self.configure(gazetted, RULES + f"recalls: {{escalate: {escalate}, {self.command}"
                       f"{more}}}\n")

    def lines(self):
        if not os.path.exists(self.seen):
            return []
        with open(self.seen) as file:
            return file.read().splitlines()

    def rows(self, gazetted):
        database = sqlite3.connect(f"file:{gazetted.room}/state/gazetted.db?mode=ro", uri=True)
        rows = database.execute("SELECT partner, attempt FROM ledger WHERE kind = 4 "
                                "ORDER BY seq").fetchall()
        database.close()
        return rows

    def retell(self, gazetted, escalate, more=""):
        since = len(gazetted.lines)
        self.tell(gazetted, escalate, more)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_line(r"reload: recalls\.\w+ now", since)

    def wait_told(self, gazetted, age, step, partners, since=None):
        return gazetted.wait_line(f"recall: open for {age} step={step} article=tag:x,2026:2 "
                                  f"failed_attempts=\\d+ partners={partners}$", since, SLOW)

    def test_at_rising_severity_once_each_and_over_a_restart(self):
        gazetted, _ = self.recalled("[1s]")
        gazetted.delete("b.md")
        self.wait_told(gazetted, "1s", "1/1", "county,portal")
        self.retell(gazetted, "[1s, 2s]")
        self.wait_told(gazetted, "2s", "2/2", "county,portal")
        told = gazetted.wait(lambda: len(self.lines()) == 2 and self.lines(), "the program", SLOW)
        self.assertRegex(told[0], r"^an argument 1/1 1 tag:x,2026:2 \[county portal\] 20\S+Z$")
        self.assertRegex(told[1], r"^an argument 2/2 2 tag:x,2026:2 \[county portal\] 20\S+Z$")
        # nothing again; an age that a reload brings is told, of who is left
        gazetted.restart()
        self.assertEqual(self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).status, 200)
        since = len(gazetted.lines)
        gazetted.wait(lambda: "portal" not in self.ctl(gazetted, "recalls")[1], "its answer")
        self.retell(gazetted, "[1s, 2s, 3s]")
        self.wait_told(gazetted, "3s", "3/3", "county", since)
        gazetted.wait(lambda: len(self.lines()) == 3, "the program", SLOW)
        gazetted.wait(lambda: len(self.rows(gazetted)) == 5, "rows", SLOW)
        self.assertEqual(self.rows(gazetted), [("county", 1), ("portal", 1), ("county", 2),
                                               ("portal", 2), ("county", 3)])
        self.assertEqual(len(gazetted.matching(r"recall: open", since)), 1)
        status, output, _ = self.ctl(gazetted, "--json", "recalls")
        self.assertEqual((status, [row["escalated_s"] for row in json.loads(output)]), (1, [3]))
        self.assertEqual(self.ctl(gazetted, "ledger", "verify")[0], 0)

    def test_a_program_that_hangs_holds_nothing_up_and_is_killed(self):
        gazetted, subscriber = self.recalled(
            "[1s]", program="#!/bin/sh\necho > \"$2\"\nexec sleep 3600\n")
        self.retell(gazetted, "[1s]", ", timeout: 2s")
        gazetted.delete("b.md")
        gazetted.wait(self.lines, "the program", SLOW)
        gazetted.write("c.md", article("Three", id="tag:x,2026:3"))
        gazetted.wait_title("Three")
        gazetted.wait_line(r"command: killed after \d+ ms article=tag:x,2026:2 ", seconds=SLOW)

    def test_a_program_that_is_not_there_is_said_and_the_log_has_it_still(self):
        gazetted, _ = self.recalled("[1s]")
        self.command = "command: [/nowhere/program]"
        self.retell(gazetted, "[1s]")
        gazetted.wait_line(r"recalls\.command: /nowhere/program cannot be run: No such file")
        gazetted.delete("b.md")
        gazetted.wait_line(r"recall: open for 1s step=1/1", seconds=SLOW)
        gazetted.wait_line(r"command: start /nowhere/program: No such file or directory "
                           r"article=tag:x,2026:2$", seconds=SLOW)

    def test_what_is_confirmed_is_not_told(self):
        gazetted, subscriber = self.recalled("[]", files={
            "a.md": article("One", id="tag:x,2026:1"), "b.md": article("Two", id="tag:x,2026:2")})
        subscriber.status = 204
        gazetted.delete("a.md")
        subscriber.wait_delivery(lambda d: b"deleted-entry" in d.body)
        self.fetch(gazetted, "/p/portal/feed.atom", PORTAL)
        gazetted.wait(lambda: self.ctl(gazetted, "recalls")[0] == 0, "both")
        subscriber.status = 503
        self.retell(gazetted, "[1s]")
        gazetted.delete("b.md")
        self.wait_told(gazetted, "1s", "1/1", "county,portal")
        self.assertFalse(gazetted.matching(r"recall: .*tag:x,2026:1 "))


if __name__ == "__main__":
    unittest.main()
