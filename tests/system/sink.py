"""Many subscribers at once: tests/bench/sink.c and fill_subs.c, for tests and benches. A
subscriber is known by the number in its callback, a publication by the number behind
"bench-mark-" in its body."""
import os
import shutil
import struct
import subprocess
import tempfile

from tests.system.gazetted import BUILD

TOOLS = os.path.join(BUILD, "tests", "bench")
NOBODY = 1  # a port on which every connection is refused


def address(host):
    return f"127.1.{host // 256}.{host % 256}"


def callbacks(count, hosts, port, kinds=("ok",)):
    """COUNT callbacks over HOSTS; host h behaves as kinds[h % len(kinds)]."""
    for i in range(count):
        host = i * hosts // count
        kind = kinds[host % len(kinds)]
        at = NOBODY if kind == "refuse" else port
        yield f"http://{address(host)}:{at}/{kind}/{i}"


def fill(server, subs, topic="/feed.atom"):
    """Puts the callbacks SUBS into the state of SERVER, which must not run."""
    state = os.path.join(server.directory, ".gazetted")
    os.makedirs(state, exist_ok=True)
    database = os.path.join(state, "gazetted.db")
    subprocess.run([os.path.join(TOOLS, "fill_subs"), database, topic],
                   input="\n".join(subs), text=True, check=True)
    return database


class Sink:
    def __init__(self):
        self.room = tempfile.mkdtemp(prefix="gazetted-sink.")
        self.path = os.path.join(self.room, "log")
        self.process = subprocess.Popen([os.path.join(TOOLS, "sink"), self.path],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.read_to = 0

    def records(self):
        """(seconds on the monotonic clock, subscriber, publication) since the last call."""
        with open(self.path, "rb") as file:
            file.seek(self.read_to)
            raw = file.read()
        raw = raw[:len(raw) // 16 * 16]
        self.read_to += len(raw)
        return [(at / 1e9, sub, mark) for at, sub, mark in struct.iter_unpack("<QII", raw)]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.room)
