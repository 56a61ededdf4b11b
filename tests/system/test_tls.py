"""Deliveries to https callbacks: only to whom the certificate says."""
import os
import ssl
import subprocess
import tempfile

from tests.system.gazetted import Subscriber, SystemTest, article, signature


class TlsSubscriber(Subscriber):
    def __init__(self, certificate, key):
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # the handshake is the handler's: one that fails must not end the server
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)

    def url(self, path="/cb"):
        return super().url(path).replace("http://", "https://")


class Tls(SystemTest):
    def setUp(self):
        super().setUp()
        room = tempfile.TemporaryDirectory(prefix="gazetted-tls.")
        self.addCleanup(room.cleanup)
        self.room = room.name

    def certificate(self, name):
        """A certificate for NAME that is its own authority, and its key."""
        files = [os.path.join(self.room, f"{kind}.pem") for kind in ("certificate", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=test", "-addext", f"subjectAltName={name}", "-out", files[0],
                        "-keyout", files[1]], check=True, stderr=subprocess.DEVNULL)
        return files

    def start(self, name, options=()):
        certificate, key = self.certificate(name)
        self.reader = TlsSubscriber(certificate, key)
        self.addCleanup(self.reader.close)
        return self.gazetted({"a.md": article("One")}, options=[
            o.format(certificate=certificate) for o in options])

    def test_delivery_over_tls(self):
        server = self.start("IP:127.0.0.1", ["hub.ca_file={certificate}"])
        server.subscribe(self.reader, secret="s3cret")
        server.write("b.md", article("Two", "2026-05-03T10:00:00+08:00"))
        push = self.reader.wait_delivery(lambda d: b"Two" in d.body)
        self.assertEqual(push.headers["X-Hub-Signature"], signature("s3cret", push.body))

    def check_refused(self, server):
        topic = server.topic()
        self.assertEqual(server.hub(mode="subscribe", topic=topic,
                                    callback=self.reader.url()).status, 202)
        server.wait_line(r"hub: verification failed .*SSL")
        self.assertEqual(self.reader.challenges, [])

    def test_an_unknown_authority_is_refused(self):
        self.check_refused(self.start("IP:127.0.0.1"))

    def test_the_certificate_of_another_is_refused(self):
        self.check_refused(self.start("DNS:news.example", ["hub.ca_file={certificate}"]))
