"""`make crash ROUNDS=200 [CRASH=--jumps]`: kill -9 at random moments of a fan-out, where asked
for with a wall clock that jumps by days (tests/bench/jump_clock.c). The log of the sink
(tests/bench/sink.c) must show that every subscriber got every publication that it waits
for, and that no more was repeated than had been handed out and not yet committed."""
import argparse
import collections
import os
import random
import struct
import time
from unittest import mock

from tests.system.gazetted import Gazetted
from tests.system.sink import TOOLS, Sink, callbacks, fill

CHUNK = 200
AHEAD = 8          # times in_flight are handed out, in chunks of at most 16 jobs
KINDS = ("ok",) * 18 + ("slow", "close")
JUMP_S = 10 * 86400  # to both sides; the leases last 30 days


class Crash:
    """A fan-out to SUBS subscribers, one in 20 slow and one in 20 never answering."""

    def __init__(self, subs, in_flight, seed, jumps=False):
        self.subs, self.in_flight, self.jumps = subs, in_flight, jumps
        self.random = random.Random(seed)
        self.hosts = max(20, subs // 10)
        self.sink = Sink()
        self.server = Gazetted(options=[
            "http.workers=2", "feeds.window=1", f"hub.in_flight={in_flight}",
            f"hub.chunk={CHUNK}", "hub.retry.first=500ms", "hub.retry.max=2s"])
        self.database = fill(self.server, callbacks(subs, self.hosts, self.sink.port, KINDS))
        self.seen = collections.Counter()
        self.repeated, self.mark, self.typical_s = [], 0, 1.0

    def start(self):
        preload = {"LD_PRELOAD": os.path.join(TOOLS, "jump_clock.so"),
                   "CLOCK_OFFSET": self.offset_path(),
                   "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
        with mock.patch.dict(os.environ, preload if self.jumps else {}):
            self.server.start(60)

    def offset_path(self):
        return os.path.join(self.sink.room, "clock")

    def jump(self):
        """Sets the daemon's wall clock, which may be running."""
        path = self.offset_path()
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            file.write(struct.pack("<q", self.random.randint(-JUMP_S, JUMP_S)))

    def is_reachable(self, sub):
        return KINDS[sub * self.hosts // self.subs % len(KINDS)] != "close"

    def read(self):
        for _, sub, mark in self.sink.records():
            self.seen[sub, mark] += 1

    def publish(self):
        self.mark += 1
        self.server.write("a.md", f"---\ntitle: bench-mark-{self.mark}\n"
                          "date: 2026-05-08T09:00:00+08:00\n---\nBody.\n")

    def missing(self):
        self.read()
        return [s for s in range(self.subs)
                if self.is_reachable(s) and not self.seen[s, self.mark]]

    def wait_all(self, seconds=120):
        end = time.monotonic() + seconds
        while True:
            missing = self.missing()
            if not missing:
                return
            if time.monotonic() > end:
                raise AssertionError(f"publication {self.mark}: {len(missing)} subscribers "
                                     f"got nothing, as {missing[:5]}\n{self.server.log()}")
            time.sleep(0.05)

    def extra(self):
        """How often the last publication came again to those who had it."""
        return sum(n - 1 for (s, m), n in self.seen.items()
                   if m == self.mark and self.is_reachable(s))

    def round(self, kills=1):
        self.publish()
        for _ in range(kills):
            time.sleep(self.random.uniform(0, self.typical_s * 1.2))
            if self.jumps:
                self.jump()
                time.sleep(self.random.uniform(0, self.typical_s * 0.2))
            self.server.kill9()
            if self.jumps and self.random.random() < 0.5:
                self.jump()
            self.start()
        self.wait_all()
        self.repeated.append(self.extra() / kills)
        bound = (AHEAD * self.in_flight + 16 * CHUNK) * kills
        if self.extra() > bound:
            raise AssertionError(f"{self.extra()} repeated deliveries, more than {bound}")
        for key in [k for k in self.seen if k[1] < self.mark - 1]:
            del self.seen[key]

    def run(self, rounds):
        if self.jumps:
            self.jump()
        self.start()
        for _ in range(2):  # the second finds its connections open
            self.publish()
            began = time.monotonic()
            self.wait_all()
            self.typical_s = time.monotonic() - began
        for number in range(rounds):
            self.round(1 + (number % 5 == 4))

    def close(self):
        if self.server.process is not None:
            self.server.kill9()
        self.server.close()
        self.sink.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--subs", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jumps", action="store_true", help="set the clock meanwhile")
    args = parser.parse_args()
    crash = Crash(args.subs, 256, args.seed, args.jumps)
    try:
        crash.run(args.rounds)
    finally:
        crash.close()
        print(f"seed {args.seed}")
    repeated = sorted(crash.repeated)
    print(f"{args.rounds} rounds with kill -9, {args.subs} subscribers: nothing lost; repeated "
          f"per kill: median {repeated[len(repeated) // 2]:.0f}, most {repeated[-1]:.0f} "
          f"(one fan-out takes {crash.typical_s:.1f} s)")


if __name__ == "__main__":
    main()
