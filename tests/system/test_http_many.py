"""As many connections as http.max_connections allows by default, and then some more."""
import resource
import select
import socket

from tests.system.gazetted import DEADLINE, SystemTest, article

WANTED, LEAST, MORE = 20000, 5000, 300
SPARE = 400  # descriptors of the daemon and of this process for everything else
REQUEST = b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n"


class Many(SystemTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.count = min(WANTED, hard - SPARE) if hard != resource.RLIM_INFINITY else WANTED
        if self.count < LEAST:
            self.skipTest(f"{WANTED} connections need more than {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.socks = []
        self.addCleanup(lambda: [sock.close() for sock in self.socks])

    def dial(self, server, count):
        """Each from one of many local addresses, or the ports would not do."""
        new = []
        for number in range(count):
            new.append(socket.create_connection(
                (server.host, server.port), DEADLINE, (f"127.0.1.{number % 200 + 1}", 0)))
            new[-1].sendall(REQUEST)
        self.socks += new
        return new

    def hear(self, socks):
        """What each of SOCKS hears next: a status line, or nothing at the end."""
        waiting, heard = {sock.fileno(): sock for sock in socks}, {}
        poll = select.epoll()
        for number in waiting:
            poll.register(number, select.EPOLLIN)
        while waiting:
            ready = poll.poll(DEADLINE)
            self.assertTrue(ready, f"{len(waiting)} of {len(socks)} hear nothing")
            for number, _ in ready:
                sock = waiting.pop(number)
                poll.unregister(number)
                heard[sock] = sock.recv(65536).split(b"\r\n")[0]
        poll.close()
        return heard

    def ask(self, socks):
        for sock in socks:
            sock.sendall(REQUEST)
        self.assertEqual(set(self.hear(socks).values()), {b"HTTP/1.1 200 OK"})

    def test_all_are_served_and_the_oldest_idle_make_room(self):
        server = self.gazetted({"a.md": article("One")}, options=[
            f"http.max_connections={self.count - 1}", "http.workers=1",
            "http.idle_timeout=600s", "http.header_timeout=600s"])
        first = self.dial(server, self.count)
        self.assertEqual(set(self.hear(first).values()), {b"HTTP/1.1 200 OK"})
        busy, idle = first[:MORE], first[MORE:]
        self.ask(busy)
        # Full: more are let in at once, and those go that were idle for longest.
        room = self.dial(server, MORE)
        self.assertEqual(set(self.hear(room).values()), {b"HTTP/1.1 200 OK"})
        self.assertEqual(set(self.hear(idle[:MORE]).values()), {b""})
        self.ask(busy + idle[MORE:] + room)
        self.assertEqual(server.get("/feed.atom", {"If-None-Match": "*"}).status, 304)
        if self.count < WANTED:
            self.skipTest(f"served {self.count} connections; {WANTED} need "
                          f"{WANTED + SPARE} descriptors")
