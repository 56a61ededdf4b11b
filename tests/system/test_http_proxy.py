"""Behind proxies: whose request it is, by header field, by the PROXY protocol and through a
local socket. The limit of requests shows who was taken for the client."""
import http.client
import os
import socket
import struct
import unittest

from tests.system import caddy, nginx
from tests.system.gazetted import DEADLINE, SystemTest, article

ASK = b"GET /robots.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n"
BURST = 5


def version_2(client):
    """The header of the PROXY protocol for CLIENT, or for the proxy itself."""
    if client is None:
        body, family, command = b"", 0, 0x20
    elif ":" in client:
        body = (socket.inet_pton(socket.AF_INET6, client) + socket.inet_pton(socket.AF_INET6, "::1")
                + struct.pack("!HH", 4711, 80))
        family, command = 0x21, 0x21
    else:
        body = (socket.inet_aton(client) + socket.inet_aton("127.0.0.1")
                + struct.pack("!HH", 4711, 80))
        family, command = 0x11, 0x21
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, family, len(body)) + body


class Proxy(SystemTest):
    def start(self, *options):
        self.server = self.gazetted({"a.md": article("One")},
                                    options=["http.rate=1", "http.workers=1", *options])
        return self.server

    def ask(self, before=b"", fields=b"", source="127.0.0.1", path=None):
        """The status of one request on a connection from SOURCE."""
        if path:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(DEADLINE)
            sock.connect(path)
        else:
            sock = socket.create_connection((self.server.host, self.server.port), DEADLINE,
                                            (source, 0))
        with sock, sock.makefile("rb") as file:
            sock.sendall(before + ASK % fields)
            line = file.readline()
            return int(line.split()[1]) if line else None

    def is_limited(self, **how):
        """Whether requests made like this are soon too many."""
        return 429 in [self.ask(**how) for _ in range(3 * BURST)]

    def is_exhausted(self, **how):
        """Whether a client has had its burst, even if it gets one more every second."""
        return 429 in [self.ask(**how) for _ in range(BURST - 1)]

    def test_x_forwarded_for(self):
        self.start("http.trusted_proxies=[127.0.0.1]")
        one = b"X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n"
        self.assertTrue(self.is_limited(fields=one))
        self.assertEqual(self.ask(fields=b"X-Forwarded-For: 192.0.2.2\r\n"), 200)
        # Another forged beginning, another way to write it: still the same client.
        self.assertTrue(self.is_exhausted(fields=b"X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\n"))
        self.assertTrue(self.is_exhausted(fields=b"Forwarded: for=\"192.0.2.1:80\"\r\n"))
        self.assertTrue(self.is_exhausted(fields=b"X-Forwarded-For: 203.0.113.9\r\n"
                                         b"X-Forwarded-For: 192.0.2.1\r\n"))
        # A condition is what a reader should send: it is not counted.
        self.assertEqual(self.ask(fields=one + b"If-None-Match: *\r\n"), 304)

    def test_who_is_not_trusted_is_not_believed(self):
        self.start("http.trusted_proxies=[127.0.0.1]")
        self.assertTrue(self.is_limited(source="127.0.0.2"))
        for number in range(3):
            forged = b"X-Forwarded-For: 192.0.2.%d\r\n" % number
            self.assertTrue(self.is_exhausted(fields=forged, source="127.0.0.2"))
        self.assertEqual(self.ask(source="127.0.0.3"), 200)

    def test_ipv6_by_network(self):
        self.start("http.trusted_proxies=[127.0.0.1]")
        self.assertIn(429, [self.ask(fields=b"X-Forwarded-For: 2001:db8:1:2:%x::1\r\n" % number)
                            for number in range(3 * BURST)])
        self.assertEqual(self.ask(fields=b"X-Forwarded-For: 2001:db8:1:3::1\r\n"), 200)

    def test_proxy_protocol(self):
        self.start("http.trusted_proxies=[127.0.0.1]", "http.proxy_protocol=true")
        self.assertTrue(self.is_limited(before=version_2("192.0.2.1")))
        self.assertTrue(self.is_exhausted(before=b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n"))
        self.assertEqual(self.ask(before=b"PROXY TCP4 192.0.2.2 127.0.0.1 1 2\r\n"), 200)
        self.assertEqual(self.ask(before=version_2("2001:db8::1")), 200)
        self.assertEqual(self.ask(before=version_2(None)), 200)
        # The client behind the balancer is no proxy of ours.
        self.assertTrue(self.is_exhausted(before=version_2("192.0.2.1"),
                                  fields=b"X-Forwarded-For: 192.0.2.9\r\n"))
        # From a proxy the header must come, from others it must not.
        self.assertEqual(self.ask(), 400)
        self.assertEqual(self.ask(source="127.0.0.2"), 200)
        self.assertEqual(self.ask(before=version_2("192.0.2.3"), source="127.0.0.2"), 400)

    def test_proxy_protocol_byte_by_byte(self):
        self.start("http.trusted_proxies=[127.0.0.1]", "http.proxy_protocol=true")
        bytes_ = version_2("192.0.2.1") + ASK % b""
        with socket.create_connection((self.server.host, self.server.port), DEADLINE) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number in range(len(bytes_)):
                sock.sendall(bytes_[number:number + 1])
            self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 200 "))

    def test_local_socket(self):
        room = self.gazetted(is_started=False).room
        path = os.path.join(room, "s")
        self.start(f"http.listen=['127.0.0.1:0', 'unix:{path}']")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o666)
        self.assertFalse(self.is_limited(path=path))
        self.assertTrue(self.is_limited(path=path, fields=b"X-Forwarded-For: 192.0.2.1\r\n"))
        self.assertEqual(self.ask(path=path, fields=b"X-Forwarded-For: 192.0.2.2\r\n"), 200)

    def test_ipv6_listener(self):
        server = self.gazetted({"a.md": article("One")}, options=["http.listen=['[::1]:0']"])
        self.assertEqual(server.host, "::1")
        self.assertEqual(server.get("/feed.atom").status, 200)


class Behind:
    """What the README's recipes for a proxy are to do; start_proxy gives what runs one."""

    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"a.md": article("One", body="Some text. " * 300)},
                                    options=["http.rate=1", "http.workers=1",
                                             "http.trusted_proxies=[127.0.0.1]"])
        self.proxy = self.start_proxy()
        self.addCleanup(self.proxy.close)
        self.proxy.wait()

    def ask(self, source, headers=None, path="/feed.atom", method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, DEADLINE,
                                                source_address=(source, 0))
        try:
            connection.request(method, path, headers={"Host": "news.example", **(headers or {})})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def test_the_readmes_proxy(self):
        first, body = self.ask("127.0.0.2")
        self.assertEqual(first.status, 200)
        self.assertEqual(body, self.server.get("/feed.atom").body)
        self.assertIn('rel="hub"', first.getheader("Link"))
        packed, _ = self.ask("127.0.0.2", {"Accept-Encoding": "gzip"})
        self.assertEqual(packed.getheader("Content-Encoding"), "gzip")
        self.assertEqual(packed.getheader("ETag"), first.getheader("ETag"))
        same, body = self.ask("127.0.0.2", {"If-None-Match": first.getheader("ETag")})
        self.assertEqual((same.status, body), (304, b""))
        self.assertIn('rel="self"', same.getheader("Link"))
        shown, _ = self.ask("127.0.0.2", {"Sec-Fetch-Dest": "document"})
        self.assertTrue(shown.getheader("Content-Type").startswith("text/xml"))
        posted, _ = self.ask("127.0.0.2", path="/hub", method="POST")
        self.assertIn(posted.status, (400, 415, 429))

    def test_the_client_is_who_asked_the_proxy(self):
        statuses = [self.ask("127.0.0.2")[0].status for _ in range(3 * BURST)]
        self.assertEqual(statuses[0], 200)
        self.assertIn(429, statuses)
        self.assertEqual(self.ask("127.0.0.3")[0].status, 200)
        for forged in ({"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}):
            answers = [self.ask("127.0.0.2", forged)[0] for _ in range(BURST - 1)]
            refused = [a for a in answers if a.status == 429]
            self.assertTrue(refused, forged)
            self.assertGreaterEqual(int(refused[0].getheader("Retry-After")), 1)


@unittest.skipUnless(nginx.PROGRAM, "nginx is not installed")
class BehindNginx(Behind, SystemTest):
    def start_proxy(self):
        return nginx.Nginx(self.server.room, nginx.recipes()[0],
                           **{"127.0.0.1:8080": f"127.0.0.1:{self.server.port}"})


@unittest.skipUnless(caddy.PROGRAM, "Caddy is not installed")
class BehindCaddy(Behind, SystemTest):
    def start_proxy(self):
        return caddy.Caddy(self.server.room, caddy.recipes()[0],
                           **{"127.0.0.1:8080": f"127.0.0.1:{self.server.port}"})
