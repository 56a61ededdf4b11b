"""`make bench-http`: how fast gazetted serves, beside nginx and beside a bare libev loop.

The servers run on one core and the load generator on another; every round visits every
server, in changing order, and what is printed is the ratio of the medians with the spread of
the rounds. On a busy machine trust CPU time per request and counted instructions; requests
a second depend on what else runs. `make bench-http BENCH='--rounds 9 --only 304,idle'`."""
import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[0] = TOP

from tests.bench import gen_corpus, http_peers as peers  # noqa: E402  (path first)


class Bench:
    def __init__(self, build, rounds, seconds):
        self.build, self.rounds, self.seconds = build, rounds, seconds
        self.server_cpus, self.load_cpus = {0}, {min(1, os.cpu_count() - 1)}
        self.room = tempfile.mkdtemp(prefix="gazetted-load.")

    def requests_file(self, name, requests):
        path = os.path.join(self.room, name.replace("/", "-").replace(" ", "-"))
        with open(path, "wb") as file:
            file.write(b"".join(requests))
        return path

    def start_load(self, port, path, *arguments, cpus=None):
        """Where permitted, one that measures latencies is let in at once on its core: what it
        tells is the server's."""
        process = subprocess.Popen(
            [f"{self.build}/tests/bench/load", *map(str, arguments), str(port), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        peers.pin(process.pid, cpus or self.load_cpus)
        if "-r" in arguments:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(process.pid, os.SCHED_FIFO, os.sched_param(1))
        return process

    def load(self, port, path, *arguments, cpus=None):
        """One run of the load generator; its result as a dict."""
        process = self.start_load(port, path, *arguments, cpus=cpus)
        output, _ = process.communicate(timeout=600)
        if process.returncode:
            raise AssertionError(f"the load generator ended with {process.returncode}")
        result = json.loads(output)
        if result["errors"] or not result["requests"]:
            raise AssertionError(f"wrong answers: {result}")
        return result

    def measure(self, runs, *arguments, cpus=None):
        """RUNS maps a peer to its request file; name -> lists of requests/s and of CPU
        microseconds per request, one entry for each round."""
        results = {peer.name: {"rate": [], "cpu": []} for peer in runs}
        order = list(runs)
        for peer in order:
            self.load(peer.port, runs[peer], "-d", 0.2, *arguments, cpus=cpus)
        for _ in range(self.rounds):
            for peer in order:
                before = peers.cpu_seconds(peer.pids)
                got = self.load(peer.port, runs[peer], "-d", self.seconds, *arguments, cpus=cpus)
                used = peers.cpu_seconds(peer.pids) - before
                results[peer.name]["rate"].append(got["requests"] / got["seconds"])
                results[peer.name]["cpu"].append(used / got["requests"] * 1e6)
            order = order[1:] + order[:1]
        return results

    def close(self):
        shutil.rmtree(self.room)


def ratio(ours, theirs):
    """Ratio of the medians, and the smallest and largest ratio of a round."""
    each = [a / b for a, b in zip(ours, theirs)]
    return statistics.median(ours) / statistics.median(theirs), min(each), max(each)


def report(title, results, goals):
    """GOALS maps a peer's name to what the ratio to it should be."""
    print(f"\n{title}")
    for name, result in results.items():
        print(f"  {name:10} {statistics.median(result['rate']):9,.0f} requests/s  "
              f"{statistics.median(result['cpu']):7.2f} us of CPU each", end="")
        if name == "gazetted":
            print()
            continue
        by_rate = ratio(results["gazetted"]["rate"], result["rate"])
        by_cpu = ratio(result["cpu"], results["gazetted"]["cpu"])
        print(f"   gazetted: {by_rate[0]:.2f}x by rate ({by_rate[1]:.2f}-{by_rate[2]:.2f}), "
              f"{by_cpu[0]:.2f}x by CPU ({by_cpu[1]:.2f}-{by_cpu[2]:.2f}), "
              f"goal {goals[name]}x")
    sys.stdout.flush()


# ---- throughput ----

def run_throughput(bench, servers, title, paths, fields, goals, *arguments, is_split=False):
    """Without FIELDS the requests are conditional. The bare loop repeats gazetted's answers."""
    ours = servers[0]
    status = 200 if fields is not None else 304
    runs, closing = {}, []
    for peer in servers:
        asked = peer.conditional(paths) if status == 304 else \
            [peers.request(path, *fields) for path in paths]
        if "-k" in arguments:
            asked = [r.replace(b"Accept: */*", b"Connection: close") for r in asked]
        runs[peer] = bench.requests_file(f"{peer.name}-{title}", asked)
        if peer is ours and "bare loop" in goals:
            bare = peers.BarePeer(bench.server_cpus, bench.build,
                                  [peers.fetch_raw(peer.port, r) for r in asked], is_split)
            closing.append(bare)
            runs[bare] = runs[peer]
    try:
        report(title, bench.measure(runs, "-s", status, *arguments), goals)
    finally:
        for peer in closing:
            peer.close()


def case_304(bench, servers):
    run_throughput(bench, servers, "304 on 64 kept connections", servers[0].small, None,
                   {"nginx": 1.45, "bare loop": 0.92}, "-c", 64)


def case_many(bench, servers):
    run_throughput(bench, servers, "304 on 1,000 kept connections", servers[0].small, None,
                   {"nginx": 1.4, "bare loop": 0.88}, "-c", 1000)


def case_20k(bench, servers):
    run_throughput(bench, servers, "200 with 20 KB of gzip, 64 connections", servers[0].small,
                   ("Accept-Encoding: gzip",), {"nginx": 1.4, "bare loop": 0.85}, "-c", 64)


def case_200k(bench, servers):
    run_throughput(bench, servers, "200 with 200 KB, 64 connections", servers[0].large, (),
                   {"nginx": 1.15, "bare loop": 0.9}, "-c", 64, is_split=True)


def case_new(bench, servers):
    run_throughput(bench, servers, "304 on a new connection each", servers[0].small, None,
                   {"nginx": 1.0}, "-c", 64, "-k")


def case_pipelined(bench, servers):
    run_throughput(bench, servers, "304, 16 pipelined, 64 connections", servers[0].small, None,
                   {"nginx": 8}, "-c", 64, "-p", 16)


# ---- memory ----

def grown_bytes(bench, peer, before, count):
    asked = bench.requests_file("idle", peer.conditional(["/c/s000/feed.atom"]))
    load = bench.start_load(peer.port, asked, "-i", "-c", count, "-s", 304)
    try:
        result = json.loads(load.stdout.readline())
        assert result == {"requests": count, "errors": 0}, result
        return (peers.memory_bytes(peer.pids) - before) / count
    finally:
        load.communicate()


def case_idle(bench, servers):
    """nginx allocates its connections when it starts, so it is compared with one that has few;
    it closes idle ones when less than a sixteenth is free."""
    count = 10000
    ours = peers.GazettedPeer(bench.server_cpus, small=1, large=0)
    opened = [ours]
    try:
        of_ours = grown_bytes(bench, ours, peers.memory_bytes(ours.pids), count)
        print(f"\nmemory for each of {count:,} idle connections\n"
              f"  gazetted   {of_ours:6.0f} bytes, goal 256")
        if len(servers) == 1:
            return
        opened.append(peers.NginxPeer(bench.server_cpus, ours, connections=64))
        base = peers.memory_bytes(opened[-1].pids)
        opened.append(peers.NginxPeer(bench.server_cpus, ours, connections=count * 16 // 15 + 100))
        of_nginx = grown_bytes(bench, opened[-1], base, count)
        print(f"  nginx      {of_nginx:6.0f} bytes   gazetted: {of_ours / of_nginx:.2f} of it, "
              f"goal 0.33")
    finally:
        for peer in opened:
            peer.close()


# ---- instructions ----

def callgrind_total(room):
    """What all threads did between the last two dumps."""
    newest = max(int(re.search(r"out\.(\d+)", name).group(1)) for name in os.listdir(room)
                 if re.fullmatch(r"out\.\d+(-\d+)?", name))
    total = 0
    for name in os.listdir(room):
        if re.fullmatch(rf"out\.{newest}(-\d+)?", name):
            with open(os.path.join(room, name)) as file:
                total += int(re.search(r"(?m)^summary: (\d+)", file.read()).group(1))
    return total


def instructions(bench, make_peer):
    """User instructions for one 304: the difference of two loads, so that the connections and
    what else happens once do not count."""
    room = tempfile.mkdtemp(prefix="gazetted-callgrind.")
    peer = make_peer(["valgrind", "--tool=callgrind", "--quiet",
                      f"--callgrind-out-file={room}/out"])
    try:
        asked = bench.requests_file(f"callgrind-{peer.name}",
                                    peer.conditional(["/c/s000/feed.atom", "/c/s001/feed.rss"]))
        peers.settle_down(peer.pids)
        counts = []
        for count in (1000, 2000, 12000):
            got = bench.load(peer.port, asked, "-c", 64, "-n", count, "-s", 304)
            subprocess.run(["callgrind_control", "--dump", str(peer.pids[0])], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            counts.append((got["requests"], callgrind_total(room)))
        _, (few, low), (many, high) = counts
        return (high - low) / (many - few)
    finally:
        peer.close()
        shutil.rmtree(room)


def case_instructions(bench, servers):
    if not shutil.which("valgrind"):
        print("SKIPPED: counted instructions; valgrind is not installed", flush=True)
        return
    of_ours = instructions(bench, lambda prefix: peers.GazettedPeer(
        None, small=2, large=0, prefix=prefix))
    print(f"\nuser instructions for one 304\n  gazetted   {of_ours:7,.0f}, goal 4,500")
    if len(servers) > 1:
        of_nginx = instructions(bench, lambda prefix: peers.NginxPeer(
            None, servers[0], prefix=prefix))
        print(f"  nginx      {of_nginx:7,.0f}   gazetted: {of_ours / of_nginx:.2f} of it",
              flush=True)


# ---- several workers ----

def case_workers(bench, servers):
    """Everything on all cores: the servers share them with the load."""
    cpus = set(range(os.cpu_count()))
    ours = peers.GazettedPeer(cpus, workers=2, large=0)
    opened = [ours]
    try:
        if len(servers) > 1:
            opened.append(peers.NginxPeer(cpus, ours, workers=2))
        runs = {peer: bench.requests_file(f"two-{peer.name}", peer.conditional(ours.small))
                for peer in opened}
        peers.settle_down(ours.pids)
        report("304 on 64 kept connections, two workers",
               bench.measure(runs, "-c", 64, "-s", 304, cpus=cpus), {"nginx": 1.45})
    finally:
        for peer in opened:
            peer.close()


# ---- what else goes on ----

def latencies(bench, peer, path, seconds):
    return bench.load(peer.port, path, "-c", 16, "-s", 304, "-r", 1000, "-d", seconds)


def case_ingest(bench, _):
    """A reader's latency while articles are dropped into the directory: windows with and
    without take turns."""
    total, windows = 10000, 5
    ours = peers.GazettedPeer(bench.server_cpus, small=4, large=0)
    corpus = os.path.join(TOP, "tests", "bench", "gen_corpus.py")
    quiet, busy, cpu = [], [], []
    try:
        path = bench.requests_file("latency", ours.conditional(ours.small))
        for window in range(windows):
            peers.settle_down(ours.pids, 120)
            quiet.append(latencies(bench, ours, path, 3))
            writer = subprocess.Popen(
                [sys.executable, corpus, str(total // windows),
                 ours.daemon.path(f"w{window}"), "--first", str(200000 + window * total)],
                preexec_fn=lambda: os.nice(10))
            os.sched_setaffinity(writer.pid, bench.load_cpus)
            before = peers.cpu_seconds(ours.pids)
            busy.append(latencies(bench, ours, path, 3))
            cpu.append(peers.cpu_seconds(ours.pids) - before)
            writer.wait()
        peers.settle_down(ours.pids, 120)
        found = len(ours.daemon.items("/feed.json"))
        assert found >= 50, found
    finally:
        ours.close()
    report_latency(f"1,000 requests/s while {total:,} articles are taken in "
                   f"(CPU {statistics.median(cpu) / 3:.0%})", quiet, busy)


def deliveries(log):
    return os.path.getsize(log) // 16


def case_fanout(bench, _):
    """A reader's latency while a change goes out to 100,000 subscribers."""
    tools, count, quiet, busy, seconds = f"{bench.build}/tests/bench", 100000, [], [], []
    log = os.path.join(bench.room, "deliveries")
    sink = subprocess.Popen([f"{tools}/sink", log], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(sink.pid, bench.load_cpus)
    port = int(sink.stdout.readline())
    subscribers = (f"http://127.1.{i // 100 // 256}.{i // 100 % 256}:{port}/ok/{i}\n"
                   for i in range(count))
    ours = peers.GazettedPeer(bench.server_cpus, small=4, large=0, options=["feeds.window=5"])
    try:
        ours.daemon.stop()
        subprocess.run([f"{tools}/fill_subs", ours.daemon.path(".gazetted/gazetted.db"),
                        "/feed.atom"], input="".join(subscribers), text=True, check=True)
        ours.start()
        path = bench.requests_file("latency", ours.conditional(ours.small))
        for window in range(5):
            peers.settle_down(ours.pids, 120)
            quiet.append(latencies(bench, ours, path, 3))
            before = deliveries(log)
            ours.daemon.write("new.md", gen_corpus.article(500000 + window))
            began = time.monotonic()
            busy.append(latencies(bench, ours, path, 3))
            peers.wait_for(lambda: deliveries(log) >= before + count, "all deliveries", 300)
            seconds.append(time.monotonic() - began)
    finally:
        ours.close()
        sink.stdin.close()
        sink.wait()
    report_latency(f"1,000 requests/s while {count:,} subscribers are told "
                   f"({count / statistics.median(seconds):,.0f} deliveries/s)", quiet, busy)


def report_latency(title, quiet, busy):
    print(f"\n{title}")
    for name in ("p50_us", "p99_us", "p999_us"):
        still, moved = ([run[name] for run in runs] for runs in (quiet, busy))
        by = ratio(moved, still)
        print(f"  {name[:-3]:5} {statistics.median(still):8,.0f} us quiet, "
              f"{statistics.median(moved):8,.0f} us busy: {by[0]:.2f}x ({by[1]:.2f}-{by[2]:.2f})"
              + (", goal 2x" if name == "p99_us" else ""), flush=True)


def case_soak(bench, servers):
    """Two million requests of every kind: resident memory must not go on growing."""
    ours = servers[0]
    kinds = [(["-c", 64, "-s", 304], ours.conditional(ours.small)),
             (["-c", 200], [peers.request(path, "Accept-Encoding: gzip") for path in ours.small]),
             (["-c", 64, "-s", 404], [peers.request("/none")]),
             (["-c", 32, "-p", 16, "-s", 304], ours.conditional(ours.small)),
             (["-c", 64, "-k", "-s", 304], ours.conditional(ours.small, "Connection: close"))]
    files = [bench.requests_file(f"soak-{i}", asked) for i, (_, asked) in enumerate(kinds)]
    sizes, total = [], 0
    for turn in range(11):
        for (arguments, _), path in zip(kinds, files):
            total += bench.load(ours.port, path, "-n", 40000, *arguments)["requests"] * (turn > 0)
        sizes.append(peers.memory_bytes(ours.pids))
    slope = (sizes[-1] - sizes[1]) / (total * 0.9)
    print(f"\nresident memory over {total:,} requests\n  gazetted   "
          f"{sizes[0] / 1e6:.1f} MB after the first 200,000, {sizes[-1] / 1e6:.1f} MB at the end: "
          f"{slope:.3f} bytes for each request, goal 0", flush=True)


def run_apart():
    """Where permitted, this whole bench in a session of its own that is scheduled before
    what else runs on the machine; all peers and the load are in it, so it is fair."""
    inner = subprocess.Popen([sys.executable, os.path.abspath(__file__), *sys.argv[1:]],
                             start_new_session=True, env=dict(os.environ, BENCH_APART="1"))
    try:
        with open(f"/proc/{inner.pid}/autogroup", "w") as file:
            file.write("-15")
    except OSError:
        print("not permitted to run before other programs: expect a wide spread", flush=True)
    try:
        return inner.wait()
    except KeyboardInterrupt:
        inner.terminate()
        return inner.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--only")
    args = parser.parse_args()
    cases = {"304": case_304, "many": case_many, "20k": case_20k, "200k": case_200k,
             "new": case_new, "pipelined": case_pipelined, "idle": case_idle,
             "instructions": case_instructions, "workers": case_workers,
             "ingest": case_ingest, "fanout": case_fanout, "soak": case_soak}
    bench = Bench(os.environ["GAZETTED_BUILD"], args.rounds, args.seconds)
    servers = []
    try:
        servers.append(peers.GazettedPeer(bench.server_cpus))
        if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
            servers.append(peers.NginxPeer(bench.server_cpus, servers[0]))
        else:
            print("SKIPPED: every comparison with nginx, which is not installed", flush=True)
        peers.settle_down(servers[0].pids)
        for name, case in cases.items():
            if not args.only or name in args.only.split(","):
                case(bench, servers)
    finally:
        for peer in servers:
            peer.close()
        bench.close()


if __name__ == "__main__":
    if "BENCH_APART" not in os.environ:
        sys.exit(run_apart())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
