"""A partner's channels, and what its subscriptions are pushed: only what changed for it since
the last delivery that arrived, tombstones included."""
import json
import re
import signal
import sqlite3
import urllib.parse

from tests.system.gazetted import article
from tests.system.rights_policy import PARTNERS, RULES
from tests.system.test_changes import frame, titles
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest

RETRY = ("hub.retry.first=100ms", "hub.retry.max=200ms", "feeds.window=5")


def own(title, **fields):
    return article(title, source="青岑日报", **fields)


def tombstones(body):
    return re.findall(rb'<at:deleted-entry ref="([^"]*)"', body)


class Channels(SubscribingTest):
    FILES = {"政务/a.md": own("One", summary="First.", body="THEBODY"),
             "news/b.md": own("Two", summary="Second.", body="THEBODY"),
             "news/local/c.md": own("Three", summary="Third.", body="THEBODY", tags=["t"]),
             "wire/d.md": article("Four", source="某通讯社", body="THEWIRE")}

    def titles_of(self, gazetted, path, token=COUNTY):
        answer = self.fetch(gazetted, path, token)
        if answer.status != 200:
            return answer.status
        return sorted(item["title"] for item in json.loads(answer.body)["items"])

    def test_a_channel_has_what_the_partner_may_have_of_it(self):
        gazetted = self.partnered(self.FILES)
        name = "/c/" + urllib.parse.quote("政务")
        self.assertEqual(self.titles_of(gazetted, f"/p/county{name}/feed.json"), ["One"])
        self.assertEqual(self.titles_of(gazetted, "/p/county/c/news/feed.json"),
                         ["Three", "Two"])
        self.assertEqual(self.titles_of(gazetted, "/p/county/c/news/local/feed.json"), ["Three"])
        short = self.fetch(gazetted, f"/p/portal{name}/feed.atom", PORTAL).body
        self.assertIn(b"One", short)
        self.assertNotIn(b"THEBODY", b"".join(self.fetch(
            gazetted, f"/p/portal/c/news/feed.{form}", PORTAL).body
            for form in ("atom", "rss", "json")))
        # what is empty to it is as if it did not exist, and so is another's
        for path in ("/p/county/c/wire/feed.json", "/p/county/c/none/feed.json",
                     "/p/county/tag/t/feed.json", "/p/portal/c/news/feed.json"):
            self.assertEqual(self.titles_of(gazetted, path), 404, path)
        self.assertEqual(gazetted.get("/p/county/c/news/feed.json").status, 401)
        before = self.fetch(gazetted, "/p/county/c/news/feed.atom")
        gazetted.restart()
        self.assertEqual(self.fetch(gazetted, "/p/county/c/news/feed.atom").body, before.body)

    def test_topics_limit_a_partner(self):
        limited = PARTNERS.replace("require: [secret]",
                                   "require: [secret], topics: [news/local, tag/t]")
        gazetted = self.partnered(self.FILES, partners=limited)
        self.assertEqual(self.titles_of(gazetted, "/p/county/feed.json"), ["Three"])
        self.assertEqual(self.titles_of(gazetted, "/p/county/c/news/feed.json"), ["Three"])
        self.assertEqual(self.titles_of(gazetted, "/p/county/tag/t/feed.json"), ["Three"])
        self.assertEqual(self.titles_of(
            gazetted, "/p/county/c/" + urllib.parse.quote("政务") + "/feed.json"), 404)

    def test_a_channel_is_pushed(self):
        gazetted = self.partnered(self.FILES)
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber,
                               topic="/p/county/c/" + urllib.parse.quote("政务") + "/feed.atom")
        gazetted.write("news/e.md", own("Elsewhere"))
        gazetted.write("政务/f.md", own("Here", body="THEBODY"))
        push = subscriber.wait_delivery(lambda d: b"Here" in d.body)
        self.assertIn(b"THEBODY", push.body)
        self.assertFalse([d for d in subscriber.deliveries if b"Elsewhere" in d.body])
        self.assertEqual(self.denial(gazetted, subscriber, topic="/p/county/c/wire/feed.atom"),
                         "There is no such topic.")


class Changes(SubscribingTest):
    def begin(self, **fields):
        self.server = self.partnered(self.FILES, options=RETRY)
        self.reader = self.subscriber()
        self.subscribe_partner(self.server, self.reader, **fields)
        self.server.write("b.md", own("Two", id="tag:x,2026:2", body="THEBODY"))
        first = self.reader.wait_delivery(lambda d: b"Two" in d.body)
        self.assertIn(b"One", first.body)  # the first is whole

    def push(self, what, since=0):
        return self.reader.wait_delivery(lambda d: d.status == 204 and what in d.body, since)

    def test_only_what_changed_by_default_with_its_tombstones(self):
        self.begin()
        self.server.write("c.md", own("Three", id="tag:x,2026:3"))
        push = self.push(b"Three")
        self.assertEqual(titles(push.body), ["Three"])
        served = self.fetch(self.server, "/p/county/feed.atom").body
        self.assertEqual(frame(push.body), frame(served))
        self.server.delete("b.md")
        push = self.push(b"deleted-entry")
        self.assertEqual((titles(push.body), tombstones(push.body)), ([], [b"tag:x,2026:2"]))
        since = len(self.reader.deliveries)
        self.configure(self.server, RULES.replace("{county: full, portal: summary}",
                                                  "{portal: summary}"))
        self.server.signal(signal.SIGHUP)
        push = self.push(b"tag:x,2026:1", since)
        self.assertEqual(sorted(tombstones(push.body)), [b"tag:x,2026:1", b"tag:x,2026:3"])

    def test_the_whole_where_it_is_asked_for(self):
        self.begin(**{"hub.payload": "full"})
        self.server.write("c.md", own("Three"))
        self.assertIn(b"One", self.push(b"Three").body)

    def test_no_outage_loses_an_entry(self):
        self.begin()
        self.reader.status = 503
        wanted = []
        for part in range(3):
            for number in range(30):
                wanted.append(f"Missed {part}-{number}")
                self.server.write(f"n{part}-{number}.md", own(wanted[-1]))
            self.server.wait_title(wanted[-1])
        self.server.delete("b.md")
        self.server.wait_no_title("Two")
        self.server.kill9()
        since = len(self.reader.deliveries)
        self.reader.status = 204
        self.server.start()
        found, gone = [], []

        def has_all(delivery):
            found.extend(titles(delivery.body))
            gone.extend(tombstones(delivery.body))
            return set(wanted) <= set(found) and gone == [b"tag:x,2026:2"]

        self.reader.wait_delivery(has_all, since)
        self.assertEqual(sorted(found), sorted(wanted))


class Rules(SubscribingTest):
    """A change of the rules touches the articles whose level is another for somebody."""
    COUNT = 1000

    def numbers(self, gazetted):
        database = sqlite3.connect(f"{gazetted.room}/state/gazetted.db")
        rows = database.execute("SELECT path, seq, updated FROM article ORDER BY path").fetchall()
        database.close()
        return rows

    def test_of_a_thousand_articles_only_those(self):
        files = {f"a{i}.md": own(f"Own {i}", id=f"tag:x,2026:{i}", body="THEBODY")
                 for i in range(self.COUNT - 5)}
        files.update({f"z{i}.md": article(f"Other {i}", "2026-05-02T10:00:00+08:00",
                                          id=f"tag:z,2026:{i}", source="别家报",
                                          summary="Short.") for i in range(5)})
        gazetted = self.partnered(files)
        county, portal = self.subscriber(), self.subscriber()
        self.subscribe_partner(gazetted, county)
        self.subscribe_partner(gazetted, portal, topic="/p/portal/feed.atom", token=PORTAL)
        gazetted.write("a0.md", own("Own 0 again", id="tag:x,2026:0"))
        for reader in (county, portal):
            reader.wait_delivery(lambda d: b"Own 0 again" in d.body)
        before, seen = self.numbers(gazetted), len(portal.deliveries)
        # the default rule gives county the headline only, from now on
        self.configure(gazetted, RULES.replace("partners: {county: summary}",
                                               "partners: {county: headline}"))
        gazetted.signal(signal.SIGHUP)
        push = county.wait_delivery(lambda d: b"Other" in d.body and b"Own 0" not in d.body,
                                    1, 30)
        self.assertEqual(sorted(titles(push.body)), [f"Other {i}" for i in range(5)])
        self.assertNotIn(b"Short.", push.body)
        self.assertEqual(self.numbers(gazetted), before)  # the public sees no difference
        self.assertEqual(len(portal.deliveries), seen)
