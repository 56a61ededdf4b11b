"""Name servers that never answer (tests/bench/slow_dns.c in the place of the resolver):
neither the other subscribers nor the readers wait for them."""
import os
import time
from unittest import mock

from tests.system.gazetted import SystemTest, article
from tests.system.sink import TOOLS, Sink, fill


class DeadNames(SystemTest):
    def test_dead_names_hold_nobody(self):
        sink = Sink()
        self.addCleanup(sink.close)
        server = self.gazetted({"a.md": article("One")}, is_started=False, options=[
            "feeds.window=1", "hub.timeout.connect=1s", "hub.timeout.total=2s"])
        names = [f"n1-0-{i}.{'dead' if i % 2 else 'live'}" for i in range(100)]
        fill(server, (f"http://{name}:{sink.port}/ok/{i}" for i, name in enumerate(names)))
        preload = {"LD_PRELOAD": os.path.join(TOOLS, "slow_dns.so"),
                   "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
        with mock.patch.dict(os.environ, preload):
            server.start()
        server.write("a.md", article("bench-mark-1"))
        seen, waits, end = set(), [], time.monotonic() + 90
        while time.monotonic() < end and (len(seen) < 50 or time.monotonic() < end - 86):
            began = time.monotonic()
            server.get("/robots.txt")
            waits.append(time.monotonic() - began)
            seen |= {sub for _, sub, mark in sink.records() if mark == 1}
        self.assertEqual(seen, set(range(0, 100, 2)))
        # 20 s each is what the resolver takes
        self.assertLess(max(waits), 10)
        server.stop()
