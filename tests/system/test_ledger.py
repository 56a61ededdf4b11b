"""gazettectl on the ledger of a database: what an operator sees of an honest one, and of one
that somebody edited."""
import os
import subprocess
import unittest

from tests.system.gazetted import BUILD, SystemTest, article, environment

GAZETTECTL = os.path.join(BUILD, "gazettectl")


def ctl(*arguments):
    done = subprocess.run([GAZETTECTL, *arguments], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, env=environment(), timeout=60)
    return done.returncode, done.stdout, done.stderr


class Arguments(unittest.TestCase):
    def test_wrong_usage_is_explained(self):
        for words in (["ledger"], ["ledger", "mend"], ["who-has"], ["receipt", "county"]):
            with self.subTest(words):
                status, output, errors = ctl(*words)
                self.assertEqual((status, output), (2, ""))
                self.assertIn("usage: gazettectl", errors)

    def test_no_database(self):
        status, output, errors = ctl("ledger", "verify")
        self.assertEqual((status, output), (1, ""))
        self.assertRegex(errors, r"gazetted\.db: unable to open")


class Database(SystemTest):
    """Without a configuration the ledger is found by the daemon, or by the directory."""

    def test_it_is_found_from_anywhere(self):
        gazetted = self.gazetted({"a.md": article("One")}, is_started=False)
        gazetted.options = [option for option in gazetted.options
                            if not option.startswith("store.")]
        gazetted.start()
        for directory in (gazetted.directory, gazetted.path(".gazetted"),
                          gazetted.path(".gazetted/control.sock")):
            with self.subTest(directory):
                status, output, errors = ctl("-s", directory, "ledger", "verify")
                self.assertEqual((status, errors), (0, ""))
                self.assertIn("findings=0", output)
        gazetted.stop()
        for directory in (gazetted.directory, gazetted.path(".gazetted")):
            with self.subTest(stopped=directory):
                self.assertEqual(ctl("-s", directory, "ledger", "verify")[0], 0)
        status, _, errors = ctl("-s", gazetted.room, "ledger", "verify")
        self.assertEqual(status, 1)
        self.assertIn(gazetted.room + "/gazetted.db: unable to open", errors)


if __name__ == "__main__":
    unittest.main()
