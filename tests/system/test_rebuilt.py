"""What is made anew from the same files is the same: without the parsed articles in the store
nothing changes at all; without the store, with another number of workers and files that lie in
their directory in another order, no byte and no ETag does."""
import email.utils
import os
import shutil
import sqlite3
import time
import unittest

from tests.system.gazetted import CORPUS, FEEDS, SystemTest, article

CHANNELS = ("md", "html", "txt", "xml")
KILL = "xml/nitf-kill.xml"
PATHS = [prefix + path for prefix in ("", *("/c/" + c for c in CHANNELS)) for path in FEEDS] + [
    "/", "/opml.xml", "/sitemap.xml", "/sitemap-news.xml", "/robots.txt"]


def bodies(fingerprint):
    return {path: (status, body, etag) for path, (status, body, etag, _) in fingerprint.items()}


@unittest.skipIf(os.environ.get("GAZETTED_STORE") == "postgres", "looks into the SQLite file")
class Rebuilt(SystemTest):
    def pages(self, gazetted):
        return PATHS + sorted("/a/" + item["url"].rsplit("/", 1)[1] for item in gazetted.items()
                              if "/a/" in item.get("url", ""))

    def test_without_the_texts_in_the_store(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        paths = self.pages(gazetted)
        before = gazetted.fingerprint(paths)
        gazetted.stop()
        file = os.path.join(gazetted.directory, ".gazetted", "gazetted.db")
        with sqlite3.connect(file) as database:
            self.assertGreater(database.execute("DELETE FROM flat").rowcount, 10)
        database.close()
        gazetted.start()
        self.assertEqual(gazetted.fingerprint(paths), before)
        self.assertEqual(gazetted.matching(r"article: (changed|new)", gazetted.first_line), [])

    def test_without_the_store(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"), is_started=False)
        gazetted.delete(KILL)  # when it was obeyed is a fact that goes with the store
        # two that want the same address, and some that want the same time
        gazetted.write("md/same.md", article("Same"))
        gazetted.write("txt/same.md", article("Same too"))
        for i in range(40):
            gazetted.write(f"md/{i}.md", article(f"Number {i}"))
        gazetted.start()
        paths = self.pages(gazetted)
        self.assertGreater(len(paths), len(PATHS))
        before = gazetted.fingerprint(paths)
        gazetted.stop()
        shutil.rmtree(os.path.join(gazetted.directory, ".gazetted"))
        self.reorder(gazetted.directory)
        gazetted.options.append("http.workers=1")
        gazetted.start()
        after = gazetted.fingerprint(paths)
        self.assertEqual(bodies(after), bodies(before))
        for path, (_, _, _, modified) in after.items():
            if modified is None:
                continue
            with self.subTest(path=path):  # when it was made is a fact that went with the store
                then = email.utils.parsedate_to_datetime(before[path][3])
                now = email.utils.parsedate_to_datetime(modified)
                self.assertGreaterEqual(now, then)
                self.assertLessEqual(now.timestamp(), time.time())

    @staticmethod
    def reorder(directory):
        """The same files with the same times, made anew in the opposite order."""
        old = directory + ".old"
        os.rename(directory, old)
        for room, _, names in sorted(os.walk(old), reverse=True):
            target = os.path.join(directory, os.path.relpath(room, old))
            os.makedirs(target, exist_ok=True)
            for name in sorted(names, reverse=True):
                shutil.copy2(os.path.join(room, name), os.path.join(target, name))
        shutil.rmtree(old)
