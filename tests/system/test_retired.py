"""Feeds that are no more: 410 for ever, or 301 to where a channel went."""
import json
import os
import shutil

from tests.system.gazetted import BASE_URL, FEEDS, SystemTest, article
from tests.system.test_control import ctl

CHANNEL = tuple("/c/news" + path for path in FEEDS)


class Retired(SystemTest):
    def statuses(self, server, paths):
        return {server.get(path).status for path in paths}

    def wait_status(self, server, paths, status):
        server.wait(lambda: self.statuses(server, paths) == {status}, f"{status} for {paths}")

    def check_gone(self, server, paths):
        for path in paths:
            answer = server.get(path, {"If-None-Match": "*"})
            self.assertEqual(answer.status, 410, path)
            self.assertIn(f"{BASE_URL}/feed.atom", answer.body.decode())
            self.assertTrue(answer.header("Content-Type").startswith("text/plain"))
            head = server.request("HEAD", path)
            self.assertEqual((head.status, head.body), (410, b""))

    def test_a_channel_whose_directory_is_gone(self):
        server = self.gazetted({"news/a.md": article("One"), "b.md": article("Two")},
                               options=["articles.withdrawn_keep=0s"])
        self.assertEqual(self.statuses(server, CHANNEL), {200})
        subscriber = self.subscriber()
        server.subscribe(subscriber, CHANNEL[0])
        server.delete("news/a.md")
        server.wait_no_title("One")
        # An empty directory is a channel that waits for its next article.
        self.assertEqual(self.statuses(server, CHANNEL), {200})
        server.stop()
        os.rmdir(server.path("news"))
        server.start()
        self.wait_status(server, CHANNEL, 410)
        self.check_gone(server, CHANNEL)
        # Who was subscribed is told, and nobody can be from now on.
        server.wait(lambda: any(f.get("hub.mode") == "denied"
                                for _, f in subscriber.challenges), "the denial")
        answer = server.hub(mode="subscribe", topic=f"{BASE_URL}{CHANNEL[0]}",
                            callback=subscriber.url())
        self.assertNotEqual(answer.status, 202)
        server.restart()
        self.wait_status(server, CHANNEL, 410)
        self.check_gone(server, CHANNEL)
        self.assertEqual(server.get("/c/never/feed.atom").status, 404)
        server.write("news/c.md", article("Three"))
        server.wait_title("Three", "/c/news/feed.json")
        self.assertEqual(self.statuses(server, CHANNEL), {200})
        server.restart()
        self.assertEqual(self.statuses(server, CHANNEL), {200})

    def test_a_directory_removed_with_all_that_is_in_it(self):
        server = self.gazetted({"news/a.md": article("One"), "b.md": article("Two")},
                               options=["articles.withdrawn_keep=0s"])
        shutil.rmtree(server.path("news"))
        self.wait_status(server, CHANNEL, 410)
        self.check_gone(server, CHANNEL)
        self.assertEqual(self.statuses(server, FEEDS), {200})

    def test_what_is_owed_of_it_is_dropped_and_said(self):
        server = self.gazetted({"news/a.md": article("One"), "b.md": article("Two")},
                               options=["articles.withdrawn_keep=0s", "hub.retry.first=1h"])
        subscriber = self.subscriber()
        server.subscribe(subscriber, CHANNEL[0])
        subscriber.status = 503
        server.write("news/c.md", article("Three"))
        server.wait(lambda: json.loads(ctl("-s", server.directory, "--json", "subscribers")[1])
                    [0]["attempts"] > 0, "a failed delivery")
        since = len(server.lines)
        shutil.rmtree(server.path("news"))
        server.wait_line(f'debts dropped topic={CHANNEL[0]} count=1 why="withdrawn"', since)

    def test_a_renamed_directory(self):
        server = self.gazetted({"news/local/a.md": article("One"), "news/b.md": article("Two"),
                                "news/c.md": article("Three"), "d.md": article("Four")},
                               options=["articles.delete_grace=60s"])
        old = CHANNEL + ("/c/news/local/feed.atom",)
        self.assertEqual(self.statuses(server, old), {200})
        os.rename(server.path("news"), server.path("新闻"))
        self.wait_status(server, old, 301)
        for round_number in range(2):
            for path in old:
                answer = server.get(path)
                self.assertEqual(answer.header("Location"), BASE_URL + path.replace(
                    "/c/news", "/c/%E6%96%B0%E9%97%BB"))
                moved = server.get(answer.header("Location")[len(BASE_URL):])
                self.assertEqual(moved.status, 200)
            if round_number == 0:
                server.restart()
                self.wait_status(server, old, 301)

    def test_a_kind_that_is_switched_off(self):
        server = self.gazetted({"news/a.md": article("One", tags=["体育", "x"])},
                               options=["feeds.by=[channel, tag]"])
        tags = tuple("/tag/x" + path for path in FEEDS)
        self.assertEqual(self.statuses(server, tags), {200})
        for by, gone, alive in (("[channel]", tags, CHANNEL), ("[channel]", tags, CHANNEL),
                                ("[]", tags + CHANNEL, FEEDS),
                                ("[tag]", CHANNEL, FEEDS + tags)):
            server.stop()
            server.options = [o for o in server.options if not o.startswith("feeds.by")]
            server.options.append(f"feeds.by={by}")
            server.start()
            self.wait_status(server, gone, 410)
            self.check_gone(server, gone)
            self.assertEqual(self.statuses(server, alive), {200}, by)
        # What nobody ever asked for was never there.
        self.assertEqual(server.get("/author/nobody/feed.atom").status, 404)
