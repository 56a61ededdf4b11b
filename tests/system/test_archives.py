"""The feeds beside those of the site and its channels, the archive of every feed (RFC 5005),
and what becomes of articles that are taken back, renamed or not yet due."""
import datetime
import os
import urllib.parse
import xml.etree.ElementTree as ET

from tests.system.gazetted import BASE_URL, SystemTest, article

ATOM = "{http://www.w3.org/2005/Atom}"


def when(number):
    """One article an hour: N hours after the start of 2026."""
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    return (at + datetime.timedelta(hours=number)).isoformat()


def numbered(count, first=0):
    return {f"n{n:03d}.md": article(f"Number {n}", when(n)) for n in range(first, first + count)}


class Feed:
    def __init__(self, gazetted, path):
        self.answer = gazetted.get(path)
        self.path = path
        self.root = ET.fromstring(self.answer.body) if self.answer.status == 200 else None

    def titles(self):
        return [e.findtext(ATOM + "title") for e in self.root.findall(ATOM + "entry")]

    def link(self, rel):
        found = [e.get("href") for e in self.root.findall(ATOM + "link") if e.get("rel") == rel]
        return found[0][len(BASE_URL):] if found else None


class Archives(SystemTest):
    def walk(self, gazetted, path="/feed.atom"):
        documents = [Feed(gazetted, path)]
        while documents[-1].link("prev-archive"):
            documents.append(Feed(gazetted, documents[-1].link("prev-archive")))
            self.assertEqual(documents[-1].answer.status, 200, documents[-1].path)
            self.assertLess(len(documents), 50)
        return documents

    def test_a_walk_meets_each_article_once(self):
        gazetted = self.gazetted(numbered(173), options=["feeds.window=20"])
        documents = self.walk(gazetted)
        titles = [title for document in documents for title in document.titles()]
        self.assertEqual(titles, [f"Number {n}" for n in reversed(range(173))])
        for document in documents[1:]:
            self.assertEqual(document.link("self"), document.path)
            self.assertEqual(document.link("current"), "/feed.atom")
            self.assertIsNotNone(document.root.find(
                "{http://purl.org/syndication/history/1.0}archive"))
        self.assertIsNone(documents[-1].link("prev-archive"))
        channel = self.walk(self.gazetted({"a/" + k: v for k, v in numbered(70).items()},
                                          options=["feeds.window=10"]), "/c/a/feed.atom")
        self.assertEqual(sum(len(d.titles()) for d in channel), 70)

    def test_what_is_written_does_not_change(self):
        gazetted = self.gazetted(numbered(120), options=["feeds.window=10"])
        before = {d.path: d.answer for d in self.walk(gazetted)[1:]}
        gazetted.write("n003.md", article("Number 3, mended", when(3)))
        gazetted.wait_title("Number 3, mended")  # it came to the top again
        gazetted.write("n200.md", article("Number 200", when(200)))
        gazetted.wait_title("Number 200")
        gazetted.restart()
        for path, answer in before.items():
            after = gazetted.get(path)
            self.assertEqual((after.status, after.body, after.header("ETag"),
                              after.header("Last-Modified")),
                             (200, answer.body, answer.header("ETag"),
                              answer.header("Last-Modified")), path)
        titles = [title for d in self.walk(gazetted) for title in d.titles()]
        self.assertEqual(len([t for t in titles if t.startswith("Number 3,")]), 1)
        self.assertEqual(len(set(titles)), 122)  # the old version is in the archive too

    def test_what_is_taken_back_leaves_the_archive(self):
        gazetted = self.gazetted(numbered(120), options=["feeds.window=10"])
        documents = self.walk(gazetted)
        full = {d.path: d.answer.body for d in documents if d.path.endswith("0.atom")}
        gazetted.delete("n060.md")
        gazetted.wait_line(r"article: deleted path=n060\.md")
        gazetted.wait(lambda: all("Number 60" not in d.titles() for d in self.walk(gazetted)),
                      "an archive without it")
        titles = [title for d in self.walk(gazetted) for title in d.titles()]
        self.assertEqual(titles, [f"Number {n}" for n in reversed(range(120)) if n != 60])
        self.assertEqual(gazetted.get("/archive/feed/50.atom").body, full["/archive/feed/50.atom"])

    def test_what_is_withdrawn_in_place_leaves_its_text_nowhere(self):
        files = numbered(120)
        files["n020.md"] = article("Number 20", when(20), body="Mistaken text.", slug="n20")
        gazetted = self.gazetted(files, options=["feeds.window=10"])
        self.assertIn(b"Mistaken text.", gazetted.get("/archive/feed/50.atom").body)
        gazetted.write("n020.md", article("Number 20", when(20), body="Mistaken text.", slug="n20",
                                          status="withdrawn", withdraw_reason="Wrong."))
        gazetted.wait(lambda: gazetted.get("/a/n20").status == 410, "the notice")
        for document in self.walk(gazetted):
            self.assertNotIn(b"Mistaken text.", document.answer.body, document.path)
        self.assertIn(b"Wrong.", gazetted.get("/archive/feed/50.atom").body)

    def test_names_that_are_no_archive(self):
        gazetted = self.gazetted(numbered(40), options=["feeds.window=10"])
        for name in ("feed/0.atom", "feed/16.atom", "feed/40.atom", "feed/99999999999.atom",
                     "feed/-1.atom", "feed/1.rss", "feed/01.atom", "x/feed/1.atom", "1.atom", ""):
            self.assertEqual(gazetted.get("/archive/" + name).status, 404, name)
        self.assertEqual(gazetted.get("/archive/feed/15.atom").status, 200)  # 24 h are live

    def test_a_feed_within_its_window_has_no_archive(self):
        gazetted = self.gazetted(numbered(5))
        self.assertIsNone(Feed(gazetted, "/feed.atom").link("prev-archive"))


class Labels(SystemTest):
    BY = ["feeds.by=[channel, tag, author, source]"]

    def files(self):
        return {"a.md": article("One", when(1), tags=["经济", "x"], authors=["王芳", "Li"],
                                source="青岑日报"),
                "b.md": article("Two", when(2), tags=["x"], authors=["Li"], source="青岑日报"),
                "c.md": article("Three", when(3), tags=["../etc", "a/b", ".hidden"])}

    def path(self, kind, name, form="json"):
        return f"/{kind}/{urllib.parse.quote(name)}/feed.{form}"

    def test_feeds_by_tag_author_and_source(self):
        gazetted = self.gazetted(self.files(), options=self.BY)
        self.assertEqual(gazetted.titles(self.path("tag", "x")), ["Two", "One"])
        self.assertEqual(gazetted.titles(self.path("tag", "经济")), ["One"])
        self.assertEqual(gazetted.titles(self.path("author", "Li")), ["Two", "One"])
        self.assertEqual(gazetted.titles(self.path("source", "青岑日报")), ["Two", "One"])
        for form in ("atom", "rss"):
            answer = gazetted.get(self.path("tag", "x", form))
            self.assertIn(b"One", answer.body)
            self.assertIn("/tag/x/feed." + form, answer.header("Link"))
        for name in ("none", "..%2Fetc", "a%2Fb", ".hidden"):
            self.assertEqual(gazetted.get(f"/tag/{name}/feed.atom").status, 404, name)
        self.assertEqual(gazetted.get("/tag/x/").status, 404)

    def test_the_same_ids_in_every_feed(self):
        gazetted = self.gazetted(self.files(), options=self.BY)
        everything = {i["title"]: i["id"] for i in gazetted.items("/feed.json")}
        for item in gazetted.items(self.path("author", "Li")):
            self.assertEqual(item["id"], everything[item["title"]])

    def test_off_unless_asked_for(self):
        gazetted = self.gazetted(self.files())
        self.assertEqual(gazetted.get("/tag/x/feed.atom").status, 404)

    def test_kept_up_to_date_and_over_a_restart(self):
        gazetted = self.gazetted(self.files(), options=self.BY)
        path = self.path("tag", "x")
        gazetted.get(path)
        gazetted.write("d.md", article("Four", when(4), tags=["x"]))
        gazetted.wait_title("Four", path)
        before = gazetted.fingerprint([path])
        gazetted.restart()
        self.assertEqual(before, gazetted.fingerprint([path]))
        self.assertEqual(gazetted.get(path, {"If-None-Match": before[path][2]}).status, 304)
        gazetted.write("d.md", article("Four", when(4), tags=["y"]))
        gazetted.wait_no_title("Four", path)
        self.assertEqual(gazetted.titles(self.path("tag", "y")), ["Four"])

    def test_a_tag_is_pushed(self):
        gazetted = self.gazetted(self.files(), options=self.BY)
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber, self.path("tag", "x", "atom"))
        gazetted.write("d.md", article("Four", when(4), tags=["x"]))
        pushed = subscriber.wait_delivery(lambda d: b"Four" in d.body)
        self.assertEqual(pushed.body, gazetted.get(self.path("tag", "x", "atom")).body)

    def test_an_edition_has_its_feed(self):
        gazetted = self.gazetted({"a.md": article("Printed", when(1),
                                                  edition={"date": "2026-05-08", "page": "03"})})
        self.assertEqual(gazetted.titles("/epaper/2026-05-08/feed.json"), ["Printed"])


class Life(SystemTest):
    def page(self, gazetted, title):
        return urllib.parse.urlsplit(gazetted.item(title)["url"]).path

    def test_a_rename_leads_on(self):
        gazetted = self.gazetted({"old-name.md": article("First")})
        before = gazetted.item("First")
        self.assertEqual(gazetted.get("/a/old-name").status, 200)
        os.rename(gazetted.path("old-name.md"), gazetted.path("new-name.md"))
        gazetted.wait(lambda: gazetted.get("/a/new-name").status == 200, "the new page")
        after = gazetted.item("First")
        self.assertEqual((before["id"], after["url"]), (after["id"], BASE_URL + "/a/new-name"))
        for _ in range(2):
            answer = gazetted.get("/a/old-name")
            self.assertEqual((answer.status, answer.header("Location")),
                             (301, BASE_URL + "/a/new-name"))
            gazetted.restart()

    def test_a_deleted_article_is_gone(self):
        gazetted = self.gazetted({"a.md": article("First"), "b.md": article("Second")})
        path = self.page(gazetted, "First")
        self.assertEqual(gazetted.get(path).status, 200)
        gazetted.delete("a.md")
        gazetted.wait_no_title("First")
        gone = gazetted.get(path)
        self.assertEqual(gone.status, 410)
        self.assertNotIn(b"A paragraph", gone.body)
        self.assertEqual(gazetted.get("/a/never").status, 404)

    def test_a_withdrawal_is_shown_as_its_notice(self):
        gazetted = self.gazetted({"a.md": article("First"), "b.md": article("Second")})
        before = gazetted.item("First")
        path = self.page(gazetted, "First")
        gazetted.write("a.md", article("First", status="withdrawn", withdraw_reason="Mistaken."))
        after = gazetted.wait(lambda: next((i for i in gazetted.items("/feed.json")
                              if i["id"] == before["id"] and "Mistaken" in str(i)), None),
                              "the notice")
        self.assertNotIn("A paragraph", str(after))
        self.assertGreater(after["date_modified"], before["date_modified"])
        page = gazetted.get(path)
        self.assertEqual(page.status, 410)
        self.assertIn(b"Mistaken.", page.body)
        self.assertNotIn(b"A paragraph", page.body)

    def test_the_notice_ends(self):
        gazetted = self.gazetted({"a.md": article("First", status="withdrawn", slug="first",
                                                  withdraw_reason="Mistaken."),
                                  "b.md": article("Second")},
                                 options=["articles.withdrawn_keep=1s"])
        # its withdrawal is as old as the article here: over long ago
        self.assertEqual(gazetted.titles(), ["Second"])
        self.assertEqual(gazetted.get("/a/first").status, 404)

    def kill(self, target):
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<nitf><head><docdata '
                f'management-status="canceled" management-doc-idref="{target}">'
                '<date.issue norm="20260501T120000+0800"/></docdata></head>'
                '<body><body.head><hedline><hl1>KILL</hl1></hedline></body.head><body.content>'
                '<p>Do not use: mistaken.</p></body.content></body></nitf>')

    def test_a_notice_takes_an_article_back(self):
        for files in (["a.md", "kill.xml"], ["kill.xml", "z.md"]):
            with self.subTest(files=files):
                texts = {"kill.xml": self.kill("tag:x.example,2026:1")}
                texts[files[0] if files[1] == "kill.xml" else files[1]] = article(
                    "First", id="tag:x.example,2026:1", slug="first")
                gazetted = self.gazetted({"b.md": article("Second")})
                for name in files:
                    gazetted.write(name, texts[name])
                gazetted.wait_line(r"article: killed path=")
                gazetted.wait(lambda: b"A paragraph" not in gazetted.get("/a/first").body,
                              "the page without its text")
                for _ in range(2):
                    self.assertEqual(gazetted.get("/a/first").status, 410)
                    for path in ("/feed.json", "/feed.atom", "/feed.rss"):
                        self.assertNotIn(b"<title>First", gazetted.get(path).body)
                    gazetted.restart()

    def test_a_scheduled_article_appears_by_itself(self):
        gazetted = self.gazetted({"b.md": article("Second")})
        gazetted.stop()
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
            seconds=3 + 4 * gazetted.start_s)
        gazetted.write("a.md", article("Soon", due.isoformat()))
        gazetted.start()
        self.assertEqual(gazetted.titles(), ["Second"])
        self.assertEqual(gazetted.get("/a/a").status, 404)
        gazetted.restart()
        ready = datetime.datetime.now(datetime.timezone.utc)
        gazetted.wait_title("Soon")
        seen = datetime.datetime.now(datetime.timezone.utc)
        self.assertGreaterEqual((seen - due).total_seconds(), -0.01)
        late = seen - max(due, ready)
        self.assertLess(late.total_seconds(), 1.5 + 3 * gazetted.publishing_s())
