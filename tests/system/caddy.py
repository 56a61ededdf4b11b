"""Caddy as the README sets it up: its recipes are taken from there, with the port and paths of
the test put in, and without the certificate that it would ask for."""
import os
import re
import shutil
import socket
import subprocess

from tests.system.gazetted import TOP, environment, wait_for
from tests.system.postgres import free_port

PROGRAM = shutil.which("caddy")

FRAME = """{{
	admin off
	auto_https off
	storage file_system {room}/caddy
}}
{recipe}
"""


def recipes():
    with open(os.path.join(TOP, "README.md")) as file:
        return re.findall(r"^```caddy\n(.*?)^```", file.read(), re.M | re.S)


class Caddy:
    """Serves RECIPE on `port` of 127.0.0.1."""

    def __init__(self, room, recipe, **replaced):
        self.port = port = free_port("127.0.0.1")
        site = f"http://news.example:{port} {{\n\tbind 127.0.0.1"
        for old, new in {"news.example {": site, **replaced}.items():
            assert old in recipe, f"{old!r} is not in the recipe"
            recipe = recipe.replace(old, new)
        path = os.path.join(room, "Caddyfile")
        with open(path, "w") as file:
            file.write(FRAME.format(room=room, recipe=recipe))
        self.log = open(os.path.join(room, "caddy.log"), "w+")
        self.process = subprocess.Popen(
            [PROGRAM, "run", "--config", path, "--adapter", "caddyfile"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log,
            env={**environment(), "HOME": room, "XDG_DATA_HOME": room, "XDG_CONFIG_HOME": room})

    def wait(self):
        """Until it answers; its configuration may be wrong."""
        def answers():
            if self.process.poll() is not None:
                self.log.seek(0)
                raise AssertionError(self.log.read())
            with socket.socket() as sock:
                sock.settimeout(60)
                if sock.connect_ex(("127.0.0.1", self.port)) != 0:
                    return False
                sock.sendall(b"GET /healthz HTTP/1.0\r\nHost: news.example\r\n\r\n")
                return sock.recv(12).startswith(b"HTTP/1.0 2")
        wait_for(answers, "Caddy", 60)
        return self

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
