"""A subscriber that others wrote: the npm package `pubsubhubbub`, in the version that
tests/npm/package-lock.json pins. Skipped, and loudly, where node or the registry is missing."""
import base64
import fcntl
import filecmp
import json
import os
import shutil
import subprocess
import threading
import unittest

from tests.system.gazetted import BASE_URL, BUILD, TOP, SystemTest, article, wait_for

SOURCE = os.path.join(TOP, "tests", "npm")
ROOM = os.path.join(os.path.dirname(BUILD), "npm")


def skip(why):
    print(f"SKIPPED system.test_npm: {why}", flush=True)
    raise unittest.SkipTest(why)


def install():
    """Into the build directory, once for each lock file, by one process at a time."""
    with open(ROOM + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_once()


def install_once():
    done = os.path.join(ROOM, "done")
    lock = os.path.join(SOURCE, "package-lock.json")
    if not shutil.which("npm") or not shutil.which("node"):
        skip("node and npm are not installed")
    if os.path.exists(done) and filecmp.cmp(lock, done, shallow=False):
        return
    shutil.rmtree(ROOM, ignore_errors=True)
    os.makedirs(ROOM)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(SOURCE, name), ROOM)
    try:
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                             cwd=ROOM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=120)
    except subprocess.TimeoutExpired:
        skip("npm ci did not come to an end")
    if npm.returncode:
        skip(f"npm ci: {npm.stdout.strip().splitlines()[-1:]}")
    shutil.copy(lock, done)


class Node:
    def __init__(self, *arguments):
        environment = dict(os.environ, NODE_PATH=os.path.join(ROOM, "node_modules"),
                           NODE_NO_WARNINGS="1")
        self.process = subprocess.Popen(
            ["node", os.path.join(SOURCE, "subscriber.js"), *arguments], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.events = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        self.port = self.wait("listen")["port"]

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait(self, event, since=0, **fields):
        return wait_for(lambda: next(
            (e for e in self.events[since:] if e["event"] == event and
             all(e.get(k) == v for k, v in fields.items())), None), f"{event} from node")

    def tell(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.thread.join(60)
        self.process.stdout.close()


class PubSubHubbub(SystemTest):
    @classmethod
    def setUpClass(cls):
        install()

    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"a.md": article("One")})
        self.hub = f"http://{self.server.host}:{self.server.port}/hub"

    def node(self, *arguments):
        node = Node(*arguments)
        self.addCleanup(node.close)
        return node

    def publish(self, title):
        self.server.write(f"{title}.md", article(title, "2026-05-03T10:00:00+08:00"))

    def test_subscribe_feed_unsubscribe(self):
        node, topic = self.node(), self.server.topic("/feed.rss")
        since = len(self.server.lines)
        node.tell("subscribe", topic, self.hub)
        self.assertIsNone(node.wait("answer", mode="subscribe")["error"])
        self.assertEqual(node.wait("subscribe")["topic"], topic)
        self.server.wait_line("hub: verified ", since)
        self.publish("Two")
        # it takes the hub from the Link header, the topic from its callback
        feed = node.wait("feed", topic=topic, hub=BASE_URL + "/hub")
        served = self.server.get("/feed.rss")
        self.assertEqual(base64.b64decode(feed["body"]), served.body)
        self.assertEqual(feed["type"], served.header("Content-Type"))
        since = len(self.server.lines)
        node.tell("unsubscribe", topic, self.hub)
        node.wait("unsubscribe")
        self.server.wait_line("hub: verified ", since)
        reader = self.subscriber()
        self.server.subscribe(reader)
        self.publish("Three")
        reader.wait_delivery(lambda d: b"Three" in d.body)
        self.assertEqual(len([e for e in node.events if e["event"] == "feed"]), 1)

    def test_refused(self):
        node = self.node()
        node.tell("subscribe", "http://other.example/", self.hub)
        answer = node.wait("answer")
        self.assertIn("404: hub.topic names no feed of ours", answer["error"])

    def test_signed(self):
        # it subscribes with a secret made of its own, but checks with its own: so the
        # subscription is made for it
        for method in ("sha1", "sha256", "sha512"):
            node, since = self.node("s3cret"), len(self.server.lines)
            answer = self.server.hub(
                mode="subscribe", topic=self.server.topic(), secret="s3cret",
                signature_algorithm=method,
                callback=f"http://127.0.0.1:{node.port}/?topic=t&hub=h")
            self.assertEqual(answer.status, 202)
            self.server.wait_line("hub: verified ", since)
            self.publish(method)
            node.wait("feed", topic="t")
