"""The README's commands and recipes, run as they stand there, but for addresses and paths.
(Its recipes for nginx: nginx.py. Installing: tests/system/boot.)"""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from tests.system.gazetted import (BUILD, TOP, Gazetted, SystemTest, article,
                                   environment)

ELSEWHERE = ("make run ", "make deps && make && sudo make install")  # tried by other tests
WORDPRESS = """<?php
function add_action($name, $call) { $GLOBALS['hook'] = $call; }
function get_the_guid($post) { return "https://wp.example/?p=$post->ID"; }
function get_post_time($format, $gmt, $post) { return date($format, 1777600800); }
function get_the_author_meta($key, $id) { return 'Author ' . $id; }
function wp_get_post_tags($id, $how) { return ['one', '二']; }
function apply_filters($name, $text) { return "<p>$text</p>"; }
require $argv[1];
$post = (object)['ID' => 7, 'post_type' => 'post', 'post_title' => '标题 & more',
    'post_author' => 3, 'post_excerpt' => 'Short.', 'post_content' => 'A body.'];
$GLOBALS['hook']($argv[2], 'draft', $post);
"""


def blocks(kind):
    with open(os.path.join(TOP, "README.md")) as file:
        return re.findall(rf"```{kind}\n(.*?)```", file.read(), re.S)


def block(kind, mark):
    found = [text for text in blocks(kind) if mark in text]
    assert len(found) == 1, (mark, found)
    return found[0]


def commands(text):
    """The commands of a block: comments gone, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [re.sub(r"\s+# .*", "", line) for line in lines]


class OnDirectory(Gazetted):
    """Started as the README does, on a port of the kernel's choice."""

    def arguments(self):
        return ["-o", "http.listen=127.0.0.1:0", self.directory]


class Readme(SystemTest):
    def room(self):
        room = tempfile.TemporaryDirectory(prefix="gazetted-readme.")
        self.addCleanup(room.cleanup)
        return room.name

    def shell(self, command, cwd, **more):
        env = {**environment(), "PATH": f"{BUILD}:{os.environ['PATH']}", **more}
        done = subprocess.run(["bash", "-c", command], cwd=cwd, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_every_command_is_known_here(self):
        known = ELSEWHERE + ("mkdir -p articles/news", "curl -i http://127.0.0.1:8080/hub",
                             "gazettectl status", "gazetted -o site.base_url",
                             "curl -i https://news.example/hub")
        for text in blocks("sh"):
            self.assertTrue(text.startswith(known), text)
        self.assertEqual(len(blocks("sh")), len(known))

    def test_the_tour(self):
        daemon = OnDirectory({})
        self.daemons.append(daemon)
        self.addCleanup(daemon.close)
        mkdir, start, *rest = commands(block("sh", "mkdir -p articles/news"))
        self.assertEqual(self.shell(mkdir, daemon.room)[0], 0)
        self.assertEqual(start, "gazetted articles &")
        daemon.start()
        shown = {"curl": "Bridge opens", "explain": "published", "kill": "killed",
                 "status": "ready"}
        for command in rest:
            command = command.replace("127.0.0.1:8080", f"127.0.0.1:{daemon.port}")
            expected = next((text for word, text in shown.items() if word in command), "")

            def run(command=command, expected=expected):
                status, output, _ = self.shell(command, daemon.room)
                return status == 0 and expected in output

            daemon.wait(run, f"{command!r} to show {expected!r}")
        daemon.wait(lambda: daemon.get("/a/bridge").status == 410, "the notice")

    def test_looking_after_it(self):
        daemon = self.gazetted({"a.md": article("One")})
        for command in commands(block("sh", "gazettectl status")):
            command = command.replace("ID", "a.md").replace("FILE", "../copy.db") \
                .replace("--json ...", "--json topics")
            status, output, errors = self.shell(command, daemon.directory)
            self.assertEqual(status, 0, (command, errors))
        self.assertIn("/feed.atom", output)
        self.assertTrue(os.path.exists(os.path.join(daemon.room, "copy.db")))

    def test_subscribing(self):
        daemon = self.gazetted({"a.md": article("One")}, options=["site.base_url=null"])
        command, = commands(block("sh", "hub.secret=s3cret"))
        output = self.shell(command.replace("127.0.0.1:8080", f"127.0.0.1:{daemon.port}"),
                            daemon.room)[1]
        self.assertRegex(output, r"^HTTP/1\.1 202 ")

    def test_a_partner(self):
        room = self.room()
        with open(os.path.join(room, "receive.py"), "w") as file:
            file.write(block("python", "receive.py"))
        port = self.free_port()
        receiver = subprocess.Popen([sys.executable, "receive.py", str(port)], cwd=room,
                                    stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(receiver.wait)
        self.addCleanup(receiver.kill)
        token = os.path.join(room, "county.token")
        with open(token, "w") as file:
            file.write("county-token-000001\n")
        config = block("yaml", "name: county").replace("/etc/gazetted/county.token", token)
        config = config.replace("county.example]", "127.0.0.1], require: [secret]")
        daemon = self.gazetted({"a.md": article("One")}, config=config,
                               options=["site.base_url=null"])
        command, = commands(block("sh", "/p/county/feed.json"))
        command = command.replace("https://news.example", f"http://127.0.0.1:{daemon.port}")
        command = command.replace("https://county.example", f"http://127.0.0.1:{port}")
        answered = daemon.wait(lambda: self.shell(command, room, TOKEN="county-token-000001")[1],
                               "the hub's answer")
        self.assertRegex(answered, r"^HTTP/1\.1 202 ")
        daemon.wait_line(r"hub: verified ")
        daemon.write("b.md", article("Two"))
        received = os.path.join(room, "received.json")
        daemon.wait(lambda: os.path.exists(received) and os.path.getsize(received), "the push")
        with open(received) as file:
            self.assertIn("Two", [item["title"] for item in json.load(file)["items"]])

    @staticmethod
    def free_port():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return free.getsockname()[1]

    @unittest.skipUnless(shutil.which("hugo"), "no hugo: the recipe for it is not tried")
    def test_hugo(self):
        room = self.room()
        for command in ("hugo new site blog", "cd blog && hugo new posts/first-post.md",
                        "cd blog && hugo convert toYAML --unsafe"):
            status, output, errors = self.shell(command, room)
            self.assertEqual(status, 0, output + errors)
        page, = glob.glob(f"{room}/blog/content/posts/first-post.md")
        with open(page) as file:
            text = file.read()
        self.assertIn("draft: true", text)
        command, = commands(block("sh", "store.directory=/var/lib/gazetted content"))
        self.assertEqual(command.split()[-1], "content")
        daemon = self.gazetted(copy=f"{room}/blog/content", options=[
            option for option in re.findall(r"-o (\S+)", command)
            if not option.startswith(("http.listen", "store.directory"))])
        self.assertEqual(daemon.titles(), [])
        daemon.write("posts/first-post.md", text.replace("draft: true", "draft: false"))
        item = daemon.wait_title("First Post")
        self.assertTrue(item["url"].startswith("https://feeds.news.example/"), item)

    @unittest.skipUnless(shutil.which("php"), "no php: the recipe for WordPress is not tried")
    def test_wordpress(self):
        daemon = self.gazetted({"a.md": article("One")})
        plugin = block("php", "mu-plugins").replace("/srv/articles/", daemon.directory + "/")
        for name, text in (("plugin.php", plugin), ("wordpress.php", WORDPRESS)):
            with open(os.path.join(daemon.room, name), "w") as file:
                file.write(text)

        def becomes(status):
            result = self.shell(f"php wordpress.php plugin.php {status}", daemon.room)
            self.assertEqual((result[0], result[1]), (0, ""), result)

        becomes("publish")
        item = daemon.wait_title("标题 & more")
        self.assertEqual(item["id"], "https://wp.example/?p=7")
        self.assertIn("A body.", item["content_html"])
        self.assertEqual(sorted(item["tags"]), ["one", "二"])
        becomes("trash")
        daemon.wait_no_title("标题 & more")


if __name__ == "__main__":
    unittest.main()
