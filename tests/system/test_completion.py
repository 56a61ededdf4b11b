"""The completions of gazettectl, asked in the shells themselves."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from tests.system.gazetted import BUILD, DEADLINE, TOP, SystemTest, article, environment

CONTROL = os.path.join(TOP, "daemon", "control")


def verbs():
    usage = subprocess.run([os.path.join(BUILD, "gazettectl"), "--help"], text=True,
                           stdout=subprocess.PIPE).stdout
    return set(re.findall(r"^  ([a-z][a-z-]+) ", usage, re.M))


def with_programs(**more):
    return {**environment(), "PATH": f"{BUILD}:{os.environ['PATH']}", **more}


@unittest.skipUnless(shutil.which("bash"), "no bash")
class Bash(SystemTest):
    def complete(self, *words, cwd=TOP):
        """What bash offers for the last of WORDS."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
                  'compopt() { :; }; _gazettectl; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash",
                               os.path.join(CONTROL, "gazettectl.bash"), "gazettectl", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=with_programs(), cwd=cwd)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split("\n")) - {""}

    def test_verbs_and_options(self):
        self.assertEqual(self.complete(""), verbs())
        self.assertEqual(self.complete("re"), {v for v in verbs() if v.startswith("re")})
        self.assertEqual(self.complete("--json", "stat"), {"status"})
        self.assertEqual(self.complete("-c", "x.yaml", "stat"), {"status"})
        self.assertEqual(self.complete("--j"), {"--json"})
        self.assertEqual(self.complete("ledger", ""), {"verify"})
        self.assertEqual(self.complete("--at", ""), set())

    def test_files(self):
        with tempfile.TemporaryDirectory() as room:
            open(os.path.join(room, "a.md"), "w").close()
            self.assertEqual(self.complete("check", "a", cwd=room), {"a.md"})
            self.assertEqual(self.complete("-c", "", cwd=room), {"a.md"})

    def test_topics_of_the_daemon(self):
        gazetted = self.gazetted({"news/a.md": article("One")})
        # gazettectl finds the daemon of the directory where it is called
        self.assertEqual(self.complete("subscribers", "/c/", cwd=gazetted.directory),
                         {f"/c/news/feed.{name}" for name in ("atom", "json", "rss")})


@unittest.skipUnless(shutil.which("zsh"), "no zsh: its completion is not tried")
class Zsh(SystemTest):
    def complete(self, line):
        """What stands on the command line of a zsh after LINE and the tabulator."""
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        with open(os.path.join(room.name, ".zshrc"), "w") as file:
            file.write(f"fpath=({CONTROL} $fpath)\nautoload -Uz compinit\n"
                       f"compinit -u -d {room.name}/dump\nPROMPT='ready> '\n"
                       "setopt no_beep\nbindkey -e\nLISTMAX=0\n")
        child, master = pty.fork()
        if child == 0:
            os.chdir(room.name)
            os.execvpe("zsh", ["zsh", "-i", "-d"],
                       with_programs(ZDOTDIR=room.name, TERM="dumb", HOME=room.name))
        try:
            self.read(master, "ready> ")
            os.write(master, line.encode() + b"\t")
            time_out = time.monotonic() + DEADLINE
            shown = ""
            while time.monotonic() < time_out:
                ready = select.select([master], [], [], 0.7)[0]
                if not ready and shown.strip() != line.strip():
                    break
                if ready:
                    shown += os.read(master, 65536).decode(errors="replace")
            return shown
        finally:
            os.write(master, b"\x03\x04")
            os.close(master)
            os.waitpid(child, 0)

    @staticmethod
    def read(master, until):
        shown, end = "", time.monotonic() + DEADLINE
        while until not in shown:
            if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {until!r} in {shown!r}")
            shown += os.read(master, 65536).decode(errors="replace")
        return shown

    def test_a_verb_is_completed(self):
        self.assertRegex(self.complete("gazettectl sta"), r"gazettectl status ")

    def test_every_verb_is_offered(self):
        shown = self.complete("gazettectl ")
        for verb in verbs():
            self.assertIn(verb, shown)

    def test_arguments(self):
        self.assertRegex(self.complete("gazettectl ledger "), r"ledger verify")
        self.assertRegex(self.complete("gazettectl --js"), r"--json")


if __name__ == "__main__":
    unittest.main()
