"""Two nodes on one PostgreSQL server: both serve the same, one publishes, the other takes
over; and what is published stays served while the database is away."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from tests.system.gazetted import (Subscriber, SystemTest, article, environment, signature,
                                   wait_for)
from tests.system.nodes import CTL, Nodes, has_postgres, seconds_until
from tests.system.postgres import Cluster

PATHS = ("/feed.atom", "/feed.rss", "/feed.json", "/", "/opml.xml", "/c/news/feed.atom", "/a/one",
         "/sitemap.xml")


class NodesTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        if not has_postgres():
            raise unittest.SkipTest("built without libpq")
        cls.cluster = Cluster()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def nodes(self, count=2, options=()):
        nodes = Nodes(self.cluster, count, options=["http.workers=1", *options])
        self.addCleanup(nodes.close)
        nodes.write("one.md", article("One"))
        nodes.write("news/two.md", article("Two", "2026-05-02T10:00:00+08:00"))
        return nodes.start()

    def subscriber(self):
        subscriber = Subscriber()
        self.addCleanup(subscriber.close)
        return subscriber

    def assert_alike(self, nodes):
        def looks(path):
            answers = [node.get(path) for node in nodes.all]
            return [(a.status, a.body, a.header("ETag"), a.header("Last-Modified"))
                    for a in answers]

        def is_alike(path):
            first, *others = looks(path)
            return first[0] == 200 and all(other == first for other in others)

        for path in PATHS:
            try:
                wait_for(lambda: is_alike(path), path)
            except AssertionError:
                raise AssertionError(f"{path}: {looks(path)}") from None

    def test_every_node_serves_the_same(self):
        nodes = self.nodes()
        self.assert_alike(nodes)
        nodes.write("news/two.md", article("Two, corrected", "2026-05-02T10:00:00+08:00"))
        for node in nodes.all:
            node.wait_title("Two, corrected")
        self.assert_alike(nodes)
        os.unlink(os.path.join(nodes.directory, "news/two.md"))
        for node in nodes.all:
            node.wait_no_title("Two, corrected")
        follower = nodes.followers()[0]
        wait_for(lambda: len(nodes.ctl(follower, "nodes")) == 2, "both nodes")
        rows = nodes.ctl(follower, "nodes")
        self.assertEqual(sorted(row["roles"] for row in rows), ["", "publisher"])
        self.assertTrue(all(row["silent_ms"] < 5000 for row in rows), rows)
        with self.assertRaisesRegex(AssertionError, "this node does not publish"):
            nodes.ctl(follower, "hold", "one")
        nodes.ctl(nodes.publisher(), "hold", "one")
        for node in nodes.all:
            node.wait_no_title("One")

    def test_who_subscribes_at_one_node_hears_of_all(self):
        nodes = self.nodes()
        subscriber = self.subscriber()
        nodes.followers()[0].subscribe(subscriber, secret="s3cret")
        nodes.write("three.md", article("Three"))
        delivery = subscriber.wait_delivery(lambda d: b"Three" in d.body)
        self.assertEqual(delivery.headers["X-Hub-Signature"], signature("s3cret", delivery.body))
        self.assertEqual(delivery.body, nodes.all[0].get("/feed.atom").body)
        time.sleep(1)
        self.assertEqual(len(subscriber.deliveries), 1)

    def test_a_feed_that_nobody_had_asked_for_before(self):
        nodes = self.nodes(options=["feeds.by=[channel, tag]"])
        nodes.write("red.md", article("Red one", tags=["red"]))
        for node in nodes.all:
            node.wait_title("Red one")
        subscriber, follower = self.subscriber(), nodes.followers()[0]
        follower.subscribe(subscriber, "/tag/red/feed.atom")
        wait_for(lambda: nodes.sql("select 1 from gazetted.document where path = "
                                   "'/tag/red/feed.atom'"), "the publisher makes it")
        nodes.write("red.md", article("Red two", tags=["red"]))
        delivery = subscriber.wait_delivery(lambda d: b"Red two" in d.body)
        self.assertIn(b"/tag/red/feed.atom", delivery.body)

    def test_another_publishes_when_the_publisher_is_killed(self):
        nodes = self.nodes()
        subscriber = self.subscriber()
        publisher = nodes.publisher()
        publisher.subscribe(subscriber)
        other = nodes.followers()[0]
        publisher.kill9()
        nodes.write("three.md", article("Three"))
        took = seconds_until(lambda: other.item("Three"), "the other's publication")
        print(f"publisher killed: the next publication after {took:.1f} s")
        subscriber.wait_delivery(lambda d: b"Three" in d.body)
        publisher.start(30)
        self.assertIs(nodes.publisher(), other)
        self.assert_alike(nodes)

    def test_a_node_that_stops_gives_the_role_away(self):
        nodes = self.nodes()
        publisher, other = nodes.publisher(), nodes.followers()[0]
        publisher.stop()
        held = nodes.sql("select count(*) from gazetted.role where name = 'publisher' and lease > "
                         f"extract(epoch from now()) * 1000 and owner like '%:{publisher.port}%'")
        self.assertEqual(held, "0")
        nodes.write("three.md", article("Three"))
        took = seconds_until(lambda: other.item("Three"), "the other's publication")
        print(f"publisher stopped: the next publication after {took:.1f} s")

    def test_a_node_that_was_stopped_changes_nothing(self):
        nodes = self.nodes()
        publisher, other = nodes.publisher(), nodes.followers()[0]
        publisher.signal(signal.SIGSTOP)
        try:
            nodes.write("three.md", article("Three"))
            other.wait_title("Three", seconds=60)
            before = nodes.sql("select path, version, seq from gazetted.article order by path")
        finally:
            publisher.signal(signal.SIGCONT)
        publisher.wait_line("node: publishes no more")
        publisher.wait_title("Three")
        self.assertIs(nodes.publisher(), other)
        self.assertEqual(before, nodes.sql(
            "select path, version, seq from gazetted.article order by path"))
        self.assert_alike(nodes)

    def test_what_is_published_is_served_without_the_database(self):
        nodes = self.nodes()
        publisher, other = nodes.publisher(), nodes.followers()[0]
        bytes_before = {path: other.get(path).body for path in ("/feed.atom", "/", "/opml.xml")}
        other.stop()
        nodes.cluster.primary.stop()
        try:
            self.assertEqual(publisher.get("/feed.atom").body, bytes_before["/feed.atom"])
            answer = wait_for(lambda: self.refused(publisher), "503 for a subscription")
            self.assertTrue(answer.header("Retry-After"))
            other.start_away()
            for path, body in bytes_before.items():
                self.assertEqual(other.get(path).body, body, path)
            self.assertEqual(other.get("/readyz").status, 503)
            self.assertEqual(self.refused(other).status, 503)
            self.assertEqual(other.get("/a/one").status, 503)
        finally:
            nodes.cluster.primary.start()
        other.wait_line(r"\bready$", seconds=60)
        nodes.write("three.md", article("Three"))
        for node in nodes.all:
            node.wait_title("Three", seconds=60)
        self.assert_alike(nodes)

    def test_a_sqlite_store_is_moved(self):
        subscriber = self.subscriber()
        alone = self.gazetted(files={"one.md": article("One"), "news/two.md": article("Two"),
                                     "bad.md": "no front matter"})
        alone.subscribe(subscriber, secret="s3cret")
        before = {path: alone.get(path) for path in ("/feed.atom", "/c/news/feed.json", "/a/one")}
        alone.stop()
        nodes = Nodes(self.cluster, 1, options=["http.workers=1"])
        self.addCleanup(nodes.close)
        shutil.rmtree(nodes.directory)
        shutil.copytree(alone.directory, nodes.directory, ignore=lambda *_: [".gazetted"])
        database = "sqlite:" + os.path.join(alone.directory, ".gazetted", "gazetted.db")
        key = os.path.join(nodes.room, "store.key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write("0f" * 32)
        config = os.path.join(nodes.room, "copy.yaml")
        with open(config, "w") as file:
            file.write(f"articles: {{directory: {nodes.directory}}}\n"
                       f"store: {{key_file: {key}}}\n")
        self.assertRegex(self.copy(config, database, nodes.uri), r"^copied and compared rows=\d+$")
        # a table that nobody analysed has -1
        self.assertEqual(nodes.sql("select reltuples from pg_class where oid = "
                                   "'gazetted.sub'::regclass"), "1")
        self.assertEqual(nodes.sql("select count(*) from gazetted.sub where secret like "
                                   "'%s3cret%'::bytea"), "0")
        self.assertIn("the target is not empty", self.copy(config, database, nodes.uri, 1))
        # as after a copy that broke off
        nodes.sql("delete from gazetted.sub; delete from gazetted.flat where article > 1;"
                  "insert into gazetted.counter values ('copy', 0)")
        self.assertIn("copied and compared", self.copy(config, database, nodes.uri))
        nodes.sql("update gazetted.article set title = 'other' where num = 1;"
                  "insert into gazetted.counter values ('copy', 0)")
        self.assertIn("table article differs at the row 1;",
                      self.copy(config, database, nodes.uri, 1))
        nodes.sql("update gazetted.article set title = 'One' where slug = 'one';"
                  "update gazetted.article set title = 'Two' where slug = 'two'")
        nodes.all[0].options.append(f"store.key_file={key}")
        nodes.start()
        for path, answer in before.items():
            self.assertEqual(nodes.all[0].get(path).body, answer.body, path)
            self.assertEqual(nodes.all[0].get(path).header("ETag"), answer.header("ETag"), path)
        nodes.write("three.md", article("Three"))
        delivery = subscriber.wait_delivery(lambda d: b"Three" in d.body)
        self.assertEqual(delivery.headers["X-Hub-Signature"], signature("s3cret", delivery.body))

    def copy(self, config, source, target, status=0):
        done = subprocess.run([CTL, "-c", config, "store", "copy", source, target], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              env=environment())
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def refused(self, node):
        answer = node.hub(mode="subscribe", topic="http://news.example/feed.atom",
                          callback="http://127.0.0.1:1/cb")
        return answer if answer.status == 503 else None


if __name__ == "__main__":
    unittest.main()
