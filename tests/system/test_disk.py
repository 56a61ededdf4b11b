"""A disk that is full: nothing is promised that was not stored, and all goes on by itself
when there is room again."""
import os
import resource
import subprocess
import tempfile

from tests.system.gazetted import SystemTest, article


class FullDisk(SystemTest):
    def fill(self):
        """No file of the daemon may grow: what write() says on a full disk."""
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE,
                         (1, resource.RLIM_INFINITY))

    def empty(self):
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def start(self, options=()):
        self.server = self.gazetted({"a.md": article("One")}, options=options)
        self.reader, self.other = self.subscriber(), self.subscriber()

    def check(self):
        server = self.server
        server.subscribe(self.reader)
        topic = server.topic()
        self.fill()
        for _ in range(2):
            answer = server.hub(mode="subscribe", topic=topic, callback=self.other.url())
            self.assertEqual(answer.status, 503, answer)
            self.assertTrue(answer.header("Retry-After"), answer)
            self.assertIn(b"could not be stored", answer.body)
        server.write("b.md", article("Two", "2026-05-03T10:00:00+08:00"))
        server.wait_line("article: new path=b.md")
        # readers and subscribers see the same: the old
        self.assertEqual(server.titles(), ["One"])
        self.assertEqual(self.reader.deliveries, [])
        self.assertEqual(self.other.challenges, [])
        self.empty()
        server.wait_title("Two")
        self.reader.wait_delivery(lambda d: b"Two" in d.body)
        self.assertEqual(len(self.reader.deliveries), 1)
        server.subscribe(self.other)
        server.write("c.md", article("Three", "2026-05-04T10:00:00+08:00"))
        for reader in (self.reader, self.other):
            reader.wait_delivery(lambda d: b"Three" in d.body)

    def test_files_that_may_not_grow(self):
        self.start()
        self.check()


class FullFilesystem(FullDisk):
    """The same with a real one, where mounting is allowed."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="gazetted-disk.")
        self.addCleanup(directory.cleanup)
        self.place = os.path.join(directory.name, "state")
        os.mkdir(self.place)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "gazetted-test",
                               self.place], stderr=subprocess.DEVNULL)
        if done.returncode:
            self.skipTest("mounting is not allowed")
        self.addCleanup(subprocess.run, ["umount", "-l", self.place], check=True)

    def start(self, options=()):
        super().start([f"store.directory={self.place}", *options])

    def fill(self):
        """Takes what is left, and the log's own room by a checkpoint's worth of writes."""
        with open(os.path.join(self.place, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def empty(self):
        os.unlink(os.path.join(self.place, "filler"))
