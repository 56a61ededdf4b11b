"""What a partner may ask how often, what is recorded of it, and the lease it is granted."""
import re
import sqlite3
import urllib.parse

from tests.system.gazetted import article
from tests.system.rights_policy import PARTNERS
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest


class Polls(SubscribingTest):
    def rows(self, gazetted):
        """(partner, path, status) of every poll in the ledger."""
        database = sqlite3.connect(f"{gazetted.room}/state/gazetted.db")
        rows = database.execute("SELECT partner, topic, status, body FROM ledger "
                                "WHERE kind = 2 ORDER BY seq").fetchall()
        database.close()
        return rows

    def test_a_poll_is_recorded_as_it_was_answered(self):
        gazetted = self.partnered(self.FILES)
        first = self.fetch(gazetted, "/p/county/feed.atom")
        again = self.fetch(gazetted, "/p/county/feed.atom",
                           **{"If-None-Match": first.header("ETag")})
        self.assertEqual(again.status, 304)
        gazetted.request("HEAD", "/p/county/feed.atom", {"Authorization": "Bearer " + COUNTY})
        gazetted.write("a.md", article("One", id="tag:x,2026:1", source="青岑日报",
                                       withdrawn=True))
        gazetted.wait(lambda: self.fetch(gazetted, "/p/-/a.nitf.xml").status == 410, "410")
        gazetted.wait(lambda: self.rows(gazetted)[-1][2] == 410, "the row")
        rows = self.rows(gazetted)
        self.assertEqual([row[:3] for row in rows[:2]],
                         [("county", "/p/county/feed.atom", 200),
                          ("county", "/p/county/feed.atom", 304)])
        self.assertEqual(rows[0][3], rows[1][3])  # of the document that was confirmed
        self.assertFalse([row for row in rows[2:] if row[1] == "/p/county/feed.atom"])

    def test_more_than_the_agreed_rate_is_told_to_wait(self):
        limited = PARTNERS.replace("require: [secret]", "require: [secret], rate: 1")
        gazetted = self.partnered(self.FILES, partners=limited)
        answers = [self.fetch(gazetted, "/p/county/feed.atom") for _ in range(12)]
        refused = [answer for answer in answers if answer.status == 429]
        self.assertGreaterEqual(len(refused), 4)
        self.assertEqual(answers[0].status, 200)
        for answer in refused:
            self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        # nobody else pays for it, and what was refused is no evidence
        self.assertEqual(self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).status, 200)
        gazetted.wait(lambda: len(self.rows(gazetted)) == len(answers) - len(refused) + 1,
                      "the rows")

    def test_a_lease_of_its_own(self):
        short = PARTNERS.replace("require: [secret]", "require: [secret], lease: 2d")
        gazetted = self.partnered(self.FILES, partners=short)
        subscriber = self.subscriber()
        for asked, granted in ((None, "172800"), ("864000", "172800"), ("90000", "90000")):
            fields = {"hub.lease_seconds": asked} if asked else {}
            self.subscribe_partner(gazetted, subscriber, **fields)
            self.assertEqual(subscriber.challenges[-1][1]["hub.lease_seconds"], granted)


class Media(SubscribingTest):
    """Pictures that the public does not get, under the partner's token."""
    RULES = """
rights:
  - name: all
    public: summary
    partners: {county: full+media, portal: full}
"""
    PICTURE = b"\x89PNG\r\n\x1a\nWITHHELDPICTURE"

    def test_of_an_article_that_the_partner_gets_with_its_media(self):
        gazetted = self.gazetted({"a.md": article("One", summary="Short.", id="tag:x,2026:1",
                                                  body="TEXT\n\n![x](图/p.png)")},
                                 config="", is_started=False)
        gazetted.write("图/p.png", self.PICTURE)
        self.tokens(gazetted, "county", COUNTY)
        self.tokens(gazetted, "portal", PORTAL)
        self.configure(gazetted, self.RULES)
        gazetted.start()
        feed = self.fetch(gazetted, "/p/county/feed.atom").body.decode()
        path = re.search(r'<img src="http://news.example(/p/-/media/[^"]*)"|'
                         r'&lt;img src="http://news.example(/p/-/media/[^"&]*)"', feed)
        self.assertTrue(path, feed)
        path = path.group(1) or path.group(2)
        answer = self.fetch(gazetted, path)
        self.assertEqual((answer.status, answer.body), (200, self.PICTURE))
        self.assertIn("private", answer.header("Cache-Control"))
        self.assertEqual(answer.header("Content-Type"), "image/png")
        gazetted.wait(lambda: [row for row in Polls.rows(self, gazetted)
                               if row[:3] == ("county", urllib.parse.unquote(path), 200)],
                      "the row")
        public = path.replace("/p/-/media", "")
        for where, headers in ((path, {}), (path, {"Authorization": "Bearer " + PORTAL}),
                               (public, {}), (public, {"Authorization": "Bearer " + COUNTY}),
                               ("/p/-/media/a.md", {"Authorization": "Bearer " + COUNTY}),
                               ("/p/-/media/../a.md", {"Authorization": "Bearer " + COUNTY})):
            with self.subTest(where, headers=headers):
                refused = gazetted.get(where, headers)
                self.assertIn(refused.status, (400, 401, 404))
                self.assertNotIn(b"WITHHELD", refused.body)
        self.assertNotIn(b"/p/-/media", self.fetch(gazetted, "/p/portal/feed.json", PORTAL).body)
        gazetted.write("a.md", article("One", id="tag:x,2026:1", withdrawn=True))
        gazetted.wait(lambda: self.fetch(gazetted, path).status == 404, "its end")
