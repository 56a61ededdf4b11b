"""What a partner gains by other rules or topics: it gets it, in order, and is not flooded."""
import re
import unittest

from tests.system.gazetted import article
from tests.system.test_partners import COUNTY, PORTAL, SubscribingTest

WINDOW = 5
RULES = """
rights:
  - {name: all, public: full, partners: {county: full, portal: summary}}
"""
PARTNERS = """
partners:
  - {name: county, token_file: '%(room)s/county.token', callback_hosts: [127.0.0.1],
     require: [], topics: [a]}
  - {name: portal, token_file: '%(room)s/portal.token', callback_hosts: [127.0.0.1],
     require: []}
"""


def numbered(number, **fields):
    """The newer, the smaller its id: the order of ids is not that of times."""
    return article(f"No {number:02}", date=f"2026-05-01T10:{number:02}:00+08:00",
                   id=f"tag:x,2026:{90 - number}", summary="Short.", body="THEBODY", **fields)


def numbers(body):
    """Of the articles in an Atom document that have their text, in order."""
    entries = re.findall(r"<entry.*?</entry>", body.decode(), re.S)
    return [int(re.search(r"<title>No (\d+)</title>", entry).group(1)) for entry in entries
            if "THEBODY" in entry]


class Gains(SubscribingTest):
    def started(self, files):
        return self.partnered(files, rules=RULES, partners=PARTNERS,
                              options=[f"feeds.window={WINDOW}"])

    def shown(self, gazetted, path, token):
        return numbers(self.fetch(gazetted, path, token).body)

    def wait_told(self, subscriber, count, since):
        """The articles that were pushed with their text, once COUNT of them were."""
        def told():
            return [n for d in subscriber.deliveries[since:] for n in numbers(d.body)]
        subscriber.wait_delivery(lambda d: len(told()) >= count, since)
        return told()

    def test_more_of_what_it_has(self):
        gazetted = self.started({"a/0.md": numbered(0)})
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber, topic="/p/portal/feed.atom", token=PORTAL,
                               secret=None)
        for number in range(1, 12):
            gazetted.write(f"a/{number}.md", numbered(number))
            gazetted.wait(lambda: f"No {number:02}".encode() in self.fetch(
                gazetted, "/p/portal/feed.atom", PORTAL).body, number)
            subscriber.wait_delivery(lambda d: f"No {number:02}".encode() in d.body)
        since = len(subscriber.deliveries)
        self.reconfigure(gazetted, RULES.replace("portal: summary", "portal: full"), PARTNERS)
        # its feed has the newest, as before, each as an update; older ones are pushed only
        gazetted.wait(lambda: self.shown(gazetted, "/p/portal/feed.atom", PORTAL), "the text")
        self.assertEqual(self.shown(gazetted, "/p/portal/feed.atom", PORTAL), [11, 10, 9, 8, 7])
        told = self.wait_told(subscriber, 12, since)
        self.assertEqual(sorted(told), list(range(12)))
        gazetted.restart()
        self.assertEqual(self.shown(gazetted, "/p/portal/feed.atom", PORTAL), [11, 10, 9, 8, 7])

    def test_a_channel(self):
        # b has some that are newer than those of a, and more that are older
        files = {f"a/{n}.md": numbered(n) for n in (30, 31, 32, 33)}
        files.update({f"b/{n}.md": numbered(n) for n in (*range(10, 20), 35, 36)})
        gazetted = self.started(files)
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber, topic="/p/county/feed.atom", secret=None)
        self.assertEqual(self.shown(gazetted, "/p/county/feed.atom", COUNTY), [33, 32, 31, 30])
        self.assertEqual(self.fetch(gazetted, "/p/county/c/b/feed.atom").status, 404)
        gazetted.write("a/34.md", numbered(34))
        subscriber.wait_delivery(lambda d: 34 in numbers(d.body))
        since = len(subscriber.deliveries)
        self.reconfigure(gazetted, RULES, PARTNERS.replace("topics: [a]", "topics: [a, b]"))
        want = [36, 35, 34, 33, 32]
        gazetted.wait(lambda: self.shown(gazetted, "/p/county/feed.atom", COUNTY) == want, "b")
        self.assertEqual(sorted(self.wait_told(subscriber, 2, since)), [35, 36])
        # as far as its own feed shows; what is asked for there is an arrival everywhere
        path = "/p/county/c/b/feed.atom"
        gazetted.wait(lambda: self.shown(gazetted, path, COUNTY) == [36, 35, 19, 18, 17], "b's own")
        gazetted.write("a/40.md", numbered(40))
        told = self.wait_told(subscriber, 6, since)
        self.assertEqual(sorted(told), [17, 18, 19, 35, 36, 40])

    def test_what_it_lost_and_may_have_again(self):
        gazetted = self.started({f"a/{n}.md": numbered(n) for n in range(3)})
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber, topic="/p/county/feed.atom", secret=None)
        self.assertEqual(self.shown(gazetted, "/p/county/feed.atom", COUNTY), [2, 1, 0])
        self.reconfigure(gazetted, RULES.replace("county: full", "county: none"), PARTNERS)
        subscriber.wait_delivery(lambda d: d.body.count(b"deleted-entry") >= 3)
        since = len(subscriber.deliveries)
        self.reconfigure(gazetted, RULES, PARTNERS)
        self.assertEqual(sorted(self.wait_told(subscriber, 3, since)), [0, 1, 2])
        self.assertEqual(self.shown(gazetted, "/p/county/feed.atom", COUNTY), [2, 1, 0])


if __name__ == "__main__":
    unittest.main()
