"""A running gazetted, a scripted subscriber, and waiting with a deadline: what the system
tests share. Everything is on loopback, on ports that the kernel chooses, in a temporary
directory per test."""
import collections
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GAZETTED_BUILD", os.path.join(TOP, "build", "test"))
PROGRAM = os.path.join(BUILD, "gazetted")
CORPUS = os.path.join(TOP, "tests", "corpus")
BASE_URL = "http://news.example"
DEADLINE = 60.0  # only a failure takes as long
FEEDS = ("/feed.atom", "/feed.rss", "/feed.json")

# One worker, so that what one answer shows is in the next; what serves many has more.
OPTIONS = ("http.listen=127.0.0.1:0", "hub.callbacks.ports=[]",
           "hub.callbacks.allow=[127.0.0.0/8]", "articles.settle=30ms",
           "articles.delete_grace=0s", f"site.base_url={BASE_URL}", "site.title=Gazette",
           "http.workers=1", "http.rate=0", "hub.verify.per_host=0",
           "hub.verify.per_network=0", "hub.verify.per_client=0")


def environment():
    """Without what a service manager or a proxy would add."""
    drop = ("NOTIFY_SOCKET", "JOURNAL_STREAM", "LISTEN_FDS", "LISTEN_PID", "http_proxy",
            "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {k: v for k, v in os.environ.items() if k not in drop}


databases = 0


def new_database():
    """The address of a database with our tables, on the server that tests/run.py started."""
    global databases
    databases += 1
    server, name = os.environ["GAZETTED_POSTGRES"], f"system_{os.getpid()}_{databases}"
    subprocess.run(["createdb", "-h", server, "-U", "postgres", "-T", "template0", name],
                   check=True, stdin=subprocess.DEVNULL)
    uri = f"postgresql:///{name}?host={server}&user=postgres"
    status, _, stderr = run("--store-init", "-o", f"store.uri={uri}", "/", seconds=60)
    assert status == 0, stderr
    return uri


def wait_for(predicate, what, seconds=DEADLINE):
    """The first true value of PREDICATE; AssertionError when the deadline passes."""
    end = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def run(*arguments, seconds=DEADLINE):
    """Runs the program to its end: (exit status, stdout, stderr)."""
    done = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=seconds,
                          text=True, errors="replace", env=environment())
    return done.returncode, done.stdout, done.stderr


def article(title, date="2026-05-01T10:00:00+08:00", body="A paragraph.", **fields):
    lines = ["---", f"title: {json.dumps(title, ensure_ascii=False)}", f"date: {date}"]
    lines += [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    return "\n".join(lines + ["---", "", body, ""])


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        """All values of NAME joined as RFC 9110 section 5.2 allows; None without any."""
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        return ", ".join(values) if values else None

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Gazetted:
    """The program over a directory of its own. FILES maps paths to text or bytes; COPY is
    a directory to copy instead. CONFIG is the text of a configuration file for -c."""

    def __init__(self, files=None, copy=None, options=(), config=None):
        self.room = tempfile.mkdtemp(prefix="gazetted-system.")
        self.directory = os.path.join(self.room, "articles")
        if copy:
            shutil.copytree(copy, self.directory)
        else:
            os.mkdir(self.directory)
        for path, text in (files or {}).items():
            self.write(path, text)
        self.options = list(OPTIONS) + list(options)
        if os.environ.get("GAZETTED_STORE") == "postgres" and not any(
                option.startswith("store.uri=") for option in options):
            self.options.append(f"store.uri={new_database()}")
        self.wrapper = []  # a command that runs the program
        self.config = None
        if config is not None:
            self.config = os.path.join(self.room, "gazetted.yaml")
            with open(self.config, "w") as file:
                file.write(config)
            # without it the state would be that of an installed daemon
            self.options.append(f"store.directory={os.path.join(self.room, 'state')}")
        self.process, self.lines = None, []
        self.news = threading.Condition()

    # The article directory.
    def path(self, path):
        return os.path.join(self.directory, path)

    def write(self, path, text):
        """Writes to a temporary name and renames, as an editor does."""
        full = self.path(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full + ".tmp", "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.rename(full + ".tmp", full)

    def delete(self, path):
        os.unlink(self.path(path))

    # The process.
    def arguments(self):
        head = ["-c", self.config] if self.config else []
        for option in self.options:
            head += ["-o", option]
        return head + [self.directory]

    def start(self, seconds=DEADLINE):
        began = time.monotonic()
        self.start_away(seconds)
        self.wait_line(r"\bready$", seconds=seconds)
        self.start_s = time.monotonic() - began
        return self

    def start_away(self, seconds=DEADLINE):
        """Without waiting until it is ready, as while its database is away."""
        assert self.process is None
        self.first_line = len(self.lines)
        self.process = subprocess.Popen(
            [*self.wrapper, PROGRAM, *self.arguments()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
        self.reader = threading.Thread(target=self.read_stderr, daemon=True)
        self.reader.start()
        found = self.wait_line(r"listen address=(\S+):(\d+)", seconds=seconds)
        self.host, self.port = found.group(1).strip("[]"), int(found.group(2))

    def read_stderr(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.news.notify_all()

    def log(self):
        return "\n".join(self.lines[-60:])

    def matching(self, pattern, since=0):
        with self.news:
            return [line for line in self.lines[since:] if re.search(pattern, line)]

    def wait_line(self, pattern, since=None, seconds=DEADLINE):
        """The match of PATTERN in a line on stderr since the start (or line SINCE)."""
        since = self.first_line if since is None else since
        end = time.monotonic() + seconds
        with self.news:
            while True:
                for line in self.lines[since:]:
                    found = re.search(pattern, line)
                    if found:
                        return found
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.reader.is_alive()):
                    raise AssertionError(f"no line {pattern!r} on stderr:\n{self.log()}")
                self.news.wait(min(left, 0.1))

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self, seconds):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop in {seconds} s:\n{self.log()}") from None
        finally:
            self.reader.join(60)
            self.process.stderr.close()
            self.process = None
        return status

    def stop(self, seconds=DEADLINE):
        """SIGTERM; the exit status must be 0 and no sanitizer may have spoken."""
        self.signal(signal.SIGTERM)
        status = self.finish(seconds)
        if status != 0 or self.matching(r"Sanitizer|runtime error"):
            raise AssertionError(f"exit status {status}:\n{self.log()}")

    def kill9(self):
        self.signal(signal.SIGKILL)
        self.finish(DEADLINE)

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        try:
            if self.process is not None:
                self.stop()
        finally:
            if self.process is not None:
                self.kill9()
            shutil.rmtree(self.room, ignore_errors=True)

    # The web.
    def request(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers)

    def get_settled(self, path):
        """The answer once its Last-Modified is over: of several versions within a second
        the last is of a second still to come, and until then answers say their Date."""
        def look():
            answer = self.get(path)
            return answer.header("Date") != answer.header("Last-Modified") and answer
        return self.wait(look, f"a later second than that of {path}")

    def fingerprint(self, paths):
        """What must not change of PATHS while their articles do not."""
        answers = {path: self.get_settled(path) for path in paths}
        return {path: (a.status, a.body, a.header("ETag"), a.header("Last-Modified"))
                for path, a in answers.items()}

    def items(self, path="/feed.json"):
        """The items of a JSON feed; an empty list while there is no such feed."""
        answer = self.get(path)
        return json.loads(answer.body)["items"] if answer.status == 200 else []

    def titles(self, path="/feed.json"):
        return [item.get("title") for item in self.items(path)]

    def item(self, title, path="/feed.json"):
        return next((i for i in self.items(path) if i.get("title") == title), None)

    def wait_title(self, title, path="/feed.json", seconds=DEADLINE):
        return self.wait(lambda: self.item(title, path), f"{title!r} in {path}", seconds)

    def wait_no_title(self, title, path="/feed.json", seconds=DEADLINE):
        self.wait(lambda: title not in self.titles(path), f"no {title!r} in {path}", seconds)

    def wait(self, predicate, what, seconds=DEADLINE):
        try:
            return wait_for(predicate, what, seconds)
        except AssertionError as err:
            raise AssertionError(f"{err}; stderr:\n{self.log()}") from None

    def publishing_s(self):
        """What an article takes from its file to its feed on this machine at this moment."""
        began = time.monotonic()
        title = f"Measured at {began}"
        self.write("measured.md", article(title, "2020-01-01T00:00:00Z",
                                          id="tag:x.example,2026:measured"))
        self.wait_title(title)
        took = time.monotonic() - began
        self.delete("measured.md")
        self.wait_no_title(title)
        return took

    # The hub.
    def topic(self, path="/feed.atom"):
        """What discovery gives: the feed's rel=self (WebSub section 4)."""
        return re.search(r'<([^>]*)>; *rel="?self"?', self.get(path).header("Link")).group(1)

    def hub(self, **fields):
        """A request to the hub; FIELDS without their "hub." prefix."""
        body = urllib.parse.urlencode({f"hub.{k}": v for k, v in fields.items()})
        return self.request("POST", "/hub",
                            {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def subscribe(self, subscriber, path="/feed.atom", name="/cb", **fields):
        """Subscribes and waits until the hub has read the answer to its challenge."""
        seen, since = len(subscriber.challenges), len(self.lines)
        answer = self.hub(mode="subscribe", topic=self.topic(path),
                          callback=subscriber.url(name), **fields)
        if answer.status != 202:
            raise AssertionError(f"hub answered {answer}\n{self.log()}")
        self.wait(lambda: len(subscriber.challenges) > seen, "the verification")
        if subscriber.confirms:
            self.wait_line(r"hub: verified ", since)
        return answer


Delivery = collections.namedtuple("Delivery", "path headers body status")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A daemon that is killed resets its connections."""


class Subscriber:
    """An HTTP server that answers challenges and records what is pushed. `script` holds
    what happens to the next deliveries: a status, "close" (no answer), "hang" (none until
    the subscriber is closed) or "endless" (200 and a body without end; `cut_after` is how
    much of it was taken); after it, `status` for all. Redirects lead to `location`."""

    def __init__(self):
        self.challenges, self.deliveries, self.script = [], [], []
        self.status, self.confirms = 204, True
        self.location, self.cut_after, self.headers = None, 0, {}
        self.news = threading.Condition()
        self.closing = threading.Event()
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                subscriber.on_challenge(self)

            def do_POST(self):
                subscriber.on_delivery(self)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,),
                                       daemon=True)
        self.thread.start()

    def url(self, path="/cb"):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def answer(self, handler, status, body=b""):
        handler.send_response(status)
        if self.location:
            handler.send_header("Location", self.location)
        for name, value in dict(self.headers).items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def on_challenge(self, handler):
        split = urllib.parse.urlsplit(handler.path)
        fields = dict(urllib.parse.parse_qsl(split.query))
        if self.confirms and "hub.challenge" in fields:
            self.answer(handler, 200, fields["hub.challenge"].encode())
        else:
            self.answer(handler, 404, b"no such subscription")
        with self.news:
            self.challenges.append((handler.path, fields))
            self.news.notify_all()

    def on_delivery(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.news:
            action = self.script.pop(0) if self.script else self.status
            self.deliveries.append(Delivery(handler.path, handler.headers, body, action))
            self.news.notify_all()
        if action == "hang":
            self.closing.wait()
        if action in ("hang", "close"):
            handler.close_connection = True
            handler.connection.close()
            return
        if action == "endless":
            self.stream(handler)
            return
        self.answer(handler, action)

    def stream(self, handler):
        sent = 0
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            while not self.closing.is_set():
                sent += handler.wfile.write(b"x" * 65536)
        except OSError:
            self.cut_after = sent

    def wait_delivery(self, accept=lambda delivery: True, since=0, seconds=DEADLINE):
        """The first delivery from number SINCE that ACCEPT takes."""
        end = time.monotonic() + seconds
        with self.news:
            while True:
                for delivery in self.deliveries[since:]:
                    if accept(delivery):
                        return delivery
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no such delivery among {len(self.deliveries)}")
                self.news.wait(left)

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def signature(secret, body, method="sha256"):
    key = secret if isinstance(secret, bytes) else secret.encode()
    return f"{method}=" + hmac.new(key, body, getattr(hashlib, method)).hexdigest()


class SystemTest(unittest.TestCase):
    """Shows the daemon's last lines with every failed assertion."""

    def setUp(self):
        self.daemons = []

    def gazetted(self, *args, is_started=True, **kwargs):
        daemon = Gazetted(*args, **kwargs)
        self.daemons.append(daemon)
        self.addCleanup(daemon.close)
        return daemon.start() if is_started else daemon

    def subscriber(self):
        subscriber = Subscriber()
        self.addCleanup(subscriber.close)
        return subscriber

    def _formatMessage(self, msg, standardMsg):
        text = super()._formatMessage(msg, standardMsg)
        logs = [d.log() for d in getattr(self, "daemons", []) if d.lines]
        return "\n".join([text] + [f"stderr:\n{log}" for log in logs])
