"""Every option at a reload: it applies at once, or is named as one that waits for the next
start; and a file with any mistake changes nothing."""
import json
import os
import re
import signal
import subprocess
import unittest

from tests.system.gazetted import (BUILD, PROGRAM, TOP, Gazetted, SystemTest, article, environment)

# Values for options whose type does not say what else they could be; {room} is a directory.
OTHERS = {
    "site.language": "en", "site.timezone": "Asia/Tokyo", "site.base_url": "http://other.example",
    "site.mobile_url": "http://m.example/{path}", "articles.directory": "{room}",
    "site.icon": "http://other.example/icon.png", "site.logo": "http://other.example/logo.png",
    "articles.max_size": "4MiB", "articles.fallback_charset": "big5",
    "feeds.by": "[tag]", "feeds.content": "summary",
    "http.listen": "['127.0.0.1:1']", "http.workers": "1", "hub.callbacks.ports": "[8443]",
    "hub.external": "['http://hub.example/']", "store.uri": "sqlite:other.db",
    "store.directory": "{room}/other", "admin.listen": "['127.0.0.1:2']", "log.level": "debug",
    "http.trusted_proxies": "[192.0.2.1]", "hub.callbacks.allow": "[192.0.2.0/24]",
    "hub.lease.min": "2d", "hub.lease.max": "29d", "recalls.escalate": "[10m, 2h]",
    "recalls.command": "[/bin/false]",
}
FILE = "{room}/articles/a.md"  # one that there is


class FromFile(Gazetted):
    """Everything from the file, as a reload reads it."""

    def arguments(self):
        return ["-c", self.config]


def options_of(dump):
    """KEY -> value, both as the program writes them."""
    options, sections = {}, []
    for line in dump.splitlines():
        blanks, key, value = re.fullmatch(r"( *)([a-z_0-9]+):(?: (.*))?", line).groups()
        sections[len(blanks) // 2:] = [key]
        if value is not None:
            options[".".join(sections)] = value
    return options


def as_yaml(options):
    tree = {}
    for key, value in options.items():
        at = tree
        *sections, last = key.split(".")
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = value

    def write(node, depth):
        return "".join("  " * depth + (f"{key}:\n{write(value, depth + 1)}"
                                       if isinstance(value, dict) else f"{key}: {value}\n")
                       for key, value in node.items())
    return write(tree, 0)


def other_value(key, value, room):
    """What KEY may be instead of VALUE."""
    number = re.fullmatch(r"(\d+)(ms|s|m|h|d|)", value)
    if key in OTHERS:
        return OTHERS[key].replace("{room}", room)
    if key.endswith("_file") or key in ("site.css", "site.header", "site.footer", "http.export"):
        return FILE.replace("{room}", room)
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if number:
        return f"{int(number.group(1)) + 1}{number.group(2) or ''}"
    return "[other.example]" if value.startswith("[") else "other"


def live_options():
    """Those that the manual page calls live."""
    with open(os.path.join(TOP, "config", "gazetted.yaml.5")) as file:
        entries = re.findall(r"^\.It Ic (\S+) .*\n((?:(?!\.It |\.El).*\n)*)", file.read(), re.M)
    return {key for key, text in entries if ".Em Live" in text}


class EveryOption(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.live = live_options()
        assert len(cls.live) > 15

    def running(self, text=""):
        """A daemon and the options in force, all of them written out in its file."""
        daemon = FromFile({"a.md": article("One")}, config="")
        self.daemons.append(daemon)
        self.addCleanup(daemon.close)
        os.mkdir(os.path.join(daemon.room, "other"))
        base = (f"articles: {{directory: '{daemon.directory}', settle: 30ms}}\n"
                "http: {listen: ['127.0.0.1:0'], workers: 2}\n"
                f"store: {{directory: '{daemon.room}/state'}}\n")
        self.configure(daemon, base + text)
        dump = subprocess.run([PROGRAM, "-c", daemon.config, "--dump"], env=environment(),
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        options = options_of(dump)
        self.configure(daemon, as_yaml(options))
        return daemon.start(), options

    @staticmethod
    def configure(daemon, text):
        with open(daemon.config, "w") as file:
            file.write(text)

    def reload(self, daemon):
        """The lines that a reload logs, without the words that all begin with."""
        since = len(daemon.lines)
        done = subprocess.run([os.path.join(BUILD, "gazettectl"), "-s", f"{daemon.room}/state",
                               "reload"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        daemon.wait_line(r"^reload: ", since)
        return done, [line[8:] for line in daemon.matching(r"^reload: ", since)]

    def test_each_applies_or_is_named(self):
        daemon, options = self.running()
        self.assertEqual(self.reload(daemon)[1], ["nothing changed"])
        for key, value in list(options.items()):
            with self.subTest(option=key):
                other = other_value(key, value, daemon.room)
                self.assertNotEqual(other, value)
                self.configure(daemon, as_yaml({**options, key: other}))
                when = "now" if key in self.live else "at the next start"
                done, lines = self.reload(daemon)
                self.assertEqual((done.returncode, lines), (0, [f"{key} {when}"]), done.stderr)
                # what applied is in force: it is no change any more; the rest is, still
                self.assertEqual(self.reload(daemon)[1], ["nothing changed"] if key in self.live
                                 else [f"{key} {when}"])
            if key in self.live:
                options[key] = other
        daemon.write("b.md", article("Two"))
        daemon.wait_title("Two")

    def test_all_at_once(self):
        daemon, options = self.running()
        others = {key: other_value(key, value, daemon.room) for key, value in options.items()}
        self.configure(daemon, as_yaml(others))
        done, lines = self.reload(daemon)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(line.split(" ")[0] for line in lines), sorted(options))
        daemon.write("b.md", article("Two"))
        daemon.wait_title("Two")

    def test_a_mistake_in_any_changes_nothing(self):
        daemon, options = self.running()
        fine = as_yaml({**options, "log.level": "debug"})
        for key in options:
            with self.subTest(option=key):
                self.configure(daemon, as_yaml({**options, "log.level": "debug", key: "{x: 1}"}))
                done, lines = self.reload(daemon)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(len(lines), 1)
                self.assertRegex(lines[0], r"^nothing changed: \S+gazetted\.yaml:\d+:\d+: ")
        self.configure(daemon, fine)
        self.assertEqual(self.reload(daemon)[1], ["log.level now"])

    def test_partners_and_rights(self):
        daemon, options = self.running()
        token = os.path.join(daemon.room, "token")
        partner = (f"partners: [{{name: paper, token_file: {token}, "
                   "callback_hosts: [paper.example]}]\n")
        self.configure(daemon, as_yaml(options) + partner)
        done, lines = self.reload(daemon)
        self.assertEqual(done.returncode, 1)  # both phases: the files that it names are read too
        self.assertIn(token, done.stderr)
        with open(token, "w") as file:
            file.write("0123456789abcdef-partner\n")
        self.assertEqual(self.reload(daemon)[1], ["partners now"])
        headers = {"Authorization": "Bearer 0123456789abcdef-partner"}
        daemon.wait(lambda: daemon.get("/p/paper/feed.json", headers).status == 200, "its feed")
        rights = "rights: [{name: all, match: {all: true}, public: none}]\n"
        self.configure(daemon, as_yaml(options) + partner + rights)
        self.assertEqual(self.reload(daemon)[1], ["rights now"])
        daemon.wait_no_title("One")

    def test_what_is_live_takes_effect(self):
        daemon, options = self.running("hub: {callbacks: {allow: [127.0.0.0/8], ports: []}}\n")
        subscriber = self.subscriber()
        text = as_yaml({**options, "hub.lease.max": "2d", "hub.lease.default": "2d",
                        "http.rate": "3"})
        self.configure(daemon, text)
        self.reload(daemon)
        daemon.subscribe(subscriber)
        self.assertEqual(subscriber.challenges[0][1]["hub.lease_seconds"], str(2 * 24 * 3600))
        daemon.wait(lambda: daemon.get("/feed.json").status == 429, "the limit")
        since = len(daemon.lines)
        self.configure(daemon, text.replace("rate: 3", "rate: 0"))
        daemon.signal(signal.SIGHUP)
        daemon.wait_line(r"reload: http\.rate now", since)
        daemon.wait(lambda: daemon.get("/feed.json").status == 200, "the end of the limit")


if __name__ == "__main__":
    unittest.main()
