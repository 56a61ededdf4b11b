"""`make bench-archive N=100000`: what an archive of N articles costs. A cold start (no state),
a restart with nothing changed, one article added (from the rename that ends its save to its
bytes being served, the settle time taken off), the memory. Where Hugo is installed it builds
the same articles in the same run, its feed alone, as the peer; beyond 20,000 articles only
with HUGO=1, as it takes minutes and gigabytes then."""
import argparse
import http.client
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SETTLE_MS = 50


def generate(count, directory, first=0):
    subprocess.run([sys.executable, os.path.join(HERE, "gen_archive.py"), str(count), directory,
                    "--first", str(first)], check=True, stdout=subprocess.DEVNULL)


def memory(pid, field):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid):
    """Of the process and of the children that it has now."""
    ticks, hertz = 0, os.sysconf("SC_CLK_TCK")
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    for each in [str(pid), *children]:
        with open(f"/proc/{each}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / hertz


class Daemon:
    running = []

    def __init__(self, build, articles, state):
        began = time.monotonic()
        self.log = open(os.path.join(state, "log"), "wb+", buffering=0)
        self.process = subprocess.Popen(
            [f"{build}/gazetted", "-o", "http.listen=127.0.0.1:0", "-o", f"store.directory={state}",
             "-o", f"articles.settle={SETTLE_MS}ms", "-o", "http.rate=0",
             "-o", "site.base_url=http://news.example", articles], stderr=self.log)
        self.running.append(self)
        text = ""
        while not text.endswith("\nready\n"):
            if self.process.poll() is not None:
                raise SystemExit("gazetted did not start:\n" + text)
            time.sleep(0.002)
            # at a place of its own: the program writes where the shared offset is
            text = os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")
        self.ready_s = time.monotonic() - began
        self.cpu_s = cpu_s(self.process.pid)
        port = int(text.split("listen address=")[1].split()[0].rsplit(":", 1)[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def etag(self, headers=None):
        self.connection.request("GET", "/feed.json", headers=headers or {})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("ETag")

    def stop(self):
        pid = self.process.pid
        self.resident, self.peak = memory(pid, "VmRSS"), memory(pid, "VmHWM")
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.running.remove(self)


def add_one(daemon, articles, spare, number):
    """Milliseconds from the rename to a changed ETag, less the settle time."""
    name = f"a{number:06d}.md"
    _, etag = daemon.etag()
    os.rename(os.path.join(spare, name), os.path.join(articles, name))
    began = time.monotonic()
    while daemon.etag({"If-None-Match": etag})[0] == 304:
        time.sleep(0.0005)
    return (time.monotonic() - began) * 1000 - SETTLE_MS


def hugo(articles, room):
    """Seconds that Hugo needs for the home page's feed and one page each, by the clock and of
    processors."""
    site = os.path.join(room, "hugo")
    os.makedirs(os.path.join(site, "layouts", "_default"))
    with open(os.path.join(site, "config.yaml"), "w") as file:
        file.write("baseURL: http://news.example/\ntitle: Archive\ndisableKinds: [taxonomy, term]\n"
                   f"contentDir: {articles}\n")
    with open(os.path.join(site, "layouts", "_default", "single.html"), "w") as file:
        file.write("<!DOCTYPE html><title>{{ .Title }}</title>{{ .Content }}\n")
    with open(os.path.join(site, "layouts", "_default", "list.html"), "w") as file:
        file.write("{{ range first 20 .Pages }}<a href='{{ .Permalink }}'>{{ .Title }}</a>"
                   "{{ end }}\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run(["hugo", "--quiet", "--source", site], check=True)
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--hugo", action="store_true", help="also beyond 20,000 articles")
    args = parser.parse_args()
    build, count = os.path.join(TOP, args.build), args.count
    room = tempfile.mkdtemp(prefix="gazetted-bench.")
    try:
        articles, spare, state = (os.path.join(room, n) for n in ("articles", "spare", "state"))
        os.mkdir(state)
        generate(count, articles)
        generate(args.rounds, spare, count)
        print(f"{count} articles")
        daemon = Daemon(build, articles, state)
        cold, cold_cpu = daemon.ready_s, daemon.cpu_s
        print(f"cold start: {cold:.2f} s (cpu {daemon.cpu_s:.2f} s)")
        daemon.stop()
        print(f"resident after it: {daemon.resident:.0f} MB, peak {daemon.peak:.0f} MB")
        starts = []
        for _ in range(5):
            daemon = Daemon(build, articles, state)
            starts.append(daemon.ready_s)
            daemon.stop()
        print(f"restart, nothing changed: median {statistics.median(starts):.2f} s of 5 "
              f"({min(starts):.2f} to {max(starts):.2f})")
        daemon = Daemon(build, articles, state)
        times = [add_one(daemon, articles, spare, count + n) for n in range(args.rounds)]
        daemon.stop()
        print(f"one article added, after the settle time: median {statistics.median(times):.1f} ms "
              f"of {len(times)} ({min(times):.1f} to {max(times):.1f})")
        print(f"resident at the end: {daemon.resident:.0f} MB, peak {daemon.peak:.0f} MB")
        if not shutil.which("hugo"):
            print("hugo: skipped (not installed)")
        elif count > 20000 and not args.hugo:
            print("hugo: skipped (more than 20,000 articles; HUGO=1 runs it)")
        else:
            peer, peer_cpu = hugo(articles, room)
            print(f"hugo, full build: {peer:.2f} s (cpu {peer_cpu:.2f} s); ratio of the cold "
                  f"starts {peer / cold:.1f}x (cpu {peer_cpu / cold_cpu:.1f}x), "
                  f"of one article {peer * 1000 / statistics.median(times):.0f}x")
    finally:
        for each in list(Daemon.running):
            each.stop()
        shutil.rmtree(room)


if __name__ == "__main__":
    main()
