"""What is taken back is taken back wherever it stood: in the channels and tags that an article
left, for the public and for each partner, over restarts."""
import json
import os
import unittest

from tests.system.gazetted import article
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest

RULES = """
rights:
  - {name: all, public: full, partners: {county: full, portal: full}}
"""
PARTNERS = """
partners:
  - {name: county, token_file: '%(room)s/county.token', callback_hosts: [127.0.0.1],
     require: [secret]}
  - {name: portal, token_file: '%(room)s/portal.token', topics: [old]}
"""
ID = "tag:x,2026:1"


class Moved(SubscribingTest):
    def moved(self):
        """An article that stood in old/ with one tag, and is in new/ with another, after a
        restart; others are in both."""
        files = {"old/deep/a.md": article("One", id=ID, tags=["first"], body="THEBODY"),
                 "old/b.md": article("Other", tags=["first"]), "new/c.md": article("Third")}
        gazetted = self.partnered(files, rules=RULES, partners=PARTNERS, options=[
            "feeds.by=[channel, tag]", "articles.delete_grace=60s"])
        for path in ("/p/county/c/old/feed.atom", "/p/county/c/old/deep/feed.atom",
                     "/p/county/c/new/feed.atom", "/p/county/feed.atom"):
            self.assertEqual(self.fetch(gazetted, path).status, 200)
        self.assertIn(b"THEBODY", self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).body)
        gazetted.wait_title("One", "/c/old/feed.json")
        os.unlink(gazetted.path("old/deep/a.md"))
        gazetted.write("new/a.md", article("One", id=ID, tags=["second"], body="THEBODY"))
        gazetted.wait_title("One", "/c/new/feed.json", seconds=20)
        gazetted.wait_no_title("One", "/c/old/feed.json")
        gazetted.wait_title("One", "/tag/second/feed.json")
        gazetted.wait_no_title("One", "/tag/first/feed.json")
        gazetted.restart()
        return gazetted

    def tombstones(self, gazetted, path, token=COUNTY):
        return f'<at:deleted-entry ref="{ID}"'.encode() in self.fetch(gazetted, path, token).body

    def check_everywhere(self, gazetted):
        for path in ("/feed.json", "/c/new/feed.json", "/c/old/feed.json", "/tag/first/feed.json",
                     "/tag/second/feed.json"):
            with self.subTest(path=path):
                item = gazetted.wait_title("【撤稿】One", path)
                self.assertIn("withdrawn", item["tags"])
                self.assertNotIn("THEBODY", json.dumps(gazetted.items(path)))
        for path, token in (("/p/county/feed.atom", COUNTY), ("/p/county/c/new/feed.atom", COUNTY),
                            ("/p/county/c/old/feed.atom", COUNTY),
                            ("/p/county/c/old/deep/feed.atom", COUNTY),
                            ("/p/portal/feed.atom", PORTAL), ("/p/portal/c/old/feed.atom", PORTAL)):
            with self.subTest(path=path):
                gazetted.wait(lambda: self.tombstones(gazetted, path, token), path)
                self.assertNotIn(b"THEBODY", self.fetch(gazetted, path, token).body)

    def test_withdrawn_by_its_file(self):
        gazetted = self.moved()
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber, topic="/p/county/c/old/feed.atom")
        gazetted.write("new/a.md", article("One", id=ID, tags=["second"], withdrawn=True))
        self.check_everywhere(gazetted)
        killed = subscriber.wait_delivery(lambda d: b"deleted-entry" in d.body)
        self.assertIn(ID.encode(), killed.body)
        gazetted.restart()
        self.check_everywhere(gazetted)
        # and back: it is where it is, and nowhere else
        gazetted.write("new/a.md", article("One", id=ID, tags=["second"], body="AGAIN"))
        gazetted.wait_title("One", "/c/new/feed.json")
        gazetted.wait_no_title("【撤稿】One", "/c/old/feed.json")
        gazetted.wait_no_title("【撤稿】One", "/tag/first/feed.json")

    def test_killed_and_released(self):
        gazetted = self.moved()
        self.live(gazetted, "kill", ID)
        self.check_everywhere(gazetted)
        # moved back while it is: once in each feed
        os.unlink(gazetted.path("new/a.md"))
        gazetted.write("old/a.md", article("One", id=ID, tags=["second"], body="THEBODY"))
        gazetted.wait(lambda: gazetted.titles("/c/old/feed.json").count("【撤稿】One") == 1,
                      "it there", 20)
        self.check_everywhere(gazetted)
        self.live(gazetted, "release", ID)
        gazetted.wait_title("One", "/c/old/feed.json")
        gazetted.wait_no_title("【撤稿】One", "/c/new/feed.json")

    def test_deleted(self):
        gazetted = self.moved()
        os.unlink(gazetted.path("new/a.md"))
        self.live(gazetted, "confirm-deletes")
        for path, token in (("/p/county/feed.atom", COUNTY), ("/p/county/c/old/feed.atom", COUNTY),
                            ("/p/county/c/old/deep/feed.atom", COUNTY),
                            ("/p/portal/c/old/feed.atom", PORTAL)):
            with self.subTest(path=path):
                gazetted.wait(lambda: self.tombstones(gazetted, path, token), path)

    def test_who_loses_it_by_the_move_is_told(self):
        gazetted = self.moved()
        for path in ("/p/portal/feed.atom", "/p/portal/c/old/feed.atom"):
            self.assertTrue(self.tombstones(gazetted, path, PORTAL), path)


if __name__ == "__main__":
    unittest.main()
