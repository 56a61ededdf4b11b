"""`make bench`: measures a release build on this machine and prints one line per figure.

Absolute times mean nothing on shared machines; where a peer is named, both run in the same
rounds, interleaved, and the ratio of the medians is printed."""
import argparse
import os
import statistics
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def article(i):
    return (f"---\ntitle: Article {i}\ndate: 2026-05-08T09:{i % 60:02}:00+08:00\n---\n"
            + "Text of some length. " * 40)


def bench_push(rounds):
    """From the rename that ends a save to the delivery at a subscriber."""
    from tests.system.gazetted import Gazetted, Subscriber
    settle_ms = 50
    server = Gazetted({"first.md": article(0)}, options=[f"articles.settle={settle_ms}ms"])
    reader = Subscriber()
    times = []
    try:
        server.start()
        server.subscribe(reader)
        for i in range(rounds):
            seen = len(reader.deliveries)
            began = time.monotonic()
            server.write(f"a{i}.md", article(i))
            reader.wait_delivery(since=seen)
            times.append((time.monotonic() - began) * 1000 - settle_ms)
        server.stop()
    finally:
        server.close()
        reader.close()
    times.sort()
    print(f"publish to delivery after the settle time, 1 subscriber: "
          f"p50 {statistics.median(times):.1f} ms, worst {times[-1]:.1f} ms of {rounds}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    build = os.path.join(TOP, args.build)
    os.environ["GAZETTED_BUILD"] = build
    sys.path.insert(0, TOP)
    bench_push(20)
    from tests.bench import parse
    parse.main(build)


if __name__ == "__main__":
    main()
