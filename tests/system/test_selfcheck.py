"""Nothing that a reader could not read replaces what it has: items that fail the daemon's own
check, and texts that are spoilt in the store."""
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from tests.system.gazetted import FEEDS, TOP, SystemTest, article


def build(room):
    compiler = os.environ.get("CC", "cc").split()[-1]
    if not shutil.which(compiler):
        print("SKIPPED system.test_selfcheck: no C compiler", flush=True)
        raise unittest.SkipTest("no C compiler")
    library = os.path.join(room, "spoil.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                    os.path.join(TOP, "tests", "system", "spoil.c"), "-ldl"], check=True)
    return library


def dated(title, day):
    return article(title, f"2026-05-0{day}T10:00:00+08:00")


class Item(SystemTest):
    """Articles with SPOILT in them become items that the check refuses."""

    def daemon(self, files):
        room = tempfile.mkdtemp(prefix="gazetted-spoil.")
        self.addCleanup(shutil.rmtree, room)
        gazetted = self.gazetted(files, is_started=False)
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        gazetted.wrapper = ["env", f"LD_PRELOAD={build(room)}",
                            f"ASAN_OPTIONS={options.lstrip(':')}"]
        return gazetted.start()

    def test_a_new_article_is_left_out_and_the_feeds_go_on(self):
        gazetted = self.daemon({"one/a.md": dated("A", 1), "two/b.md": dated("B", 2)})
        gazetted.write("one/c.md", dated("SPOILT", 3))
        gazetted.wait_line(r"an item would be invalid path=one/c\.md .*spoilt by the test")
        for feed in ("/", "c/one"):
            gazetted.wait_line(rf"an article is left out feed={feed}: .*path=one/c\.md")
        gazetted.write("one/d.md", dated("D", 4))
        gazetted.wait_title("D", "/c/one/feed.json")
        self.assertEqual(gazetted.titles(), ["D", "B", "A"])
        self.assertNotIn("SPOILT", gazetted.get("/feed.atom").body.decode())
        gazetted.write("one/c.md", dated("C", 3))
        gazetted.wait_title("C")
        self.assertEqual(gazetted.titles("/c/one/feed.json"), ["D", "C", "A"])

    def test_a_change_of_one_that_was_read_keeps_the_old_document(self):
        gazetted = self.daemon({"one/a.md": dated("A", 1), "two/b.md": dated("B", 2)})
        mine = list(FEEDS) + ["/c/one" + path for path in FEEDS]
        before = gazetted.fingerprint(mine)
        gazetted.write("one/a.md", dated("A, SPOILT", 1))
        for feed in ("/", "c/one"):
            gazetted.wait_line(rf"not replaced feed={feed}: the item of path=one/a\.md")
        gazetted.write("two/c.md", dated("C", 3))  # its own feed goes on
        gazetted.wait_title("C", "/c/two/feed.json")
        self.assertEqual(gazetted.fingerprint(mine), before)
        gazetted.write("one/a.md", dated("A, mended", 1))
        gazetted.wait_title("A, mended")
        self.assertEqual(gazetted.titles(), ["C", "B", "A, mended"])

    def test_after_a_restart_there_is_nothing_to_keep(self):
        gazetted = self.daemon({"one/a.md": dated("A", 1), "one/b.md": dated("B", 2)})
        gazetted.write("one/a.md", dated("A, SPOILT", 1))
        gazetted.wait_line(r"not replaced feed=/: the item of path=one/a\.md")
        gazetted.stop()
        gazetted.start()
        self.assertEqual(gazetted.titles(), ["B"])
        self.assertTrue(gazetted.matching(r"left out feed=/: the item of path=one/a\.md"))
        gazetted.write("one/c.md", dated("C", 3))
        gazetted.wait_title("C")
        gazetted.write("one/a.md", dated("A, mended", 1))
        gazetted.wait_title("A, mended")
        self.assertEqual(gazetted.titles(), ["C", "B", "A, mended"])


@unittest.skipIf(os.environ.get("GAZETTED_STORE") == "postgres", "spoils the SQLite file")
class Row(SystemTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.gazetted({"one/a.md": dated("A", 1), "two/b.md": dated("B", 2)})

    def spoil(self, path):
        file = os.path.join(self.daemon.directory, ".gazetted", "gazetted.db")
        with sqlite3.connect(file) as database:
            done = database.execute("UPDATE flat SET bytes = x'07' WHERE article = "
                                    "(SELECT num FROM article WHERE path = ?)", (path,))
        database.close()
        self.assertEqual(done.rowcount, 1)

    def test_a_spoilt_text_is_taken_from_its_file_again(self):
        before = self.daemon.fingerprint(FEEDS)
        said = r"the text of path=one/a\.md could not be read"
        self.daemon.stop()
        self.spoil("one/a.md")
        self.daemon.start()
        self.assertEqual(self.daemon.fingerprint(FEEDS), before)
        self.assertEqual(len(self.daemon.matching(said)), 1)
        self.daemon.stop()
        self.daemon.start()  # the store has it again
        self.assertEqual(self.daemon.fingerprint(FEEDS), before)
        self.assertEqual(len(self.daemon.matching(said)), 1)

    def test_what_the_file_does_not_say_either_holds_nothing_back(self):
        self.daemon.stop()
        self.spoil("one/a.md")
        self.daemon.write("one/a.md", "---\ndate: 2026-05-01\n---\n\nNo title.\n")
        self.daemon.start()
        self.assertEqual(self.daemon.titles(), ["B"])
        self.assertTrue(self.daemon.matching(r"left out path=one/a\.md"))
        self.assertTrue(self.daemon.matching(r"one/a\.md: .*\[title-missing\]"))
        self.daemon.write("two/c.md", dated("C", 3))
        self.daemon.wait_title("C")
        self.daemon.write("one/a.md", dated("A again", 1))
        self.daemon.wait_title("A again")
        self.assertEqual(sorted(self.daemon.titles()), ["A again", "B", "C"])
        self.assertLess(len(self.daemon.matching(r"path=one/a\.md.* its text")), 5)
