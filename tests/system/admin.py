"""What the tests of the admin listener share: a daemon with one, and requests to it."""
import http.client
import os
import socket

from tests.system.gazetted import DEADLINE, Answer, SystemTest

TOKEN = "correct-horse-battery-staple"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


class AdminTest(SystemTest):
    def gazetted(self, *args, options=(), has_token=True, **kwargs):
        gazetted = super().gazetted(*args, options=["admin.listen=[127.0.0.1:0]", *options],
                                    is_started=False, **kwargs)
        if has_token:
            token = os.path.join(gazetted.room, "token")
            with open(token, "w") as file:
                file.write(TOKEN + "\n")
            gazetted.options.append(f"admin.token_file={token}")
        return gazetted.start()

    @staticmethod
    def connection(gazetted):
        found = gazetted.wait_line(r"admin address=(\S+)$").group(1)
        if found.startswith("unix:"):
            return UnixConnection(found[5:])
        return http.client.HTTPConnection(found, timeout=DEADLINE)

    def admin(self, gazetted, path, method="GET", headers=None, body=None):
        connection = self.connection(gazetted)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
