"""Asks for a document in a loop until standard input ends, and counts: a new connection for
each request. Prints "ok N failed N slowest S" and the first errors."""
import http.client
import select
import sys
import threading
import time

host, port, path, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
lock, stop = threading.Lock(), threading.Event()
ok, failed, slowest, errors = 0, 0, 0.0, []


def ask():
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return None if response.status == 200 else f"status {response.status}"
    except (OSError, http.client.HTTPException) as err:
        return repr(err)
    finally:
        connection.close()


def loop():
    global ok, failed, slowest
    while not stop.is_set():
        began = time.monotonic()
        error = ask()
        with lock:
            slowest = max(slowest, time.monotonic() - began)
            if error:
                failed += 1
                errors.append(error)
            else:
                ok += 1


workers = [threading.Thread(target=loop) for _ in range(threads)]
for worker in workers:
    worker.start()
select.select([sys.stdin], [], [])
stop.set()
for worker in workers:
    worker.join()
print(f"ok {ok} failed {failed} slowest {slowest:.2f}")
for error in errors[:5]:
    print(error)
