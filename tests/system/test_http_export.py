"""The documents as files: what a web server would serve, through edits, restarts and trouble
with the disk."""
import gzip
import http.client
import os
import subprocess
import unittest

from tests.system import caddy, nginx
from tests.system.gazetted import DEADLINE, FEEDS, Gazetted, SystemTest, article


class Confined(Gazetted):
    """In a mount namespace of its own, with a small disk at `mount`."""

    SCRIPT = """mount -t tmpfs -o size=4m none "$0" && head -c 4190000 /dev/zero >"$0/filler"
exec "$@" """

    def start(self, seconds=DEADLINE):
        self.mount = os.path.join(self.room, "disk")
        os.makedirs(self.mount, exist_ok=True)
        self.wrapper = ["unshare", "-rm", "sh", "-c", self.SCRIPT, self.mount]
        return super().start(seconds)

    def inside(self, path):
        return f"/proc/{self.process.pid}/root{self.mount}/{path}"

    @staticmethod
    def is_possible():
        return subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Export(SystemTest):
    def export(self, files, **kwargs):
        room = self.gazetted(is_started=False).room
        self.out = os.path.join(room, "out")
        return self.gazetted(files, options=[f"http.export={self.out}"], **kwargs)

    def read(self, path):
        with open(os.path.join(self.out, path), "rb") as file:
            return file.read()

    def wait_equal(self, server, path, name=None):
        """Until the file is what is served at PATH."""
        name = name or path.lstrip("/")
        server.wait(lambda: os.path.exists(os.path.join(self.out, name)) and
                    self.read(name) == server.get(path).body, f"{name} to be exported")

    def test_files_are_what_is_served(self):
        text = "Some text to compress. " * 200
        server = self.export({"news/a.md": article("One", body=text)})
        paths = FEEDS + tuple("/c/news" + path for path in FEEDS) + (
            "/opml.xml", "/robots.txt", "/feed.css")
        for path in paths:
            self.wait_equal(server, path)
        self.wait_equal(server, "/", "index.html")
        self.assertEqual(gzip.decompress(self.read("feed.atom.gz")), self.read("feed.atom"))
        packed = server.get("/feed.atom", {"Accept-Encoding": "br"})
        self.assertEqual(packed.header("Content-Encoding"), "br")
        self.assertEqual(self.read("feed.atom.br"), packed.body)
        server.write("news/b.md", article("Two", body=text))
        server.wait_title("Two")
        for path in paths:
            self.wait_equal(server, path)
        self.assertIn(b"Two", gzip.decompress(self.read("feed.atom.gz")))

    def test_a_restart_rewrites_nothing(self):
        def stats():
            found = {}
            for directory, _, names in os.walk(self.out):
                for name in names:
                    if name != ".gazetted-export":
                        status = os.stat(os.path.join(directory, name))
                        found[name, directory] = (status.st_ino, status.st_mtime_ns)
            return found
        server = self.export({"news/a.md": article("One", body="Some text. " * 200)})
        server.wait(lambda: {"feed.atom.br", "feed.rss.br", "feed.json.br"} <=
                    {name for name, _ in stats()}, "the compressed forms")
        server.stop()
        before = stats()
        self.assertGreater(len(before), 8)
        server.start()
        server.stop()
        self.assertEqual(stats(), before)

    def test_what_went_while_it_was_off_is_removed(self):
        server = self.export({"news/a.md": article("One")})
        self.wait_equal(server, "/c/news/feed.atom")
        server.stop()
        server.options.append("feeds.by=[]")
        server.start()
        server.wait(lambda: not os.path.exists(os.path.join(self.out, "c")), "the files to go")
        self.wait_equal(server, "/feed.atom")

    def test_mistakes_are_found_at_the_start(self):
        for target, why in (("/nonexistent/out", "No such file or directory"),
                            ("{articles}/out", "inside articles.directory"),
                            ("{articles}", "not written here")):
            with self.subTest(why):
                server = self.gazetted({"a.md": article("One")}, is_started=False)
                server.options.append("http.export=" + target.format(articles=server.directory))
                with self.assertRaises(AssertionError):
                    server.start()
                line = server.matching(r"http\.export: ")
                self.assertIn(why, line[0])
                self.assertEqual(server.finish(DEADLINE), 1)

    def test_trouble_is_told_once_and_mended(self):
        server = self.export({"news/a.md": article("One")})
        self.wait_equal(server, "/feed.rss")
        os.unlink(os.path.join(self.out, "feed.rss"))
        os.makedirs(os.path.join(self.out, "feed.rss", "in-the-way"))
        server.write("news/b.md", article("Two"))
        server.wait_line(r"export: .*/feed\.rss: .*; trying again")
        server.wait_title("Two")
        self.wait_equal(server, "/feed.atom")
        server.write("news/c.md", article("Three"))
        server.wait_title("Three")
        self.wait_equal(server, "/feed.atom")
        self.assertEqual(len(server.matching("export: .*trying again")), 1)
        os.removedirs(os.path.join(self.out, "feed.rss", "in-the-way"))
        server.wait_line("export: .* is as it should be again")
        self.wait_equal(server, "/feed.rss")

    @unittest.skipUnless(Confined.is_possible(), "no mount namespace may be made here")
    def test_a_full_disk(self):
        server = Confined({"news/a.md": article("One", body="Text. " * 5000)})
        self.daemons.append(server)
        self.addCleanup(server.close)
        server.options.append(f"http.export={server.room}/disk/out")
        server.start()
        server.wait_line(r"export: .*: No space left on device; trying again")
        server.write("news/b.md", article("Two"))
        server.wait_title("Two")
        os.unlink(server.inside("filler"))
        server.wait_line("export: .* is as it should be again")
        with open(server.inside("out/feed.atom"), "rb") as file:
            self.assertEqual(file.read(), server.get("/feed.atom").body)
        server.stop()


class Served:
    """What the README's recipes for files are to do; start_server gives what serves them."""

    def test_the_readmes_recipe(self):
        room = self.gazetted(is_started=False).room
        out = os.path.join(room, "out")
        server = self.gazetted({"news/a.md": article("One", body="Some text. " * 300)},
                               options=[f"http.export={out}"])
        server.wait(lambda: os.path.exists(os.path.join(out, "index.html")), "the export")
        web = self.start_server(room, {"/srv/www": out,
                                       "127.0.0.1:8080": f"127.0.0.1:{server.port}"})
        self.addCleanup(web.close)
        web.wait()

        def get(path, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", web.port, DEADLINE)
            try:
                connection.request("GET", path, headers={"Host": "news.example", **headers})
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

        for path, kind in (("/feed.atom", "application/atom+xml"), ("/", "text/html"),
                           ("/feed.rss", "application/rss+xml"), ("/c/news/feed.atom",
                           "application/atom+xml"), ("/feed.json", "application/feed+json")):
            answer, body = get(path)
            self.assertEqual(answer.status, 200, path)
            self.assertTrue(answer.getheader("Content-Type").startswith(kind),
                            answer.getheader("Content-Type"))
            self.assertEqual(body, server.get(path).body)
            same, _ = get(path, **{"If-None-Match": answer.getheader("ETag")})
            self.assertEqual(same.status, 304, path)
        answer, body = get("/feed.atom", **{"Accept-Encoding": "gzip"})
        self.assertEqual(answer.getheader("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(body), server.get("/feed.atom").body)
        self.assertIn("max-age=300", answer.getheader("Cache-Control"))
        # What is no file comes from the daemon.
        self.assertEqual(get(server.item("One")["url"].replace("http://news.example", ""))[0]
                         .status, 200)
        self.assertEqual(get("/hub")[0].status, 200)
        self.assertEqual(get("/none")[0].status, 404)
        # As long as the daemon is away, the files are there.
        server.stop()
        self.assertEqual(get("/feed.atom")[0].status, 200)


@unittest.skipUnless(nginx.PROGRAM, "nginx is not installed")
class ServedByNginx(Served, SystemTest):
    def start_server(self, room, replaced):
        return nginx.Nginx(room, nginx.recipes()[1], **replaced)


@unittest.skipUnless(caddy.PROGRAM, "Caddy is not installed")
class ServedByCaddy(Served, SystemTest):
    def start_server(self, room, replaced):
        return caddy.Caddy(room, caddy.recipes()[1], **replaced)
