"""What happens by itself at an instant, with a wall clock that jumps: articles appear and go
within a second of their time, whatever the clock did before and whether the program ran."""
import datetime
import email.utils
import glob
import os
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from tests.system.gazetted import TOP, SystemTest, article

HOUR = 3600.0
LATE = 1.0  # an instant is met within that


def build(room):
    compiler = os.environ.get("CC", "cc").split()[-1]
    if not shutil.which(compiler):
        print("SKIPPED system.test_clock: no C compiler", flush=True)
        raise unittest.SkipTest("no C compiler")
    library = os.path.join(room, "clock.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                    os.path.join(TOP, "tests", "system", "clock.c")], check=True)
    return library


class Clock(SystemTest):
    def setUp(self):
        super().setUp()
        self.room = tempfile.mkdtemp(prefix="gazetted-clock.")
        self.addCleanup(shutil.rmtree, self.room)
        self.library, self.file = build(self.room), os.path.join(self.room, "offset")
        self.offset = 0.0
        self.set(0.0)

    def set(self, offset):
        """The program's clock is so many seconds ahead of ours from now on."""
        self.offset = offset
        with open(self.file, "r+b" if os.path.exists(self.file) else "wb") as file:
            file.write(struct.pack("=q", round(offset * 1e9)))

    def now(self):
        return time.time() + self.offset

    def daemon(self, files):
        # one worker: the article that wakes the loops brings a message to it
        gazetted = self.gazetted(files, is_started=False, options=["http.workers=1"])
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        gazetted.wrapper = ["env", f"LD_PRELOAD={self.library}", f"TEST_CLOCK={self.file}",
                            f"ASAN_OPTIONS={options.lstrip(':')}"]
        return gazetted.start()

    def jump(self, gazetted, offset):
        """The kernel wakes a loop when its clock is set; here an article does, once the loop
        would look at the clock again."""
        self.set(offset)
        time.sleep(0.6)
        title = f"Clock {offset}"
        gazetted.write("wake.md", article(title, id="tag:x.example,2026:wake"))
        gazetted.wait_title(title)

    def jump_before(self, gazetted, instant):
        """So long that all is awake before it."""
        self.jump(gazetted, instant - 3 - 4 * gazetted.publishing_s() - time.time())

    @staticmethod
    def at(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(
            timespec="milliseconds")

    @staticmethod
    def queued_s(gazetted):
        """How long the program and this test have wanted a processor and had none, so far."""
        threads = [file for pid in (gazetted.process.pid, os.getpid())
                   for file in glob.glob(f"/proc/{pid}/task/*/schedstat")]
        return sum(int(open(file).read().split()[1]) for file in threads) / 1e9

    def assert_in_time(self, gazetted, title, instant):
        """TITLE appears at INSTANT, not before and hardly later."""
        while self.now() < instant - 0.3:
            self.assertNotIn(title, gazetted.titles())
            time.sleep(0.1)
        queued_s = self.queued_s(gazetted)
        gazetted.wait_title(title)
        self.assertGreaterEqual(self.now(), instant)
        late = self.now() - instant
        queued_s = self.queued_s(gazetted) - queued_s
        self.assertLess(late, LATE + queued_s + 3 * gazetted.publishing_s())

    def test_forward_to_just_before_the_instant(self):
        for field in ("date", "embargo"):
            with self.subTest(field=field):
                instant = self.now() + HOUR
                fields = {"embargo": self.at(instant)} if field == "embargo" else {}
                date = self.at(instant) if field == "date" else "2026-05-01T10:00:00+08:00"
                gazetted = self.daemon({"a.md": article("Later", date, **fields)})
                self.jump_before(gazetted, instant)
                self.assert_in_time(gazetted, "Later", instant)

    def test_forward_over_the_instant(self):
        instant = self.now() + HOUR
        gazetted = self.daemon({"a.md": article("Later", self.at(instant)),
                                "b.md": article("Shorter", expires=self.at(instant))})
        self.assertEqual(gazetted.titles(), ["Shorter"])
        self.jump(gazetted, 2 * HOUR)
        gazetted.wait_title("Later", seconds=30)
        gazetted.wait_no_title("Shorter", seconds=30)

    def test_back_and_on_again(self):
        gazetted = self.daemon({})
        instant = self.now() + 3 + 4 * gazetted.publishing_s()
        gazetted.write("a.md", article("Later", self.at(instant)))
        gazetted.wait_line("article: new path=a.md")
        self.assertNotIn("Later", gazetted.titles())
        self.jump(gazetted, -HOUR)
        while time.time() < instant + 1:  # and then that of the clock before has passed
            self.assertNotIn("Later", gazetted.titles())
            time.sleep(0.2)
        self.jump_before(gazetted, instant)
        self.assert_in_time(gazetted, "Later", instant)

    def test_over_a_restart(self):
        instant = self.now() + HOUR
        gazetted = self.daemon({"a.md": article("Later", self.at(instant)),
                                "b.md": article("Shorter", expires=self.at(instant))})
        self.assertEqual(gazetted.titles(), ["Shorter"])
        gazetted.stop()
        self.set(instant - 4 - 4 * gazetted.start_s - time.time())
        gazetted.start()
        self.assert_in_time(gazetted, "Later", instant)
        gazetted.wait_no_title("Shorter", seconds=30)
        gazetted.stop()
        self.set(self.offset + HOUR)
        gazetted.start()
        self.assertEqual(gazetted.titles(), ["Later"])

    def is_near(self, answer):
        date = email.utils.parsedate_to_datetime(answer.header("Date"))
        return abs(date.timestamp() - self.now()) < HOUR / 10

    def test_last_modified_with_a_clock_that_went_back(self):
        gazetted = self.daemon({"a.md": article("First")})
        self.jump(gazetted, -HOUR)
        # a worker looks at the clock again when it has work, and not at once
        gazetted.wait(lambda: self.is_near(gazetted.get("/feed.atom")), "a Date of the new clock")
        last = gazetted.get("/feed.atom")
        for number in range(3):
            title = f"Number {number}"
            gazetted.write("a.md", article(title))
            gazetted.wait_title(title)
            since = {"If-Modified-Since": last.header("Last-Modified")}
            last = gazetted.get("/feed.atom", since)
            self.assertEqual(last.status, 200)
            self.assertIn(title, last.body.decode())
            modified, date = (email.utils.parsedate_to_datetime(last.header(name))
                              for name in ("Last-Modified", "Date"))
            self.assertLessEqual(modified, date)
            self.assertTrue(self.is_near(last), last)
