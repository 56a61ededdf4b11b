"""Many connections at once, seen from outside."""
import http.client
import resource
import socket

from tests.system.gazetted import SystemTest, article


class ManyConnections(SystemTest):
    def test_the_soft_limit_of_descriptors_is_raised(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 1000:
            self.skipTest("the hard limit of descriptors is too low")
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        try:
            daemon = self.gazetted({"a.md": article("One")})
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        opened = []
        try:
            for _ in range(600):
                opened.append(http.client.HTTPConnection(daemon.host, daemon.port, timeout=60))
                opened[-1].request("GET", "/feed.json")
                self.assertEqual(opened[-1].getresponse().read()[:1], b"{")
            for connection in opened[::50]:  # none was closed to make room
                connection.sock.setblocking(False)
                self.assertRaises(BlockingIOError, connection.sock.recv, 1, socket.MSG_PEEK)
        finally:
            for connection in opened:
                connection.close()
