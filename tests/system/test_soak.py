"""A million requests of all kinds leave nothing behind; `make soak` goes on for longer."""
import os

from tests.bench.soak import OPTIONS, Soak, articles
from tests.system.gazetted import SystemTest

REQUESTS = 1000000


class Million(SystemTest):
    def test_a_million_requests_leave_nothing_behind(self):
        before = os.environ.get("ASAN_OPTIONS")
        # What is freed is given back at once: it would look like a leak.
        os.environ["ASAN_OPTIONS"] = ":".join(
            filter(None, [before, "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"]))
        try:
            server = self.gazetted(articles(), options=OPTIONS)
        finally:
            del os.environ["ASAN_OPTIONS"]
            if before is not None:
                os.environ["ASAN_OPTIONS"] = before
        Soak(server).run(lambda soak: soak.requests / REQUESTS)
