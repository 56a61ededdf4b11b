"""What belongs to an article beside its file, and a parser process that dies or hangs."""
import os

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

    def test_a_medium_may_be_larger_than_an_article(self):
        gazetted = self.gazetted({"talk.mp3.meta.yaml": SIDECAR}, is_started=False,
                                 options=["articles.max_size=64KiB"])
        with open(gazetted.path("talk.mp3"), "wb") as file:
            file.truncate(20 << 20)
        gazetted.start()
        attachment = gazetted.item("湖")["attachments"][0]
        self.assertEqual(attachment["size_in_bytes"], 20 << 20)

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
