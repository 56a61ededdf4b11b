"""Runs every test against one build and prints `N passed, N failed` as its last line.

Unit tests and fuzz replays are programs that print `ok NAME` or `not ok NAME`; lint, system
and browser tests are unittest modules. --only unit|fuzz|lint|system|browser|threads picks a
kind (threads = what crosses threads, for the thread sanitizer). What is skipped is said."""
import argparse
import glob
import os
import subprocess
import sys
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

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def name(self, test):
        return test.id().replace("tests.", "", 1)

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
    if args.only == "threads":
        run_programs(tally, [p for p in programs if os.path.basename(p)[5:].startswith(THREADED)])
    if args.only in (None, "unit"):
        run_programs(tally, programs)
    if args.only in (None, "fuzz"):
        run_programs(tally, fuzz)
    for kind in ("lint", "system", "browser"):
        if args.only in (None, kind):
            run_unittests(tally, kind)
    for name in tally.failed:
        print(f"failed: {name}")
    for reason, names in tally.skipped.items():
        print(f"SKIPPED {len(names)} tests ({names[0]} ...): {reason}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    sys.exit(1 if tally.failed or not (tally.passed or tally.skipped) else 0)


if __name__ == "__main__":
    main()
