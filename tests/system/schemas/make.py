"""Makes schemas/N.sql: the database that a program with schema version N leaves, as text.

    GAZETTED_BUILD=BUILD python3 -m tests.system.schemas.make

BUILD is a build of that program. To be run once for every version of the schema that was
given to anybody, before the next migration; test_migrations.py opens them all. In the text,
@PORT@ is the port of the callbacks, and @KEY:TOPIC CALLBACK@ the key of a subscription."""
import contextlib
import hashlib
import os
import re
import sqlite3
import subprocess

from tests.system import gazetted as system
from tests.system.schemas import archive

HERE = os.path.dirname(os.path.abspath(__file__))


def subscription_key(topic, callback):
    """What the store knows a subscription by since schema 5, in hexadecimal."""
    return hashlib.sha256(f"{topic}\0{callback}".encode()).hexdigest()[:32].upper()


def known_options(options):
    """Those that the program has: it may be an old one."""
    dump = subprocess.run([system.PROGRAM, "--dump", "/tmp"], stdout=subprocess.PIPE, text=True)
    sections, names = [], set()
    for line in dump.stdout.splitlines():
        found = re.match(r"( *)([a-z_0-9]+):", line)
        if found:
            depth = len(found.group(1)) // 2
            sections[depth:] = [found.group(2)]
            names.add(".".join(sections))
    return [option for option in options if option.split("=")[0] in names]


def dump(path, port):
    with contextlib.closing(sqlite3.connect(path)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        application = db.execute("PRAGMA application_id").fetchone()[0]
        subs = db.execute("SELECT topic_asked, callback, hex(callback_hash) FROM sub").fetchall()
        text = "\n".join(db.iterdump())
    for topic, callback, key in subs:
        if key == subscription_key(topic, callback):  # else of an older rule, migrated
            text = text.replace(key, f"@KEY:{topic} {callback}@")
    text = text.replace(f"127.0.0.1:{port}", "127.0.0.1:@PORT@")
    head = f"PRAGMA application_id={application};\nPRAGMA user_version={version};\n"
    return version, head + text + "\n"


def main():
    system.OPTIONS = known_options(system.OPTIONS)
    daemon = system.Gazetted(archive.FILES, options=known_options(archive.OPTIONS))
    sink = system.Subscriber()
    try:
        daemon.start()
        archive.live(daemon, sink)
        daemon.stop()
        path = os.path.join(daemon.directory, ".gazetted", "gazetted.db")
        version, text = dump(path, sink.server.server_address[1])
    finally:
        daemon.close()
        sink.close()
    with open(os.path.join(HERE, f"{version}.sql"), "w") as file:
        file.write(text)
    print(f"schemas/{version}.sql: {len(text)} bytes")


if __name__ == "__main__":
    main()
