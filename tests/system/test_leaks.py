"""What the public, the operator's pages and the log tell of partners and of what only partners
may have: never a token or a secret, and to the public no text and no title either. Everything
here goes wrong once: polls, subscriptions, deliveries, articles and requests."""
import gzip
import unittest
import urllib.parse

from tests.system.admin import TOKEN as ADMIN
from tests.system.admin import AdminTest
from tests.system.gazetted import Answer, SystemTest, article
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest

SECRET = "5ecret-of-the-callback"
FRESH, WRONG = "county-token-000002", "wrong-token-000001"
CREDENTIALS = (COUNTY, PORTAL, FRESH, WRONG, SECRET, ADMIN)
RULES = """
rights:
  - name: closed
    match: {source: [Closed]}
    partners: {county: full+media}
  - name: all
    public: headline
    partners: {county: full, portal: summary}
"""
PARTNERS = """
partners:
  - {name: county, token_file: '%(room)s/county.token', callback_hosts: [127.0.0.1],
     require: [secret]}
  - {name: portal, token_file: '%(room)s/portal.token', callback_hosts: [127.0.0.1], require: []}
"""
# what the public gets no byte of, and no title either
HIDDEN = ("HIDDENTITLE", "HIDDENTEXT", "HIDDENSUMMARY", "HIDDENNOTE", "HIDDENTAG", "HIDDENPERSON")
# only the title is public
WITHHELD = ("WITHHELDTEXT", "WITHHELDSUMMARY")
PUBLIC = ("/", "/feed.atom", "/feed.rss", "/feed.json", "/c/news/feed.atom", "/c/closed/feed.atom",
          "/c/closed/feed.json", "/tag/HIDDENTAG/feed.atom", "/author/HIDDENPERSON/feed.rss",
          "/source/Closed/feed.json", "/archive/feed/1.atom", "/sitemap.xml", "/sitemap-news.xml",
          "/opml.xml", "/robots.txt", "/feed.css", "/epaper/", "/hub", "/healthz", "/readyz",
          "/metrics", "/admin/", "/search?q=HIDDEN", "/nothing", "/a/nothing", "/a/open",
          "/a/closed", "/a/killed", "/a/draft", "/a/early", "/p/", "/p/county/",
          "/p/county/holdings", "/p/county/feed.atom",
          "/p/county/c/closed/feed.atom", "/p/nobody/feed.atom",
          "/p/-/closed.ninjs.json", "/p/-/closed.nitf.xml", "/p/-/media/closed/a.md",
          "/p/-/nothing.ninjs.json", "/closed/closed.md", "/%zz", "/..%2f..%2fcounty.token",
          "/state/gazetted.db", "/.gazetted/ledger.key")


class Leaks(AdminTest, SubscribingTest):
    def hidden(self, title="HIDDENTITLE", body="HIDDENTEXT", **fields):
        return article(title, source="Closed", summary="HIDDENSUMMARY", tags=["HIDDENTAG"],
                       author="HIDDENPERSON", body=body, **fields)

    def everything_wrong(self):
        """A daemon that has met all that goes well and that goes wrong with partners."""
        open_one = article("Open", summary="WITHHELDSUMMARY", body="WITHHELDTEXT")
        with_note = ('<nitf><head><title>HIDDENTITLE</title><docdata><date.release norm='
                     '"20260501T100000+0800"/><ed-msg info="HIDDENNOTE"/></docdata>'
                     '<pubdata name="Closed"/></head><body><body.head><hedline><hl1>HIDDENTITLE'
                     '</hl1></hedline><distributor>Closed</distributor></body.head>'
                     '<body.content><p>HIDDENTEXT</p></body.content></body></nitf>')
        gazetted = SystemTest.gazetted(
            self,
            {"news/open.md": open_one, "closed/closed.md": self.hidden(id="tag:x,2026:closed"),
             "closed/killed.md": self.hidden("HIDDENTITLE 2", id="tag:x,2026:killed"),
             "closed/draft.md": self.hidden("HIDDENTITLE 3", draft=True),
             "closed/early.md": self.hidden("HIDDENTITLE 4", embargo="2099-01-01T00:00:00Z"),
             "closed/note.xml": with_note},
            config="", is_started=False, options=[
                "feeds.by=[channel, tag, author, source]", "hub.retry.first=1h",
                "hub.retry.max=1h", "admin.listen=[127.0.0.1:0]"])
        self.tokens(gazetted, "county", COUNTY, FRESH)
        self.tokens(gazetted, "portal", PORTAL)
        self.tokens(gazetted, "admin", ADMIN)
        gazetted.options.append(f"admin.token_file={gazetted.room}/admin.token")
        self.configure(gazetted, RULES, PARTNERS)
        gazetted.start()
        county, portal = self.subscriber(), self.subscriber()
        self.subscribe_partner(gazetted, county, secret=SECRET)
        self.subscribe_partner(gazetted, portal, topic="/p/portal/feed.atom", token=PORTAL,
                               in_query=True, secret=SECRET)
        self.denial(gazetted, county, token=WRONG, secret=SECRET)
        self.denial(gazetted, county, secret="short")
        for token in (COUNTY, FRESH):
            answer = self.fetch(gazetted, "/p/county/feed.json", token)
            self.assertIn("HIDDENTITLE", answer.body.decode())
        self.assertIn(b"HIDDENNOTE", self.fetch(gazetted, "/p/county/feed.json").body)
        for path in PUBLIC:
            for query in ("", "?token=" + WRONG, "?token=" + COUNTY, "?x=1&token=" + FRESH):
                if "?" not in path:
                    gazetted.get(path + query)
            self.fetch(gazetted, path, WRONG)
        # a callback with its own secret in the query that fails, one that is gone
        county.status = 500
        gazetted.write("closed/closed.md", self.hidden(id="tag:x,2026:closed", body="HIDDENTEXT 2"))
        county.wait_delivery(lambda d: b"HIDDENTEXT 2" in d.body)
        gazetted.wait(lambda: "failed" in self.page(gazetted) or "500" in self.page(gazetted), "it")
        portal.status = 410
        gazetted.write("news/open.md", open_one.replace("TEXT", "TEXT 2"))
        gazetted.wait_line(r"hub: gone ")
        gazetted.write("closed/killed.md", self.hidden(
            "HIDDENTITLE 2", id="tag:x,2026:killed", withdrawn=True,
            withdraw_reason="HIDDENNOTE is wrong."))
        gazetted.wait(lambda: b"deleted-entry" in self.fetch(
            gazetted, "/p/county/feed.atom").body, "the tombstone")
        # files with mistakes, in what is closed
        gazetted.write("closed/late.md", self.hidden("HIDDENTITLE 5", date="no date at all"))
        gazetted.wait_line(r"closed/late\.md")
        return gazetted

    def page(self, gazetted):
        return self.admin(gazetted, "/admin/",
                          headers={"Authorization": "Bearer " + ADMIN}).body.decode()

    def check(self, seen, words, what):
        text = seen if isinstance(seen, str) else seen.body.decode("utf-8", "replace") + \
            str(seen.headers)
        for word in words:
            with self.subTest(what=what, word=word):
                self.assertNotIn(word, text)

    def public_answers(self, gazetted):
        """Of everything to everybody: no token, a wrong one, and by method, form and coding."""
        for path in PUBLIC:
            yield path, gazetted.get(path)
            yield path + " wrong", self.fetch(gazetted, path, WRONG)
            yield path + " html", gazetted.get(path, {"Accept": "text/html"})
            yield "POST " + path, gazetted.request("POST", path, body="token=x")
            answer = gazetted.get(path, {"Accept-Encoding": "gzip"})
            if answer.header("Content-Encoding") == "gzip":
                answer = Answer(answer.status, answer.headers, gzip.decompress(answer.body))
            yield path + " gzip", answer
        for topic in ("/p/county/feed.atom", "/p/nobody/feed.atom", "/a/closed",
                      "/c/closed/feed.atom"):
            yield "hub " + topic, gazetted.request(
                "POST", "/hub", {"Content-Type": "application/x-www-form-urlencoded"},
                urllib.parse.urlencode({"hub.mode": "nothing", "hub.callback": "x",
                                        "hub.topic": "http://news.example" + topic}))

    def test_nobody_is_told(self):
        gazetted = self.everything_wrong()
        count = 0
        for what, answer in self.public_answers(gazetted):
            self.check(answer, (*HIDDEN, *WITHHELD, COUNTY, PORTAL, FRESH, SECRET, ADMIN), what)
            count += 1
        self.assertGreater(count, 200)
        self.assertIn(b"Open", gazetted.get("/feed.json").body)
        # who has another's token, and what is not for it
        for path in PUBLIC + ("/p/portal/feed.atom", "/p/portal/feed.json"):
            self.check(self.fetch(gazetted, path, PORTAL), (*HIDDEN, "WITHHELDTEXT", *CREDENTIALS),
                       "portal " + path)
        # the operator's listener: figures are for whoever reaches it, the page for the operator
        for path in ("/metrics", "/healthz", "/readyz", "/nothing", "/admin/"):
            self.check(self.admin(gazetted, path), (*HIDDEN, *WITHHELD, *CREDENTIALS), path)
            self.check(self.admin(gazetted, path, headers={"Authorization": "Bearer " + WRONG}),
                       (*HIDDEN, *WITHHELD, *CREDENTIALS), path + " wrong")
        page = self.page(gazetted)
        self.assertIn("county", page)
        self.check(page, ("HIDDENTEXT", "HIDDENSUMMARY", "HIDDENNOTE", *WITHHELD, *CREDENTIALS),
                   "admin page")
        metrics = self.admin(gazetted, "/metrics").body.decode()
        self.assertRegex(metrics, r"gazetted_hub\w+|gazetted_deliver\w+")
        self.assertNotRegex(metrics, r"tag:x,2026|/p/county|127\.0\.0\.1:\d+/cb")
        for verb in ("status", "topics", "subscribers", "deliveries"):
            for arguments in ((verb,), ("--json", verb)):
                self.check(self.live(gazetted, *arguments),
                           ("HIDDENTEXT", "HIDDENSUMMARY", *WITHHELD, *CREDENTIALS), arguments)
        self.check(gazetted.log(), (*(h for h in HIDDEN if h != "HIDDENTITLE"), *WITHHELD,
                                    *CREDENTIALS), "log")
        self.assertFalse(gazetted.matching("HIDDENTITLE"))
        gazetted.restart()
        self.check("\n".join(gazetted.lines), (*HIDDEN, *WITHHELD, *CREDENTIALS), "log")


if __name__ == "__main__":
    unittest.main()
