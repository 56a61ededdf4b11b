"""The servers that `make bench-http` measures, each in a temporary directory on a free
loopback port: gazetted itself, nginx serving the same bytes, and the bare loop."""
import gzip
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

from tests.bench import gen_corpus
from tests.system import gazetted
from tests.system.gazetted import wait_for

FEEDS = ("feed.atom", "feed.rss", "feed.json")
NGINX = """
daemon off;
{user}
worker_processes {workers};
worker_rlimit_nofile 20000;
error_log {room}/error.log;
pid {room}/pid;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 600; keepalive_requests 1000000000;
  open_file_cache max=10000 inactive=600s; open_file_cache_valid 600s;
  gzip_static on; gzip_vary on;
  default_type application/atom+xml;
  client_body_temp_path {room}/t1; proxy_temp_path {room}/t2; fastcgi_temp_path {room}/t3;
  uwsgi_temp_path {room}/t4; scgi_temp_path {room}/t5;
  server {{ listen 127.0.0.1:{port} backlog=4096 {reuse}; root {room}/root; }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            for child in file.read().split():
                found += descendants(int(child))
    return found


def pin(pid, cpus):
    for process in descendants(pid):
        for task in os.listdir(f"/proc/{process}/task"):
            os.sched_setaffinity(int(task), cpus)


def cpu_seconds(pids):
    """User and system time of all threads, to the nanosecond where the kernel counts so."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                total += int(file.read().split()[0])
    return total / 1e9


def memory_bytes(pids):
    """Anonymous resident memory: what the programs allocated, without their code."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:
            total += int(re.search(r"RssAnon:\s+(\d+)", file.read()).group(1)) * 1024
    return total


def fetch_raw(port, request):
    """The whole answer to REQUEST, head and body, as it came."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            part = connection.recv(65536)
            if not part:
                raise AssertionError(f"no answer to {request!r}: {got!r}")
            got += part
        head = got.split(b"\r\n\r\n")[0].decode()
        length = re.search(r"(?im)^content-length: (\d+)", head)
        want = len(head) + 4
        if length and " 304 " not in head.split("\r\n")[0]:
            want += int(length.group(1))
        while len(got) < want:
            got += connection.recv(1 << 20)
        return got


def split(answer):
    head, body = answer.split(b"\r\n\r\n", 1)
    fields = dict(re.findall(r"(?m)^([^:\r\n]+): ([^\r\n]*)", head.decode()))
    return int(head.split()[1]), fields, body


def request(path, *fields):
    lines = [f"GET {path} HTTP/1.1", "Host: news.example", "User-Agent: bench/1.0",
             "Accept: */*", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Peer:
    """What the benches ask of a server: a name, a port and the processes that serve."""

    def conditional(self, paths, *fields):
        """A request for each of PATHS that this server answers with 304."""
        made = []
        for path in paths:
            _, seen, _ = split(fetch_raw(self.port, request(path, "Accept-Encoding: gzip")))
            made.append(request(path, "Accept-Encoding: gzip",
                                f"If-None-Match: {seen['ETag']}",
                                f"If-Modified-Since: {seen['Last-Modified']}", *fields))
        return made


class GazettedPeer(Peer):
    name = "gazetted"

    def __init__(self, cpus, workers=1, small=84, large=8, prefix=(), options=()):
        """SMALL channels whose feeds are about 20 KB in gzip, LARGE ones of 200 KB. With a
        PREFIX (a tool and its arguments) it goes on under that when all is parsed: the parser
        process cannot be started there."""
        self.daemon = gazetted.Gazetted(options=[
            f"http.workers={workers}", "http.idle_timeout=600s", "http.max_connections=16000",
            *options])
        for i in range(small):
            for k in range(4):
                self.daemon.write(f"s{i:03}/a{k}.md", gen_corpus.article(i * 4 + k, 15000))
        for i in range(large):
            for k in range(13):
                self.daemon.write(f"l{i:03}/a{k}.md",
                                  gen_corpus.article(100000 + i * 13 + k, 15000))
        self.cpus = cpus
        self.start()
        if prefix:
            self.restart_under(prefix)
        self.small = [f"/c/s{i:03}/{feed}" for i in range(small) for feed in FEEDS]
        self.large = [f"/c/l{i:03}/{feed}" for i in range(large) for feed in FEEDS]

    def start(self):
        self.daemon.start(seconds=300)
        self.port, self.pids = self.daemon.port, [self.daemon.process.pid]
        if self.cpus:
            pin(self.pids[0], self.cpus)

    def restart_under(self, prefix):
        own, script = gazetted.PROGRAM, os.path.join(self.daemon.room, "program")
        with open(script, "w") as file:
            file.write(f'#!/bin/sh\nexec {" ".join(prefix)} {own} "$@"\n')
        os.chmod(script, 0o755)
        self.daemon.stop()
        gazetted.PROGRAM = script
        try:
            self.start()
        finally:
            gazetted.PROGRAM = own

    def close(self):
        self.daemon.close()


class NginxPeer(Peer):
    name = "nginx"

    def __init__(self, cpus, like, workers=1, connections=16000, prefix=()):
        """Serves what LIKE, a GazettedPeer, serves."""
        self.room = tempfile.mkdtemp(prefix="gazetted-nginx.")
        os.chmod(self.room, 0o755)
        for path in like.small + like.large:
            _, _, plain = split(fetch_raw(like.port, request(path)))
            _, _, packed = split(fetch_raw(like.port, request(path, "Accept-Encoding: gzip")))
            assert gzip.decompress(packed) == plain
            os.makedirs(os.path.dirname(f"{self.room}/root{path}"), exist_ok=True)
            for suffix, body in (("", plain), (".gz", packed)):
                with open(f"{self.room}/root{path}{suffix}", "wb") as file:
                    file.write(body)
        self.port = free_port()
        with open(f"{self.room}/nginx.conf", "w") as file:
            file.write(NGINX.format(room=self.room, port=self.port, workers=workers,
                                    connections=connections,
                                    reuse="reuseport" if workers > 1 else "",
                                    user="user root;" if os.geteuid() == 0 else ""))
        alone = ["-g", "master_process off;"] if prefix else []
        self.process = subprocess.Popen(
            [*prefix, shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.room,
             "-c", f"{self.room}/nginx.conf", *alone], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.is_up, "nginx", 60)
        if not prefix:
            wait_for(lambda: len(descendants(self.process.pid)) == 1 + workers, "its workers")
        self.pids = descendants(self.process.pid)[0 if prefix else 1:]
        if cpus:
            pin(self.process.pid, cpus)
        for path in like.small[:3] + like.large[:3]:
            for fields in ((), ("Accept-Encoding: gzip",)):
                answers = [split(fetch_raw(peer.port, request(path, *fields)))[2]
                           for peer in (self, like)]
                assert answers[0] == answers[1], path

    def is_up(self):
        assert self.process.poll() is None, open(f"{self.room}/error.log").read()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.room)


class BarePeer(Peer):
    name = "bare loop"

    def __init__(self, cpus, build, answers, is_split=False):
        self.room = tempfile.mkdtemp(prefix="gazetted-bare.")
        names = []
        for i, answer in enumerate(answers):
            names.append(f"{self.room}/{i}")
            with open(names[-1], "wb") as file:
                file.write(answer)
        port_file = f"{self.room}/port"
        self.process = subprocess.Popen([f"{build}/tests/bench/bare", *(["-s"] * is_split),
                                         port_file, *names])
        wait_for(lambda: os.path.exists(port_file) and os.path.getsize(port_file) > 1,
                 "the bare loop", 10)
        with open(port_file) as file:
            self.port = int(file.read())
        self.pids = [self.process.pid]
        pin(self.process.pid, cpus)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.room)


def settle_down(pids, seconds=30):
    """Waits until the processes do nothing: their cores are free for what is measured."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = cpu_seconds(pids)
        time.sleep(0.25)
        if cpu_seconds(pids) - before < 0.005:
            return
