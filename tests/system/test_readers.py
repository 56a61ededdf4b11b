"""Real subscribers, as models of what they do on the wire (readers.py), and over https."""
import os
import shutil
import ssl
import subprocess
import tempfile

from tests.system import readers
from tests.system.gazetted import BASE_URL, Gazetted, Subscriber, SystemTest, article


class Readers(SystemTest):
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.server = Gazetted({"a.md": article("One")}, options=(
            "http.workers=2", "hub.retry.first=200ms", "hub.retry.max=500ms",
            "hub.signature.sha1=[localhost]"))
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def setUp(self):
        super().setUp()
        self.daemons = [self.server]

    def reader(self, kind, topic="/feed.atom", path="/hub"):
        reader = kind(self.server, BASE_URL + topic)
        self.addCleanup(reader.close)
        since = len(self.server.lines)
        reader.subscribe(path)
        self.assertEqual(reader.answer_status, 202)
        self.server.wait_line(rf"hub: verified .*:{reader.server.server_address[1]}\b", since)
        return reader

    def publish(self):
        type(self).number += 1
        title = f"Number {self.number}."
        self.server.write(f"n{self.number}.md",
                          article(title, f"2026-05-03T10:{self.number:02d}:00+08:00"))
        return title

    def push(self, reader):
        title = self.publish()
        self.server.wait(lambda: title in reader.titles(), f"{title} at the reader")
        return reader.deliveries[-1]

    def test_freshrss(self):
        for topic in ("/feed.atom", "/feed.rss"):
            reader = self.reader(readers.FreshRSS, topic)
            self.assertFalse(reader.wants_to_renew())
            push = self.push(reader)
            self.assertEqual(push.path, f"/api/pshb.php?k={reader.key}")
            self.assertEqual(reader.notes, [])
        reader.users = 0
        since = len(self.server.lines)
        self.publish()
        self.server.wait_line("hub: gone ", since)

    def test_feedbin(self):
        reader = self.reader(readers.Feedbin)
        self.assertEqual(reader.lease, 864000)
        for _ in range(2):
            self.push(reader)
            reader.subscribe() # renews, with the same secret
        self.assertEqual(reader.notes, [])
        self.assertFalse(reader.paused)

    def test_newsblur(self):
        reader = self.reader(readers.NewsBlur)
        self.assertEqual(reader.lease, 30 * 86400)
        self.push(reader)

    def test_newsblur_is_led_to_the_right_topic(self):
        reader = self.reader(readers.NewsBlur, "/old/rss.xml")
        self.assertEqual(reader.topic, BASE_URL + "/feed.atom")
        self.push(reader)

    def test_mastodon(self):
        self.push(self.reader(readers.Mastodon, path="/subscribe"))

    def test_invidious(self):
        reader = self.reader(readers.Invidious, path="/subscribe")
        push = self.push(reader)
        self.assertEqual(push.path, reader.path)
        self.assertEqual(reader.notes, [])


class Secure(Subscriber):
    """A subscriber behind https, with a certificate that it signed itself."""

    def __init__(self, room):
        super().__init__()
        self.certificate = os.path.join(room, "cert.pem")
        key = os.path.join(room, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", self.certificate,
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)

    def url(self, path="/cb", host="localhost"):
        return f"https://{host}:{self.server.server_address[1]}{path}"


class Https(SystemTest):
    def setUp(self):
        super().setUp()
        room = tempfile.mkdtemp(prefix="gazetted-tls.")
        self.addCleanup(shutil.rmtree, room, True)
        self.reader = Secure(room)
        self.addCleanup(self.reader.close)

    def test_req_39_certificates_are_verified(self):
        server = self.gazetted({"a.md": article("One")})
        self.assertEqual(server.hub(mode="subscribe", topic=server.topic(),
                                    callback=self.reader.url()).status, 202)
        server.wait_line("hub: verification failed .*certificate")
        self.assertEqual(self.reader.challenges, [])

    def test_req_39_authorities_can_be_named(self):
        server = self.gazetted({"a.md": article("One")},
                               options=(f"hub.ca_file={self.reader.certificate}",))
        server.subscribe(self.reader, secret="s")
        server.write("b.md", article("Two", "2026-05-03T10:00:00+08:00"))
        self.reader.wait_delivery(lambda d: b"Two" in d.body)
        # the name must be that of the certificate
        since = len(server.lines)
        self.assertEqual(server.hub(mode="subscribe", topic=server.topic(), callback=self.reader
                                    .url(host="127.0.0.1")).status, 202)
        server.wait_line("hub: verification failed .*", since)
        self.assertEqual(len(self.reader.challenges), 1)


class Withdrawn(SystemTest):
    def test_req_20_feedbin_is_told_when_a_feed_is_no_more(self):
        server = self.gazetted({"a.md": article("One"), "c/b.md": article("Two")})
        reader, other = (readers.Feedbin(server, BASE_URL + path)
                         for path in ("/c/c/feed.atom", "/feed.atom"))
        for each in (reader, other):
            self.addCleanup(each.close)
            since = len(server.lines)
            each.subscribe()
            server.wait_line("hub: verified ", since)
        server.stop()
        server.options.append("feeds.by=[]")
        server.start()
        server.wait(lambda: reader.paused, "the denial")
        self.assertEqual(reader.reason, "The feed was withdrawn.")
        server.wait_line("hub: denied topic=/c/c/feed.atom .* heard=yes")
        server.write("c/d.md", article("Three", "2026-05-03T10:00:00+08:00"))
        server.wait(lambda: "Three" in other.titles(), "the other feed")
        self.assertFalse(other.paused)
        self.assertEqual(reader.deliveries, [])
        # it may come back, and so may the subscriber
        server.stop()
        server.options.pop()
        server.start()
        reader.paused = False
        since = len(server.lines)
        self.assertEqual(reader.subscribe().status, 202)
        server.wait_line("hub: verified ", since)
        server.write("c/e.md", article("Four", "2026-05-03T11:00:00+08:00"))
        server.wait(lambda: "Four" in reader.titles(), "the delivery")
        self.assertFalse(reader.paused)
