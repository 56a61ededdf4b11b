"""A partner on the npm package `pubsubhubbub`: what a partner site would really run, through
the whole of a contract."""
import base64
import signal

from tests.system.gazetted import article
from tests.system.rights_policy import PARTNERS
from tests.system.test_npm import Node, install
from tests.system.test_partners import COUNTY, PartnerTest

OPEN = PARTNERS.replace("require: [secret]", "require: []")
TOPIC = "http://news.example/p/county/feed.atom?token="


class Contract(PartnerTest):
    @classmethod
    def setUpClass(cls):
        install()

    def two(self, body="THEBODY", **fields):
        return article("Two", "2026-05-03T10:00:00+08:00", id="tag:x,2026:2", source="青岑日报",
                       summary="Short.", body=body, **fields)

    def feed(self, node, text):
        """The body of the first delivery with TEXT."""
        def find():
            bodies = [base64.b64decode(e["body"]) for e in node.events if e["event"] == "feed"]
            return next((body for body in bodies if text.encode() in body), None)
        return self.gazetted_now.wait(find, f"{text!r} at the partner")


    def test_from_the_first_subscription_to_the_end_of_the_contract(self):
        gazetted = self.gazetted_now = self.partnered({"a.md": article("One")}, partners=OPEN)
        hub = f"http://{gazetted.host}:{gazetted.port}/hub"
        node = Node()
        self.addCleanup(node.close)

        # denial: a token that nobody knows
        node.tell("subscribe", TOPIC + "wrong-token-000001", hub)
        node.wait("denied")
        self.assertFalse(gazetted.matching("hub: verified"))

        # subscription, push
        since = len(gazetted.lines)
        node.tell("subscribe", TOPIC + COUNTY, hub)
        self.assertEqual(node.wait("subscribe")["topic"], TOPIC + COUNTY)
        gazetted.wait_line("hub: verified ", since)
        gazetted.write("b.md", self.two())
        body = self.feed(node, "<title>Two</title>")
        self.assertIn(b"THEBODY", body)
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom").body, body)

        # correction, kill
        gazetted.write("b.md", self.two("THEBODY AGAIN", correction={
            "level": "correction", "note": "The figure was wrong."}))
        self.assertIn(b"THEBODY AGAIN", self.feed(node, "The figure was wrong."))
        gazetted.write("b.md", self.two(withdrawn=True, withdraw_reason="All of it was wrong."))
        killed = self.feed(node, 'at:deleted-entry ref="tag:x,2026:2"')
        self.assertIn(b"All of it was wrong.", killed)
        self.assertNotIn(b"THEBODY", killed)

        # rotation: both tokens, then the new one alone; the subscription goes on
        fresh = "county-token-000002"
        self.tokens(gazetted, "county", COUNTY, fresh)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.fetch(gazetted, "/p/county/feed.atom", fresh).status == 200,
                      "the new token")
        since = len(gazetted.lines)
        node.tell("subscribe", TOPIC + fresh, hub)
        gazetted.wait_line("hub: verified ", since)
        self.tokens(gazetted, "county", fresh)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.fetch(gazetted, "/p/county/feed.atom", COUNTY).status == 401,
                      "the end of the old token")
        seen = len(node.events)
        node.tell("subscribe", TOPIC + COUNTY, hub)
        node.wait("denied", seen)
        gazetted.write("c.md", article("Three", "2026-05-04T10:00:00+08:00", source="青岑日报"))
        self.feed(node, "<title>Three</title>")

        # expiry
        seen = len(node.events)
        self.configure(gazetted, partners=OPEN.replace("require: []}", "require: [],\n"
                                                       "     valid_until: 2020-12-31}", 1))
        gazetted.signal(signal.SIGHUP)
        node.wait("denied", seen)
        gazetted.write("d.md", article("Four", "2026-05-05T10:00:00+08:00", source="青岑日报"))
        gazetted.wait_title("Four")
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom", fresh).status, 403)
        self.assertFalse([e for e in node.events if e["event"] == "feed" and
                          b"Four" in base64.b64decode(e["body"])])
        self.assertFalse(gazetted.matching(f"{COUNTY}|{fresh}|wrong-token"))
