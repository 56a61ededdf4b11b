"""The corpus of malformed and smuggling requests (tests/golden/http) against the daemon: what
is answered, how often, and whether the connection ends."""
import os
import re
import socket

from tests.system.gazetted import TOP, SystemTest

DIRECTORY = os.path.join(TOP, "tests", "golden", "http")
PROBE = b"GET /robots.txt?probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def unescape(text):
    def replace(found):
        repeated, hexadecimal, char = found.group(1, 3, 4)
        if repeated:
            return unescape(found.group(2)) * int(repeated)
        if hexadecimal:
            return chr(int(hexadecimal, 16))
        return {"r": "\r", "n": "\n", "t": "\t"}.get(char, char)
    return re.sub(r"\\(?:\*(\d+)\((.*?)\)|x(..)|(.))", replace, text)


def cases():
    for name in ("lines", "framing", "targets", "limits"):
        with open(os.path.join(DIRECTORY, name + ".txt")) as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith("#"):
                    verdict, text = line.rstrip("\n").split("|", 1)
                    yield (f"{name}:{number}", verdict.split(),
                           unescape(text[1:]).encode("latin-1"))


class HttpCorpus(SystemTest):
    def exchange(self, *pieces):
        """What the server sends, until it closes, to PIECES."""
        with socket.create_connection((self.server.host, self.server.port), 60) as sock:
            for piece in pieces:
                sock.sendall(piece)
            answer = b""
            while True:
                try:
                    more = sock.recv(65536)
                except ConnectionResetError:
                    return answer + b" RESET"
                if not more:
                    return answer
                answer += more

    def hang_up(self, request):
        with socket.create_connection((self.server.host, self.server.port), 60) as sock:
            sock.sendall(request)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(65536)

    def check(self, verdict, request):
        if verdict[0] == "more":
            self.assertEqual(self.hang_up(request), b"")
            return
        stays = verdict[0] == "ok" and verdict[-1] != "close"
        statuses = (verdict[1] if verdict[0] == "ok" else verdict[0]).split(",")
        # A refused head that is not complete: the probe would complete it.
        probe = PROBE if stays or verdict[0] == "ok" else b""
        answer = self.exchange(request, *([probe] if probe else []))
        found = re.findall(rb"^HTTP/1\.1 (\d+) ", answer, re.M)
        self.assertRegex(b",".join(found).decode(),
                         "^" + ",".join(statuses + ["200"] * stays).replace("x", r"\d") + "$")
        self.assertEqual(answer.endswith(self.probed), stays or statuses == ["200"], answer[-300:])
        self.assertEqual(answer.count(b"\r\nConnection: close\r\n"), 1, answer[-2000:])

    def test_every_request(self):
        self.server = self.gazetted()
        self.probed = self.server.get("/robots.txt").body
        count = 0
        for name, verdict, request in cases():
            with self.subTest(case=name, request=request[:300]):
                self.check(verdict, request)
            count += 1
        self.assertGreater(count, 150)

    def test_what_follows_a_refused_request_is_not_answered(self):
        self.server = self.gazetted()
        for request in (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                        b"POST /hub HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        b"Content-Length: 3\r\n\r\n0\r\n\r\n"):
            answer = self.exchange(request + PROBE)
            self.assertEqual(re.findall(rb"^HTTP/1\.1 (\d+) ", answer, re.M), [b"400"])
