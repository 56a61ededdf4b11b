"""What `_channel.yaml` says of a channel itself: its feeds, the landing page, OPML and the pages
of its articles are called as people call it."""
import json
import urllib.parse

import feedparser

from tests.system.gazetted import FEEDS, SystemTest, article


class Channels(SystemTest):
    FILES = {"news/_channel.yaml": "title: 时政 & 要闻\ndescription: 每天更新\nsource: 日报\n",
             "news/local/_channel.yaml": "title: 本地\n", "news/world/x.md": article("Far"),
             "news/local/a.md": article("Near"), "news/n.md": article("News"),
             "other/o.md": article("Other")}

    def head(self, gazetted, channel):
        """Title and subtitle of a channel's feeds, once they are the same in all formats."""
        path = "/c/" + urllib.parse.quote(channel)

        def look():
            atom, rss = (feedparser.parse(gazetted.get(path + f).body).feed for f in FEEDS[:2])
            feed = json.loads(gazetted.get(path + "/feed.json").body)
            heads = {(atom.title, atom.subtitle), (rss.title, rss.description),
                     (feed["title"], feed["description"])}
            return len(heads) == 1 and heads.pop()
        return gazetted.wait(look, "the same in all formats")

    def test_feeds_and_pages_name_it(self):
        gazetted = self.gazetted(self.FILES, options=["site.subtitle=Of the site"])
        self.assertEqual(self.head(gazetted, "news"), ("Gazette · 时政 & 要闻", "每天更新"))
        self.assertEqual(self.head(gazetted, "news/local"), ("Gazette · 本地", "Of the site"))
        self.assertEqual(self.head(gazetted, "news/world"),
                         ("Gazette · 时政 & 要闻/world", "Of the site"))
        self.assertEqual(self.head(gazetted, "other"), ("Gazette · other", "Of the site"))
        for path in ("/", "/opml.xml"):
            text = gazetted.get(path).body.decode()
            for name in ("时政 &amp; 要闻", "时政 &amp; 要闻/world", "本地"):
                self.assertTrue(name in text or name.replace("&amp;", "&#x26;") in text, path)
        page = gazetted.get("/a/n").body.decode()
        self.assertIn("时政 &amp; 要闻", page)
        self.assertIn("Gazette · 时政 &amp; 要闻", page)
        self.assertIn("每天更新", page)
        self.assertEqual(gazetted.item("News")["_gazetted"]["source"], "日报")

    def test_a_change_reaches_the_feeds_without_an_article(self):
        gazetted = self.gazetted(self.FILES, options=["site.subtitle=Of the site"])
        others = ["/c/other" + path for path in FEEDS] + ["/c/news/local" + path for path in FEEDS]
        before = gazetted.fingerprint(others)
        self.assertIn("时政", gazetted.get("/a/x").body.decode())
        gazetted.write("news/_channel.yaml", "title: News\nsource: 日报\n")
        gazetted.wait(lambda: self.head(gazetted, "news")[0] == "Gazette · News", "the new title")
        gazetted.wait(lambda: self.head(gazetted, "news/world")[0] == "Gazette · News/world", "it")
        gazetted.wait(lambda: "News/world" in gazetted.get("/a/x").body.decode(), "the page")
        self.assertIn("News/world", gazetted.get("/").body.decode())
        self.assertEqual(before, gazetted.fingerprint(others))
        gazetted.write("news/_channel.yaml", "title: a: b\n")  # cannot be read: the last one stays
        gazetted.wait_line(r"_channel\.yaml:1:\d+: ")
        self.assertEqual(self.head(gazetted, "news")[0], "Gazette · News")
        gazetted.delete("news/_channel.yaml")
        gazetted.wait(lambda: self.head(gazetted, "news")[0] == "Gazette · news", "no title")

    def test_a_restart_changes_nothing(self):
        gazetted = self.gazetted(self.FILES, options=["site.subtitle=Of the site"])
        channels = ("/c/news", "/c/news/world", "")
        paths = ["/", "/opml.xml"] + [c + f for f in FEEDS for c in channels]
        before = gazetted.fingerprint(paths)
        gazetted.restart()
        self.assertEqual(before, gazetted.fingerprint(paths))
        gazetted.stop()
        gazetted.write("news/_channel.yaml", "title: While stopped\n")
        gazetted.start()
        gazetted.wait(lambda: self.head(gazetted, "news")[0] == "Gazette · While stopped", "it")
