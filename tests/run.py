"""Runs every test against one build and prints `N passed, N failed` as its last line.

Unit tests and fuzz replays are programs that print `ok NAME` or `not ok NAME`; lint, system
and browser tests are unittest modules. --only picks a kind: unit, fuzz, lint, system,
postgres (system tests with the store there), browser, threads (what crosses threads, for
the thread sanitizer). What is skipped is said."""
import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THREADED = ("loop", "snapshot", "http_server", "http_limit", "http_export", "transfer",
            "hub", "worker")


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], {}

    def add(self, name, ok, detail=""):
        if ok:
            self.passed += 1
            return
        self.failed.append(name)
        print(f"FAILED {name}\n{detail}".rstrip(), flush=True)


def run_programs(tally, paths):
    env = dict(os.environ, GAZETTED_TOP=TOP, UBSAN_OPTIONS="print_stacktrace=1")
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    env["TSAN_OPTIONS"] = f"halt_on_error=1:suppressions={TOP}/tests/unit/tsan.supp"
    for path in sorted(paths):
        done = subprocess.run([path], env=env, cwd=TOP, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace")
        seen, noise = 0, []
        for line in done.stdout.splitlines():
            if line.startswith("SKIPPED "):
                print(line, flush=True)
            elif line.startswith(("ok ", "not ok ")):
                ok = line.startswith("ok ")
                name = line.split(" ", 1 if ok else 2)[-1]
                tally.add(name, ok, "\n".join(noise[-60:]))
                seen, noise = seen + 1, []
            else:
                noise.append(line)
        if not seen or (done.returncode and "not ok " not in done.stdout):
            detail = "\n".join(noise[-60:]) + f"\nexit {done.returncode}"
            tally.add(os.path.basename(path), False, detail)


class Result(unittest.TextTestResult):
    tally = None
    suffix = ""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def name(self, test):
        return test.id().replace("tests.", "", 1) + self.suffix

    def addSuccess(self, test):
        self.tally.add(self.name(test), True)

    def addFailure(self, test, err):
        self.tally.add(self.name(test), False, self._exc_info_to_string(err, test))

    addError = addFailure

    def addSkip(self, test, reason):
        self.tally.skipped.setdefault(reason, []).append(self.name(test))

    def addSubTest(self, test, subtest, err):
        if err:
            self.tally.add(self.name(subtest), False, self._exc_info_to_string(err, test))


def run_unittests(tally, directory):
    suite = unittest.TestLoader().discover(os.path.join(TOP, "tests", directory), "test_*.py", TOP)
    Result.tally = tally
    with open(os.devnull, "w") as quiet:
        unittest.TextTestRunner(stream=quiet, resultclass=Result).run(suite)


# What is run once more with the daemon's store in PostgreSQL.
ON_POSTGRES = ("test_hub", "test_websub", "test_archives")


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


def run_on_postgres(tally, build):
    names = [f"tests.system.{name}" for name in ON_POSTGRES]
    if not os.environ.get("GAZETTED_POSTGRES") or not has_libpq(build):
        tally.skipped.setdefault("PostgreSQL or libpq is not there", []).extend(names)
        return
    os.environ["GAZETTED_STORE"] = "postgres"
    Result.tally, Result.suffix = tally, " on postgres"
    with open(os.devnull, "w") as quiet:
        unittest.TextTestRunner(stream=quiet, resultclass=Result).run(
            unittest.TestLoader().loadTestsFromNames(names))
    del os.environ["GAZETTED_STORE"]
    Result.suffix = ""


def run_kinds(tally, only, build, programs, fuzz):
    if only == "threads":
        run_programs(tally, [p for p in programs if os.path.basename(p)[5:].startswith(THREADED)])
    if only in (None, "unit"):
        run_programs(tally, programs)
    if only in (None, "fuzz"):
        run_programs(tally, fuzz)
    for kind in ("lint", "system", "browser"):
        if only in (None, kind):
            run_unittests(tally, kind)
    if only in (None, "postgres"):
        run_on_postgres(tally, build)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only")
    args = parser.parse_args()
    build = os.path.join(TOP, args.build)
    os.environ["GAZETTED_BUILD"] = build
    sys.path.insert(0, TOP)
    tally = Tally()
    programs = [p for p in glob.glob(f"{build}/tests/unit/test_*") if os.access(p, os.X_OK)
                and "." not in os.path.basename(p)]
    fuzz = [p for p in glob.glob(f"{build}/tests/fuzz/fuzz_*") if "." not in os.path.basename(p)]
    sources = {os.path.basename(s)[:-2] for s in glob.glob(f"{TOP}/tests/*/*.c")}
    programs = [p for p in programs if os.path.basename(p) in sources]
    fuzz = [p for p in fuzz if os.path.basename(p) in sources]
    if args.only in (None, "unit", "postgres"):
        with Postgres():
            run_kinds(tally, args.only, build, programs, fuzz)
    else:
        run_kinds(tally, args.only, build, programs, fuzz)
    for name in tally.failed:
        print(f"failed: {name}")
    for reason, names in tally.skipped.items():
        print(f"SKIPPED {len(names)} tests ({names[0]} ...): {reason}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    sys.exit(1 if tally.failed or not (tally.passed or tally.skipped) else 0)


if __name__ == "__main__":
    main()
