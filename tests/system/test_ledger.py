"""gazettectl on the ledger of a database: what an operator sees of an honest one, and of one
that somebody edited."""
import os
import subprocess
import unittest

from tests.system.gazetted import BUILD, SystemTest, environment

GAZETTECTL = os.path.join(BUILD, "gazettectl")


def ctl(*arguments):
    done = subprocess.run([GAZETTECTL, *arguments], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, env=environment(), timeout=20)
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


if __name__ == "__main__":
    unittest.main()
