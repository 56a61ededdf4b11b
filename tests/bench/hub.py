"""`make bench-hub`: the hub's fan-out on this machine. HUB_BENCH picks parts: rates, bad,
aggregator, dns, latency, memory.

The subscribers are tests/bench/sink.c on many addresses of 127.0.0.0/8; the peer is
tests/bench/post.c, a bare epoll client that makes the same signed POSTs to the same sink.
Both run in the same rounds, interleaved; medians of five and their ratio are printed.
Subscriptions are put into the store by fill_subs, each with a secret of its own."""
import argparse
import http.client
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS = 5
SETTLE_MS = 50


def load_harness():
    """The system tests' modules: they look for the build when they are loaded."""
    global gazetted, sink_tools
    from tests.system import gazetted, sink as sink_tools


class Hub:
    """The daemon with SUBS (callbacks, or a filled database to copy) on /feed.atom, whose
    body has about BODY bytes."""

    def __init__(self, sink, subs, body=5000, options=(), environment=()):
        self.sink, self.body, self.mark = sink, body, 0
        self.server = gazetted.Gazetted(options=[
            "http.workers=1", "feeds.window=1", f"articles.settle={SETTLE_MS}ms",
            "log.level=warn", *options])
        self.environment = dict(environment)
        if isinstance(subs, str):
            self.database = os.path.join(self.server.directory, ".gazetted", "gazetted.db")
            os.makedirs(os.path.dirname(self.database))
            shutil.copy(subs, self.database)
        else:
            self.database = sink_tools.fill(self.server, subs)

    def start(self):
        self.server.options = [o for o in self.server.options if o != "log.level=warn"]
        saved = dict(os.environ)
        os.environ.update(self.environment)
        try:
            self.server.start(120)
        finally:
            os.environ.clear()
            os.environ.update(saved)
        return self

    def publish(self):
        """Changes the only article; returns when it has been settled, on the sink's clock."""
        self.mark += 1
        text = ("x" * 71 + "\n") * max(1, (self.body - 1200) // 72)
        self.server.write("a.md", f"---\ntitle: bench-mark-{self.mark}\n"
                          f"date: 2026-05-08T09:00:00+08:00\n---\n{text}")
        return time.clock_gettime(time.CLOCK_MONOTONIC) + SETTLE_MS / 1000

    def wait(self, count, seconds=120, accept=lambda sub: True):
        """The times at which COUNT different subscribers had the last publication."""
        times, end = {}, time.monotonic() + seconds
        while len(times) < count:
            for at, sub, mark in self.sink.records():
                if mark == self.mark and accept(sub):
                    times.setdefault(sub, at)
            if time.monotonic() > end:
                raise SystemExit(f"{len(times)} of {count} deliveries in {seconds} s\n"
                                 + self.server.log())
            time.sleep(0.02)
        return sorted(times.values())

    def cpu_s(self):
        """CPU time of each thread by name."""
        times = {}
        base = f"/proc/{self.server.process.pid}/task"
        for task in os.listdir(base):
            with open(f"{base}/{task}/stat") as file:
                name, rest = file.read().rsplit(")", 1)
            fields = rest.split()
            name = name.split("(", 1)[1]
            times[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return times

    def resident_mb(self):
        with open(f"/proc/{self.server.process.pid}/status") as file:
            return next(int(l.split()[1]) for l in file if l.startswith("VmRSS")) / 1024

    def close(self):
        if self.server.process is not None:
            self.server.kill9()
        self.server.close()


def rate(times):
    return (len(times) - 1) / (times[-1] - times[0])


def percentile(times, p):
    return times[min(len(times) - 1, int(len(times) * p))]


def bare(tools, sink, hosts, count, body, in_flight, passes):
    """Deliveries per second, and seconds of CPU for each."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([f"{tools}/post", str(sink.port), str(hosts), str(count), str(body),
                           str(in_flight), str(passes)], stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    sink.records()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(done.stdout), cpu / count / passes


def compare(tools, name, hosts, count, body, is_cold, goal):
    sink = sink_tools.Sink()
    hub = Hub(sink, sink_tools.callbacks(count, hosts, sink.port), body)
    ours, theirs, cpu, their_cpu = [], [], [], []
    try:
        for number in range(ROUNDS + 1):
            if hub.server.process is not None and is_cold:
                hub.server.kill9()
            if hub.server.process is None:
                hub.start()
            before = hub.cpu_s()
            hub.publish()
            times = hub.wait(count)
            after = hub.cpu_s()
            if number == 0:
                continue  # warms up
            ours.append(rate(times))
            cpu.append(sum(after.get(n, 0) - before.get(n, 0) for n in after))
            other = bare(tools, sink, hosts, count, body, 256, 1 if is_cold else 2)
            theirs.append(other[0])
            their_cpu.append(other[1] * 1e6)
    finally:
        hub.close()
        sink.close()
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{name}: {mine:.0f}/s, bare client {other:.0f}/s, ratio {mine / other:.2f} "
          f"(goal {goal}); CPU per delivery {statistics.median(cpu) / count * 1e6:.0f} us, bare "
          f"{statistics.median(their_cpu):.0f} us", flush=True)


def bench_rates(tools, _):
    compare(tools, "5 KB, 1 host, warm", 1, 20000, 5000, False, 0.35)
    compare(tools, "5 KB, 1,000 hosts, warm", 1000, 40000, 5000, False, 0.35)
    compare(tools, "50 KB, 1 host, warm", 1, 10000, 50000, False, 0.6)
    compare(tools, "50 KB, 1,000 hosts, warm", 1000, 20000, 50000, False, 0.6)
    compare(tools, "5 KB, 10,000 hosts, cold", 10000, 10000, 5000, True, 0.5)
    compare(tools, "5 KB, 10,000 hosts, warm", 10000, 100000, 5000, False, "20,000/s a core")


def healthy_run(sink, database, is_healthy, count):
    """p50 and p99 of the healthy after the settle time, for two publications: at the second
    one the hosts are known."""
    hub = Hub(sink, database)
    result = []
    try:
        hub.start()
        for _ in range(2):
            began = hub.publish()
            times = hub.wait(count, 180, is_healthy)
            result.append((percentile(times, .5) - began, percentile(times, .99) - began))
    finally:
        hub.close()
    return result


def compare_healthy(name, clean, bad, goal):
    """CLEAN and BAD: (callbacks by port, predicate of a healthy subscriber, how many)."""
    runs = {"clean": [], "bad": []}
    sink = sink_tools.Sink()
    filled = {}
    try:
        for kind, (subs, _, _) in (("clean", clean), ("bad", bad)):
            hub = Hub(sink, subs(sink.port))
            filled[kind] = os.path.join(sink.room, kind)
            shutil.move(hub.database, filled[kind])
            hub.close()
        for _ in range(ROUNDS):
            for kind, (_, is_healthy, count) in (("clean", clean), ("bad", bad)):
                runs[kind].append(healthy_run(sink, filled[kind], is_healthy, count))
    finally:
        sink.close()
    for at, what in enumerate(("first publication", "second")):
        p99 = {k: statistics.median(run[at][1] for run in v) for k, v in runs.items()}
        p50 = {k: statistics.median(run[at][0] for run in v) for k, v in runs.items()}
        print(f"{name}, {what}: healthy p50 {p50['bad']:.2f} s, p99 {p99['bad']:.2f} s; with "
              f"none bad {p50['clean']:.2f} s, {p99['clean']:.2f} s; p99 ratio "
              f"{p99['bad'] / p99['clean']:.2f} (goal {goal})", flush=True)


def bench_bad(tools, scale):
    count, hosts = 100000 // scale, 1000 // min(scale, 10)
    mixes = (("10 % of hosts hanging, 10 % refusing", ("hang", "refuse") + ("ok",) * 8, 1.5),
             ("40 % of hosts hanging", ("hang", "ok", "hang", "ok", "ok"), 2.5))
    for name, kinds, goal in mixes:
        def is_healthy(sub, kinds=kinds):
            return kinds[(sub * hosts // count) % len(kinds)] == "ok"

        def subs(port, kinds=kinds):
            return sink_tools.callbacks(count, hosts, port, kinds)

        good = sum(1 for i in range(count) if is_healthy(i))
        clean = (lambda port, good=good: sink_tools.callbacks(good, hosts, port),
                 lambda sub: True, good)
        compare_healthy(f"{count} subscribers, {name}", clean,
                        (subs, is_healthy, good), goal)


def bench_aggregator(tools, scale):
    """Half of the subscribers are tenants of one host, and some tenants are bad."""
    count, hosts = 100000 // scale, 1000 // min(scale, 10)
    kinds = ("hang", "fail") + ("ok",) * 8

    def subs(port, is_clean=False):
        for i in range(count):
            kind = "ok" if is_clean else kinds[i % 10]
            host = 0 if i < count // 2 else 1 + i % hosts
            yield f"http://{sink_tools.address(host)}:{port}/{kind}/{i}"

    def is_healthy(sub):
        return kinds[sub % 10] == "ok"

    good = sum(1 for i in range(count) if is_healthy(i))
    compare_healthy(f"{count} subscribers, half on one host, 10 % of callbacks hanging, "
                    "10 % failing", (lambda port: subs(port, True), is_healthy, good),
                    (subs, is_healthy, good), 5)


class Prober(threading.Thread):
    """GETs a document again and again on one connection: the longest wait is a bound of
    the worker loop's stalls."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        self.waits, self.is_ended = [], False

    def run(self):
        while not self.is_ended:
            began = time.monotonic()
            self.connection.request("GET", "/robots.txt")
            self.connection.getresponse().read()
            self.waits.append(time.monotonic() - began)
            time.sleep(0.001)

    def end(self):
        self.is_ended = True
        self.join()
        self.connection.close()
        return sorted(self.waits)


def bench_dns(tools, _):
    """10 % of the names are of a name server that never answers."""
    count, hosts = 10000, 1000
    stalls = {"dead": [], "live": []}
    p99 = {"dead": [], "live": []}
    for number in range(ROUNDS * 2):
        kind = "dead" if number % 2 else "live"
        sink = sink_tools.Sink()

        def name(host, kind=kind):
            end = "dead" if kind == "dead" and host % 10 == 0 else "live"
            return f"n1-{host // 256}-{host % 256}.{end}"

        subs = [f"http://{name(i * hosts // count)}:{sink.port}/ok/{i}" for i in range(count)]
        hub = Hub(sink, subs, environment={"LD_PRELOAD": f"{tools}/slow_dns.so"})
        try:
            hub.start()
            prober = Prober(hub.server)
            prober.start()
            began = hub.publish()
            good = count if kind == "live" else count * 9 // 10
            times = hub.wait(good)
            p99[kind].append(percentile(times, .99) - began)
            time.sleep(12)  # past the total timeout of the dead ones
            stalls[kind].append(prober.end()[-1] * 1000)
        finally:
            hub.close()
            sink.close()
    print(f"10 % of names dead: healthy p99 {statistics.median(p99['dead']):.2f} s, with none "
          f"{statistics.median(p99['live']):.2f} s; longest wait of a GET on the same loop "
          f"{statistics.median(stalls['dead']):.0f} ms, with none "
          f"{statistics.median(stalls['live']):.0f} ms (goal 25)", flush=True)


def bench_latency(tools, scale):
    goals = {1: "p50 1 ms, p99 3 ms", 1000: "p99 90 ms", 100000: "p99 4 s"}
    for count in (1, 1000, 100000 // scale):
        rounds = 40 if count == 1 else ROUNDS
        sink = sink_tools.Sink()
        hub = Hub(sink, sink_tools.callbacks(count, min(count, 1000), sink.port))
        p50, p99 = [], []
        try:
            hub.start()
            hub.publish()
            hub.wait(count)
            for _ in range(rounds):
                time.sleep(0.2)
                began = hub.publish()
                times = hub.wait(count)
                p50.append((percentile(times, .5) - began) * 1000)
                p99.append((percentile(times, .99) - began) * 1000)
        finally:
            hub.close()
            sink.close()
        tail = sorted(p99)[-1] if count == 1 else statistics.median(p99)
        print(f"publish to delivery after the settle time, {count} subscribers: p50 "
              f"{statistics.median(p50):.1f} ms, p99 {tail:.1f} ms (goal "
              f"{goals.get(count, 'scaled')})", flush=True)


def bench_memory(tools, scale):
    count = 1000000 // scale
    sink = sink_tools.Sink()
    began = time.monotonic()
    hub = Hub(sink, sink_tools.callbacks(count, 10000, sink.port), options=["hub.in_flight=512"])
    filled = time.monotonic() - began
    try:
        hub.start()
        idle = hub.resident_mb()
        lines = len(hub.server.lines)
        began, peak, seen = hub.publish(), 0.0, 0
        hub.server.wait_line("site: published documents", lines)
        stored = (time.clock_gettime(time.CLOCK_MONOTONIC) - began) * 1000
        first = None
        while time.monotonic() < began + 60 and seen < count:
            peak = max(peak, hub.resident_mb())
            got = [at for at, _, mark in sink.records() if mark == hub.mark]
            seen += len(got)
            if got and first is None:
                first = (min(got) - began) * 1000
            time.sleep(0.05)
        size = os.path.getsize(hub.database) / count
        seconds = time.clock_gettime(time.CLOCK_MONOTONIC) - began
        print(f"{count} subscriptions ({filled:.0f} s to fill, {size:.0f} bytes each on disk): "
              f"resident {idle:.0f} MB idle, at most {peak:.0f} MB with 512 in flight (goal "
              f"120); after the settle time the update was stored in {stored:.1f} ms, the first "
              f"delivery came in {first:.1f} ms; {seen} delivered in {seconds:.1f} s",
              flush=True)
    finally:
        hub.close()
        sink.close()


PARTS = {"rates": bench_rates, "bad": bench_bad, "aggregator": bench_aggregator,
         "dns": bench_dns, "latency": bench_latency, "memory": bench_memory}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--scale", type=int, default=1, help="divides the numbers of subscribers")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    args = parser.parse_args()
    os.environ["GAZETTED_BUILD"] = os.path.join(TOP, args.build)
    sys.path.insert(0, TOP)
    load_harness()
    for part in args.parts or PARTS:
        PARTS[part](os.path.join(TOP, args.build, "tests", "bench"), args.scale)


if __name__ == "__main__":
    main()
