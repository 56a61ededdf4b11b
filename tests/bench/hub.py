"""`make bench-hub`: the hub's fan-out on this machine, in about eight minutes; the last
thing it prints is all figures with their goals. HUB_BENCH picks parts: latency, path, rates, bad,
aggregator, dns, memory.

The subscribers are tests/bench/sink.c on many addresses of 127.0.0.0/8; the peer is
tests/bench/post.c, a bare epoll client that makes the same signed POSTs to the same sink.
Both run in the same rounds, interleaved, and medians are printed.
Subscriptions are put into the store by fill_subs, each with a secret of its own."""
import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS = 5
FEW_ROUNDS = 2             # of what takes long
SETTLE_MS = 50
FIGURES = []               # (what, measured, goal, is it met)


def note(what, measured, goal="", is_met=None):
    """A figure: shown at once, and again in the table at the end."""
    print(f"{what}: {measured}{f' (goal {goal})' if goal else ''}", flush=True)
    FIGURES.append((what, measured, goal, "" if is_met is None else "ok" if is_met else "SHORT"))


def show_table():
    widths = [max(len(row[i]) for row in FIGURES) for i in range(4)]
    print()
    for row in FIGURES:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


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

    def main_turns(self):
        """How many turns of the main loop took at most so many seconds; needs an admin.listen."""
        address = self.server.wait_line(r"admin address=(\S+)$").group(1)
        with urllib.request.urlopen(f"http://{address}/metrics") as answer:
            text = answer.read().decode()
        return {float(bound): int(count) for bound, count in re.findall(
            r'gazetted_main_loop_turn_seconds_bucket{le="([^"]+)"} (\d+)', text)}

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
        for number in range(FEW_ROUNDS + 1):
            if hub.server.process is not None and is_cold:
                hub.server.kill9()
            if hub.server.process is None:
                hub.start()
            before = hub.cpu_s()
            hub.publish()
            times = hub.wait(count)
            after = hub.cpu_s()
            if number == 0 and not is_cold:
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
    per, other_per = statistics.median(cpu) / count * 1e6, statistics.median(their_cpu)
    wanted = f"at least {goal}" if goal < 10 else f"{goal:,}/s"
    note(name, f"{mine:.0f}/s, {mine / other:.2f} of the bare client's {other:.0f}/s", wanted,
         mine / other >= goal if goal < 10 else mine >= goal)
    note(f"{name}: CPU of a delivery", f"{per:.0f} us in all threads, bare {other_per:.0f}")


def bench_rates(tools, _):
    compare(tools, "5 KB, 1 host, warm", 1, 20000, 5000, False, 0.35)
    compare(tools, "5 KB, 1,000 hosts, warm", 1000, 40000, 5000, False, 0.35)
    compare(tools, "50 KB, 1 host, warm", 1, 10000, 50000, False, 0.6)
    compare(tools, "50 KB, 1,000 hosts, warm", 1000, 20000, 50000, False, 0.6)
    compare(tools, "5 KB, 10,000 hosts, cold", 10000, 10000, 5000, True, 0.5)
    compare(tools, "5 KB, 10,000 hosts, one loop", 10000, 100000, 5000, False, 20000)


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
        for _ in range(FEW_ROUNDS):
            for kind, (_, is_healthy, count) in (("clean", clean), ("bad", bad)):
                runs[kind].append(healthy_run(sink, filled[kind], is_healthy, count))
    finally:
        sink.close()
    for at, what in enumerate(("first publication", "second")):
        p99 = {k: statistics.median(run[at][1] for run in v) for k, v in runs.items()}
        p50 = {k: statistics.median(run[at][0] for run in v) for k, v in runs.items()}
        ratio = p99["bad"] / p99["clean"]
        note(f"{name}, {what}", f"healthy p50 {p50['bad']:.2f} s, p99 {p99['bad']:.2f} s, "
             f"{ratio:.2f} of {p99['clean']:.2f} s with none", f"at most {goal}", ratio <= goal)


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


def bench_dns(tools, _):
    """10 % of the names are of a name server that never answers. How long the loop that
    makes the transfers is away from its descriptors is measured on it, by slow_dns.c."""
    count, hosts, total_s = 10000, 1000, 3
    stalls = {"dead": [], "live": []}
    p99 = {"dead": [], "live": []}
    for number in range(FEW_ROUNDS * 2):
        kind = "dead" if number % 2 else "live"
        sink = sink_tools.Sink()
        path = os.path.join(sink.room, "stalls")

        def name(host, kind=kind):
            end = "dead" if kind == "dead" and host % 10 == 0 else "live"
            return f"n1-{host // 256}-{host % 256}.{end}"

        subs = [f"http://{name(i * hosts // count)}:{sink.port}/ok/{i}" for i in range(count)]
        hub = Hub(sink, subs, options=["hub.timeout.connect=2s",
                                       f"hub.timeout.total={total_s}s"],
                  environment={"LD_PRELOAD": f"{tools}/slow_dns.so", "STALLS": path})
        try:
            hub.start()
            open(path, "w").close()
            began = hub.publish()
            good = count if kind == "live" else count * 9 // 10
            times = hub.wait(good)
            p99[kind].append(percentile(times, .99) - began)
            time.sleep(total_s + 2)  # until the dead ones have been given up
            with open(path) as file:
                turns = [line.split() for line in file]
            stalls[kind].append(max([int(us) / 1000 for thread, us in turns
                                     if thread.endswith("-out")], default=2))
        finally:
            hub.close()
            sink.close()
    slow, usual = statistics.median(p99["dead"]), statistics.median(p99["live"])
    longest, other = statistics.median(stalls["dead"]), statistics.median(stalls["live"])
    note("10 % of names dead: longest turn of the loop of transfers",
         f"{longest:.0f} ms (with none {other:.0f})", "at most 25 ms", longest <= 25)
    note("10 % of names dead: p99 of the others", f"{slow:.2f} s (with none {usual:.2f})")


def bench_latency(tools, scale):
    goals = {1: (1, 3), 1000: (None, 90), 100000: (None, 4000)}
    for count in (1, 1000, 100000 // scale):
        rounds = {1: 40, 1000: ROUNDS}.get(count, FEW_ROUNDS)
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
        middle = statistics.median(p50)
        tail = percentile(sorted(p99), .95) if count == 1 else statistics.median(p99)
        at_50, at_99 = goals.get(count, (None, None))
        note(f"publish to delivery after the settle time, {count} subscribers",
             f"p50 {middle:.1f} ms, p99 {tail:.1f} ms",
             f"{f'p50 {at_50} ms, ' if at_50 else ''}p99 {at_99} ms",
             at_99 is None or (tail <= at_99 and (at_50 is None or middle <= at_50)))


def first_time(lines, thread, call, since, at_end=False):
    """When THREAD (a number, or None for any) made a system call after SINCE; strace -T says
    at the end of the line how long it took."""
    for at, who, text in lines:
        if at >= since and (thread is None or who == thread) and re.match(call, text):
            took = re.search(r"<([\d.]+)>$", text)
            return at + (float(took.group(1)) if at_end and took else 0)
    return None


def read_trace(path):
    with open(path) as file:
        rows = [line.rstrip("\n").split(None, 2) for line in file]
    return [(float(at), int(who), text) for who, at, text in rows if "resumed" not in text]


def bench_path(tools, _):
    """Where the time of a single delivery goes, by the system calls that mark the stages."""
    if shutil.which("strace") is None:
        print("path: skipped, strace is not installed")
        return
    sink = sink_tools.Sink()
    hub = Hub(sink, sink_tools.callbacks(1, 1, sink.port))
    trace, rounds, stages = os.path.join(sink.room, "trace"), [], {}
    try:
        hub.start()
        hub.publish()
        hub.wait(1)
        main = hub.server.process.pid
        tracer = subprocess.Popen(
            ["strace", "-f", "--seccomp-bpf", "-ttt", "-T", "-o", trace, "-p", str(main),
             "-e", "trace=openat2,read,fdatasync,sendto,sendmsg"], stderr=subprocess.DEVNULL)
        time.sleep(1)
        for _ in range(20):
            time.sleep(0.1)
            rounds.append(hub.publish() - time.clock_gettime(time.CLOCK_MONOTONIC) + time.time())
            hub.wait(1)
        tracer.terminate()
        tracer.wait()
        lines = read_trace(trace)
    finally:
        hub.close()
        sink.close()
    for began in rounds:
        at = began
        for name, thread, call, at_end in (
                ("settled to read", main, "openat2", False),
                ("read to parser", main, "sendmsg", False),
                ("parse", main, r'read\(\d+, "(?!---)', False),
                ("render, write", main, "fdatasync", False),
                ("sync", main, "fdatasync", True),
                ("jobs, page, POST", None, r'sendto\(\d+, "POST', False)):
            slack = 0.002 if call == "openat2" else 0  # two clocks
            then = first_time(lines, thread, call, at - slack, at_end) if at else None
            if then:
                stages.setdefault(name, []).append((then - at) * 1000)
            at = then
    for name, times in stages.items():
        note(f"  of which {name}", f"{statistics.median(times):.2f} ms under strace")


def enqueue(count):
    """One update for COUNT subscriptions; the first ten seconds of its deliveries."""
    sink = sink_tools.Sink()
    began = time.monotonic()
    hub = Hub(sink, sink_tools.callbacks(count, 10000, sink.port),
              options=["hub.in_flight=512", "admin.listen=[127.0.0.1:0]"])
    filled = time.monotonic() - began
    try:
        hub.start()
        idle = hub.resident_mb()
        lines = len(hub.server.lines)
        turns = hub.main_turns()
        began, peak, seen = hub.publish(), 0.0, 0
        hub.server.wait_line("site: published documents", lines)
        stored = (time.clock_gettime(time.CLOCK_MONOTONIC) - began) * 1000
        first = None
        while time.monotonic() < began + 10 and seen < count:
            peak = max(peak, hub.resident_mb())
            got = [at for at, _, mark in sink.records() if mark == hub.mark]
            seen += len(got)
            if got and first is None:
                first = (min(got) - began) * 1000
            time.sleep(0.05)
        turns = {bound: number - turns[bound] for bound, number in hub.main_turns().items()}
        size = os.path.getsize(hub.database) / count
        longest = min(bound for bound, number in turns.items() if number == max(turns.values()))
        late = max(turns.values()) - turns[0.025]
        note(f"{count} subscriptions: turns of the main loop in these ten seconds",
             f"{late} of {max(turns.values())} over 25 ms, the longest at most "
             f"{longest * 1000:.0f} ms, commits and their syncs included", "none over 25 ms",
             late == 0)
        note(f"{count} subscriptions, {filled:.0f} s to fill, on disk", f"{size:.0f} bytes each")
        note(f"{count} subscriptions: resident, 512 in flight",
             f"{peak:.0f} MB at most, {idle:.0f} MB idle", "under 120 MB", peak < 120)
        note(f"{count} subscriptions: one update stored after the settle time",
             f"{stored:.1f} ms; first delivery {first:.1f} ms")
    finally:
        hub.close()
        sink.close()


def bench_memory(tools, scale):
    enqueue(1000)
    enqueue(1000000 // scale)


PARTS = {"latency": bench_latency, "path": bench_path, "rates": bench_rates, "bad": bench_bad,
         "aggregator": bench_aggregator, "dns": bench_dns, "memory": bench_memory}


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
    show_table()


if __name__ == "__main__":
    main()
