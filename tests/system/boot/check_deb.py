"""The Debian package: judged by lintian; installed, upgraded and purged under a real systemd.
`make check-deb`; the directory with the package is the argument."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from machine import Machine, why_not

ARTICLE = "---\ntitle: One\ndate: 2026-05-01T10:00:00+08:00\n---\n\nText.\n"
DIRECTORY = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 else ""


class DebTest(unittest.TestCase):
    def package(self):
        found = [p for p in glob.glob(f"{DIRECTORY}/gazetted_*.deb")]
        self.assertEqual(len(found), 1, found)
        return found[0]

    @unittest.skipIf(shutil.which("lintian") is None, "lintian is not installed")
    def test_lintian_has_nothing_to_say(self):
        done = subprocess.run(["lintian", "--fail-on", "warning",
                               *glob.glob(f"{DIRECTORY}/*.changes")], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    @unittest.skipIf(why_not() is not None, why_not())
    def test_it_installs_upgrades_and_purges(self):
        share = tempfile.mkdtemp(prefix="gazetted-deb.")
        self.addCleanup(shutil.rmtree, share)
        shutil.copy(self.package(), f"{share}/first.deb")
        self.make_newer(share)
        machine = Machine(share)
        self.addCleanup(machine.close)
        install = "DEBIAN_FRONTEND=noninteractive dpkg -i /media/share/"
        machine.shell(install + "first.deb")
        for unit in ("gazetted.service", "gazetted.socket", "gazetted-backup.timer"):
            self.assertEqual(machine.show(unit, "ActiveState"), "active", unit)
        with open(f"{share}/a.md", "w") as file:
            file.write(ARTICLE)
        machine.shell("cp /media/share/a.md /srv/articles/")
        curl = ("curl", "-sS", "--max-time", "20", "http://127.0.0.1:8080/feed.json")
        machine.wait(lambda: '"One"' in machine.run(*curl, check=False).stdout, "the article")
        machine.shell("gazettectl hold a.md; sed -i 's/A gazette/Ours/' "
                      "/etc/gazetted/gazetted.yaml")
        pid = machine.show("gazetted.service", "MainPID")
        machine.shell(install + "newer.deb")
        self.assertEqual(machine.show("gazetted.service", "ActiveState"), "active")
        self.assertNotEqual(machine.show("gazetted.service", "MainPID"), pid)
        row = json.loads(machine.run("gazettectl", "--json", "explain", "a.md").stdout)
        self.assertEqual(row["state"], "on hold", "the state was not kept")
        self.assertIn('"Ours"', machine.run(*curl).stdout)
        machine.shell("dpkg --purge gazetted")
        left = machine.shell("ls -d /var/lib/gazetted /var/lib/private/gazetted /etc/gazetted "
                             "/usr/bin/gazetted /run/gazetted 2>/dev/null || true").stdout
        self.assertEqual(left, "")
        self.assertNotEqual(machine.run(*curl, check=False).returncode, 0)
        self.assertEqual(machine.shell("ls /srv/articles").stdout, "a.md\n")

    def make_newer(self, share):
        """The same package with a higher version."""
        subprocess.run(["dpkg-deb", "-R", f"{share}/first.deb", f"{share}/tree"], check=True)
        path = f"{share}/tree/DEBIAN/control"
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(re.sub(r"(?m)^(Version: .*)$", r"\1+test1", text))
        subprocess.run(["dpkg-deb", "-b", f"{share}/tree", f"{share}/newer.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(f"{share}/tree")


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    for test, reason in result.skipped:
        print(f"SKIPPED {test.id()}: {reason}")
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed, {skipped} skipped")
    sys.exit(1 if bad else 0)
