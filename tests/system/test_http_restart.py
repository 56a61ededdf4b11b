"""Socket activation, drain and restart: no connection is refused and no request fails."""
import http.client
import os
import signal
import socket
import subprocess
import threading
import time

from tests.system.gazetted import DEADLINE, PROGRAM, Gazetted, SystemTest, article, environment

FIRST_FD = 3  # SD_LISTEN_FDS_START


class Activated(Gazetted):
    """Started by a service manager that holds SOCKETS."""

    def __init__(self, sockets, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.sockets = sockets

    def start(self, seconds=DEADLINE):
        # The manager knows the process's number only when it is there: the shell is it.
        moves = "".join(f"exec {FIRST_FD + i}<&{s.fileno()}; " for i, s in
                        enumerate(self.sockets))
        script = f'{moves}LISTEN_PID=$$ LISTEN_FDS={len(self.sockets)} exec "$@"'
        self.first_line = len(self.lines)
        self.process = subprocess.Popen(
            ["sh", "-c", script, "sh", PROGRAM, *self.arguments()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(),
            pass_fds=[s.fileno() for s in self.sockets])
        self.reader = threading.Thread(target=self.read_stderr, daemon=True)
        self.reader.start()
        self.wait_line(r"\bready$", seconds=seconds)
        return self


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


class Load(threading.Thread):
    """Asks without a pause until told to stop. A kept connection that ends before the first
    byte of an answer is what RFC 9112 section 9.3.1 lets a client try again; on a new
    connection everything that is not an answer is a failure."""

    def __init__(self, connect, keeps):
        super().__init__(daemon=True)
        self.connect, self.keeps = connect, keeps
        self.answers, self.retries, self.failures = 0, 0, []
        self.slowest = 0.0
        self.stopping = threading.Event()

    def ask(self, connection):
        connection.request("GET", "/feed.atom",
                           headers={} if self.keeps else {"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or not body.endswith(b"</feed>\n"):
            self.failures.append(f"{answer.status} {body[-100:]!r}")
        self.answers += 1
        return answer.getheader("Connection") != "close"

    def run(self):
        connection, is_new = None, True
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                connection = connection or self.connect()
                stays = self.ask(connection) and self.keeps
            except (OSError, http.client.HTTPException) as err:
                if is_new:
                    self.failures.append(repr(err))
                self.retries += not is_new
                stays = False
            self.slowest = max(self.slowest, time.monotonic() - began)
            is_new = not stays
            if not stays:
                connection.close()
                connection = None
        if connection:
            connection.close()


class Restart(SystemTest):
    def listen(self, family, address):
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.listen(1024)
        return sock

    def activated(self, sockets):
        files = {f"news/{i}.md": article(f"Number {i}") for i in range(20)}
        daemon = Activated(sockets, files, options=["http.workers=2"])
        self.daemons.append(daemon)
        self.addCleanup(daemon.close)
        return daemon.start()

    def test_restarts_under_load_lose_nothing(self):
        v4 = self.listen(socket.AF_INET, ("127.0.0.1", 0))
        v6 = self.listen(socket.AF_INET6, ("::1", 0))
        room = self.gazetted(is_started=False).room
        path = os.path.join(room, "s")
        local = self.listen(socket.AF_UNIX, path)
        daemon = self.activated([v4, v6, local])
        self.assertEqual(len(daemon.matching("listen address=")), 3)
        connects = [lambda s=s: http.client.HTTPConnection(*s.getsockname()[:2], timeout=DEADLINE)
                    for s in (v4, v6)] + [lambda: UnixConnection(path)]
        loads = [Load(connect, keeps) for connect in connects for keeps in (False, True)]
        for load in loads:
            load.start()
        seen = []
        for _ in range(6):
            before = sum(load.answers for load in loads)
            daemon.wait(lambda: sum(load.answers for load in loads) > before + 60, "answers")
            began = time.monotonic()
            daemon.stop()
            daemon.start()
            seen.append(time.monotonic() - began)
        before = [load.answers for load in loads]
        daemon.wait(lambda: all(load.answers > b for load, b in zip(loads, before)),
                    "answers from the last process on every socket")
        for load in loads:
            load.stopping.set()
        for load in loads:
            load.join()
        self.assertEqual([load.failures for load in loads], [[] for _ in loads],
                         f"restarts took {seen}")
        daemon.stop()

    def test_no_document_is_missing_while_it_starts(self):
        """What is asked before the first scan is done waits, and is not answered 404."""
        v4 = self.listen(socket.AF_INET, ("127.0.0.1", 0))
        daemon = self.activated([v4])
        daemon.stop()
        answers = []
        asked = [socket.create_connection(v4.getsockname(), DEADLINE) for _ in range(8)]
        for sock in asked:
            sock.sendall(b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        daemon.start()
        for sock in asked:
            with sock, sock.makefile("rb") as file:
                answers.append(file.readline())
        self.assertEqual(answers, [b"HTTP/1.1 200 OK\r\n"] * 8)

    def test_sigterm_lets_answers_finish_and_closes_what_is_kept(self):
        # A body that does not fit into the sockets' buffers.
        big = article("Large", body="\n\n".join(f"{i:07} " * 120 for i in range(1000)))
        server = self.gazetted({"news/a.md": big}, options=["feeds.window=500"])
        size = len(server.get("/feed.json").body)
        kept = http.client.HTTPConnection(server.host, server.port, timeout=DEADLINE)
        kept.request("GET", "/robots.txt")
        self.assertEqual(kept.getresponse().read()[:4], b"User")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(DEADLINE)
        slow.connect((server.host, server.port))
        slow.sendall(b"GET /feed.json HTTP/1.1\r\nHost: a\r\n\r\n")
        first = slow.recv(1)
        self.assertEqual(first, b"H")
        server.signal(signal.SIGTERM)
        server.wait_line("stopping signal=")
        self.assertEqual(kept.sock.recv(1), b"")
        with self.assertRaises(ConnectionRefusedError):
            server.wait(lambda: not socket.create_connection((server.host, server.port)).close(),
                        "a refusal")
            while True:
                socket.create_connection((server.host, server.port)).close()
        received = len(first)
        while True:
            more = slow.recv(65536)
            if not more:
                break
            received += len(more)
        slow.close()
        kept.close()
        self.assertGreater(received, size)
        self.assertEqual(server.finish(DEADLINE), 0)
