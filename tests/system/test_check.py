"""`gazettectl check`: the fields, origins and errors of article files, without a daemon."""
import contextlib
import datetime
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from tests.system.gazetted import BUILD, CORPUS, article, environment

PROGRAM = os.path.join(BUILD, "gazettectl")
# What the corpus says beyond the file itself: its own numbering and the rights policy.
NOT_FIELDS = {"no", "notes", "public_now", "rights_rule", "audience_now", "sanitise", "html"}
INSTANTS = {"published", "updated", "scheduled_for", "embargo_until", "expires", "at"}


def run(*arguments, cwd=CORPUS):
    done = subprocess.run([PROGRAM, *arguments], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(), timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def comparable(key, value):
    """Times compare as instants."""
    if key in INSTANTS and value is not None:
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


class CheckTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            cls.expected = json.load(file)

    def check(self, *arguments, status=0, cwd=CORPUS):
        got, output, errors = run("--json", "check", *arguments, cwd=cwd)
        self.assertEqual((got, errors), (status, ""), output)
        return json.loads(output)

    def assertFields(self, got, want, where):
        """GOT has everything that WANT has, and may have more keys."""
        if isinstance(want, dict) and isinstance(got, dict):
            for key, value in want.items():
                self.assertIn(key, got, where)
                self.assertFields(comparable(key, got[key]), comparable(key, value),
                                  f"{where}.{key}")
        elif isinstance(want, list) and isinstance(got, list):
            self.assertEqual(len(got), len(want), f"{where}: {got} {want}")
            for i, (one, other) in enumerate(zip(got, want)):
                self.assertFields(one, other, f"{where}[{i}]")
        else:
            self.assertEqual(got, want, where)

    def test_corpus(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
            config.write(f"articles: {{directory: .}}\n"
                         f"site: {{base_url: '{self.expected['site_base']}'}}\n")
            config.flush()
            files = [a["file"] for a in self.expected["articles"]]
            objects = self.check("-c", config.name, "--at", self.expected["test_clock"], *files)
        self.assertEqual([o["file"] for o in objects], files)
        for got, want in zip(objects, self.expected["articles"]):
            for key in sorted(set(want) - NOT_FIELDS):
                with self.subTest(want["file"], key=key):
                    self.assertFields({key: got[key]}, {key: want[key]}, want["file"])
            with self.subTest(want["file"], key="origin"):
                self.assertEqual(got["errors"], [])
                self.assertTrue(got["origin"]["title"])

    def test_invalid_files(self):
        for case in self.expected["invalid"]:
            with self.subTest(case["file"]):
                files = [case["file"]]
                other = re.search(r"same id as (S\d+)", case["expect_error"])
                if other:
                    files = [a["file"] for a in self.expected["articles"]
                             if a["no"] == other.group(1)] + files
                error, = self.check(*files, status=1)[-1]["errors"]
                self.assertEqual(error["class"], case["expect_error"].split()[0])
                self.assertTrue(error["message"])
                if "line 2, column 9" in case["expect_error"]:
                    self.assertEqual((error["line"], error["column"]), (2, 9))
                    self.assertTrue(error["hint"])

    def test_text(self):
        status, output, _ = run("check", "articles/md/2026-05-08-library-hours.md")
        self.assertEqual(status, 0)
        self.assertRegex(output, r"(?m)^  title +市图书馆延长开放时间：每周五至 21:00  \(.+\)$")
        status, output, _ = run("check", "invalid/bad-yaml-colon.md")
        self.assertEqual(status, 1)
        self.assertRegex(output, r"^invalid/bad-yaml-colon\.md:2:9: .+ \[yaml-syntax\]\n$")

    def test_terminal_is_left_alone(self):
        with tempfile.TemporaryDirectory() as room:
            with open(os.path.join(room, "a.md"), "w") as file:
                file.write(article("A"))
            os.rename(os.path.join(room, "a.md"), os.path.join(room, "a\x1b[2J\x9b.md"))
            status, output, _ = run("check", "a\x1b[2J\x9b.md", cwd=room)
        self.assertEqual(status, 0, output)
        self.assertTrue(output.startswith("a\\x1b[2J\\x9b.md\n"), output)

    def test_companions(self):
        with tempfile.TemporaryDirectory() as room:
            os.makedirs(os.path.join(room, "site", "news"))
            for path, text in {
                    "_channel.yaml": "source: outer\n",
                    "site/news/_channel.yaml": "source: inner\n",
                    "site/news/a.md": article("A"),
                    "site/news/b.txt.meta.json": "{}",
                    "site/news/p.png": "12345",
                    "site/news/p.png.meta.yaml": "title: P\ndate: 2026-05-01\n",
                    "site/news/q.png": "1"}.items():
                with open(os.path.join(room, path), "w") as file:
                    file.write(text)
            a, p, q, missing = self.check("site/news/a.md", "site/news/p.png", "site/news/q.png",
                                          "site/news/none.md", status=1, cwd=room)
        self.assertEqual((a["title"], a["source"]), ("A", "inner"))
        self.assertEqual((p["format"], p["title"], p["errors"]), ("sidecar", "P", []))
        self.assertEqual(q["errors"][0]["class"], "not-an-article")
        self.assertEqual(missing["errors"][0]["class"], "unreadable")
        self.assertIn("No such file", missing["errors"][0]["message"])
        self.assertEqual(set(a), set(missing))

    def test_a_file_that_the_parser_cannot_finish(self):
        """Each child is stopped as it comes, as if the file had stopped it."""
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "a.html")
            # the leak checker's own child must not be stopped
            no_leak_check = dict(environment(), ASAN_OPTIONS="detect_leaks=0")
            with open(path, "w") as file:
                file.write("<h1>t</h1><p>" + "&" * (4 << 20))
            process = subprocess.Popen([PROGRAM, "--json", "check", path],
                                       stdout=subprocess.PIPE, env=no_leak_check)
            children = f"/proc/{process.pid}/task/{process.pid}/children"
            end = time.monotonic() + 30
            while process.poll() is None:
                self.assertLess(time.monotonic(), end)
                with open(children) as file:
                    for child in file.read().split():
                        with contextlib.suppress(ProcessLookupError):  # it ended just now
                            os.kill(int(child), signal.SIGSTOP)
                time.sleep(0.001)
            output = process.stdout.read()
            process.stdout.close()
        self.assertEqual(process.returncode, 1)
        self.assertEqual(json.loads(output)[0]["errors"][0]["class"], "parser-killed")

    def test_usage(self):
        for arguments in ((), ("check",), ("--no", "check"), ("check", "--at"),
                          ("check", "--at", "someday", "policy.md"),
                          ("-c", "none.yaml", "check", "policy.md")):
            with self.subTest(arguments):
                status, output, errors = run(*arguments)
                self.assertEqual((status, output), (2, ""))
                self.assertTrue(errors)
        self.assertEqual(run("--help")[0], 0)
        self.assertRegex(run("--version")[1], r"^gazettectl \d+\.\d+\.\d+\n$")
