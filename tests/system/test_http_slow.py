"""Clients that take their time: they are cut off, and nobody else waits for them."""
import resource
import select
import socket
import time

from tests.system.gazetted import DEADLINE, SystemTest, article

SLOW = 2000
HEAD = b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nX-Drip: "


class Slow(SystemTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < SLOW + 500:
            self.skipTest(f"{SLOW} connections need more than {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.slow = []

    def tearDown(self):
        for sock in self.slow:
            sock.close()

    def dial(self, server, count):
        for _ in range(count):
            sock = socket.create_connection((server.host, server.port), DEADLINE)
            sock.sendall(HEAD)
            self.slow.append(sock)

    def drip(self, socks):
        for sock in socks:
            try:
                sock.send(b"a")
            except OSError:
                pass  # cut off

    def ask(self, server):
        began = time.monotonic()
        self.assertEqual(server.get("/feed.atom").status, 200)
        return time.monotonic() - began

    def heard_by_now(self):
        """How many of the slow have heard anything."""
        poll = select.poll()
        for sock in self.slow:
            poll.register(sock, select.POLLIN)
        return len(poll.poll(0))

    def heard(self, seconds=DEADLINE):
        """What each slow client hears until it is closed, as a set."""
        waiting = {sock.fileno(): sock for sock in self.slow}
        poll, said = select.poll(), {}
        for number in waiting:
            poll.register(number, select.POLLIN)
        end = time.monotonic() + seconds
        while waiting:
            self.assertGreater(end, time.monotonic(), f"{len(waiting)} are still connected")
            for number, _ in poll.poll(100):
                try:
                    more = waiting[number].recv(65536)
                except ConnectionResetError:
                    more = b""
                said[number] = said.get(number, b"") + more
                if not more:
                    poll.unregister(number)
                    del waiting[number]
        return {answer.split(b"\r\n")[0] for answer in said.values()}

    def test_two_thousand_dripping_heads(self):
        server = self.gazetted({"a.md": article("One")}, options=["http.header_timeout=15s"])
        self.dial(server, SLOW)
        for round_number in range(10):
            self.drip(self.slow[round_number % 2::2])
            self.ask(server)
        self.assertEqual(self.heard_by_now(), 0)  # nobody waited until they were cut off
        self.assertEqual(self.heard(), {b"HTTP/1.1 408 Request Timeout"})
        self.ask(server)

    def test_a_full_server_lets_others_in(self):
        """Who has not sent a request within a second makes room for who does at once."""
        server = self.gazetted({"a.md": article("One")},
                               options=["http.header_timeout=60s", "http.max_connections=200"])
        self.dial(server, 320)
        times = [self.ask(server) for _ in range(10)]
        self.assertLess(max(times), 30.0, times)

    def test_bodies_and_readers_that_stall(self):
        server = self.gazetted({"a.md": article("One", body="Long. " * 100000)},
                               options=["http.header_timeout=3s", "http.idle_timeout=3s"])
        self.dial(server, 0)
        body = socket.create_connection((server.host, server.port), DEADLINE)
        body.sendall(b"POST /hub HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhub")
        idle = socket.create_connection((server.host, server.port), DEADLINE)
        idle.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        self.slow += [body, idle]
        self.assertEqual(self.heard(), {b"HTTP/1.1 408 Request Timeout", b"HTTP/1.1 200 OK"})
        stalled = socket.socket()
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect((server.host, server.port))
        for _ in range(20):
            stalled.send(b"GET /feed.json HTTP/1.1\r\nHost: a\r\n\r\n")
        self.slow.append(stalled)
        # It reads nothing: the server gives up.
        poll = select.poll()
        poll.register(stalled.fileno(), select.POLLRDHUP | select.POLLERR | select.POLLHUP)
        self.assertTrue(poll.poll(DEADLINE * 1000), "the server waits for ever")
