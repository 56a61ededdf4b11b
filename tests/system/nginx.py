"""nginx as the README sets it up: its recipes are taken from there, with the ports and paths
of the test put in."""
import os
import re
import shutil
import socket
import subprocess

from tests.system.gazetted import TOP, environment, wait_for

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

FRAME = """daemon off;
{user}
worker_processes 1;
pid {room}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
	access_log off;
	client_body_temp_path {room}/body;
	proxy_temp_path {room}/proxy;
	fastcgi_temp_path {room}/fastcgi;
	uwsgi_temp_path {room}/uwsgi;
	scgi_temp_path {room}/scgi;
{recipe}
}}
"""


def recipes():
    with open(os.path.join(TOP, "README.md")) as file:
        return re.findall(r"^```nginx\n(.*?)^```", file.read(), re.M | re.S)


class Nginx:
    """Serves RECIPE on `port`; its listening socket is handed to it, so that no other can
    take the port."""

    def __init__(self, room, recipe, **replaced):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        for old, new in {"listen 80;": f"listen 127.0.0.1:{self.port};", **replaced}.items():
            assert old in recipe, f"{old!r} is not in the recipe"
            recipe = recipe.replace(old, new)
        self.path = os.path.join(room, "nginx.conf")
        with open(self.path, "w") as file:
            # As root its worker would become another, who cannot read the test's directory.
            user = "user root;" if os.geteuid() == 0 else ""
            file.write(FRAME.format(room=room, recipe=recipe, user=user))
        number = self.listener.fileno()
        self.process = subprocess.Popen(
            [PROGRAM, "-p", room, "-c", self.path, "-e", "stderr"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[number],
            env={**environment(), "NGINX": f"{number};"})

    def wait(self):
        """Until it answers; its configuration may be wrong."""
        def answers():
            if self.process.poll() is not None:
                raise AssertionError(self.process.stderr.read().decode())
            with socket.create_connection(("127.0.0.1", self.port), 60) as sock:
                sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                return sock.recv(12).startswith(b"HTTP/1.1 2")
        wait_for(answers, "nginx")
        return self

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stderr.close()
        self.listener.close()
