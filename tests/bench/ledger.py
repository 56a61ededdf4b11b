"""What the ledger costs: the same fan-out to partners, each delivery a row of evidence, and to
the public, without any. Two daemons, rounds in turn, medians; the daemon's own CPU time decides,
since the sink's would hide it."""
import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

TOKEN = "bench-token-000001"
CONFIG = """
partners:
  - {name: bench, token_file: %(room)s/token, callback_hosts: [127.0.0.1], require: []}
rights:
  - {name: all, public: full, partners: {bench: full}}
hub: {verify: {per_host: 100000, per_client: 100000, per_network: 100000}}
store: {directory: %(room)s/state}
"""


class Sink(asyncio.Protocol):
    """Echoes challenges, takes deliveries."""
    delivered = 0

    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        while b"\r\n\r\n" in self.data:
            head, rest = self.data.split(b"\r\n\r\n", 1)
            size = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    size = int(line[15:])
            if len(rest) < size:
                return
            self.data = rest[size:]
            if head.startswith(b"POST"):
                Sink.delivered += 1
                self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                continue
            query = urllib.parse.parse_qs(head.split(b" ")[1].split(b"?")[1])
            challenge = query[b"hub.challenge"][0]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                                 % (len(challenge), challenge))


class Daemon:
    def __init__(self, program, topic, subscribers, port):
        self.room = tempfile.mkdtemp(prefix="gazetted-bench.")
        self.articles = os.path.join(self.room, "articles")
        os.mkdir(self.articles)
        for name, text in (("token", TOKEN + "\n"), ("config", CONFIG % {"room": self.room})):
            with open(os.path.join(self.room, name), "w") as file:
                file.write(text)
        for number in range(20):
            self.write(f"old{number}")
        self.process = subprocess.Popen(
            [program, "-c", os.path.join(self.room, "config"), "-o", "http.listen=127.0.0.1:0",
             "-o", "hub.callbacks.ports=[]", "-o", "hub.callbacks.allow=[127.0.0.0/8]",
             "-o", "site.base_url=http://news.example", "-o", "http.rate=0",
             "-o", "http.workers=1", "-o", "articles.settle=10ms", self.articles],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "listen address=" in line:
                self.address = line.split("address=")[1].strip()
            if line.strip() == "ready":
                break
        self.topic, self.subscribers, self.port = topic, subscribers, port
        self.verified = 0
        threading.Thread(target=self.read_log, daemon=True).start()

    def read_log(self):
        for line in self.process.stderr:
            self.verified += "hub: verified" in line

    def write(self, name):
        path = os.path.join(self.articles, name + ".md")
        with open(path + ".tmp", "w") as file:
            file.write(f"---\ntitle: {name}\ndate: 2026-05-01T10:00:00+08:00\n---\n\n"
                       + "A paragraph of the text that everybody gets. " * 20 + "\n")
        os.rename(path + ".tmp", path)

    def subscribe(self):
        for number in range(self.subscribers):
            form = {"hub.mode": "subscribe", "hub.topic": "http://news.example" + self.topic,
                    "hub.callback": f"http://127.0.0.1:{self.port}/{number}",
                    "hub.secret": "0123456789abcdef",
                    # the same bodies on both sides: partners get changes by default
                    "hub.payload": "full"}
            urllib.request.urlopen(urllib.request.Request(
                f"http://{self.address}/hub", urllib.parse.urlencode(form).encode(),
                {"Authorization": "Bearer " + TOKEN})).read()
        while self.verified < self.subscribers:
            time.sleep(0.05)

    def cpu(self):
        """Seconds of all its threads, to the nanosecond."""
        total, tasks = 0, f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.room)


async def round_of(daemon, name):
    """CPU and wall seconds of one publication to everybody."""
    cpu, start, Sink.delivered = daemon.cpu(), time.monotonic(), 0
    daemon.write(name)
    while Sink.delivered < daemon.subscribers:
        await asyncio.sleep(0.005)
    wall = time.monotonic() - start
    await asyncio.sleep(0.2)
    return daemon.cpu() - cpu, wall


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    program = os.path.join(arguments.build, "gazetted")
    daemons = [Daemon(program, topic, arguments.subscribers, port)
               for topic in ("/feed.atom", "/p/bench/feed.atom")]
    try:
        for daemon in daemons:
            await loop.run_in_executor(None, daemon.subscribe)
        results = [[], []]
        for number in range(arguments.rounds):
            for daemon, result in zip(daemons, results):
                result.append(await round_of(daemon, f"new{number}"))
    finally:
        for daemon in daemons:
            daemon.close()
    cpu = [statistics.median(r[0] for r in result) for result in results]
    wall = [statistics.median(r[1] for r in result) for result in results]
    each = [1e6 * c / arguments.subscribers for c in cpu]
    print(f"ledger: {arguments.subscribers} deliveries, medians of {arguments.rounds} rounds")
    print(f"  without: cpu {each[0]:.1f} us a delivery, wall {wall[0]:.3f} s")
    print(f"  with:    cpu {each[1]:.1f} us a delivery, wall {wall[1]:.3f} s")
    print(f"  ratio:   cpu {cpu[1] / cpu[0]:.3f}, wall {wall[1] / wall[0]:.3f} "
          "(goal: at most 1.10)")


if __name__ == "__main__":
    asyncio.run(main())
