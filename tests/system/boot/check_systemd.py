"""The units under a real systemd: start, reload, watchdog, socket activation, restarts under
load, drain, credentials, backup, and the profile without a network. `make check-systemd`."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from machine import HERE, TOP, Machine, why_not

CONFIG = """site: {title: Gazette, base_url: 'http://news.example'}
articles: {directory: /srv/articles, settle: 30ms}
http: {rate: 0}
"""
ARTICLE = "---\ntitle: %s\ndate: 2026-05-01T10:00:00+08:00\n---\n\nText.\n"


class SystemdTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.share = tempfile.mkdtemp(prefix="gazetted-boot.")
        try:
            subprocess.run(["make", "-s", "-C", TOP, "install", "PREFIX=/usr",
                            f"DESTDIR={cls.share}/install"], check=True,
                           stdout=subprocess.DEVNULL)
            cls.machine = Machine(cls.share)
        except BaseException:
            shutil.rmtree(cls.share)
            raise
        cls.machine.shell("cp -a /media/share/install/. /; mkdir -p /etc/gazetted; "
                          "systemctl daemon-reload; systemd-sysusers; "
                          "systemd-tmpfiles --create gazetted.conf")
        cls.configure(CONFIG)
        cls.write("a.md", ARTICLE % "One")

    @classmethod
    def tearDownClass(cls):
        cls.machine.close()
        shutil.rmtree(cls.share)

    @classmethod
    def put(cls, path, text):
        with open(os.path.join(cls.share, "file"), "w") as file:
            file.write(text)
        cls.machine.shell(f"mkdir -p $(dirname {path}); cp /media/share/file {path}.tmp; "
                          f"chmod 644 {path}.tmp; mv {path}.tmp {path}")

    @classmethod
    def configure(cls, text):
        cls.put("/etc/gazetted/gazetted.yaml", text)

    @classmethod
    def write(cls, name, text):
        cls.put(f"/srv/articles/{name}", text)

    def setUp(self):
        self.configure(CONFIG)
        self.machine.shell("rm -rf /etc/systemd/system/gazetted.service.d; "
                           "systemctl daemon-reload; systemctl reset-failed; "
                           "systemctl start gazetted.socket; systemctl restart gazetted")

    def curl(self, path="/feed.json", *options, check=True):
        return self.machine.run("curl", "-sS", "--max-time", "20", *options,
                                f"http://127.0.0.1:8080{path}", check=check).stdout

    def override(self, text):
        self.put("/etc/systemd/system/gazetted.service.d/test.conf", text)
        self.machine.shell("systemctl daemon-reload; systemctl restart gazetted")

    def pid(self):
        return self.machine.show("gazetted.service", "MainPID")

    def test_it_starts_confined_and_serves(self):
        self.assertIn('"One"', self.curl())
        self.assertEqual(self.machine.show("gazetted.service", "ActiveState"), "active")
        status = self.machine.run("gazettectl", "status").stdout
        self.assertRegex(status, r"(?m)^state +ready$")
        with open(f"/proc/{self.machine.host_pid()}/status") as file:
            fields = dict(line.rstrip().split(":\t", 1) for line in file)
        self.assertEqual(int(fields["CapEff"], 16), 0)
        self.assertEqual((fields["NoNewPrivs"], fields["Seccomp"]), ("1", "2"))
        self.assertNotEqual(fields["Uid"].split()[1], "0")
        mode = self.machine.run("stat", "-L", "-c", "%a", "/var/lib/gazetted").stdout.strip()
        self.assertEqual(mode, "700")

    def test_reload_checks_first(self):
        pid = self.pid()
        self.configure(CONFIG + "log: {level: debug}\n")
        self.machine.run("systemctl", "reload", "gazetted")
        self.machine.wait(lambda: "log.level now" in self.machine.journal(), "the reload")
        self.configure(CONFIG + "log: {level: loud}\n")
        done = self.machine.run("systemctl", "reload", "gazetted", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("loud", self.machine.journal())
        self.assertEqual((self.machine.show("gazetted.service", "ActiveState"), self.pid()),
                         ("active", pid))
        self.assertIn('"One"', self.curl())

    def test_the_watchdog_ends_a_daemon_that_hangs(self):
        self.override("[Service]\nWatchdogSec=2s\n")
        pid = self.pid()
        time.sleep(3)  # longer than the watchdog: it is being fed
        self.assertEqual(self.pid(), pid)
        os.kill(self.machine.host_pid(), signal.SIGSTOP)
        self.machine.wait(lambda: self.pid() not in (pid, "0"), "a new process", 30)
        self.assertIn('"One"', self.curl())

    def test_the_watchdog_ends_a_daemon_with_one_worker_that_hangs(self):
        self.override("[Service]\nWatchdogSec=2s\n")
        pid, host_pid = self.pid(), self.machine.host_pid()
        tasks = f"/proc/{host_pid}/task"
        worker = [t for t in os.listdir(tasks) if self.comm(f"{tasks}/{t}") == "worker-0"][0]
        frozen = subprocess.Popen([sys.executable, os.path.join(HERE, "freeze.py"), worker, "5"],
                                  stdout=subprocess.PIPE)
        self.assertEqual(frozen.stdout.readline(), b"frozen\n")
        self.machine.wait(lambda: "no sign of life" in self.machine.journal(), "the complaint")
        self.machine.wait(lambda: self.pid() not in (pid, "0"), "a new process", 30)
        frozen.wait()
        frozen.stdout.close()
        self.assertIn('"One"', self.curl())

    @staticmethod
    def comm(task):
        with open(f"{task}/comm") as file:
            return file.read().strip()

    def test_the_socket_starts_the_service(self):
        self.machine.run("systemctl", "stop", "gazetted.service")
        self.assertEqual(self.machine.show("gazetted.service", "ActiveState"), "inactive")
        self.assertIn('"One"', self.curl())
        self.assertEqual(self.machine.show("gazetted.service", "ActiveState"), "active")

    def test_the_addresses_of_the_readme(self):
        with open(os.path.join(TOP, "README.md")) as file:
            recipe, = re.findall(r"^```ini\n(# systemctl edit gazetted\.socket.*?)^```",
                                 file.read(), re.M | re.S)
        self.addCleanup(self.machine.shell, "rm -r /etc/systemd/system/gazetted.socket.d; "
                        "systemctl daemon-reload; systemctl stop gazetted.socket gazetted")
        self.put("/etc/systemd/system/gazetted.socket.d/override.conf", recipe)
        self.machine.shell("systemctl daemon-reload")
        _, stop, start = recipe.splitlines()[0].split("; ")
        self.machine.shell(f"{stop} && {start}")
        for where in (("http://127.0.0.1/feed.json",),
                      ("--unix-socket", "/run/gazetted-http.sock", "http://x/feed.json")):
            self.assertIn('"One"', self.machine.run("curl", "-sS", "--max-time", "20",
                                                    *where).stdout)
        self.assertNotEqual(self.machine.run("curl", "-sS", "http://127.0.0.1:8080/",
                                             check=False).returncode, 0)

    def test_the_export_of_the_readme(self):
        self.machine.shell("install -d -o gazetted /srv/www")
        self.configure(CONFIG.replace("rate: 0", "rate: 0, export: /srv/www"))
        self.override("[Service]\nReadWritePaths=/srv/www\n")
        self.machine.wait(lambda: '"One"' in self.machine.shell("cat /srv/www/feed.json || true")
                          .stdout, "the exported feed")
        self.assertIn('"One"', self.curl())

    def load(self):
        return subprocess.Popen(
            self.machine.enter(sys.executable, os.path.join(HERE, "load.py"), "127.0.0.1", "8080",
                               "/feed.atom", "4", network_only=True),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def finish_load(self, load, least):
        output = load.communicate("")[0]
        print(f"    {output.splitlines()[0]}", file=sys.stderr)
        ok, failed = map(int, re.match(r"ok (\d+) failed (\d+)", output).groups())
        self.assertEqual(failed, 0, output)
        self.assertGreater(ok, least)

    def test_20_restarts_under_load_refuse_nobody(self):
        load = self.load()
        for _ in range(20):
            self.machine.run("systemctl", "restart", "gazetted")
        self.finish_load(load, 200)
        self.assertEqual(self.machine.show("gazetted.service", "ActiveState"), "active")

    def test_10_reloads_under_load_refuse_nobody(self):
        load = self.load()
        for i in range(10):
            self.configure(CONFIG + f"log: {{level: {('info', 'debug')[i % 2]}}}\n")
            self.machine.run("systemctl", "reload", "gazetted")
        self.finish_load(load, 200)

    def test_a_stop_lets_the_answer_finish(self):
        self.write("big.md", ARTICLE % "Big" + "word " * 300000)
        self.machine.wait(lambda: '"Big"' in self.curl(), "the article")
        size = int(self.curl("/feed.json", "-o", "/dev/null", "-w", "%{size_download}"))
        slow = subprocess.Popen(self.machine.enter(
            "curl", "-sS", "--limit-rate", "500k", "-o", "/dev/null", "-w",
            "%{http_code} %{size_download}", "http://127.0.0.1:8080/feed.json"),
            stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        self.machine.run("systemctl", "stop", "gazetted")
        self.assertEqual(slow.communicate(timeout=30)[0], f"200 {size}")
        self.assertEqual(self.machine.show("gazetted.service", "ExecMainStatus"), "0")
        self.assertEqual(self.machine.show("gazetted.service", "Result"), "success")

    def test_a_wrong_configuration_is_not_tried_again(self):
        self.configure(CONFIG + "nonsense: 1\n")
        done = self.machine.run("systemctl", "restart", "gazetted", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.machine.show("gazetted.service", "ActiveState"), "failed")
        self.assertEqual(self.machine.show("gazetted.socket", "ActiveState"), "active")

    def test_the_token_comes_as_a_credential(self):
        self.put("/etc/credstore/gazetted-admin-token", "0123456789abcdef-token\n")
        self.configure(CONFIG + "admin: {listen: ['127.0.0.1:9180']}\n")
        self.machine.run("systemctl", "restart", "gazetted")
        url = "http://127.0.0.1:9180/admin/"
        got = self.machine.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url,
                               "-H", "Authorization: Bearer 0123456789abcdef-token").stdout
        self.assertEqual(got, "200")
        got = self.machine.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url).stdout
        self.assertEqual(got, "401")
        self.machine.shell("rm /etc/credstore/gazetted-admin-token")

    def test_the_backup_service(self):
        self.machine.run("systemctl", "start", "gazetted-backup.service")
        found = self.machine.shell("ls /var/lib/gazetted/backup/").stdout
        self.assertRegex(found, r"^gazetted-[A-Z][a-z]{2}\.db\n$")
        self.assertIn('"One"', self.curl())
        self.machine.run("systemctl", "restart", "gazetted")
        self.machine.run("systemctl", "start", "gazetted-backup.service")

    def test_the_profile_without_a_network(self):
        self.machine.shell("mkdir -p /etc/systemd/system/gazetted.service.d; cp "
                           "/usr/share/doc/gazetted/publish-only.conf "
                           "/etc/systemd/system/gazetted.service.d/")
        self.configure(CONFIG + "hub: {enabled: false}\n")
        self.machine.shell("systemctl daemon-reload; systemctl restart gazetted")
        self.write("c.md", ARTICLE % "Three")
        self.machine.wait(lambda: '"Three"' in self.curl(), "the article")
        host = os.stat(f"/proc/{self.machine.pid}/ns/net").st_ino
        self.assertNotEqual(os.stat(f"/proc/{self.machine.host_pid()}/ns/net").st_ino, host)


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"SKIPPED: {reason}")
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    result = unittest.main(verbosity=2, exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
