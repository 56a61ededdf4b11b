"""Databases of every schema there was, as their programs left them (schemas/N.sql), opened
by this program: nothing is lost, nobody is forgotten, and what was public stays as it was."""
import contextlib
import glob
import json
import os
import re
import sqlite3
import subprocess
import time
import unittest

from tests.system.gazetted import BUILD, FEEDS, SystemTest, article, run, signature
from tests.system.schemas import archive
from tests.system.schemas.make import subscription_key

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemas")
VERSIONS = sorted(int(os.path.basename(p)[:-4]) for p in glob.glob(os.path.join(HERE, "*.sql")))
DAY_MS = 24 * 3600 * 1000


def rows(db, sql):
    return [dict(zip([c[0] for c in cursor.description], row))
            for cursor in [db.execute(sql)] for row in cursor]


class Old(SystemTest):
    def old(self, version):
        """A daemon, not started, over the database of VERSION: the daemon, its subscriber,
        and what the database says of articles and subscriptions."""
        sink = self.subscriber()
        daemon = self.gazetted(archive.files_now(), options=archive.OPTIONS, is_started=False)
        with open(os.path.join(HERE, f"{version}.sql")) as file:
            text = file.read().replace("@PORT@", str(sink.server.server_address[1]))
        text = re.sub(r"@KEY:(\S+) (\S+)@",
                      lambda found: subscription_key(found.group(1), found.group(2)), text)
        os.mkdir(os.path.join(daemon.directory, ".gazetted"), 0o700)
        now = time.time_ns() // 1000000
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            db.executescript(text)
            # as if it had been left a moment ago
            db.execute("UPDATE sub SET expires = ?", (now + DAY_MS,))
            db.execute("UPDATE task SET due = ?, first_failed = ?", (now + DAY_MS, now - 1000))
            db.commit()
            articles = rows(db, "SELECT * FROM article")
            subs = rows(db, "SELECT sub.*, topic.path AS topic_path FROM sub "
                            "JOIN topic ON topic.num = sub.topic")
        return daemon, sink, articles, subs

    @staticmethod
    def path(daemon):
        return os.path.join(daemon.directory, ".gazetted", "gazetted.db")

    def ask(self, daemon, *words, status=0):
        done = subprocess.run([os.path.join(BUILD, "gazettectl"), "--json", "-s",
                               os.path.dirname(self.path(daemon)), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)


class EachSchema:
    """What holds for the database of every schema; classes for each are made below."""
    version = 0

    def test_articles_keep_their_identity_and_their_times(self):
        daemon, _, articles, _ = self.old(self.version)
        daemon.start()
        items = {item["id"]: item for item in daemon.items()}
        shown = set()
        for row in articles:
            why = self.ask(daemon, "explain", row["path"])
            self.assertEqual((why["id"], why["version"]), (row["id"], row["version"]),
                             row["path"])
            if row["path"] == "gone.md" or row.get("decision"):
                continue
            shown.add(row["id"])
            item = items[row["id"]]
            self.assertEqual(daemon.get("/a/" + why["slug"]).status, 200)
            if row["slug"] != why["slug"]:  # the first schemas kept it over a renaming
                self.assertEqual(daemon.get("/a/" + row["slug"]).header("Location"),
                                 item["url"])
            for key, name in (("published", "date_published"), ("updated", "date_modified")):
                seconds = row[key] // 1000 + row[key + "_offset"]
                text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
                self.assertEqual(item[name][:len(text)], text, (row["path"], name))
        self.assertEqual(set(items), shown)
        # what is broken keeps its last good version
        self.assertIn("Broken later", daemon.titles())
        self.assertIn("broken.md", self.ask(daemon, "status")["articles"]["problems"][0])
        # a file that comes back is the article that it was
        gone = next(row for row in articles if row["path"] == "gone.md")
        daemon.write("gone.md", archive.FILES["gone.md"])
        self.assertEqual(daemon.wait_title("Gone")["id"], gone["id"])
        # what the editors decided holds until they undo it
        if any(row.get("decision") for row in articles):
            self.assertNotIn("Held", daemon.titles())
            self.ask(daemon, "release", "held.md")
        daemon.wait_title("Held")

    def test_subscribers_are_told_of_what_comes(self):
        daemon, sink, _, subs = self.old(self.version)
        self.assertEqual(len(subs), 2)
        daemon.start()
        listed = self.ask(daemon, "subscribers")
        self.assertEqual(
            sorted((sub["subscription"], sub["topic"], sub["callback"]) for sub in listed),
            sorted((sub["id"], sub["topic_path"], sub["callback"]) for sub in subs))
        # the debt was not forgotten, and is paid with the newest content
        owed = [sub["callback"] for sub in listed if sub["attempts"]]
        self.assertEqual(owed, [sink.url("/signed")])
        daemon.write("news/next.md", article("Next"))
        daemon.wait_title("Next")
        self.ask(daemon, "retry")
        for path in ("/signed", "/plain"):
            found = sink.wait_delivery(lambda delivery, path=path: delivery.path == path and
                                       b"Next" in delivery.body)
            self.assertEqual(found.headers["X-Hub-Signature"], None if path == "/plain" else
                             signature("s3cret", found.body))

    def test_what_was_under_way_goes_on_and_the_ledger_verifies(self):
        """Killed in the middle of a fan-out and of a verification: both are taken up."""
        daemon, sink, _, _ = self.old(self.version)
        self.add_partner(daemon)
        old = self.old_evidence(daemon) if self.version > 1 else []
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            archive.open_job(db, "/c/news/feed.json", time.time_ns() // 1000000 + DAY_MS)
            archive.open_intent(db, "/feed.rss", sink.url("/asked"), sink.url(""))
            db.commit()
        daemon.start()
        found = sink.wait_delivery(lambda delivery: delivery.path == "/plain")
        self.assertEqual(found.body, daemon.get("/c/news/feed.json").body)
        daemon.wait(lambda: [sub["topic"] for sub in self.ask(daemon, "subscribers")
                             if sub["callback"] == sink.url("/asked")] == ["/feed.rss"],
                    "the subscription that was asked for before")
        daemon.wait(lambda: daemon.get("/p/county/feed.json", {
            "Authorization": "Bearer county-token-000001"}).status == 200, "the partner's feed")
        daemon.stop()
        self.check_ledger(daemon, len(old))

    def check_ledger(self, daemon, count):
        """COUNT rows of a day that is over, and those of today."""
        found = self.ask(daemon, "ledger", "verify")
        self.assertEqual((found["first"], found["findings"]), (1, []))
        self.assertGreaterEqual(found["last"], count + 2)  # issued, fetched
        self.assertEqual(found["signed_days"], 1 if count else 0)
        if count:
            self.assertEqual([row["row"] for row in self.ask(daemon, "who-has", "tag:x,2026:1")],
                             [2])
            with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
                db.execute("UPDATE ledger SET status = 410 WHERE seq = 2")
                db.commit()
            found = self.ask(daemon, "ledger", "verify", status=1)["findings"]
            self.assertIn("row 2", found[0])

    @staticmethod
    def add_partner(daemon):
        token = os.path.join(daemon.room, "county.token")
        with open(token, "w") as file:
            file.write("county-token-000001\n")
        os.chmod(token, 0o600)
        daemon.options += [f"partners=[{{name: county, token_file: {token}}}]",
                           "rights=[{name: all, public: full, partners: {county: full}}]"]

    def old_evidence(self, daemon):
        """What the partner got, two days ago: made for it, and delivered."""
        then = time.time_ns() // 1000000 - 2 * DAY_MS
        both = {"partner": "county", "topic": "/p/county/feed.atom", "body": b"\7" * 32}
        old = [{**both, "kind": 0, "time": then, "peer": "", "status": 0, "attempt": 0,
                "latency": 0, "contents": "tag:x,2026:1\t1\tfull\n"},
               {**both, "kind": 1, "time": then + 5, "peer": "county.example", "status": 204,
                "attempt": 1, "latency": 4, "contents": ""}]
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            archive.evidence(db, old)
            db.commit()
        return old

    def test_who_subscribes_again_is_known(self):
        daemon, sink, _, subs = self.old(self.version)
        daemon.start()
        daemon.subscribe(sink, name="/signed", secret="changed")
        self.assertEqual(sorted(sub["subscription"] for sub in self.ask(daemon, "subscribers")),
                         sorted(sub["id"] for sub in subs))
        daemon.write("next.md", article("Next"))
        daemon.wait_title("Next")
        self.ask(daemon, "retry")
        found = sink.wait_delivery(lambda delivery: delivery.path == "/signed" and
                                   b"Next" in delivery.body)
        self.assertEqual(found.headers["X-Hub-Signature"], signature("changed", found.body))
        daemon.hub(mode="unsubscribe", topic=daemon.topic("/c/news/feed.json"),
                   callback=sink.url("/plain"))
        daemon.wait(lambda: len(self.ask(daemon, "subscribers")) == 1, "the end of one")

    def test_after_the_update_a_restart_changes_no_byte(self):
        daemon = self.old(self.version)[0].start()
        paths = (*FEEDS, "/c/news/feed.atom", "/", "/sitemap.xml", "/a/edited")
        seen = [self.of(daemon.get(path)) for path in paths]
        daemon.restart()
        for path, expected in zip(paths, seen):
            self.assertEqual(self.of(daemon.get(path)), expected, path)

    @staticmethod
    def of(answer):
        return (answer.status, answer.body, answer.header("ETag"), answer.header("Last-Modified"))


for number in VERSIONS:
    globals()[f"Schema{number}"] = type(f"Schema{number}", (EachSchema, Old), {"version": number})


class Migrations(Old):
    def test_there_is_one_for_every_schema(self):
        """A new migration needs the database that it is for: see schemas/make.py."""
        daemon = self.gazetted({"a.md": article("One")})
        daemon.stop()
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            newest = db.execute("PRAGMA user_version").fetchone()[0]
        self.assertTrue(set(range(1, newest)) <= set(VERSIONS), (newest, VERSIONS))

    def test_a_schema_from_the_future_is_refused_and_left_alone(self):
        daemon, _, _, _ = self.old(VERSIONS[-1])
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            db.execute("PRAGMA user_version=9999")
            before = list(db.iterdump())
        status, _, errors = run(*daemon.arguments())
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"schema version 9999 is newer than this program knows")
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            self.assertEqual(list(db.iterdump()), before)

    def test_an_update_that_is_cut_short_is_done_again(self):
        """One transaction: killed in the middle, the database is of the old schema still."""
        daemon, _, articles, _ = self.old(1)
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            db.execute("CREATE TABLE ledger_day(day)")  # in the way of the second migration
            db.commit()
        status, _, errors = run(*daemon.arguments())
        self.assertEqual(status, 1)
        self.assertIn("bring the schema up to date", errors)
        with contextlib.closing(sqlite3.connect(self.path(daemon))) as db:
            self.assertEqual(db.execute("PRAGMA user_version").fetchone(), (1,))
            self.assertEqual(rows(db, "SELECT * FROM article"), articles)
            db.execute("DROP TABLE ledger_day")
            db.commit()
        daemon.start()
        self.assertEqual(len(daemon.items()), len(articles) - 1)


if __name__ == "__main__":
    unittest.main()
