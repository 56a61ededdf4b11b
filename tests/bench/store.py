"""Starts a PostgreSQL and compares the engines of the store on one disk (bench_store.c)."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    build = os.path.join(TOP, parser.parse_args().build)
    room = tempfile.mkdtemp(prefix="gazetted-pg.")
    script = os.path.join(TOP, "tests", "postgres.sh")
    try:
        started = subprocess.run([script, "start", room, "-c fsync=on"]).returncode == 0
        uris = [f"sqlite:{room}/bench.db"]
        if started:
            subprocess.run(["createdb", "-h", room, "-U", "postgres", "bench"], check=True)
            uris.append(f"postgresql:///bench?host={room}&user=postgres")
            subprocess.run([f"{build}/gazetted", "--store-init", "-o",
                            f"store.uri={uris[1]}", room],
                           check=True, stdout=subprocess.DEVNULL)
        else:
            print("PostgreSQL is not installed: SQLite alone")
        # the directory is the server's; the file beside it is ours
        return subprocess.run([f"{build}/tests/bench/bench_store", *uris]).returncode
    finally:
        subprocess.run([script, "stop", room])
        shutil.rmtree(room, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
