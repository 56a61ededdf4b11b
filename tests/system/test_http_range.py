"""Parts of the files beside articles, as players ask for them; compared with nginx."""
import http.client
import os
import unittest

from tests.system import nginx
from tests.system.gazetted import DEADLINE, SystemTest, article

SOUND = bytes(range(256)) * 800  # more than what leaves with its head
PLACE = "/news/sound.mp3"
RANGES = ("bytes=0-", "bytes=0-0", "bytes=100-199", "bytes=1000-150000", "bytes=-500",
          f"bytes={len(SOUND) - 1}-", "bytes=204000-999999", "bytes=-999999",
          f"bytes={len(SOUND)}-", "bytes=999999999999999999-", "items=0-1", "")
RECIPE = "server {\n\tlisten 80;\n\troot /srv/www;\n}\n"


class Ranges(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted({
            "news/a.md": article("One", audio="sound.mp3", body="[Listen](sound.mp3)"),
            PLACE[1:]: SOUND, "news/hidden.mp3": SOUND})

    def test_a_player_reads_parts(self):
        whole = self.server.get(PLACE)
        self.assertEqual((whole.status, whole.body), (200, SOUND))
        self.assertEqual(whole.header("Accept-Ranges"), "bytes")
        self.assertEqual(whole.header("Content-Type"), "audio/mpeg")
        etag, modified = whole.header("ETag"), whole.header("Last-Modified")
        self.assertTrue(etag.startswith('"'), "a weak tag is of no use with If-Range")
        for condition, status in ((etag, 206), (modified, 206), ('"older"', 200),
                                  ("W/" + etag, 200), ("Thu, 01 Jan 1970 00:00:01 GMT", 200)):
            answer = self.server.get(PLACE, {"Range": "bytes=5-9", "If-Range": condition})
            self.assertEqual(answer.status, status, condition)
            self.assertEqual(answer.body, SOUND[5:10] if status == 206 else SOUND)
        same = self.server.get(PLACE, {"Range": "bytes=5-9", "If-None-Match": etag})
        self.assertEqual(same.status, 304)
        # Its other half after the connection was lost.
        rest = self.server.get(PLACE, {"Range": f"bytes={len(SOUND) // 2}-", "If-Range": etag})
        self.assertEqual(SOUND[:len(SOUND) // 2] + rest.body, SOUND)
        self.assertEqual(self.server.get("/news/hidden.mp3", {"Range": "bytes=0-1"}).status, 404)

    def test_feeds_are_sent_whole(self):
        for path in ("/feed.atom", "/a/a", "/"):
            whole = self.server.get(path)
            self.assertIsNone(whole.header("Accept-Ranges"))
            part = self.server.get(path, {"Range": "bytes=0-1"})
            self.assertEqual((part.status, part.body), (200, whole.body))

    @unittest.skipUnless(nginx.PROGRAM, "nginx is not installed")
    def test_the_same_as_nginx(self):
        os.chmod(self.server.room, 0o755)
        web = nginx.Nginx(self.server.room, RECIPE, **{"/srv/www": self.server.directory})
        self.addCleanup(web.close)

        def get(port, value):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
            try:
                connection.request("GET", PLACE, headers={"Range": value} if value else {})
                answer = connection.getresponse()
                body = answer.read() if answer.status < 400 else b""
                return answer.status, answer.getheader("Content-Range"), body
            finally:
                connection.close()
        self.server.wait(lambda: get(web.port, "")[0] == 200, "nginx")
        for value in RANGES:
            ours, theirs = get(self.server.port, value), get(web.port, value)
            # what it cannot read, it refuses; RFC 9110 section 14.2 has it ignored
            if not value.startswith("bytes") and theirs[0] == 416:
                self.assertEqual(ours, (200, None, SOUND))
            else:
                self.assertEqual(ours, theirs, value)
