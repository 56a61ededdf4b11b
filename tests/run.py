"""Runs every test against one build and prints `N passed, N failed` as its last line.

Unit tests and fuzz replays are programs that print `ok NAME` or `not ok NAME`; lint, system
and browser tests are unittest modules, each in a process of its own that prints the same.
Several run at once: many do nothing but wait. --only picks a kind: unit, fuzz, lint, system,
postgres (system tests with the store there), browser, threads (what crosses threads, for
the thread sanitizer); NAMEs are parts of the names of modules and programs. What is skipped
is said. --slowest N says where the time went."""
import argparse
import collections
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THREADED = ("loop", "snapshot", "http_server", "http_limit", "http_export", "transfer",
            "hub", "worker")
# What is run once more with the daemon's store in PostgreSQL.
ON_POSTGRES = ("test_hub", "test_websub", "test_archives")
# Begun before all others, so that nothing waits for them at the end.
LONG = ("tests.system.test_nodes_failures", "tests.system.test_nodes")
NOISE_MOST = 400  # lines in front of a failure

Job = collections.namedtuple("Job", "name command env is_module")


class Tally:
    """What all the jobs said; jobs end in threads of their own."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed, self.failed, self.skipped = 0, [], {}
        self.tests, self.jobs = [], []  # (seconds, name)

    def say(self, lines):
        if lines:
            print("\n".join(lines), flush=True)

    def passes(self, name, noise):
        with self.lock:
            self.passed += 1
            self.say(noise)

    def fails(self, name, noise):
        with self.lock:
            self.failed.append(name)
            self.say([f"FAILED {name}", *noise[-NOISE_MOST:]])

    def skips(self, name, reason):
        with self.lock:
            self.skipped.setdefault(reason, []).append(name)

    def report(self, slowest):
        for what, times in (("test", self.tests), ("process", self.jobs)):
            for seconds, name in sorted(times, reverse=True)[:slowest]:
                print(f"slowest {what}: {seconds:6.1f} s {name}")
        for name in self.failed:
            print(f"failed: {name}")
        for reason, names in self.skipped.items():
            print(f"SKIPPED {len(names)} tests ({names[0]} ...): {reason}")
        print(f"{self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed or not (self.passed or self.skipped) else 0


# ---- a process with tests ----

def run_job(tally, job):
    began = last = time.monotonic()
    process = subprocess.Popen(job.command, env=job.env, cwd=TOP, stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True,
                               errors="replace")
    seen, failed, noise = 0, 0, []
    for line in map(str.rstrip, process.stdout):
        result, _, name = line.partition(" ")
        if result == "not":
            result, _, name = name.partition(" ")
            result = "not ok" if result == "ok" else ""
        if result == "SKIPPED" and not job.is_module:
            tally.say([line])
        elif result == "skip":
            tally.skips(*name.split(" ", 1))
        elif result in ("ok", "not ok"):
            if result == "ok":
                tally.passes(name, noise if job.is_module else [])
            else:
                tally.fails(name, noise)
                failed += 1
            now = time.monotonic()
            tally.tests.append((now - last, name))
            seen, last, noise = seen + 1, now, []
            continue
        else:
            noise.append(line)
            continue
        seen += 1
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if not seen or (process.returncode and not failed):
        tally.fails(job.name, [*noise, f"exit {process.returncode}"])
    elif job.is_module:
        tally.say(noise)
    cpu = usage.ru_utime + usage.ru_stime
    tally.jobs.append((time.monotonic() - began, f"({cpu:.1f} of the processor) {job.name}"))


def run_jobs(tally, jobs, lanes):
    jobs = collections.deque(sorted(jobs, key=lambda job: not job.name.startswith(LONG)))

    def work():
        while True:
            try:
                job = jobs.popleft()
            except IndexError:
                return
            run_job(tally, job)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---- a unittest module in this process ----

class Result(unittest.TextTestResult):
    suffix = ""

    def tell(self, result, test, detail=""):
        name = test.id().replace("tests.", "", 1).replace(" ", "_") + self.suffix
        print("\n".join(filter(None, [detail.rstrip(), f"{result} {name}"])), flush=True)

    def addSuccess(self, test):
        self.tell("ok", test)

    def addFailure(self, test, err):
        self.tell("not ok", test, self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        print(f"skip {test.id().replace('tests.', '', 1).replace(' ', '_')} {reason}")

    def addSubTest(self, test, subtest, err):
        if err:
            self.tell("not ok", subtest, self._exc_info_to_string(err, test))


def run_module(name):
    Result.suffix = " on postgres" if os.environ.get("GAZETTED_STORE") == "postgres" else ""
    with open(os.devnull, "w") as quiet:
        unittest.TextTestRunner(stream=quiet, resultclass=Result).run(
            unittest.TestLoader().loadTestsFromName(name))


# ---- what there is to run ----

class Postgres:
    """One server for the whole run (tests/postgres.sh), which tests find by the environment."""

    def __enter__(self):
        self.room = tempfile.mkdtemp(prefix="gazetted-pg.")
        done = subprocess.run([f"{TOP}/tests/postgres.sh", "start", self.room])
        if done.returncode == 0:
            os.environ["GAZETTED_POSTGRES"] = self.room
        return done.returncode == 0

    def __exit__(self, *_):
        os.environ.pop("GAZETTED_POSTGRES", None)
        subprocess.run([f"{TOP}/tests/postgres.sh", "stop", self.room])
        shutil.rmtree(self.room, ignore_errors=True)


def has_libpq(build):
    done = subprocess.run([f"{build}/gazetted", "--version"], stdout=subprocess.PIPE, text=True)
    return "libpq" in done.stdout and "without libpq" not in done.stdout


def program_jobs(build, kind):
    """The programs whose sources are still there."""
    env = dict(os.environ, GAZETTED_TOP=TOP, UBSAN_OPTIONS="print_stacktrace=1",
               TSAN_OPTIONS=f"halt_on_error=1:suppressions={TOP}/tests/unit/tsan.supp")
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    names = sorted(os.path.basename(s)[:-2] for s in glob.glob(f"{TOP}/tests/{kind}/*_*.c"))
    paths = [f"{build}/tests/{kind}/{name}" for name in names]
    return [Job(f"{kind}.{os.path.basename(path)}", [path], env, False) for path in paths
            if os.path.basename(path).startswith(("test_", "fuzz_")) and os.access(path, os.X_OK)]


def module_job(name, env, suffix=""):
    return Job(name + suffix, [sys.executable, os.path.abspath(__file__), "--module", name], env,
               True)


def module_jobs(kind):
    paths = sorted(glob.glob(os.path.join(TOP, "tests", kind, "test_*.py")))
    return [module_job(f"tests.{kind}.{os.path.basename(path)[:-3]}", dict(os.environ))
            for path in paths]


def postgres_jobs(tally, build):
    names = [f"tests.system.{name}" for name in ON_POSTGRES]
    if not os.environ.get("GAZETTED_POSTGRES") or not has_libpq(build):
        tally.skipped.setdefault("PostgreSQL or libpq is not there", []).extend(names)
        return []
    env = dict(os.environ, GAZETTED_STORE="postgres")
    return [module_job(name, env, " on postgres") for name in names]


def collect(tally, only, build):
    jobs = []
    for kind in ("lint", "system", "browser"):
        if only in (None, kind):
            jobs += module_jobs(kind)
    if only in (None, "postgres"):
        jobs += postgres_jobs(tally, build)
    if only in (None, "unit"):
        jobs += program_jobs(build, "unit")
    if only in (None, "fuzz"):
        jobs += program_jobs(build, "fuzz")
    if only == "threads":
        jobs += [job for job in program_jobs(build, "unit")
                 if job.name.partition("test_")[2].startswith(THREADED)]
    return jobs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/test")
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1) + 1)
    parser.add_argument("--slowest", type=int, default=0)
    parser.add_argument("--module", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    sys.path.insert(0, TOP)
    if args.module:
        return run_module(args.module)
    build = os.path.join(TOP, args.build)
    os.environ["GAZETTED_BUILD"] = build
    tally = Tally()

    def run():
        jobs = [job for job in collect(tally, args.only, build)
                if not args.names or any(name in job.name for name in args.names)]
        run_jobs(tally, jobs, args.jobs)

    if args.only in (None, "unit", "postgres"):
        with Postgres():
            run()
    else:
        run()
    sys.exit(tally.report(args.slowest))


if __name__ == "__main__":
    main()
