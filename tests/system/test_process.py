"""The process: command line, configuration errors, signals, and what it says when it cannot
start."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

from tests.system.gazetted import (DEADLINE, PROGRAM, SystemTest, article, environment,
                                   run)

GOOD = """site:
  title: Gazette
  base_url: http://news.example
articles:
  settle: 30ms
http:
  listen: [127.0.0.1:0]
store:
  uri: sqlite:{room}/state.db
"""


class Threads(SystemTest):
    def test_readers_go_first(self):
        """By niceness; before the others of this machine too, where that is permitted."""
        gazetted = self.gazetted({"a.md": article("One")}, options=["http.workers=1"])
        tasks, own = f"/proc/{gazetted.process.pid}/task", os.getpriority(os.PRIO_PROCESS, 0)

        def niceness():
            found = {}
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/comm") as file:
                    found[file.read().strip()] = os.getpriority(os.PRIO_PROCESS, int(task))
            return found

        def behind(by):
            return min(own + by, 19)

        gazetted.wait(lambda: {name: niceness().get(name) for name in
                               ("gazetted", "worker-0-out", "press")} ==
                      {"gazetted": behind(5), "worker-0-out": behind(5), "press": behind(10)},
                      "the order of the threads")
        self.assertIn(niceness()["worker-0"], (own, max(own - 5, -20)))


class Signals(SystemTest):
    def test_sigterm_and_sigint_end_with_status_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            gazetted = self.gazetted({"a.md": article("One")})
            gazetted.signal(number)
            self.assertEqual(gazetted.finish(DEADLINE), 0)

    def test_state_is_kept_beside_the_articles(self):
        gazetted = self.gazetted({"a.md": article("One")})
        gazetted.stop()
        self.assertTrue(os.path.exists(gazetted.path(".gazetted/gazetted.db")))
        mode = os.stat(gazetted.path(".gazetted")).st_mode & 0o077
        self.assertEqual(mode & 0o007, 0, "others may read the secrets")
        gazetted.start()

    def configured(self, text):
        gazetted = self.gazetted({"a.md": article("One")}, config="", is_started=False)
        self.configure(gazetted, text)
        return gazetted.start()

    @staticmethod
    def configure(gazetted, text):
        with open(gazetted.config, "w") as file:
            file.write(text.replace("{room}", gazetted.room))

    def test_sighup_with_a_broken_file_changes_nothing(self):
        gazetted = self.configured(GOOD)
        before = gazetted.get("/feed.atom")
        self.configure(gazetted, GOOD + "  sqlite: [\n")
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_line(r"gazetted\.yaml:\d+:\d+: ")
        after = gazetted.get("/feed.atom")
        self.assertEqual((before.body, before.header("ETag")),
                         (after.body, after.header("ETag")))
        gazetted.write("b.md", article("Two"))
        gazetted.wait_title("Two")

    def test_sighup_with_a_good_file_goes_on(self):
        gazetted = self.configured(GOOD)
        since = len(gazetted.lines)
        self.configure(gazetted, GOOD + "log: {level: debug}\n")
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_line(r"reload", since)
        gazetted.write("b.md", article("Two"))
        gazetted.wait_title("Two")


class Terminal(SystemTest):
    def shown(self, gazetted, until):
        """What a terminal shows from the start to UNTIL."""
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, *gazetted.arguments()], stdin=subprocess.DEVNULL,
                                   stdout=slave, stderr=slave, env=environment())
        os.close(slave)
        seen, end = b"", time.monotonic() + 6 * DEADLINE
        while until not in seen and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 65536)
        process.send_signal(signal.SIGTERM)
        status = None
        while status is None:  # it must not wait for a terminal that nobody reads
            if select.select([master], [], [], 0.05)[0]:
                try:
                    os.read(master, 65536)
                except OSError:
                    pass
            status = process.poll()
        os.close(master)
        self.assertEqual(status, 0, seen)
        return seen.decode()

    def test_the_first_scan_has_a_bar(self):
        files = {f"{i % 7}/{i}.md": article(f"T{i}") for i in range(600)}
        files |= {f"{i}/bad.md": "---\ntitle: x\n---\n" for i in range(7)}
        gazetted = self.gazetted(files, is_started=False)
        seen = self.shown(gazetted, b"ready\r\n")
        bars = re.findall(r"\rfirst scan \[#*-*\] +(\d+) % (\d+)/(\d+)\x1b\[K", seen)
        self.assertGreater(len(bars), 1, seen)
        self.assertLess(int(bars[0][1]), 607)
        self.assertEqual({total for _, _, total in bars[-1:]}, {"607"})
        # a line of the log stands on its own, and the end is without a bar
        self.assertEqual(len(re.findall(r"(?:\n|\x1b\[K)\d/bad\.md: ", seen)), 7, seen)
        after = seen[seen.rindex("first scan"):]
        self.assertIn("\r\x1b[K", after)
        self.assertTrue(after.endswith("ready\r\n"))

    def test_elsewhere_there_is_none(self):
        gazetted = self.gazetted({f"{i}.md": article(f"T{i}") for i in range(300)})
        self.assertEqual(gazetted.matching("first scan|\x1b"), [])


class Refusals(SystemTest):
    def setUp(self):
        super().setUp()
        room = tempfile.TemporaryDirectory(prefix="gazetted-system.")
        self.addCleanup(room.cleanup)
        self.room = room.name
        self.articles = os.path.join(self.room, "articles")
        os.mkdir(self.articles)

    def write(self, name, text):
        path = os.path.join(self.room, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def assert_one_line(self, status, outcome, *words):
        got, stdout, stderr = outcome
        self.assertEqual(got, status, stderr)
        lines = [line for line in stderr.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, stderr)
        self.assertEqual(stdout, "")
        for word in words:
            self.assertIn(word, lines[0])

    def test_port_in_use(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            address = "127.0.0.1:%d" % sock.getsockname()[1]
            outcome = run("-o", f"http.listen={address}", self.articles)
        self.assert_one_line(1, outcome, address, "Address already in use")

    def test_article_directory_missing_or_not_a_directory(self):
        outcome = run("-o", "http.listen=127.0.0.1:0", os.path.join(self.room, "none"))
        self.assert_one_line(1, outcome, "none", "No such file or directory")
        outcome = run("-o", "http.listen=127.0.0.1:0", self.write("file", ""))
        self.assert_one_line(1, outcome, "file", "ot a directory")

    def test_no_such_character_set(self):
        outcome = run("-o", "http.listen=127.0.0.1:0", "-o", "articles.fallback_charset=klingon",
                      self.articles)
        self.assert_one_line(1, outcome, "articles.fallback_charset: klingon")

    def test_article_directory_unreadable(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        os.chmod(self.articles, 0)
        outcome = run("-o", "http.listen=127.0.0.1:0", self.articles)
        os.chmod(self.articles, 0o700)
        self.assert_one_line(1, outcome, "articles", "Permission denied")

    def test_state_cannot_be_written(self):
        state = os.path.join(self.write("file", ""), "gazetted.db")
        outcome = run("-o", "http.listen=127.0.0.1:0", "-o", f"store.uri=sqlite:{state}",
                      self.articles)
        self.assert_one_line(1, outcome, state)
        os.mkdir(os.path.join(self.room, "other"))
        self.write("other/.gazetted", "a file where the directory should be")
        outcome = run("-o", "http.listen=127.0.0.1:0", os.path.join(self.room, "other"))
        self.assert_one_line(1, outcome, ".gazetted")

    def test_bad_configuration_names_the_place(self):
        for text, place, word in (
                ("site:\n  titel: x\n", ":2:3: ", "title"),
                ("http:\n  max_age: fast\n", ":2:12: ", "fast"),
                ("http:\n  listen: [nowhere]\n", ":2:12: ", "nowhere"),
                ("site: [\n", ":2:1: ", ""),
                ("hub:\n  chunk: -1\n", ":2:10: ", "-1")):
            with self.subTest(text=text):
                path = self.write("bad.yaml", text)
                self.assert_one_line(2, run("-t", "-c", path, self.articles), path + place, word)
                self.assert_one_line(2, run("-c", path, self.articles), path + place, word)

    def test_bad_options_and_usage(self):
        self.assert_one_line(2, run("-o", "http.lisen=127.0.0.1:0", self.articles),
                             "http.lisen", "listen")
        self.assert_one_line(2, run("-o", "http.max_age=fast", self.articles), "max_age")
        for arguments in ((), ("--nonsense",), (self.articles, "two"), ("-c",)):
            with self.subTest(arguments=arguments):
                status, _, stderr = run(*arguments)
                self.assertEqual(status, 2)
                self.assertTrue(stderr)
        outcome = run("-c", os.path.join(self.room, "none.yaml"))
        self.assert_one_line(2, outcome, "none.yaml", "No such file or directory")


class Inspection(SystemTest):
    def test_version(self):
        status, stdout, _ = run("--version")
        self.assertEqual(status, 0)
        self.assertRegex(stdout, r"^gazetted \d+\.\d+\.\d+\n")

    def test_check_of_a_good_configuration(self):
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "good.yaml")
            with open(path, "w") as file:
                file.write(GOOD.replace("{room}", room))
            status, _, stderr = run("-t", "-c", path, room)
            self.assertEqual(status, 0, stderr)
            self.assertFalse(os.path.exists(os.path.join(room, "state.db")))
            self.assertEqual(stderr, "")

    def test_check_notes_what_is_not_there(self):
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "other.yaml")
            with open(path, "w") as file:
                file.write(f"""site: {{timezone: Asia/Peking, css: {room}/none.css}}
articles: {{directory: {room}/none, fallback_charset: klingon}}
partners: [{{name: county, token_file: {room}/county.token}}]
rights: [{{name: all, public: full}}]
""")
            status, stdout, stderr = run("-t", "-c", path)
            self.assertEqual((status, stdout), (0, "the configuration is valid\n"), stderr)
            for word in ("articles.directory: ", "Asia/Peking", "site.css: ", "klingon",
                         "county.token: No such file"):
                self.assertRegex(stderr, "(?m)^note: .*" + word)

    def test_dump_is_a_configuration_that_dumps_the_same(self):
        with tempfile.TemporaryDirectory() as room:
            status, first, stderr = run("--dump", "-o", "http.max_age=17s", "-o",
                                        "hub.callbacks.ports=[]", room)
            self.assertEqual(status, 0, stderr)
            self.assertIn("17s", first)
            path = os.path.join(room, "dumped.yaml")
            with open(path, "w") as file:
                file.write(first)
            status, second, stderr = run("--dump", "-c", path)
            self.assertEqual(status, 0, stderr)
            self.assertEqual(first, second)
