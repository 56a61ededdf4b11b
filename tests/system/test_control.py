"""gazettectl and the control socket of a running daemon."""
import json
import os
import pty
import re
import socket
import sqlite3
import stat
import subprocess
import threading
import unittest

from tests.system.gazetted import BUILD, Gazetted, SystemTest, article, environment

PROGRAM = os.path.join(BUILD, "gazettectl")


def ctl(*arguments, cwd=None):
    done = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, env=dict(environment(), TZ="UTC"), timeout=60, text=True)
    return done.returncode, done.stdout, done.stderr


class Relative(Gazetted):
    """Told its directory by a name that is good only where it was started."""

    def __init__(self, files):
        super().__init__(files)
        self.wrapper = ["env", f"--chdir={self.room}"]

    def arguments(self):
        return ["-o", "http.listen=127.0.0.1:0", "articles"]


class ControlTest(SystemTest):
    def ctl(self, gazetted, *arguments, status=0):
        got, output, errors = ctl("-s", gazetted.directory, *arguments)
        self.assertEqual(got, status, output + errors)
        return output if status == 0 else errors

    def json(self, gazetted, *arguments):
        return json.loads(self.ctl(gazetted, "--json", *arguments))


class Status(ControlTest):
    def test_status_says_what_is_going_on(self):
        gazetted = self.gazetted({"a.md": article("One"), "bad.md": "---\ntitle: x\n---\n",
                                  "later.md": article("Later", date="2099-01-01T00:00:00Z")})
        gazetted.get("/feed.atom")
        status = self.json(gazetted, "status")
        self.assertEqual((status["state"], status["pid"]), ("ready", gazetted.process.pid))
        articles = status["articles"]
        self.assertEqual((articles["published"], articles["waiting"], articles["rejected"]),
                         (1, 1, 1))
        self.assertRegex(articles["problems"][0], r"^bad\.md:.*\[date-missing\]")
        self.assertEqual(articles["next_change"], "2099-01-01T00:00:00.000Z")
        self.assertGreaterEqual(status["http"]["answers_2xx"], 1)
        self.assertIn(f"127.0.0.1:{gazetted.port}", status["http"]["listeners"])
        self.assertEqual((status["http"]["workers"], status["http"]["silent_workers"]), (1, 0))
        self.assertGreater(status["store"]["bytes"], 0)
        text = self.ctl(gazetted, "status")
        self.assertRegex(text, r"(?m)^state +ready$")
        self.assertRegex(text, r"(?m)^articles +1 published, 1 waiting, 1 rejected")
        self.assertRegex(text, r"(?m)^problems +bad\.md")

    def test_topics_and_subscribers(self):
        gazetted = self.gazetted({"a.md": article("One"), "news/b.md": article("Two")})
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber, secret="hidden-secret", name="/cb?token=1")
        gazetted.subscribe(subscriber, "/feed.rss", "/cb2")
        topics = {row["topic"]: row for row in self.json(gazetted, "topics")}
        self.assertEqual(len(topics), 6)
        self.assertEqual(topics["/feed.atom"]["subscriptions"], 1)
        self.assertEqual(topics["/c/news/feed.atom"]["subscriptions"], 0)
        self.assertEqual(topics["/feed.atom"]["url"], "http://news.example/feed.atom")
        rows = self.json(gazetted, "subscribers")
        self.assertEqual(len(rows), 2)
        one = self.json(gazetted, "subscribers", "http://news.example/feed.atom")
        self.assertEqual([row["callback"] for row in one], [subscriber.url("/cb?token=1")])
        self.assertEqual(one, self.json(gazetted, "subscribers", "/feed.atom"))
        self.assertEqual(one[0]["signed"], "sha256")
        self.assertNotIn("hidden-secret", json.dumps(rows))
        self.assertIn("is no topic", self.ctl(gazetted, "subscribers", "/none", status=1))
        text = self.ctl(gazetted, "subscribers")
        self.assertRegex(text, r"(?m)^ID +TOPIC +READERS +SIGNED +EXPIRES")
        self.assertEqual(len(text.splitlines()), 3)

    def test_deliveries_and_retry(self):
        gazetted = self.gazetted({"a.md": article("One")}, options=["hub.retry.first=1h"])
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        subscriber.script = [503]
        gazetted.write("b.md", article("Two"))
        subscriber.wait_delivery()
        rows = gazetted.wait(lambda: self.json(gazetted, "deliveries"), "a delivery")
        self.assertEqual((rows[0]["outcome"], rows[0]["status"]), ("failed", 503))
        sub = str(rows[0]["subscription"])
        self.assertEqual(self.json(gazetted, "deliveries", sub), rows)
        self.assertEqual(self.json(gazetted, "deliveries", "999"), [])
        self.ctl(gazetted, "deliveries", "x", status=2)
        owed = self.json(gazetted, "subscribers")[0]
        self.assertEqual(owed["attempts"], 1)
        self.assertIsNotNone(owed["next_attempt"])
        self.assertEqual(self.json(gazetted, "retry"), {"retries": 1})
        subscriber.wait_delivery(since=1)
        gazetted.wait(lambda: self.json(gazetted, "deliveries")[0]["outcome"] == "delivered",
                      "the retry")
        self.assertRegex(self.ctl(gazetted, "deliveries"),
                         r"(?m)^AT +WHAT +SUBSCRIPTION +HOST +OUTCOME")

    def test_readers_denials_and_pings(self):
        other, subscriber = self.subscriber(), self.subscriber()
        gazetted = self.gazetted({"a.md": article("One"), "news/b.md": article("Two")},
                                 options=[f"hub.external=['{other.url('/')}']"])
        subscriber.headers = {"X-Hub-On-Behalf-Of": "17"}
        gazetted.subscribe(subscriber)
        gazetted.subscribe(subscriber, "/c/news/feed.atom", "/news")
        gazetted.get("/feed.atom", {"User-Agent": "Fetcher/1.0 (+http://x/; 25 subscribers)"})
        gazetted.write("c.md", article("Three", "2026-05-03T10:00:00+08:00"))
        topic = gazetted.wait(lambda: next(
            (row for row in self.json(gazetted, "topics") if row["readers"] == 42), None),
            "the readers")
        self.assertEqual((topic["topic"], topic["readers_pushed"], topic["readers_polled"]),
                         ("/feed.atom", 17, 25))
        self.assertEqual({row["topic"]: row["readers"]
                          for row in self.json(gazetted, "subscribers")},
                         {"/feed.atom": 17, "/c/news/feed.atom": None})
        self.assertRegex(self.ctl(gazetted, "topics"), r"(?m)^/feed\.atom +1 +42 ")
        hub = self.json(gazetted, "status")["hub"]
        self.assertEqual((hub["readers_pushed"], hub["readers_polled"]), (17, 25))
        gazetted.wait(lambda: self.json(gazetted, "status")["hub"]["pings"] > 1, "the pings")
        pings = [r for r in self.json(gazetted, "deliveries") if r["what"] == "ping"]
        self.assertEqual({(r["outcome"], r["subscription"]) for r in pings},
                         {("delivered", None)})
        gazetted.stop()
        gazetted.options.append("feeds.by=[]")
        gazetted.start()
        row = gazetted.wait(lambda: next((row for row in self.json(gazetted, "deliveries")
                                          if row["what"] == "denial"), None), "the denial")
        self.assertEqual((row["subscription"], row["outcome"]), (None, "delivered"))
        self.assertTrue(row["host"].startswith("http://127.0.0.1:"), row)
        self.assertRegex(self.ctl(gazetted, "status"), r"(?m)^ +1 denied, 0 refused, \d+ pings")


class Explain(ControlTest):
    def test_every_reason(self):
        gazetted = self.gazetted({
            "news/out.md": article("Out", id="urn:x:out"),
            "draft.md": article("Draft", status="draft"),
            "later.md": article("Later", date="2099-01-01T00:00:00Z"),
            "secret.md": article("Secret", embargo="2099-01-01T00:00:00Z"),
            "past.md": article("Past", expires="2026-06-01T00:00:00Z"),
            "bad.md": "---\ntitle: x\n---\n"}, options=["articles.delete_grace=1h"])
        self.explained = lambda name: self.json(gazetted, "explain", name)
        out = self.explained("urn:x:out")
        self.assertEqual(out, self.explained("news/out.md"))
        self.assertEqual(out, self.explained(out["slug"]))
        self.assertEqual((out["state"], out["visible"], out["version"]), ("published", True, 1))
        self.assertEqual(out["feeds"], ["/feed.atom", "/feed.rss", "/feed.json",
                                        "/c/news/feed.atom", "/c/news/feed.rss",
                                        "/c/news/feed.json"])
        self.assertIsNotNone(out["visible_since"])
        for path, state in (("draft.md", "draft"), ("later.md", "scheduled"),
                            ("secret.md", "embargoed"), ("past.md", "expired"),
                            ("bad.md", "rejected")):
            with self.subTest(path):
                got = self.explained(path)
                self.assertEqual((got["state"], got["visible"], got["feeds"]),
                                 (state, False, []))
        self.assertEqual(self.explained("later.md")["next_change"], "2099-01-01T00:00:00.000Z")
        self.assertRegex(self.explained("bad.md")["problem"], r"^bad\.md:.*date")
        gazetted.write("news/out.md", "---\ntitle: Out\n---\nno date any more\n")
        gazetted.wait(lambda: self.explained("urn:x:out")["state"] == "rejected", "the refusal")
        self.assertTrue(self.explained("urn:x:out")["visible"])
        gazetted.delete("news/out.md")
        gazetted.wait(lambda: self.explained("urn:x:out")["deletion_due"], "the deletion")
        self.assertIn("no article has this", self.ctl(gazetted, "explain", "none", status=1))
        self.assertRegex(self.ctl(gazetted, "explain", "draft.md"), r"^state +draft: the file")

    def test_hold_kill_and_release(self):
        gazetted = self.gazetted({"a.md": article("One", id="urn:x:1"), "b.md": article("Two")})
        self.assertEqual(self.json(gazetted, "hold", "urn:x:1")["id"], "urn:x:1")
        gazetted.wait_no_title("One")
        self.assertEqual(self.json(gazetted, "explain", "a.md")["state"], "on hold")
        gazetted.restart()
        self.assertEqual(gazetted.titles(), ["Two"])
        self.ctl(gazetted, "release", "a.md")
        gazetted.wait_title("One")
        self.ctl(gazetted, "kill", "a.md", "wrong number in it")
        slug = self.json(gazetted, "explain", "a.md")["slug"]
        gazetted.wait(lambda: gazetted.get(f"/a/{slug}").status == 410, "the withdrawal")
        why = self.json(gazetted, "explain", "urn:x:1")
        self.assertEqual((why["state"], why["note"]), ("killed", "wrong number in it"))
        self.assertIn("wrong number in it", gazetted.get(f"/a/{slug}").body.decode())
        self.assertIn("no article has this", self.ctl(gazetted, "kill", "none", status=1))
        self.ctl(gazetted, "release", "a.md")
        gazetted.wait(lambda: gazetted.get(f"/a/{slug}").status == 200, "the release")

    def test_a_kill_names_its_substitute(self):
        gazetted = self.gazetted({"a.md": article("One", id="urn:x:1"),
                                  "b.md": article("Better", id="urn:x:2"),
                                  "c.md": article("Draft", id="urn:x:3", draft=True)})
        for other in ("urn:x:1", "urn:x:3", "none"):
            self.assertIn("instead of", self.ctl(gazetted, "kill", "urn:x:1", "--substitute",
                                                 other, status=1))
        self.assertEqual(self.json(gazetted, "explain", "a.md")["state"], "published")
        self.ctl(gazetted, "kill", "urn:x:1", "--substitute", "urn:x:2", "A figure is wrong.")
        gazetted.wait(lambda: gazetted.get("/a/a").status == 410, "the withdrawal")
        for path in ("/feed.atom", "/feed.rss", "/feed.json", "/a/a"):
            text = gazetted.get(path).body.decode()
            self.assertIn("A figure is wrong. ", text, path)
            self.assertIn("Better http://news.example/a/b", text, path)

    def test_who_forgets_a_word_is_told_which(self):
        gazetted = self.gazetted({"a.md": article("One")})
        self.assertIn("usage: gazettectl kill ID [--substitute ID] [REASON]\n",
                      self.ctl(gazetted, "kill", status=2))
        self.assertIn("usage: gazettectl explain ID\n",
                      self.ctl(gazetted, "explain", "a", "b", status=2))

    def test_mass_deletes_are_held_until_confirmed(self):
        gazetted = self.gazetted({f"{i}.md": article(f"T{i}") for i in range(5)},
                                 options=["articles.mass_delete_limit=2"])
        for i in range(4):
            gazetted.delete(f"{i}.md")
        gazetted.wait(lambda: self.json(gazetted, "status")["state"] == "deletions held",
                      "the hold")
        self.assertEqual(len(gazetted.titles()), 5)
        self.assertEqual(self.json(gazetted, "explain", "1.md")["state"], "held")
        held = self.json(gazetted, "status")["articles"]["held"]
        self.assertEqual(sorted(h["path"] for h in held), [f"{i}.md" for i in range(4)])
        self.assertEqual(self.json(gazetted, "confirm-deletes"), {"deleted": 4})
        gazetted.wait(lambda: gazetted.titles() == ["T4"], "the deletion")
        self.assertEqual(self.json(gazetted, "explain", "1.md")["state"], "deleted")
        self.assertEqual(self.json(gazetted, "status")["state"], "ready")


class Reload(ControlTest):
    def test_reload_says_what_changed(self):
        gazetted = self.gazetted({"a.md": article("One")}, config="", is_started=False)
        gazetted.options.append(f"admin.socket={gazetted.path('control.sock')}")

        def configure(more):
            with open(gazetted.config, "w") as file:
                file.write("\n" + more)

        configure("")
        gazetted.start()
        self.assertEqual(self.json(gazetted, "reload"), {"changes": "nothing changed"})
        configure("log: {level: debug}\narticles: {poll: 5s}\n")
        changes = self.json(gazetted, "reload")["changes"]
        self.assertIn("log.level now", changes)
        self.assertIn("articles.poll at the next start", changes)
        configure("log: {level: loud}\n")
        errors = self.ctl(gazetted, "reload", status=1)
        self.assertRegex(errors, r"nothing changed: .*gazetted\.yaml:2:14: ")
        status = self.json(gazetted, "status")
        self.assertFalse(status["reload"]["ok"])
        self.assertIn("loud", status["reload"]["text"])


class Backup(ControlTest):
    def test_backup_of_a_running_daemon_is_a_database(self):
        gazetted = self.gazetted({"a.md": article("One")})
        path = os.path.join(gazetted.room, "copy.db")
        self.ctl(gazetted, "backup", path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with sqlite3.connect(path) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.assertEqual(db.execute("SELECT count(*) FROM article").fetchone(), (1,))
        dated = self.json(gazetted, "backup", os.path.join(gazetted.room, "%F-%%.db"))["backup"]
        self.assertRegex(dated, r"/\d{4}-\d\d-\d\d-%\.db$")
        self.assertTrue(os.path.exists(dated))
        self.assertIn("expected %F", self.ctl(gazetted, "backup", "x%s", status=1))
        gazetted.write("b.md", article("Two"))
        gazetted.wait_title("Two")
        errors = self.ctl(gazetted, "backup", gazetted.path("no/such/copy.db"), status=1)
        self.assertIn("No such file or directory", errors)
        database = gazetted.path(".gazetted/gazetted.db")
        self.assertIn("is the database itself", self.ctl(gazetted, "backup", database, status=1))
        self.ctl(gazetted, "backup", status=2)

    def test_backup_of_a_daemon_that_was_started_elsewhere(self):
        gazetted = Relative({"a.md": article("One")})
        self.addCleanup(gazetted.close)
        gazetted.start()
        path = os.path.join(gazetted.room, "copy.db")
        database = self.json(gazetted, "backup", path)["database"]
        self.assertTrue(os.path.samefile(database, gazetted.path(".gazetted/gazetted.db")))
        self.assertTrue(os.path.exists(path))

    def test_backup_without_a_daemon_reads_the_configuration(self):
        gazetted = self.gazetted({"a.md": article("One")}, config="", is_started=False)
        with open(gazetted.config, "w") as file:
            file.write(f"articles: {{directory: {gazetted.directory}}}\n"
                       f"store: {{directory: {gazetted.room}/state}}\n")
        gazetted.start()
        gazetted.stop()
        path = os.path.join(gazetted.room, "copy.db")
        status, _, errors = ctl("-c", gazetted.config, "backup", path)
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(os.path.exists(path))

    def test_restore_puts_the_copy_back_and_keeps_the_other(self):
        gazetted = self.gazetted({"a.md": article("One", id="urn:x:1")})
        subscriber = self.subscriber()
        path = os.path.join(gazetted.room, "copy.db")
        gazetted.subscribe(subscriber)
        self.ctl(gazetted, "backup", path)
        gazetted.write("b.md", article("Two"))
        gazetted.wait_title("Two")
        arguments = [os.path.join(BUILD, "gazetted"), "--restore", path, *gazetted.arguments()]

        def restore():
            done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, env=environment())
            return done.returncode, done.stdout

        status, output = restore()
        self.assertEqual(status, 1)
        self.assertIn("is in use; stop the daemon first", output)
        self.assertEqual(sorted(gazetted.titles()), ["One", "Two"])
        gazetted.stop()
        status, output = restore()
        self.assertEqual(status, 0, output)
        old = re.search(r"what was there is now (\S+)", output).group(1)
        with sqlite3.connect(old) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM article").fetchone(), (2,))
        gazetted.start()
        gazetted.wait_title("Two")
        self.assertEqual(len(self.json(gazetted, "subscribers")), 1)
        gazetted.stop()
        arguments[2] = gazetted.path("a.md")
        status, output = restore()
        self.assertEqual((status, "file is not a database" in output), (1, True))
        gazetted.start()
        self.assertEqual(len(self.json(gazetted, "subscribers")), 1)

    def on_terminal(self, *words):
        """What a terminal shows of standard error."""
        master, slave = pty.openpty()
        done = subprocess.Popen([PROGRAM, *words], stderr=slave, stdout=subprocess.PIPE,
                                env=environment())
        os.close(slave)
        shown = b""
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:
            pass
        os.close(master)
        done.communicate(timeout=60)
        self.assertEqual(done.returncode, 0, shown)
        return shown.decode()

    def test_the_bar_is_for_terminals(self):
        gazetted = self.gazetted({f"{i}.md": article(f"T{i}") for i in range(3)})
        path = os.path.join(gazetted.room, "copy.db")
        for words, bar in ((("-s", gazetted.directory, "backup", path), r"backup \[#+\] 100 %"),
                           (("check", gazetted.directory), r"check \[[#-]+\] +\d+ % \d/3")):
            with self.subTest(words=words):
                shown = self.on_terminal(*words)
                self.assertRegex(shown, bar)
                self.assertTrue(shown.endswith("\r\x1b[K"), shown)
                status, _, errors = ctl(*words)
                self.assertEqual((status, errors), (0, ""))


class Socket(ControlTest):
    def test_the_socket_is_private_and_goes_with_the_daemon(self):
        gazetted = self.gazetted({"a.md": article("One")})
        path = gazetted.path(".gazetted/control.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
        gazetted.kill9()
        self.assertTrue(os.path.exists(path))
        gazetted.start()
        self.assertEqual(self.json(gazetted, "status")["state"], "ready")
        gazetted.stop()
        self.assertFalse(os.path.exists(path))
        self.assertEqual(ctl("status", cwd=gazetted.room)[0], 1)
        status, _, errors = ctl("-s", path, "status")
        self.assertEqual(status, 1)
        self.assertIn("No such file or directory", errors)

    def test_a_second_daemon_does_not_take_the_socket(self):
        gazetted = self.gazetted({"a.md": article("One")})
        path = gazetted.path(".gazetted/control.sock")
        other = self.gazetted({"a.md": article("One")}, is_started=False,
                              options=[f"admin.socket={path}"])
        other.process = subprocess.Popen(
            [os.path.join(BUILD, "gazetted"), *other.arguments()], stderr=subprocess.PIPE,
            text=True, env=environment())
        _, errors = other.process.communicate(timeout=60)
        self.assertEqual(other.process.returncode, 1)
        other.process = None
        self.assertIn("another daemon answers there", errors)
        self.assertEqual(self.json(gazetted, "status")["state"], "ready")

    def test_idle_and_garbage_connections_do_not_hinder(self):
        gazetted = self.gazetted({"a.md": article("One")})
        path = gazetted.path(".gazetted/control.sock")
        held = []
        for i in range(20):
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            if i % 2:
                client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            held.append(client)
        self.assertEqual(self.json(gazetted, "status")["state"], "ready")
        self.assertEqual(gazetted.get("/feed.atom").status, 200)
        for client in held:
            client.close()

    def test_asked_by_many_at_once(self):
        gazetted = self.gazetted({"a.md": article("One")})
        states = []

        def ask():
            states.append(self.json(gazetted, "status")["state"])

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(states, ["ready"] * 8)

    @unittest.skipIf(os.geteuid() != 0, "only root can ask as somebody else")
    def test_who_may_ask(self):
        gazetted = self.gazetted({"a.md": article("One")}, is_started=False)
        path = os.path.join(gazetted.room, "control.sock")
        gazetted.options.append(f"admin.socket={path}")
        os.chmod(gazetted.room, 0o755)
        gazetted.start()
        os.chown(path, -1, 60000)

        def ask(groups):
            return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", *groups, PROGRAM,
                                   "-s", path, "status"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=environment())

        done = ask(["--clear-groups"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("Permission denied", done.stdout)
        self.assertEqual(ask(["--groups=60000"]).returncode, 0)
        os.chmod(path, 0o666)
        done = ask(["--clear-groups"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("not allowed", done.stdout)
        gazetted.wait_line(r"control: refused uid=65534")


class CheckDirectory(ControlTest):
    def test_a_directory_is_summed_up(self):
        gazetted = self.gazetted({"a.md": article("One"), "news/bad.md": "---\ntitle: x\n---\n",
                                  ".hidden/c.md": article("Hidden"), "notes.pdf": "x",
                                  "news/b.md": article("Two", id="same"),
                                  "news/c.md": article("Three", id="same")}, is_started=False)
        status, output, errors = ctl("check", gazetted.directory)
        self.assertEqual((status, errors), (1, ""))
        lines = output.splitlines()
        self.assertEqual(lines[-1], f"{gazetted.directory}: 4 articles, 2 of them wrong")
        self.assertEqual(len(lines), 3)
        self.assertRegex(output, r"(?m)^\S+/news/bad\.md:.*\[date-missing\]$")
        self.assertRegex(output, r"(?m)^\S+/news/c\.md: .*\[id-conflict\]$")
        status, output, _ = ctl("--json", "check", gazetted.directory)
        rows = json.loads(output)
        self.assertEqual([os.path.basename(row["file"]) for row in rows],
                         ["a.md", "b.md", "bad.md", "c.md"])
        status, output, _ = ctl("check", gazetted.path("a.md"))
        self.assertEqual(status, 0)
        self.assertRegex(output, r"(?m)^  title +One")


class Usage(ControlTest):
    def test_what_is_wrong_with_the_command(self):
        self.assertIn("statsu; did you mean 'status'?", ctl("statsu")[2])
        self.assertIn("leger; did you mean 'ledger'?", ctl("leger")[2])
        for arguments in ((), ("nonsense",), ("--wrong", "status"), ("backup",), ("-s",)):
            with self.subTest(arguments):
                status, _, errors = ctl(*arguments)
                self.assertEqual(status, 2)
                self.assertTrue(re.search(r"(?m)^usage: ", errors), errors)
