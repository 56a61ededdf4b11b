"""What belongs to an article beside its file, and a parser process that dies or hangs."""
import os
import signal
import time

from tests.system.gazetted import SystemTest, article

SIDECAR = "title: 湖\ndate: 2026-05-18 17:20\ncaption: 湖面。\n"


class Companions(SystemTest):
    def test_a_medium_is_an_article_while_it_has_a_sidecar(self):
        gazetted = self.gazetted({"lake.png": b"\x89PNG", "a.md": article("A")})
        self.assertEqual(gazetted.titles(), ["A"])
        gazetted.write("lake.png.meta.yaml", SIDECAR)
        first = gazetted.wait_title("湖")
        gazetted.delete("lake.png.meta.yaml")
        gazetted.wait_no_title("湖")
        gazetted.write("lake.png.meta.yaml", SIDECAR)
        self.assertEqual(gazetted.wait_title("湖")["id"], first["id"])
        self.assertIn("A", gazetted.titles())

    def test_what_is_taken_away_while_nobody_looks_is_missed(self):
        gazetted = self.gazetted({
            "a.md": article("A"), "a.md.meta.yaml": "source: 甲报\n",
            "b.md": article("B"), "b.md.meta.yaml": "rights: a: b\n",
            "n/m/c.md": article("C"), "n/_channel.yaml": "source: 乙报\n",
            "lake.png": b"\x89PNG", "lake.png.meta.yaml": SIDECAR,
            "e.md": article("E"), "e.md.meta.yaml": "source: 丙报\n",
            "f.md": article("F")}, options=["articles.delete_grace=0s"])
        self.assertEqual(sorted(gazetted.titles()), ["A", "C", "E", "F", "湖"])
        feed = gazetted.get("/feed.atom").body.decode()
        self.assertEqual([s for s in ("甲报", "乙报", "丙报") if s in feed], ["甲报", "乙报", "丙报"])
        gazetted.stop()
        for path in ("a.md.meta.yaml", "b.md.meta.yaml", "n/_channel.yaml",
                     "lake.png.meta.yaml", "e.md"):
            gazetted.delete(path)  # the sidecar of e.md stays
        gazetted.start()
        gazetted.wait(lambda: sorted(gazetted.titles()) == ["A", "B", "C", "F"],
                      "what is left")
        feed = gazetted.get("/feed.atom").body.decode()
        self.assertEqual([s for s in ("甲报", "乙报", "丙报") if s in feed], [])
        gazetted.stop()
        before = len(gazetted.matching("article: changed"))
        gazetted.start()
        gazetted.write("g.md", article("G"))
        gazetted.wait_title("G")
        self.assertEqual(len(gazetted.matching("article: changed")), before)

    def test_a_medium_may_be_larger_than_an_article(self):
        gazetted = self.gazetted({"talk.mp3.meta.yaml": SIDECAR}, is_started=False,
                                 options=["articles.max_size=64KiB"])
        with open(gazetted.path("talk.mp3"), "wb") as file:
            file.truncate(20 << 20)
        gazetted.start()
        attachment = gazetted.item("湖")["attachments"][0]
        self.assertEqual(attachment["size_in_bytes"], 20 << 20)

    def test_the_size_of_a_file_with_an_encoded_name(self):
        gazetted = self.gazetted({
            "n/表 1.pdf": b"%PDF-1.4 and more",
            "n/a.md": article("A", body="[表](%E8%A1%A8%201.pdf?v=2)")})
        attachment = gazetted.item("A")["attachments"][0]
        self.assertEqual(attachment["size_in_bytes"], 17)

    def test_a_broken_channel_file_is_reported_and_holds_back(self):
        gazetted = self.gazetted({"_channel.yaml": "rights: 甲\n",
                                  "n/_channel.yaml": "source: 近报\n",
                                  "n/a.md": article("A"), "n/b.md": article("B"),
                                  "m/c.md": article("C")})
        before = gazetted.item("A")
        self.assertIn("近报", gazetted.get("/c/n/feed.atom").body.decode())
        gazetted.write("n/_channel.yaml", "source: 近报\nrights: a: b\n")
        gazetted.wait_line(r"n/_channel\.yaml:2:10: \S.*\[channel-invalid\]")
        gazetted.write("n/d.md", article("D"))
        gazetted.write("m/e.md", article("E"))
        gazetted.wait_title("E")
        self.assertEqual(gazetted.item("A"), before)
        self.assertNotIn("D", gazetted.titles())
        self.assertEqual(len(gazetted.matching(r"channel-invalid")), 1)
        gazetted.write("n/_channel.yaml", "source: 新报\n")
        gazetted.wait_title("D")
        gazetted.wait(lambda: "新报" in gazetted.get("/c/n/feed.atom").body.decode(),
                      "the new source")

    def test_a_channel_file_may_be_in_gb18030(self):
        gazetted = self.gazetted({"n/_channel.yaml": "source: 青岑日报\n".encode("gb18030"),
                                  "n/a.md": article("A")})
        self.assertIn("青岑日报", gazetted.get("/feed.atom").body.decode())


SLOW = "<h1>标题</h1><p>" + "&" * (7 << 20)  # libxml2 takes seconds over it


class ParserProcess(SystemTest):
    """The child is found as the kernel lists it, and hurt in ways that no article is needed
    for; serving, delivery and the other articles must not notice."""

    def setUp(self):
        super().setUp()
        self.daemon = self.gazetted({"a.md": article("A")})
        self.reader = self.subscriber()
        self.daemon.subscribe(self.reader)
        self.start_seconds = self.seconds_of(self.children()[0])

    def children(self):
        pid = self.daemon.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]

    @staticmethod
    def seconds_of(pid):
        """Processor time that PID has used; 0 once it is gone."""
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (FileNotFoundError, ProcessLookupError):
            return 0

    def hurt_until_set_aside(self, number):
        """Sends NUMBER to each parser process that is busy with the slow article, not with
        its own start, until the daemon gives the article up."""
        hurt = set()
        while not self.daemon.matching(r"slow\.html: .*\[parser-killed\]"):
            def find():
                return self.daemon.matching(r"parser-killed") or [
                    p for p in self.children()
                    if p not in hurt and self.seconds_of(p) > self.start_seconds + 0.2]
            for child in self.daemon.wait(find, "a busy parser process"):
                if isinstance(child, int):
                    os.kill(child, number)
                    hurt.add(child)
            self.assertEqual(self.daemon.get("/feed.atom").status, 200)
        self.assertLessEqual(len(hurt), 2)
        self.assertEqual(len(self.daemon.matching(r"parser-killed")), 1)
        self.assertEqual(len(self.daemon.matching(r"parser: .*started again")), 2)

    def check_all_goes_on(self, title):
        """A page, and a new article to its subscriber."""
        self.assertEqual(self.daemon.get("/feed.atom").status, 200)
        seen = len(self.reader.deliveries)
        self.daemon.write(f"{title}.md", article(title))
        self.reader.wait_delivery(since=seen)
        self.assertIn(title, self.daemon.titles())

    def check_a_change_is_tried_again(self, path):
        self.daemon.write(path, "<meta name=PubDate content='2026-05-01 10:00'>"
                                "<h1>已改</h1><p>正文，有标点。</p>")
        self.daemon.wait_title("已改")

    def test_killed_while_idle(self):
        os.kill(self.daemon.wait(self.children, "the parser process")[0], signal.SIGKILL)
        self.daemon.wait_line(r"parser: ended while idle, started again")
        self.check_all_goes_on("B")

    def test_killed_over_a_file_twice(self):
        self.daemon.write("slow.html", SLOW)
        self.hurt_until_set_aside(signal.SIGKILL)
        self.check_all_goes_on("B")
        self.check_a_change_is_tried_again("slow.html")

    def test_hangs_over_a_file(self):
        self.daemon.write("slow.html", SLOW)
        self.hurt_until_set_aside(signal.SIGSTOP)
        self.check_all_goes_on("B")
        self.check_a_change_is_tried_again("slow.html")

    def test_stopped_once_and_well_the_second_time(self):
        child = self.daemon.wait(self.children, "the parser process")[0]
        os.kill(child, signal.SIGSTOP)
        self.daemon.write("b.md", article("B"))
        self.daemon.wait_line(r"parser: an article took too long, started again")
        self.daemon.wait_title("B")
        self.assertEqual(self.daemon.matching(r"parser-killed"), [])

    def test_is_confined(self):
        """What the kernel says of it: a filter, no new privileges, and no file but three."""
        child = self.daemon.wait(self.children, "the parser process")[0]
        self.check_all_goes_on("B")
        with open(f"/proc/{child}/status") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        self.assertEqual(status["Seccomp"].strip(), "2")
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        places = {os.readlink(f"/proc/{child}/fd/{n}") for n in os.listdir(f"/proc/{child}/fd")}
        self.assertFalse([p for p in places if ".gazetted" in p or p.endswith(".md")], places)
