"""An archive that arrives at once while readers poll: what they get is whole and in step."""
import gzip
import hashlib
import json
import os
import re
import threading
import time

from tests.system.gazetted import SystemTest, article

COUNT, MOST = 10000, 500
PATHS = ["/feed.json", "/feed.atom", "/feed.rss", "/c/bulk/feed.json", "/"]


def bulk(number):
    minutes = number + 1
    date = f"2026-05-{1 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:00Z"
    return article(f"N{number:05d}", date, body=f"Text of {number}.")


class Reader(threading.Thread):
    """Polls every document in turn and judges each answer by itself and by those before."""

    def __init__(self, gazetted):
        super().__init__()
        self.gazetted, self.stop, self.problems = gazetted, threading.Event(), []
        self.bodies, self.answers = {}, 0
        self.start()

    def run(self):
        while not self.stop.wait(0.3) and not self.problems:
            for path in PATHS:
                try:
                    self.look(path)
                except Exception as err:  # the thread must not end silently
                    self.problems.append(f"{path}: {err!r}")

    def check(self, condition, message):
        if not condition:
            self.problems.append(message)

    def look(self, path):
        answer = self.gazetted.get(path, {"Accept-Encoding": "gzip"} if self.answers % 2 else {})
        body = answer.body
        if answer.header("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.answers += 1
        if answer.status == 404 and path.startswith("/c/"):
            return  # nothing has come into it yet
        self.check(answer.status == 200, f"{path}: {answer}")
        digest = hashlib.sha256(body).hexdigest()
        known = self.bodies.setdefault((path, answer.header("ETag")), digest)
        self.check(known == digest, f"{path}: one ETag, two documents")
        if path.endswith(".json"):
            self.judge(path, json.loads(body)["items"])
        elif path != "/":
            self.check(body.rstrip().endswith((b"</feed>", b"</rss>")), f"{path}: cut short")

    def judge(self, path, items):
        ids, dates = [i["id"] for i in items], [i["date_published"] for i in items]
        self.check(len(set(ids)) == len(ids) <= MOST, f"{path}: ids {ids}")
        self.check(dates == sorted(dates, reverse=True), f"{path}: order {dates}")


class Bulk(SystemTest):
    def test_ten_thousand_articles_at_once_and_a_reader(self):
        gazetted = self.gazetted({"first.md": article("Before", "2026-04-01")},
                                 options=["http.workers=2"])
        heap = os.path.join(gazetted.room, "bulk")
        os.mkdir(heap)
        for number in range(COUNT):
            with open(os.path.join(heap, f"{number:05d}.md"), "w") as file:
                file.write(bulk(number))
        reader = Reader(gazetted)
        try:
            os.rename(heap, gazetted.path("bulk"))
            end = time.monotonic() + 900  # a loaded machine, a build with sanitizers
            while not reader.problems and len(gazetted.matching("article: new")) < COUNT:
                self.assertLess(time.monotonic(), end, "not all articles came")
                time.sleep(0.5)
        finally:
            reader.stop.set()
            reader.join()
        self.assertEqual(reader.problems, [])
        self.assertGreater(reader.answers, len(PATHS))
        # the last pass; what came within a day is shown as far as a feed may be long
        gazetted.wait(lambda: self.count(gazetted) == COUNT + 1, "the last pass")
        ids = [item["id"] for item in gazetted.items()]
        self.assertEqual(len(ids), MOST)
        self.assertEqual([item["id"] for item in gazetted.items("/c/bulk/feed.json")], ids)
        for path, name in (("/feed.atom", "id"), ("/feed.rss", "guid")):
            body = gazetted.get(path).body.decode()
            self.assertEqual(re.findall(rf"<{name}[^>]*>(tag:[^<]+)<", body), ids, path)
        self.assertEqual(gazetted.matching(r"not replaced|could not"), [])

    @staticmethod
    def count(gazetted):
        """Articles in the sitemap."""
        index = gazetted.get("/sitemap.xml").body.decode()
        return index.count("/a/") or sum(
            gazetted.get("/" + part.split("/", 3)[3]).body.decode().count("/a/")
            for part in re.findall(r"<loc>([^<]+)</loc>", index))
