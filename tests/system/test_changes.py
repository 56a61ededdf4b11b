"""hub.payload=changes: who asks for it is pushed only what changed since the last delivery that
arrived, and loses nothing by being away, however far the feed's window has moved."""
import json
import os
import random
import time
import xml.etree.ElementTree as ElementTree

from tests.system.gazetted import BASE_URL, SystemTest, article, signature

ATOM = "{http://www.w3.org/2005/Atom}"
RETRY = ("hub.retry.first=100ms", "hub.retry.max=200ms", "feeds.window=5")
WINDOW_MOST = 500


def titles(body):
    """Of the entries or items, in the order of the document."""
    if body.startswith(b"{"):
        return [item["title"] for item in json.loads(body)["items"]]
    root = ElementTree.fromstring(body)
    if root.tag == ATOM + "feed":
        return [entry.findtext(ATOM + "title") for entry in root.findall(ATOM + "entry")]
    return [item.findtext("title") for item in root.iter("item")]


def frame(body):
    """All of a document but its entries and the time of its change."""
    root = ElementTree.fromstring(body)
    for parent in list(root.iter()):
        for name in (ATOM + "entry", "item", "lastBuildDate", ATOM + "updated"):
            for child in parent.findall(name):
                parent.remove(child)
    return ElementTree.tostring(root)


class Changes(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"a.md": article("One"), "c/b.md": article("In c")},
                                    options=RETRY)
        self.reader = self.subscriber()
        self.number = 0

    def publish(self, title, path=None):
        self.number += 1
        minute, hour = self.number % 60, self.number // 60
        self.server.write(path or f"n{self.number}.md",
                          article(title, f"2026-05-03T{hour:02d}:{minute:02d}:00+08:00"))

    def push(self, title, since=0, status=204):
        return self.reader.wait_delivery(
            lambda d: d.status == status and title in titles(d.body), since)

    def begin(self, path="/feed.atom", **fields):
        """Subscribed, and the first delivery, which brings everything, has come."""
        self.server.subscribe(self.reader, path, payload="changes", **fields)
        self.publish("First", "c/first.md")
        self.assertIn("In c", titles(self.push("First").body))

    def test_only_what_changed_with_all_that_frames_it(self):
        other, self.reader = self.reader, self.subscriber()
        self.server.subscribe(other, "/feed.rss", payload="changes", secret="s3cret")
        self.begin(secret="s3cret")
        other.wait_delivery(lambda d: "First" in titles(d.body))
        self.publish("Second")
        for path, reader in (("/feed.atom", self.reader), ("/feed.rss", other)):
            push = reader.wait_delivery(lambda d: "Second" in titles(d.body))
            served = self.server.get(path)
            self.assertEqual(titles(push.body), ["Second"])
            self.assertEqual(frame(push.body), frame(served.body))
            self.assertEqual(push.headers["Content-Type"], served.header("Content-Type"))
            self.assertEqual(push.headers["Link"], served.header("Link"))
            self.assertEqual(push.headers["X-Hub-Signature"], signature("s3cret", push.body))

    def test_a_correction_and_a_channel(self):
        self.begin("/c/c/feed.atom")
        self.publish("Elsewhere")
        self.server.wait_title("Elsewhere")
        self.publish("In c, mended", "c/b.md")
        push = self.push("In c, mended")
        self.assertEqual(titles(push.body), ["In c, mended"])
        self.assertEqual(len(self.reader.deliveries), 2)

    def test_json_feed_comes_whole(self):
        self.server.subscribe(self.reader, "/feed.json", payload="changes")
        for title in ("First", "Second"):
            self.publish(title)
            push = self.push(title)
            self.assertEqual(push.body, self.server.get("/feed.json").body)

    def test_nothing_is_lost_however_far_the_window_has_moved(self):
        self.begin()
        self.reader.status = 503
        wanted = []
        for part in range(4):
            for i in range(130):
                wanted.append(f"Missed {part}-{i}")
                self.publish(wanted[-1])
            self.server.wait_title(wanted[-1])
        self.assertLessEqual(len(self.server.titles()), WINDOW_MOST)
        self.server.kill9()
        self.reader.status = 204
        since = len(self.reader.deliveries)
        self.server.start()
        found = []

        def has_all(delivery):
            found.extend(titles(delivery.body))
            return set(wanted) <= set(found)

        self.reader.wait_delivery(has_all, since)
        # in more than one piece, and none of them twice
        self.assertGreater(len(self.reader.deliveries) - since, 1)
        pushed = [t for d in self.reader.deliveries[since:] for t in titles(d.body)]
        self.assertEqual(sorted(pushed), sorted(wanted))
        # and from there on again only the newest
        since = len(self.reader.deliveries)
        self.publish("After")
        self.assertEqual(titles(self.push("After", since).body), ["After"])

    def test_who_is_there_and_who_was_away(self):
        other = self.subscriber()
        self.server.subscribe(other, payload="changes")
        self.begin()
        self.reader.status = 500
        self.publish("Second")
        other.wait_delivery(lambda d: titles(d.body) == ["Second"])
        self.push("Second", status=500)
        self.publish("Third")
        other.wait_delivery(lambda d: titles(d.body) == ["Third"])
        since = len(self.reader.deliveries)
        self.reader.status = 204
        push = self.push("Third", since)
        self.assertEqual(titles(push.body), ["Third", "Second"])
        self.assertEqual(self.server.topic(), BASE_URL + "/feed.atom")

    def test_whatever_happens_during_outages(self):
        """New articles, corrections and withdrawals in any order, while the reader is there or
        not, with a kill now and then: what was accepted tells of the newest state of each
        article. A public feed says of a withdrawal in the item; tombstones are partners'."""
        seed = int(os.environ.get("CHANGES_SEED", time.time_ns() % 1000000))
        chance, alive, wanted, version = random.Random(seed), [], {}, 0
        self.begin()
        for step in range(40):
            deed = chance.choice(("new", "new", "mend", "withdraw", "away", "back", "kill"))
            if deed in ("away", "back"):
                self.reader.status = 503 if deed == "away" else 204
            elif deed == "kill" and step % 4 == 0:
                self.server.kill9()
                self.server.start()
            elif deed == "withdraw" and alive:
                name = alive.pop()
                wanted[name] = f"【撤稿】{name} is no more"
                self.server.write(f"{name}.md", article(
                    f"{name} is no more", "2026-05-03T10:00:00+08:00", status="withdrawn"))
            elif deed in ("new", "mend"):
                version += 1
                name = chance.choice(alive) if deed == "mend" and alive else f"p{version}"
                if name not in alive:
                    alive.append(name)
                wanted[name] = f"{name} is version {version}"
                self.server.write(f"{name}.md", article(wanted[name],
                                                        "2026-05-03T10:00:00+08:00"))
            if chance.random() < 0.3:
                time.sleep(0.3)  # else it shares a publication with what follows
        self.reader.status = 204
        self.publish("Last")
        self.push("Last")

        def lost():
            """Who is told of something else than what is; what was never told need not be
            taken back."""
            seen = {}
            for delivery in list(self.reader.deliveries):
                for title in titles(delivery.body) if delivery.status == 204 else ():
                    seen[title.removeprefix("【撤稿】").split(" is ")[0]] = title
            return {name: seen.get(name) for name in wanted if seen.get(name) != wanted[name]
                    and (name in seen or name in alive)}

        try:
            self.server.wait(lambda: not lost(), "all that changed")
        except AssertionError as err:
            self.fail(f"CHANGES_SEED={seed}: told {lost()} of {wanted}: {err}")
