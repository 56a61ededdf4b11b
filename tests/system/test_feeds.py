"""Articles into feeds: what is dropped, edited, renamed, deleted or broken, and that nothing
else ever changes a byte."""
import datetime
import json
import os
import shutil
import urllib.parse

import feedparser

from tests.system.gazetted import CORPUS, FEEDS, SystemTest, article


def ids_of(gazetted, prefix=""):
    """The ids of the three formats, in order."""
    atom = feedparser.parse(gazetted.get(prefix + "/feed.atom").body)
    rss = feedparser.parse(gazetted.get(prefix + "/feed.rss").body)
    return ([e.id for e in atom.entries], [e.id for e in rss.entries],
            [i["id"] for i in gazetted.items(prefix + "/feed.json")])


class Corpus(SystemTest):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            cls.expected = json.load(file)["articles"]

    @staticmethod
    def is_public(want, now):
        """Certainly in the open feed: neither draft nor withdrawn nor out of its time."""
        if want["status"] in ("draft", "withdrawn", "killed", "kill") or want.get("withdraws"):
            return False
        if want["audience_now"]["public"] == "tombstone":
            return False
        expires = want.get("expires")
        return not expires or datetime.datetime.fromisoformat(expires) > now

    def test_every_article_is_in_every_format(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        atom, rss, jsonfeed = ids_of(gazetted)
        self.assertEqual(atom, rss)
        self.assertEqual(atom, jsonfeed)
        self.assertEqual(len(set(atom)), len(atom))
        titles = gazetted.titles()
        for want in self.expected:
            with self.subTest(file=want["file"]):
                if self.is_public(want, now):
                    self.assertIn(want["title"], titles)
                if want["status"] == "draft":
                    self.assertNotIn(want["title"], titles)
                if want["id"] and self.is_public(want, now):
                    self.assertIn(want["id"], " ".join(atom))

    def test_formats_are_well_formed_and_agree(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        parsed = {path: feedparser.parse(gazetted.get(path).body) for path in FEEDS[:2]}
        for path, feed in parsed.items():
            with self.subTest(path=path):
                self.assertFalse(feed.bozo, getattr(feed, "bozo_exception", ""))
                links = {link.rel for link in feed.feed.links}
                self.assertLessEqual({"self", "hub"}, links)
        self.assertEqual([e.title for e in parsed["/feed.atom"].entries],
                         [e.title for e in parsed["/feed.rss"].entries])

    def test_each_directory_is_a_channel(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        everything = set(ids_of(gazetted)[0])
        for channel in ("md", "html", "txt", "xml", "media"):
            with self.subTest(channel=channel):
                atom, rss, jsonfeed = ids_of(gazetted, f"/c/{channel}")
                self.assertTrue(atom)
                self.assertEqual(atom, rss)
                self.assertEqual(atom, jsonfeed)
                self.assertLessEqual(set(atom), everything)

    def test_dropped_one_by_one_or_scanned_is_the_same(self):
        """A feed is a function of its articles, not of the order in which they came."""
        files = {}
        for number in range(6):
            files[f"news/{number}.md"] = article(
                f"Number {number}", f"2026-05-0{1 + number % 3}T10:00:00+08:00",
                id=f"tag:news.example,2026:{number}")
        scanned = self.gazetted(files)
        dropped = self.gazetted()
        for path in reversed(sorted(files)):
            dropped.write(path, files[path])
            dropped.wait_title(f"Number {path[5]}")
        self.assertEqual(ids_of(scanned), ids_of(dropped))
        self.assertEqual(scanned.titles(), dropped.titles())


class Change(SystemTest):
    def pair(self):
        return self.gazetted({"one/a.md": article("First"), "two/b.md": article("Second")})

    def test_channel_names_are_percent_encoded(self):
        gazetted = self.gazetted({"新闻/本地 a/x.md": article("远方")})
        path = "/c/" + urllib.parse.quote("新闻/本地 a") + "/feed.json"
        self.assertEqual(gazetted.titles(path), ["远方"])

    def test_a_new_article_is_in_its_feeds_only(self):
        gazetted = self.pair()
        other = gazetted.fingerprint(["/c/two" + path for path in FEEDS])
        gazetted.write("one/c.md", article("Third", "2026-05-02T10:00:00+08:00"))
        gazetted.wait_title("Third")
        gazetted.wait_title("Third", "/c/one/feed.json")
        self.assertEqual(gazetted.titles("/c/one/feed.json"), ["Third", "First"])
        self.assertEqual(other, gazetted.fingerprint(other))

    def test_an_edit_keeps_the_id_and_moves_updated(self):
        gazetted = self.pair()
        before = gazetted.item("First")
        old = {e.id: e for e in feedparser.parse(gazetted.get("/feed.atom").body).entries}
        gazetted.write("one/a.md", article("First, mended", body="Another paragraph."))
        after = gazetted.wait_title("First, mended")
        self.assertEqual(before["id"], after["id"])
        self.assertEqual(before["date_published"], after["date_published"])
        new = {e.id: e for e in feedparser.parse(gazetted.get("/feed.atom").body).entries}
        self.assertEqual(set(old), set(new))
        self.assertGreater(new[after["id"]].updated_parsed, old[after["id"]].updated_parsed)
        self.assertIn("Another paragraph.", gazetted.get("/feed.rss").body.decode())

    def test_a_rename_keeps_the_id(self):
        gazetted = self.pair()
        before = gazetted.item("First")
        os.rename(gazetted.path("one/a.md"), gazetted.path("two/renamed.md"))
        gazetted.wait_title("First", "/c/two/feed.json")
        self.assertEqual(gazetted.item("First", "/c/two/feed.json")["id"], before["id"])
        gazetted.wait_no_title("First", "/c/one/feed.json")
        self.assertEqual(sorted(gazetted.titles()), ["First", "Second"])
        gazetted.write("two/renamed.md", article("First, mended"))
        self.assertEqual(gazetted.wait_title("First, mended")["id"], before["id"])

    def test_a_rename_while_stopped_keeps_the_id(self):
        gazetted = self.pair()
        before = gazetted.item("First")
        gazetted.stop()
        os.rename(gazetted.path("one/a.md"), gazetted.path("one/renamed.md"))
        gazetted.start()
        self.assertEqual(gazetted.wait_title("First")["id"], before["id"])
        self.assertEqual(sorted(gazetted.titles()), ["First", "Second"])

    def test_a_delete_removes(self):
        gazetted = self.pair()
        gazetted.delete("one/a.md")
        gazetted.wait_no_title("First")
        for path in FEEDS:
            self.assertNotIn(b"First", gazetted.get(path).body)
        self.assertEqual(gazetted.titles(), ["Second"])

    def test_a_delete_while_stopped_removes(self):
        gazetted = self.pair()
        gazetted.stop()
        gazetted.delete("one/a.md")
        gazetted.start()
        gazetted.wait_no_title("First")
        self.assertEqual(gazetted.titles(), ["Second"])

    def test_a_touch_changes_nothing(self):
        gazetted = self.pair()
        paths = ["/c/one" + path for path in FEEDS]
        before = gazetted.fingerprint(paths)
        os.utime(gazetted.path("one/a.md"))
        gazetted.write("one/a.md", article("First"))
        # A later change that is out shows that the touch was looked at.
        gazetted.write("two/b.md", article("Second, mended"))
        gazetted.wait_title("Second, mended", "/c/two/feed.json")
        self.assertEqual(before, gazetted.fingerprint(paths))

    def test_a_restart_changes_nothing(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        paths = list(FEEDS) + ["/c/md" + path for path in FEEDS] + ["/opml.xml", "/"]
        before = gazetted.fingerprint(paths)
        for path in paths:
            self.assertEqual(before[path][0], 200, path)
        gazetted.restart()
        self.assertEqual(before, gazetted.fingerprint(paths))
        gazetted.kill9()
        gazetted.start()
        self.assertEqual(before, gazetted.fingerprint(paths))

    def test_workers_and_another_place_change_nothing(self):
        """A document is a function of the articles and of the store's facts."""
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        paths = list(FEEDS) + ["/c/md" + path for path in FEEDS] + ["/opml.xml"]
        before = gazetted.fingerprint(paths)
        gazetted.stop()
        moved = gazetted.directory + "-moved"
        shutil.copytree(gazetted.directory, moved)  # other inodes and times, the same bytes
        shutil.rmtree(gazetted.directory)
        os.rename(moved, gazetted.directory)
        gazetted.options.append("http.workers=2")
        gazetted.start()
        self.assertEqual(before, gazetted.fingerprint(paths))

    def test_a_broken_file_keeps_the_last_good_version(self):
        gazetted = self.pair()
        before = gazetted.fingerprint(["/c/one" + path for path in FEEDS])
        gazetted.write("one/a.md", "---\ntitle: a: b: c\ndate: 2026-05-01\n---\n\nText.\n")
        found = gazetted.wait_line(r"one/a\.md:(\d+):(\d+): \S")
        self.assertEqual(found.group(1), "2")
        os.utime(gazetted.path("one/a.md"))
        gazetted.write("two/b.md", article("Second, mended"))
        gazetted.wait_title("Second, mended", "/c/two/feed.json")
        self.assertEqual(before, gazetted.fingerprint(before))
        self.assertEqual(len(gazetted.matching(r"one/a\.md:\d+")), 1)
        gazetted.write("one/a.md", article("First, mended"))
        gazetted.wait_title("First, mended")

    def test_invalid_files_are_refused_and_the_rest_is_served(self):
        gazetted = self.gazetted({"good.md": article("Good")}, is_started=False)
        invalid = os.path.join(CORPUS, "invalid")
        names = [n for n in os.listdir(invalid) if not n.startswith("duplicate")]
        for name in names:
            with open(os.path.join(invalid, name), "rb") as file:
                gazetted.write(f"bad/{name}", file.read())
        gazetted.start()
        self.assertEqual(gazetted.titles(), ["Good"])
        for name in names:
            with self.subTest(name=name):
                self.assertEqual(len(gazetted.matching(rf"bad/{name}:(\d+:){{0,2}} ")), 1)

    def test_feeds_that_few_ask_for_share_an_old_article(self):
        """What the first of them needs no more the second still does."""
        gazetted = self.gazetted({
            "x.md": article("X", "2020-01-02", tags=["a", "b"]),
            "z.md": article("Z", "2020-01-01", tags=["a", "b"]),
            "new.md": article("New", "2026-01-01")},
            options=["feeds.by=[channel, tag]", "feeds.window=2"])
        tags = ["/tag/a/feed.json", "/tag/b/feed.json"]
        for path in tags:
            self.assertEqual(gazetted.titles(path), ["X", "Z"])
        self.assertEqual(gazetted.titles(), ["New", "X"])
        gazetted.restart()  # no text is in memory
        gazetted.write("x.md", article("X, mended", "2020-01-02", tags=["a", "b"]))
        for path in tags:
            gazetted.wait_title("X, mended", path)
            self.assertEqual(gazetted.titles(path), ["X, mended", "Z"])
