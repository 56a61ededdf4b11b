"""`make bench-nodes`: what a node more costs and brings. In one run, with the same subscribers
and the same sink: SQLite on one node, PostgreSQL on one, PostgreSQL (three servers in
synchronous replication) on three; then the failures of tests/system/fanout.py with as many.
All processes share this machine, so three nodes are not three machines: what counts is the cost
of the database beside SQLite, and that nothing is lost."""
import argparse
import os
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def cpu_s(pids):
    """User and system seconds of PIDS and of their children that have ended."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            total += sum(int(n) for n in file.read().rsplit(")", 1)[1].split()[11:15])
    return total / os.sysconf("SC_CLK_TCK")


def sqlite_run(subs):
    from tests.system.gazetted import Gazetted
    from tests.system.sink import Sink, callbacks, fill
    sink = Sink()
    node = Gazetted(options=["http.workers=1", "feeds.window=1", "hub.in_flight=256"])
    try:
        fill(node, callbacks(subs, max(20, subs // 100), sink.port))
        node.start(120)
        before = cpu_s([node.process.pid])
        began = time.monotonic()
        node.write("a.md", "---\ntitle: bench-mark-1\ndate: 2026-05-08T09:00:00+08:00\n---\nB.\n")
        seen = set()
        while len(seen) < subs:
            time.sleep(0.05)
            seen.update(sub for _, sub, mark in sink.records() if mark == 1)
        return time.monotonic() - began, cpu_s([node.process.pid]) - before, 0
    finally:
        node.close()
        sink.close()


def postgres_run(subs, servers, nodes):
    from tests.system.fanout import Fanout
    fanout = Fanout(subs, servers, nodes)
    try:
        fanout.nodes.start()
        daemons = [n.process.pid for n in fanout.nodes.all]
        engines = [pid for s in fanout.cluster.servers for pid in s.pids()]
        before, engines_before = cpu_s(daemons), cpu_s(engines)
        began = time.monotonic()
        fanout.publish()
        while fanout.read() < subs:
            time.sleep(0.05)
        return (time.monotonic() - began, cpu_s(daemons) - before,
                cpu_s(engines) - engines_before)
    finally:
        fanout.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--subs", type=int, default=200000)
    parser.add_argument("--no-failures", action="store_true")
    args = parser.parse_args()
    os.environ["GAZETTED_BUILD"] = os.path.join(TOP, args.build)
    sys.path.insert(0, TOP)
    runs = (("SQLite, one node", lambda: sqlite_run(args.subs)),
            ("PostgreSQL, one server, one node", lambda: postgres_run(args.subs, 1, 1)),
            ("PostgreSQL, three servers, one node", lambda: postgres_run(args.subs, 3, 1)),
            ("PostgreSQL, three servers, three nodes", lambda: postgres_run(args.subs, 3, 3)))
    first = None
    for name, run in runs:
        took, daemon, engine = run()
        first = first or took
        print(f"{name}: {args.subs / took:,.0f} deliveries/s ({took / first:.2f}x the time), CPU "
              f"{daemon * 1e6 / args.subs:.0f} us a delivery in gazetted, "
              f"{engine * 1e6 / args.subs:.0f} in PostgreSQL", flush=True)
    if not args.no_failures:
        from tests.system import fanout
        fanout.run_all(args.subs)


if __name__ == "__main__":
    main()
