"""Real PostgreSQL servers for tests: one, or three in quorum synchronous replication, as an
unprivileged user, on loopback, in a temporary directory, with a role and a database for
each test that asks. Servers can be killed, stopped in their tracks, and promoted."""
import glob
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

USER, PASSWORD = "postgres", "only-for-tests"


def binaries():
    """The directory of the newest server's programs; the test is skipped without one."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"),
                   key=lambda path: int(path.split("/")[4]))
    if not found:
        raise unittest.SkipTest("PostgreSQL's server is not installed (postgresql-15)")
    return os.path.dirname(found[-1])


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


class Server:
    """One server; `settings` are lines of postgresql.conf. The port is chosen when it is
    free; should another process be faster, the start fails and says so."""

    def __init__(self, room, name, address="127.0.0.1"):
        self.bin = binaries()
        self.room, self.name, self.address = room, name, address
        self.data = os.path.join(room, name)
        self.log = os.path.join(room, f"{name}.log")
        self.port = free_port(address)

    def run(self, *command, check=True, seconds=90):
        """Runs one of PostgreSQL's programs, which refuse to be root."""
        line = [os.path.join(self.bin, command[0]), *command[1:]]
        if os.getuid() == 0:
            line = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *line]
        # no LD_PRELOAD or sanitizer options of the tests
        env = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8",
               "PGCONNECT_TIMEOUT": "5"}
        done = subprocess.run(line, env=env, cwd="/", stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(line)}\n{done.stdout}\n{self.last_lines()}")
        return done.stdout

    def last_lines(self):
        try:
            with open(self.log, errors="replace") as file:
                return "".join(file.readlines()[-20:])
        except OSError:
            return ""

    def configure(self, *settings):
        with open(os.path.join(self.data, "postgresql.conf"), "a") as file:
            file.write("\n" + "\n".join(settings) + "\n")

    def make(self, *settings):
        secret = os.path.join(self.room, "password")
        with open(secret, "w") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        self.run("initdb", "-D", self.data, "-A", "scram-sha-256", "-U", USER,
                 f"--pwfile={secret}", "-k", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        with open(os.path.join(self.data, "pg_hba.conf"), "w") as file:
            file.write("host all,replication all 127.0.0.0/8 scram-sha-256\n")
        self.configure(f"listen_addresses='{self.address}'", f"port={self.port}",
                       "unix_socket_directories=''", "wal_log_hints=on",
                       "wal_sender_timeout=5s", "wal_receiver_timeout=5s",
                       "max_connections=50", "shared_buffers=64MB", *settings)
        return self

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "60", "start")
        return self

    def pids(self):
        """The postmaster's and its children's."""
        with open(os.path.join(self.data, "postmaster.pid")) as file:
            first = int(file.readline())
        with open(f"/proc/{first}/task/{first}/children") as file:
            return [first, *map(int, file.read().split())]

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """As when its machine loses power: every process at once."""
        self.signal(signal.SIGKILL)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            try:
                self.thaw()
            except OSError:
                return
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "-t", "20", "stop",
                     check=False)

    def sql(self, text, database="postgres", seconds=90):
        """What TEXT gives, a line a row, columns parted by "|"."""
        return self.run("psql", "-h", self.address, "-p", str(self.port), "-U", USER, "-d",
                        database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text,
                        seconds=seconds).strip()

    def clone(self, primary):
        """Becomes a standby of PRIMARY under its own name."""
        source = (f"host={primary.address} port={primary.port} user={USER} "
                  f"password={PASSWORD} application_name={self.name}")
        self.run("pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "-C",
                 "-S", self.name, "-d", source)
        self.configure(f"listen_addresses='{self.address}'", f"port={self.port}")
        return self

    def follow(self, primary):
        """Takes PRIMARY for its own from now on."""
        with open(os.path.join(self.data, "postgresql.auto.conf"), "a") as file:
            file.write(f"primary_conninfo='host={primary.address} port={primary.port} "
                       f"user={USER} password={PASSWORD} application_name={self.name}'\n"
                       "primary_slot_name=''\n")
        self.run("pg_ctl", "-D", self.data, "reload")

    def promote(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "60", "promote")


class Cluster:
    """COUNT servers: one alone, or the first with the others as synchronous standbys of
    which any one must have a commit. `primary` is the one that is written to."""

    def __init__(self, count=1, settings=()):
        binaries()
        self.room = tempfile.mkdtemp(prefix="gazetted-postgres.")
        os.chmod(self.room, 0o711)
        if os.getuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                raise unittest.SkipTest("there is no user postgres") from None
            os.chown(self.room, owner.pw_uid, owner.pw_gid)
        self.servers = [Server(self.room, f"n{i + 1}", f"127.0.0.{31 + i}")
                        for i in range(count)]
        self.primary, self.databases = self.servers[0], 0
        try:
            self.begin(settings)
        except BaseException:
            self.close()
            raise

    def begin(self, settings):
        self.primary.make(*settings)
        self.primary.start()
        for standby in self.servers[1:]:
            standby.clone(self.primary).start()
        if len(self.servers) > 1:
            self.synchronise(self.primary, len(self.servers) - 1)

    def synchronise(self, primary, standbys):
        # not with -o: that would be forgotten at the next restart
        primary.configure("synchronous_standby_names='ANY 1 (*)'")
        primary.run("pg_ctl", "-D", primary.data, "reload")
        end = time.monotonic() + 60
        state = "select count(*) from pg_stat_replication where sync_state = 'quorum'"
        while primary.sql(state) != str(standbys):
            if time.monotonic() > end:
                raise AssertionError("the standbys are not in the quorum:\n" + primary.sql(
                    "select application_name, state, sync_state from pg_stat_replication"))
            time.sleep(0.05)

    def database(self):
        """A new database of a role of its own; its name."""
        self.databases += 1
        name = f"feeds{self.databases}"
        self.primary.sql(f"create role {name} login password '{PASSWORD}'")
        self.primary.sql(f"create database {name} owner {name}")
        return name

    def uri(self, name, servers=None):
        hosts = ",".join(f"{s.address}:{s.port}" for s in servers or self.servers)
        return f"postgresql://{name}:{urllib.parse.quote(PASSWORD)}@{hosts}/{name}"

    def newest_standby(self):
        """The one that has most: any one of them may have a commit, not all."""
        def position(server):
            return int(server.sql("select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')"
                                  "::bigint"))
        return max((s for s in self.servers if s is not self.primary), key=position)

    def promote(self, standby=None, is_synchronous=True):
        """STANDBY (or the newest) is written to from now on; the others that run follow it."""
        standby = standby or self.newest_standby()
        others = [s for s in self.servers if s not in (standby, self.primary)]
        standby.configure("synchronous_standby_names=''")
        standby.promote()
        self.primary = standby
        for other in others:
            other.follow(standby)
        if others and is_synchronous:
            self.synchronise(standby, len(others))

    def rejoin(self, server):
        """SERVER, which is dead, begins anew as a standby of the primary."""
        shutil.rmtree(server.data)
        self.primary.sql(f"select pg_drop_replication_slot(slot_name) from "
                         f"pg_replication_slots where slot_name = '{server.name}'")
        server.clone(self.primary).start()
        self.synchronise(self.primary, len(self.servers) - 1)

    def close(self):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.room, ignore_errors=True)


class Link:
    """A way to SERVER that can be cut: then nothing comes through and nothing is refused, as
    when a cable is pulled."""

    def __init__(self, server):
        self.server, self.is_cut, self.pairs = server, False, {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self.listener.getsockname()
        self.waker, self.woken = socket.socketpair()
        self.is_closing = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def set_cut(self, is_cut):
        self.is_cut = is_cut
        self.waker.send(b"x")

    def close(self):
        self.is_closing = True
        self.waker.send(b"x")
        self.thread.join(60)
        for one in [self.listener, self.waker, self.woken, *self.pairs]:
            one.close()

    def accept(self):
        client, _ = self.listener.accept()
        try:
            upstream = socket.create_connection((self.server.address, self.server.port), 5)
        except OSError:
            client.close()
            return
        self.pairs[client], self.pairs[upstream] = upstream, client

    def carry(self, one):
        other = self.pairs.get(one)
        if other is None:
            return
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        for end in (one, other):
            del self.pairs[end]
            end.close()

    def run(self):
        while not self.is_closing:
            watched = [self.woken] if self.is_cut else [self.woken, self.listener, *self.pairs]
            for one in select.select(watched, [], [])[0]:
                if one is self.woken:
                    one.recv(64)
                    break
                if one is self.listener:
                    self.accept()
                else:
                    self.carry(one)
