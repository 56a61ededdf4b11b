"""What the public may have, by rule: the level of each article of the corpus, that no byte
of what is withheld is anywhere, and that a change of the rules is obeyed without a restart."""
import gzip
import json
import os
import re
import signal
import urllib.parse

import feedparser

from tests.system.gazetted import CORPUS, FEEDS, SystemTest, article
from tests.system.rights_policy import PUBLIC_RULES

SECRET = "WITHHELDBODY"
PAGES = ("/", "/opml.xml", "/sitemap.xml", "/sitemap-news.xml", "/robots.txt", "/epaper/",
         "/nothing", "/a/nothing", "/hub", "/search?q=" + SECRET)


def level_of(item):
    """What a JSON Feed item shows."""
    if "content_html" in item:
        return "full"
    return "summary" if item.get("summary") else "headline"


class Levels(SystemTest):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            cls.expected = json.load(file)["articles"]

    def test_the_corpus_under_its_policy(self):
        """Where the real clock agrees with the corpus' one: an embargo that has passed and an
        article that is scheduled for later than the corpus' day are judged by the unit test."""
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"), config=PUBLIC_RULES,
                                 options=["feeds.window=100"])
        items = {item["title"]: item for item in gazetted.items()}
        checked = 0
        for want in self.expected:
            if want["status"] not in ("published", "draft") or want["withdraws"]:
                continue
            with self.subTest(file=want["file"]):
                level = want["audience_now"]["public"]
                if level == "none":
                    self.assertNotIn(want["title"], items)
                    continue
                self.assertEqual(level_of(items[want["title"]]), level)
                checked += 1
        self.assertGreater(checked, 15)

    def test_statement_and_licence_go_with_the_item(self):
        gazetted = self.gazetted({"a.md": article("Own", source="青岑日报"),
                                  "b.md": article("Other", source="别处")}, config=PUBLIC_RULES)
        own = gazetted.wait_title("Own")
        self.assertEqual(own["_gazetted"]["rights"], "© 青岑日报社 未经许可不得转载")
        self.assertEqual(own["_gazetted"]["license"], "https://news.example/reprint")
        self.assertNotIn("license", gazetted.item("Other").get("_gazetted", {}))
        atom = feedparser.parse(gazetted.get("/feed.atom").body)
        entry = next(e for e in atom.entries if e.title == "Own")
        self.assertIn("© 青岑日报社", entry.rights)
        self.assertIn("https://news.example/reprint",
                      [link.href for link in entry.links if link.rel == "license"])
        rss = gazetted.get("/feed.rss").body.decode()
        self.assertIn("<dc:rights>© 青岑日报社", rss)

    def test_a_source_that_is_not_known_waits(self):
        files = {"a.md": article("Known", source="青岑日报"),
                 "b.md": article("Unknown", source="某公众号"),
                 "c.md": article("Sourceless")}
        config = "rights:\n  - {name: default, public: full, unknown_source: hold}\n"
        gazetted = self.gazetted(files, config=config, is_started=False)
        known = os.path.join(gazetted.room, "sources")
        with open(known, "w") as file:
            file.write("青岑日报 | 青岑日报社\n")
        gazetted.options.append(f"articles.sources_file={known}")
        gazetted.start()
        self.assertEqual(gazetted.titles(), ["Known"])
        with open(known, "a") as file:
            file.write("某公众号 2020-01-01..\n")
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_title("Unknown")
        self.assertNotIn("Sourceless", gazetted.titles())


class Leaks(SystemTest):
    """Four articles, each with a body that only the level `full` shows."""
    CONFIG = """
rights:
  - {name: none, match: {source: [No]}}
  - {name: headline, match: {source: [Head]}, public: headline}
  - {name: summary, match: {source: [Sum]}, public: summary}
  - {name: full, public: full}
"""

    def files(self):
        def make(name, source, body):
            return article(name, source=source, summary=f"The summary of {name}.",
                           tags=[name + "tag"], author="Somebody", body=body)
        return {"news/none.md": make("Nothing", "No", SECRET + "1\n\n![x](http://x/PICTURE1)"),
                "news/head.md": make("Heading", "Head", SECRET + "2"),
                "news/sum.md": make("Summing", "Sum", SECRET + "3\n\n![x](http://x/PICTURE3)"),
                "news/full.md": make("Whole", "Full", "OPENBODY\n\n![x](http://x/PICTURE4)")}

    def addresses(self, gazetted):
        """Everything that is linked from anywhere, and what could be guessed."""
        todo = list(PAGES) + list(FEEDS)
        for prefix in ("/c/news", "/tag/Nothingtag", "/tag/Wholetag", "/author/Somebody",
                       "/source/No", "/source/Sum"):
            todo += [prefix + feed for feed in FEEDS]
        todo += [f"/archive{feed}/{n}.atom" for feed in ("/feed", "/c/news/feed", "")
                 for n in range(3)]
        todo += [f"/a/{name}" for name in ("none", "head", "sum", "full")]
        seen = {}
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            for encoding in ("identity", "gzip", "br"):
                answer = gazetted.get(path, {"Accept-Encoding": encoding})
                body = answer.body
                if answer.header("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                elif answer.header("Content-Encoding") == "br":
                    body = brotli_decoded(body)
                seen.setdefault(path, []).append((answer, body))
            text = seen[path][0][1].decode("utf-8", "replace")
            for url in re.findall(r'(?:href|src|url|link)[=">: ]+"?(http://news\.example/[^"<> ]*)',
                                  text) + re.findall(r"<(?:loc|link)>([^<]*)<", text):
                local = urllib.parse.urlsplit(url)
                if local.netloc == "news.example" and len(seen) < 400:
                    todo.append(local.path or "/")
        return seen

    def check(self, gazetted):
        seen = self.addresses(gazetted)
        self.assertGreater(len(seen), 30)
        self.assertEqual(seen["/a/full"][0][0].status, 200)
        self.assertIn(b"OPENBODY", seen["/a/full"][0][1])
        self.assertIn(b"OPENBODY", seen["/feed.atom"][0][1])
        self.assertEqual(seen["/a/none"][0][0].status, 404)
        for path, answers in seen.items():
            for answer, body in answers:
                with self.subTest(path=path):
                    headers = str(answer.headers).encode()
                    for secret in (SECRET.encode(), b"PICTURE1", b"PICTURE3"):
                        if not path.startswith("/search"):
                            self.assertNotIn(secret, body)
                        self.assertNotIn(secret, headers)
                    self.assertNotIn(b"The summary of Heading", body)
                    if not path.startswith(("/tag/Nothing", "/source/No", "/a/none")):
                        self.assertNotIn(b"Nothing", body)
                    self.assertNotIn(b"The summary of Nothing", body)
        self.assertFalse(gazetted.matching(SECRET))

    def test_no_byte_of_what_is_withheld_is_anywhere(self):
        gazetted = self.gazetted(self.files(), config=self.CONFIG,
                                 options=["feeds.by=[channel, tag, author, source]"])
        self.check(gazetted)
        gazetted.restart()
        self.check(gazetted)

    def test_an_etag_does_not_depend_on_what_is_withheld(self):
        gazetted = self.gazetted(self.files(), config=self.CONFIG)
        before = [gazetted.get(path).header("ETag") for path in FEEDS]
        gazetted.write("news/none.md", self.files()["news/none.md"] + "\nmore\n")
        gazetted.wait_line(r"changed path=news/none\.md")
        gazetted.write("news/new.md", article("Marker"))
        gazetted.wait_title("Marker")
        gazetted.delete("news/new.md")
        gazetted.wait_no_title("Marker")
        self.assertEqual([gazetted.get(path).header("ETag") for path in FEEDS], before)


class Changes(SystemTest):
    def reload(self, gazetted, level):
        with open(gazetted.config, "w") as file:
            file.write("rights:\n  - {name: all, public: %s}\n" % level)
        gazetted.signal(signal.SIGHUP)

    def test_a_change_of_the_rules_is_obeyed_at_once(self):
        gazetted = self.gazetted({"a.md": article("One", summary="Short.", body=SECRET)},
                                 config="rights:\n  - {name: all, public: full}\n")
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        first = gazetted.item("One")
        self.assertEqual(level_of(first), "full")
        self.assertIn(SECRET, gazetted.get("/a/a").body.decode())
        seen = len(subscriber.deliveries)
        self.reload(gazetted, "summary")
        gazetted.wait(lambda: level_of(gazetted.item("One")) == "summary", "no body")
        self.assertGreater(gazetted.item("One")["date_modified"], first["date_modified"])
        delivery = subscriber.wait_delivery(lambda d: True, since=seen)
        self.assertNotIn(SECRET.encode(), delivery.body)
        self.assertNotIn(SECRET, gazetted.get("/a/a").body.decode())
        seen = len(subscriber.deliveries)
        self.reload(gazetted, "none")
        gazetted.wait_no_title("One")
        self.assertNotIn(b"One", subscriber.wait_delivery(lambda d: True, since=seen).body)
        self.assertIn(gazetted.get("/a/a").status, (404, 410))
        self.assertNotIn("/a/a", gazetted.get("/sitemap.xml").body.decode())
        gazetted.restart()
        self.assertEqual(gazetted.titles(), [])
        self.reload(gazetted, "full")
        self.assertEqual(level_of(gazetted.wait_title("One")), "full")

    def test_other_rules_at_a_start_are_obeyed_before_anything_is_served(self):
        gazetted = self.gazetted({"a.md": article("One", summary="Short.", body=SECRET)},
                                 config="rights:\n  - {name: all, public: full}\n")
        gazetted.stop()
        with open(gazetted.config, "w") as file:
            file.write("rights:\n  - {name: all, public: headline}\n")
        gazetted.start()
        self.assertEqual(level_of(gazetted.item("One")), "headline")

    def test_a_mistake_changes_nothing(self):
        gazetted = self.gazetted({"a.md": article("One", body=SECRET)},
                                 config="rights:\n  - {name: all, public: full}\n")
        with open(gazetted.config, "w") as file:
            file.write("rights:\n  - {name: all, public: everything}\n")
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_line(r"reload: nothing changed: .*:2:25: public: found 'everything'")
        self.assertEqual(level_of(gazetted.item("One")), "full")


def brotli_decoded(body):
    """By the library, as there is no Python module for it everywhere."""
    import ctypes
    library = ctypes.CDLL("libbrotlidec.so.1")
    room = ctypes.create_string_buffer(1 << 22)
    size = ctypes.c_size_t(len(room))
    if library.BrotliDecoderDecompress(ctypes.c_size_t(len(body)), body, ctypes.byref(size),
                                       room) != 1:
        raise AssertionError("not brotli")
    return room.raw[:size.value]
