"""What happens to a fan-out of three nodes on three PostgreSQL servers when something fails in
the middle of it. The sink's log says who got what: nothing may be lost, and what came twice is
bounded by what the dead had in flight. By hand, with other numbers:

  python3 -m tests.system.fanout --subs 200000 [SCENARIO...]"""
import argparse
import collections
import contextlib
import signal
import time

from tests.system.gazetted import wait_for
from tests.system.nodes import Nodes
from tests.system.postgres import Cluster, Link
from tests.system.sink import Sink

CHUNK, IN_FLIGHT, JOBS, AHEAD = 200, 256, 16, 8
# chunks of every job a node may have, and what is handed out ahead
BOUND = JOBS * CHUNK + AHEAD * IN_FLIGHT
BACK, GRACE_S = "store: connected again", 6
Result = collections.namedtuple("Result", "scenario subs lost repeated bound total_s gap_s")


class Fanout:
    def __init__(self, subs, servers=3, nodes=3):
        self.subs, self.mark = subs, 0
        self.seen, self.times = collections.Counter(), []
        self.cluster = self.sink = self.nodes = self.link = None
        try:
            self.begin(servers, nodes)
        except BaseException:
            self.close()
            raise

    def begin(self, servers, nodes):
        self.cluster = Cluster(servers)
        self.sink = Sink()
        self.link = Link(self.cluster.primary)
        self.nodes = Nodes(self.cluster, nodes, options=[
            "http.workers=1", "feeds.window=1", f"hub.chunk={CHUNK}",
            f"hub.in_flight={IN_FLIGHT}", "hub.retry.first=1s", "hub.retry.max=2s"])
        # the last node reaches the first server by a link that can be cut
        by_link = self.cluster.uri(self.nodes.name, [self.link, *self.cluster.servers[1:]])
        self.nodes.all[-1].options.append(f"store.uri={by_link}")
        self.nodes.fill(self.subs, max(20, self.subs // 100), self.sink.port)

    def close(self):
        with contextlib.ExitStack() as stack:
            for part in (self.cluster, self.sink, self.link, self.nodes):
                if part is not None:
                    stack.callback(part.close)

    def read(self):
        for at, sub, mark in self.sink.records():
            if mark == self.mark:
                self.seen[sub] += 1
                self.times.append(at)
        return len(self.seen)

    def publish(self):
        self.mark += 1
        self.seen.clear()
        self.times.clear()
        self.nodes.write("a.md", f"---\ntitle: bench-mark-{self.mark}\n"
                         "date: 2026-05-08T09:00:00+08:00\n---\nBody.\n")

    def owners(self):
        """The nodes that deliver now."""
        owners = self.nodes.sql("select distinct owner from gazetted.job where owner is not null")
        return [n for n in self.nodes.all if n.process is not None and f":{n.port}" in owners]

    def run(self, scenario, seconds=180):
        """Publishes, lets SCENARIO happen when a fifth has been delivered, and waits for the
        rest. SCENARIO returns how many nodes were dead for a time."""
        self.publish()
        wait_for(lambda: self.read() >= self.subs // 5, "a fifth of the deliveries", 60)
        at = time.monotonic()
        dead = scenario()
        wait_for(lambda: self.read() >= self.subs, "every subscriber", seconds)
        total = max(self.times) - at
        time.sleep(1.5)  # what still comes twice
        self.read()
        after = sorted(t for t in self.times if t > at)
        gaps = [b - a for a, b in zip([at, *after], after)] or [0]
        return Result(scenario.__name__, self.subs, self.subs - len(self.seen),
                      sum(self.seen.values()) - self.subs, dead * BOUND, total, max(gaps))

    # What fails.
    def nothing(self):
        return 0

    def delivering_node_killed(self):
        publisher = self.nodes.publisher()
        victim = next((n for n in self.owners() if n is not publisher), None)
        (victim or self.nodes.followers()[0]).kill9()
        return 1

    def publisher_killed(self):
        self.nodes.publisher().kill9()
        return 1

    def until_back(self, mend):
        """Lets MEND give the nodes a primary again; how many of them took so long to find it
        that the others may think them dead."""
        running = [n for n in self.nodes.all if n.process is not None]
        before = {n: len(n.matching(BACK)) for n in running}
        mend()
        at, late = time.monotonic(), 0
        for node in running:
            wait_for(lambda node=node: len(node.matching(BACK)) > before[node],
                     "a node that is connected again", 60)
            late += time.monotonic() - at > GRACE_S
        return late

    def primary_killed(self):
        """Whoever was delivering goes on with it: all leases ran out, and still count. What a
        standby had not got yet of retries that had arrived may be brought again."""
        self.cluster.primary.kill()
        return 1 + self.until_back(self.cluster.promote)

    def primary_frozen(self):
        """Longer than every lease, and then it goes on where it stopped."""
        self.cluster.primary.freeze()
        try:
            time.sleep(10)
        finally:
            late = self.until_back(self.cluster.primary.thaw)
        return late

    def node_and_primary_killed(self):
        victim = self.nodes.publisher()
        victim.kill9()
        return 1 + self.primary_killed()

    def node_frozen(self):
        """Longer than its lease; what it sends when it wakes is not its own any more."""
        victim = self.nodes.publisher()
        victim.signal(signal.SIGSTOP)
        try:
            time.sleep(10)
        finally:
            victim.signal(signal.SIGCONT)
        return 1

    def link_cut(self):
        """Between the last node and the database."""
        self.link.set_cut(True)
        time.sleep(10)
        self.link.set_cut(False)
        return 1

    def mend(self):
        """All servers and nodes run again."""
        for server in self.cluster.servers:
            try:
                server.sql("select 1")
            except AssertionError:
                self.cluster.rejoin(server)
        self.nodes.start()


# link_cut before the first server is no longer the primary
SCENARIOS = ("nothing", "delivering_node_killed", "publisher_killed", "node_frozen", "link_cut",
             "primary_frozen", "primary_killed", "node_and_primary_killed")


def describe(result):
    return (f"{result.scenario}: {result.subs} subscribers, lost {result.lost}, repeated "
            f"{result.repeated} (bound {result.bound}), all delivered {result.total_s:.1f} s "
            f"after it, longest pause {result.gap_s:.1f} s")


def run_all(subs, scenarios=SCENARIOS):
    fanout = Fanout(subs)
    try:
        fanout.nodes.start()
        for name in scenarios:
            print(describe(fanout.run(getattr(fanout, name), 600)), flush=True)
            fanout.mend()
    finally:
        fanout.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--subs", type=int, default=50000)
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS)
    args = parser.parse_args()
    run_all(args.subs, args.scenarios)


if __name__ == "__main__":
    main()
