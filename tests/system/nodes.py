"""Several nodes on one PostgreSQL: daemons that share a database and a directory of articles,
and subscribers by the thousand put into the database at once."""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time

from tests.system.gazetted import BUILD, PROGRAM, Gazetted, environment, wait_for

CTL = os.path.join(BUILD, "gazettectl")
FILL = """
insert into gazetted.topic(path) values ('{topic}') on conflict do nothing;
insert into gazetted.host(key)
  select 'http://127.1.' || h / 256 || '.' || h % 256 || ':{port}'
  from generate_series(0, {hosts} - 1) h;
insert into gazetted.sub(topic, part, host, callback, callback_hash, topic_asked, secret,
    method, wants_changes, expires, delivered_seq)
  select t.num, h % 64, host.num, url, sha256(convert_to(url, 'UTF8')),
    'http://news.example{topic}', convert_to('secret-' || i, 'UTF8'), 0, 0,
    (extract(epoch from now()) * 1000)::bigint + 30::bigint * 86400000, 0
  from generate_series(0, {count} - 1) i
    cross join lateral (select i::bigint * {hosts} / {count} as h) which
    join gazetted.host host
      on host.key = 'http://127.1.' || h / 256 || '.' || h % 256 || ':{port}'
    cross join lateral (select host.key || '/ok/' || i as url) called
    cross join gazetted.topic t where t.path = '{topic}';
analyze;
"""


def has_postgres():
    """Whether the program under test was built with libpq."""
    done = subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, text=True,
                          env=environment(), check=True)
    return "PostgreSQL by libpq" in done.stdout


class Nodes:
    """Daemons over one directory of articles and the database NAME of CLUSTER."""

    def __init__(self, cluster, count, options=()):
        self.cluster, self.name = cluster, cluster.database()
        self.uri = cluster.uri(self.name)
        self.room = tempfile.mkdtemp(prefix="gazetted-nodes.")
        self.directory = os.path.join(self.room, "articles")
        os.mkdir(self.directory)
        self.options = [f"store.uri={self.uri}", *options]
        self.all = [self.make() for _ in range(count)]
        self.init()

    def make(self):
        node = Gazetted()
        shutil.rmtree(node.directory)
        node.directory = self.directory
        node.options += [*self.options, f"store.directory={os.path.join(node.room, 'state')}"]
        return node

    def init(self):
        node = self.all[0]
        done = subprocess.run([PROGRAM, "--store-init", *node.arguments()], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                              env=environment())
        if done.returncode:
            raise AssertionError(f"--store-init: {done.stdout}")

    def sql(self, text):
        return self.cluster.primary.sql(text, self.name)

    def fill(self, count, hosts, port, topic="/feed.atom"):
        self.cluster.primary.sql(FILL.format(count=count, hosts=hosts, port=port, topic=topic),
                                 self.name, 90 + count // 200)

    def start(self, seconds=60):
        for node in self.all:
            if node.process is None:
                node.start(seconds)
        return self

    def write(self, path, text):
        self.all[0].write(path, text)

    def ctl(self, node, *words):
        done = subprocess.run([CTL, "-s", os.path.join(node.room, "state"), "--json", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, env=environment())
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def publisher(self, seconds=60):
        """The running node that has the role, by the database."""
        def find():
            owner = self.sql("select owner from gazetted.role where name = 'publisher' and "
                             "lease > extract(epoch from clock_timestamp()) * 1000")
            return next((n for n in self.all if n.process is not None and owner and
                         f":{n.port}" in owner), None)
        return wait_for(find, "a node that publishes", seconds)

    def followers(self):
        publisher = self.publisher()
        return [n for n in self.all if n is not publisher and n.process is not None]

    def close(self):
        # one that does not stop must not leave the others running
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.room, ignore_errors=True)
            for node in self.all:
                stack.callback(node.close)
                if node.process is not None:
                    stack.callback(node.stop, 30)


def seconds_until(predicate, what, seconds=60):
    """How long it took."""
    began = time.monotonic()
    wait_for(predicate, what, seconds)
    return time.monotonic() - began
