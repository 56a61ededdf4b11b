"""Mixed load for as long as wanted, and a look at what it leaves behind: descriptors and
memory must be what they were after the first tenth. `make soak SOAK_SECONDS=N`."""
import argparse
import os
import re
import socket
import struct
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP)
from tests.system.gazetted import DEADLINE, Gazetted, article, wait_for  # noqa: E402

BATCH = 1000              # requests on one connection
GROWTH_KB = 24 * 1024     # what the allocator may keep
OPTIONS = ("http.workers=2", "articles.withdrawn_keep=0s", "feeds.by=[channel, tag]",
           "http.header_timeout=10s")
BROKEN = (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /feed.atom HTT",
          b"POST /hub HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhub.mode=x",
          b"POST /hub HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
SHOTS = ("GET /feed.json", "GET /a/n3", "GET /tag/t1/feed.atom", "GET /archive/feed/50.atom",
         "GET /nothing", "GET /sitemap.xml", "POST /hub", "OPTIONS /feed.atom", "GET /p.png")


class Soak:
    def __init__(self, server):
        self.server, self.requests, self.rounds = server, 0, 0
        self.pid = server.process.pid

    def dial(self):
        return socket.create_connection((self.server.host, self.server.port), DEADLINE)

    def batch(self):
        """Many conditional requests and a few whole answers, pipelined on one connection."""
        etag = self.server.get("/feed.atom").header("ETag")
        same = f"GET /feed.atom HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n".encode()
        css = b"GET /feed.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n"
        last = b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        wanted = same * (BATCH - 9) + css * 8 + last
        with self.dial() as sock:
            sock.settimeout(DEADLINE * 6)
            sent, heard = 0, []
            while sent < len(wanted):
                sent += sock.send(wanted[sent:sent + 16384])
                heard.append(sock.recv(1 << 20))
            while more := sock.recv(1 << 20):
                heard.append(more)
        count = b"".join(heard).count(b"HTTP/1.1 ")
        assert count == BATCH, f"{count} answers to {BATCH} requests"
        self.requests += BATCH

    def shots(self):
        """One request on a connection each, of every kind; some clients leave or are wrong."""
        for shot in SHOTS:
            method, path = shot.split()
            answer = self.server.request(method, path)
            assert answer.status < 500, f"{shot}: {answer}"
            self.requests += 1
        for broken in BROKEN:
            with self.dial() as sock:
                sock.sendall(broken)
        with self.dial() as sock: # a reset in the middle of an answer
            sock.sendall(b"GET /feed.rss HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def round(self):
        number = self.rounds = self.rounds + 1
        if number % 5 == 0:
            self.server.write(f"news/n{number // 5 % 10}.md",
                              article(f"Round {number}", tags=["t1"], body="Text. " * 300))
        for _ in range(10):
            self.batch()
        self.shots()

    def memory_kb(self):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def run(self, is_done, report=lambda text: None):
        """Rounds until IS_DONE(share of the time or of the requests, from 0) says 1; raises
        AssertionError for a leak."""
        base = None
        while (share := is_done(self)) < 1:
            self.round()
            if base is None and share >= 0.1:
                base = self.descriptors(), self.memory_kb()
            report(f"{self.requests} requests, {self.descriptors()} descriptors, "
                   f"{self.memory_kb()} kB")
        files, memory = base
        wait_for(lambda: self.descriptors() <= files + 8,
                 f"{self.descriptors()} descriptors to become {files} again")
        grown = self.memory_kb() - memory
        assert grown < GROWTH_KB, f"{grown} kB more than after a tenth of the time"
        return f"{self.requests} requests; descriptors {files} then {self.descriptors()}; " \
               f"memory {memory} kB and {grown:+} kB"


def articles():
    files = {f"news/n{n}.md": article(f"Number {n}", tags=["t1"], body="Text. " * 300)
             for n in range(120)}
    return {**files, "news/p.md": article("A picture", images=["p.png"])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    server = Gazetted(articles(), options=OPTIONS)
    began, said = time.monotonic(), [0.0]

    def report(text):
        passed = time.monotonic() - began
        if passed - said[0] >= min(60, seconds / 5):
            said[0] = passed
            print(f"{passed:.0f} s: {text}", flush=True)
    try:
        soak = Soak(server.start())
        print(soak.run(lambda _: (time.monotonic() - began) / seconds, report))
    finally:
        server.close() # which looks for an exit status and the words of a sanitizer


if __name__ == "__main__":
    main()
