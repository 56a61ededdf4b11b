"""The archive of the databases here: a few articles with a past, who has subscribed, and what
was under way when the program was killed."""
import hashlib
import os
import struct
import subprocess

from tests.system.gazetted import BUILD, article

OPTIONS = ["hub.retry.first=1h", "hub.retry.max=1h", "feeds.window=10", "http.max_age=60s",
           "site.authority=news.example"]

FILES = {
    "plain.md": article("Plain"),
    "named.md": article("Named", id="urn:uuid:5b1c7f0e-6a1d-4a6e-9b1a-0c1e5f0a7d11"),
    "news/edited.md": article("Edited once", date="2026-05-02T10:00:00+08:00"),
    "news/old-name.md": article("Moved", date="2026-05-03T10:00:00+08:00"),
    "news/broken.md": article("Broken later", date="2026-05-04T10:00:00+08:00"),
    "gone.md": article("Gone", date="2026-05-05T10:00:00+08:00"),
    "held.md": article("Held", date="2026-05-06T10:00:00+08:00"),
}
LAST = "Last"  # what is published when everybody has subscribed


def live(daemon, sink):
    """What happened to it before the update; SINK answers for every subscriber."""
    daemon.write("news/edited.md", article("Edited twice", date="2026-05-02T10:00:00+08:00"))
    daemon.wait_title("Edited twice")
    daemon.delete("news/old-name.md")
    daemon.write("news/new-name.md", FILES["news/old-name.md"])
    daemon.wait(lambda: daemon.item("Moved") and not os.path.exists(
        daemon.path("news/old-name.md")), "the move")
    daemon.write("news/broken.md", "---\ntitle: [\n---\n")
    daemon.wait_line(r"broken\.md:")
    daemon.delete("gone.md")
    daemon.wait_no_title("Gone")
    # a program that does not know the verb says so, and the article stays
    subprocess.run([os.path.join(BUILD, "gazettectl"), "-s",
                    os.path.join(daemon.directory, ".gazetted"), "hold", "held.md"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    daemon.subscribe(sink, name="/signed", secret="s3cret")
    daemon.subscribe(sink, path="/c/news/feed.json", name="/plain")
    sink.status = 503
    daemon.write("last.md", article(LAST, date="2026-05-07T10:00:00+08:00"))
    daemon.wait_title(LAST)
    sink.wait_delivery(lambda delivery: delivery.path == "/signed")
    sink.status = 204


def put(db, table, row):
    """ROW into TABLE, whose columns were fewer in older schemas."""
    columns = [column[1] for column in db.execute(f"PRAGMA table_info({table})")]
    row = {name: value for name, value in row.items() if name in columns}
    db.execute(f"INSERT INTO {table}({','.join(row)}) VALUES({','.join('?' * len(row))})",
               list(row.values()))


def open_job(db, path, lease):
    """A fan-out of PATH that was claimed, and had reached nobody."""
    topic, = db.execute("SELECT num FROM topic WHERE path = ?", (path,)).fetchone()
    seq, = db.execute("SELECT seq FROM document WHERE path = ?", (path,)).fetchone()
    db.execute("UPDATE counter SET n = n + 1 WHERE name = 'job'")
    number, = db.execute("SELECT n FROM counter WHERE name = 'job'").fetchone()
    where = {f"{place}_{part}": 64 if (place, part) == ("stop", "part") else 0
             for place in ("cursor", "stop", "ahead") for part in ("part", "host", "id")}
    put(db, "job", {"id": number, "topic": topic, "lo": 0, "hi": 63, "seq": seq, **where,
                    "epoch": 1, "lease": lease})


def open_intent(db, topic, callback, host):
    """A subscription that was answered with 202, and not confirmed yet."""
    db.execute("UPDATE counter SET n = n + 1 WHERE name = 'intent'")
    number, = db.execute("SELECT n FROM counter WHERE name = 'intent'").fetchone()
    put(db, "intent", {
        "id": number, "mode": 0, "topic": topic, "topic_asked": "http://news.example" + topic,
        "callback": callback, "callback_hash": hashlib.sha256(callback.encode()).digest()[:16],
        "host_key": host, "lease_s": 864000, "method": 1, "wants_changes": 0, "tries": 0,
        "due": 0, "is_taken": 1})


def evidence(db, rows):
    """Rows of the ledger, chained as the manual of the format says (ledger.h)."""
    before = bytes(32)
    for number, row in enumerate(rows, 1):
        numbers = struct.pack(">qqq", number, row["time"], row["kind"])
        texts = b"".join(struct.pack(">q", len(text)) + text for text in
                         (row[name].encode() for name in ("partner", "topic", "peer", "contents")))
        last = struct.pack(">qqq", row["status"], row["attempt"], row["latency"])
        before = hashlib.sha256(before + numbers + texts + row["body"] + last).digest()
        put(db, "ledger", {"seq": number, **row, "hash": before})
    db.execute("UPDATE counter SET n = ? WHERE name = 'ledger'", (len(rows),))


def files_now():
    """The files as they are after `live`."""
    files = dict(FILES)
    files["news/edited.md"] = article("Edited twice", date="2026-05-02T10:00:00+08:00")
    files["news/new-name.md"] = files.pop("news/old-name.md")
    files["news/broken.md"] = "---\ntitle: [\n---\n"
    del files["gone.md"]
    files["last.md"] = article(LAST, date="2026-05-07T10:00:00+08:00")
    return files
