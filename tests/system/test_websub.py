"""WebSub requirement by requirement, on the wire. Numbers and order are those of the list of
normative requirements that the hub is written from (W3C WebSub sections 3 to 8, and what is
left of PubSubHubbub 0.3); what needs days instead of seconds is in tests/unit/test_hub_*.c under
the same numbers."""
import json
import re
import socket
import time
import urllib.parse

from tests.system.gazetted import (BASE_URL, FEEDS, Gazetted, Subscriber, SystemTest, article,
                                   signature)

FORM = "application/x-www-form-urlencoded"


class Scripted(Subscriber):
    """A subscriber whose answer to the challenge is what `verify` says: a function from the
    challenge to (status, body), or None for no answer until the end."""

    def __init__(self, verify=lambda challenge: (200, challenge), headers=()):
        super().__init__()
        self.verify, self.headers = verify, headers

    def on_challenge(self, handler):
        split = urllib.parse.urlsplit(handler.path)
        fields = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        reply = self.verify(fields.get("hub.challenge", ""))
        with self.news:
            self.challenges.append((handler.path, fields))
            self.news.notify_all()
        if reply is None:
            self.closing.wait()
            return
        handler.send_response(reply[0])
        for name, value in self.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply[1])))
        handler.end_headers()
        handler.wfile.write(reply[1].encode())


class WebSub(SystemTest):
    """One daemon for all tests of a class; each has topics' worth of titles of its own."""
    options = ("hub.retry.first=200ms", "hub.retry.max=500ms", "hub.timeout.connect=1s",
               "hub.timeout.total=2s")
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.server = Gazetted({"a.md": article("One"), "c/b.md": article("In c")},
                              options=cls.options)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def setUp(self):
        super().setUp()
        self.daemons = [self.server]
        self.reader = self.scripted()
        self.topic = self.server.topic()

    def scripted(self, *args, **kwargs):
        subscriber = Scripted(*args, **kwargs)
        self.addCleanup(subscriber.close)
        return subscriber

    def post(self, *fields, **more):
        """FIELDS are pairs as they are, MORE gets its "hub." prefix."""
        pairs = list(fields) + [(f"hub.{key}", value) for key, value in more.items()]
        return self.server.request("POST", "/hub", {"Content-Type": FORM},
                                   urllib.parse.urlencode(pairs))

    def subscribe(self, reader=None, name="/cb", topic=None, **fields):
        """Accepted; returns once the challenge has come."""
        reader = reader or self.reader
        seen = len(reader.challenges)
        answer = self.post(mode=fields.pop("mode", "subscribe"), topic=topic or self.topic,
                           callback=reader.url(name), **fields)
        self.assertEqual(answer.status, 202, answer)
        self.server.wait(lambda: len(reader.challenges) > seen, "the challenge")
        return reader.challenges[-1][1]

    def wait_for(self, what, since, reader=None):
        """A line of the log about READER's verification."""
        port = (reader or self.reader).server.server_address[1]
        self.server.wait_line(rf"hub: {what} .*:{port}\b", since)

    def join(self, reader=None, **fields):
        """The same until the subscription is in force."""
        since = len(self.server.lines)
        found = self.subscribe(reader, **fields)
        self.wait_for("verified", since, reader)
        return found

    def publish(self, path=None):
        """Something new in all feeds; returns its title."""
        type(self).number += 1
        title = f"Number {self.number}."
        self.server.write(path or f"n{self.number}.md",
                          article(title, f"2026-05-03T10:{self.number:02d}:00+08:00"))
        return title

    def push(self, title=None, reader=None, **conditions):
        """Publishes (unless TITLE was) and waits for the delivery of it."""
        title = title or self.publish()
        return (reader or self.reader).wait_delivery(
            lambda d: title.encode() in d.body and
            all(getattr(d, k) == v for k, v in conditions.items()))

    def assertSilent(self, *readers):
        """Two publications reach another subscriber and none of READERS: what was to come
        to them has had its turn."""
        witness = self.scripted()
        self.join(witness)
        before = [len(r.deliveries) for r in readers]
        self.push(reader=witness)
        self.push(reader=witness)
        self.assertEqual([len(r.deliveries) for r in readers], before)


class Requests(WebSub):
    def test_req_01_form_with_the_parameters(self):
        callback = self.reader.url()
        body = urllib.parse.urlencode({"hub.mode": "subscribe", "hub.topic": self.topic,
                                       "hub.callback": callback, "hub.secret": "s"})
        for kind in (FORM, FORM + "; charset=UTF-8", FORM.upper()):
            answer = self.server.request("POST", "/hub", {"Content-Type": kind}, body)
            self.assertEqual(answer.status, 202, kind)
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
            answer = self.server.request("POST", "/hub", {"Content-Type": kind}, body)
            self.assertEqual(answer.status, 415, kind)
        for missing in ("hub.mode", "hub.topic", "hub.callback"):
            fields = [(k, v) for k, v in urllib.parse.parse_qsl(body) if k != missing]
            answer = self.post(*fields)
            self.assertEqual(answer.status, 400)
            self.assertIn(missing, answer.body.decode())

    def test_req_02_mode(self):
        self.join(mode="Subscribe")
        self.assertEqual(self.reader.challenges[-1][1]["hub.mode"], "subscribe")
        self.join(mode="UNSUBSCRIBE")
        answer = self.post(mode="resubscribe", topic=self.topic, callback=self.reader.url())
        self.assertEqual(answer.status, 400)
        self.assertIn("hub.mode", answer.body.decode())

    def test_req_03_only_our_own_topics(self):
        for topic in ("http://other.example/feed.atom", BASE_URL + "/nothing.atom",
                      BASE_URL + "/", BASE_URL + "/feed.atom?x=1", BASE_URL + "/feed.atom#x",
                      "feed.atom", BASE_URL + ":81/feed.atom",
                      BASE_URL + "@other.example/feed.atom"):
            with self.subTest(topic):
                answer = self.post(mode="subscribe", topic=topic, callback=self.reader.url())
                self.assertEqual(answer.status, 404)
                self.assertIn(f"You may only subscribe to URL {self.topic}\n",
                              answer.body.decode())
        self.assertEqual(self.reader.challenges, [])

    def test_req_04_lease(self):
        for asked, granted in ((None, 864000), ("", 864000), ("172800", 172800), ("1", 86400),
                               ("99999999", 2592000), ("9" * 40, 2592000)):
            fields = {} if asked is None else {"lease_seconds": asked}
            found = self.join(**fields)
            self.assertEqual(found["hub.lease_seconds"], str(granted), asked)
        for bad in ("soon", "-5", "1.5", "1e3", " 5"):
            answer = self.post(mode="subscribe", topic=self.topic, callback=self.reader.url(),
                               lease_seconds=bad)
            self.assertEqual(answer.status, 400, bad)
        found = self.join(mode="unsubscribe", lease_seconds="soon")
        self.assertNotIn("hub.lease_seconds", found)

    def test_req_06_secret_is_less_than_200_bytes_of_any_kind(self):
        secret = bytes(range(199))
        self.join(secret=secret)
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"],
                         signature(secret.decode("latin-1").encode("latin-1"), push.body))
        for bad in ("x" * 200, "密" * 67):
            answer = self.post(mode="subscribe", topic=self.topic, callback=self.reader.url(),
                               secret=bad)
            self.assertEqual(answer.status, 400)
            self.assertIn("200 bytes", answer.body.decode())
            self.assertNotIn(bad, answer.body.decode())
        self.join(secret="密" * 66)
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"], signature("密" * 66, push.body))

    def test_req_39_a_secret_without_tls_is_logged(self):
        since = len(self.server.lines)
        self.join(secret="not to be written")
        self.server.wait_line(r"hub: secret without TLS topic=/feed\.atom host=http://", since)
        since = len(self.server.lines)
        self.join()
        self.assertEqual(self.server.matching("without TLS", since), [])
        self.assertNotIn("not to be written", self.server.log())

    def test_req_40_the_hub_is_for_our_own_feeds(self):
        others = "http://other.example/feed.atom"
        answer = self.post(mode="subscribe", topic=others, callback=self.reader.url())
        self.assertEqual(answer.status, 404)
        answer = self.post(mode="publish", url=others)
        self.assertEqual(answer.status, 404)
        self.assertIn("only the feeds of its own publisher", answer.body.decode())
        self.assertEqual(self.reader.challenges, [])

    def test_req_07_unknown_parameters_are_ignored(self):
        self.join(foo="bar", verify="sync", **{"": ""})
        self.push()

    def test_req_08_failed_renewal_keeps_state(self):
        self.join(secret="one")
        since = len(self.server.lines)
        self.reader.verify = lambda challenge: (404, "no")
        self.subscribe(secret="two", lease_seconds="99999", signature_algorithm="sha512")
        self.wait_for("verification failed", since)
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"], signature("one", push.body))
        # and while a renewal is neither confirmed nor refused
        self.reader.verify = lambda challenge: None
        self.subscribe(secret="three")
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"], signature("one", push.body))

    def test_req_09_renewal_brings_a_new_secret_or_none(self):
        self.join(secret="one")
        self.join(secret="two")
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"], signature("two", push.body))
        self.join()
        self.assertIsNone(self.push().headers["X-Hub-Signature"])
        self.assertEqual(len(self.reader.deliveries), 2)

    def test_req_10_a_subscription_is_topic_and_callback_exactly(self):
        for name in ("/cb", "/cb?", "/cb?a=1", "/CB", "/cb/"):
            self.join(name=name)
        title = self.publish()
        for name in ("/cb", "/cb?", "/cb?a=1", "/CB", "/cb/"):
            self.push(title, path=name)
        alias = self.topic.replace("http:", "https:")
        self.join(name="/alias")
        self.join(name="/alias", topic=alias)
        self.join(name="/alias", topic=alias, mode="unsubscribe")
        self.push(path="/alias")

    def test_req_11_callback_is_used_as_given(self):
        names = ("/a%20b/%c3%a4?x=%2F&y=a+b", "/v1:17:nonce:sig", "/a/../b/./c//d",
                 "/q?a=1&a=2&;b", "/[x]@!$'()*,", "/%7Ea")
        for name in names:
            self.join(name=name)
            self.assertTrue(self.reader.challenges[-1][0].startswith(name))
        # unreserved characters that the form encodes are decoded, once
        since = len(self.server.lines)
        body = ("hub.mode=subscribe&hub.topic=" + urllib.parse.quote(self.topic, safe="") +
                "&hub.callback=" + urllib.parse.quote(self.reader.url("/"), safe="") +
                "%7e%61%2Db%5F%2e")
        self.server.request("POST", "/hub", {"Content-Type": FORM}, body)
        self.wait_for("verified", since)
        title = self.publish()
        for name in names + ("/~a-b_.",):
            with self.subTest(name):
                self.push(title, path=name)

    def test_req_12_fragment_is_refused(self):
        answer = self.post(mode="subscribe", topic=self.topic,
                           callback=self.reader.url("/cb#part"))
        self.assertEqual(answer.status, 400)
        self.assertIn("fragment", answer.body.decode())

    def test_req_13_query_of_the_callback_is_kept(self):
        name = "/cb?hub.mode=mine&hub.topic=x&b"
        self.join(name=name)
        path = self.reader.challenges[-1][0]
        self.assertTrue(path.startswith(name + "&hub.mode=subscribe&hub.topic="), path)
        self.assertEqual(urllib.parse.parse_qs(path.split("?")[1])["hub.mode"],
                         ["mine", "subscribe"])
        push = self.push()
        self.assertEqual(push.path, name)
        self.assertNotIn(b"hub.mode", push.body)

    def test_req_14_accepted_is_202(self):
        for mode in ("subscribe", "unsubscribe"):
            answer = self.post(mode=mode, topic=self.topic, callback=self.reader.url())
            self.assertEqual(answer.status, 202)

    def test_req_15_errors_say_why_in_plain_text(self):
        ok = {"mode": "subscribe", "topic": self.topic, "callback": self.reader.url()}
        for change, status, word in (
                ({"callback": "ftp://127.0.0.1/"}, 400, "http or https"),
                ({"callback": "http://user:word@127.0.0.1/"}, 400, "user name"),
                ({"callback": "http:///x"}, 400, "host"),
                ({"callback": "http://127.0.0.1:0/"}, 400, "port"),
                ({"callback": "http://127.0.0.1/a b"}, 400, "percent-encoded"),
                ({"callback": "http://127.0.0.1/\r\nX: y"}, 400, "percent-encoded"),
                ({"callback": "http://x/" + "y" * 4096}, 400, "4096"),
                ({"signature_algorithm": "md5"}, 400, "sha256"),
                ({"payload": "some"}, 400, "changes"),
                ({"topic": "gopher://x/"}, 404, "topic")):
            with self.subTest(change):
                answer = self.post(**{**ok, **change})
                self.assertEqual(answer.status, status, answer)
                self.assertIn(word, answer.body.decode())
                self.assertTrue(answer.header("Content-Type").startswith("text/plain"))
                self.assertTrue(answer.body.endswith(b"\n"))
        answer = self.server.get("/hub?hub.mode=subscribe")
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.reader.challenges, [])

    def test_req_16_answer_does_not_wait_for_the_callback(self):
        since = len(self.server.lines)
        self.reader.verify = lambda challenge: None
        self.subscribe()
        port = self.reader.server.server_address[1]
        self.assertEqual(self.server.matching(f"verification failed .*:{port}", since), [])
        for callback in (f"http://127.0.0.1:{closed_port()}/", "http://no-such-host.invalid/"):
            self.assertEqual(self.post(mode="subscribe", topic=self.topic,
                                       callback=callback).status, 202)

    def test_req_17_verification_follows_at_once(self):
        began = time.monotonic()
        self.subscribe()
        self.assertLess(time.monotonic() - began, 30.0)  # a sweep comes once a minute

    def test_req_18_endpoint_does_not_redirect(self):
        body = urllib.parse.urlencode({"hub.mode": "subscribe", "hub.topic": self.topic,
                                       "hub.callback": self.reader.url()})
        for path in ("/hub", "/subscribe", "/publish"):
            answer = self.server.request("POST", path, {"Content-Type": FORM}, body)
            self.assertEqual(answer.status, 202, path)
        self.assertEqual(self.server.get("/hub").status, 200)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Verification(WebSub):
    def test_req_19_accepted_means_asked(self):
        self.subscribe()
        self.assertEqual(self.reader.challenges[0][1]["hub.mode"], "subscribe")

    def test_req_21_leaving_is_not_validated_but_wants_consent(self):
        self.join()
        gone = self.topic.replace("feed.atom", "c/no-more/feed.atom")
        found = self.subscribe(mode="unsubscribe", topic=gone)
        self.assertEqual(found["hub.topic"], gone)
        since = len(self.server.lines)
        self.reader.verify = lambda challenge: (404, "I did not ask for that")
        self.subscribe(mode="unsubscribe")
        self.wait_for("verification failed", since)
        self.push()
        self.reader.verify = lambda challenge: (200, challenge)
        self.join(mode="unsubscribe")
        self.assertSilent(self.reader)

    def test_req_22_what_the_callback_is_asked(self):
        topic = self.topic.replace("http:", "https:") + "/"
        found = self.subscribe(topic=topic, lease_seconds="100000")
        self.assertEqual(found["hub.mode"], "subscribe")
        self.assertEqual(found["hub.topic"], topic)
        self.assertEqual(found["hub.lease_seconds"], "100000")
        self.assertRegex(found["hub.challenge"], r"^[A-Za-z0-9_-]{32,}$")
        self.assertNotIn("hub.verify_token", found)
        again = self.subscribe(topic=topic)
        self.assertNotEqual(again["hub.challenge"], found["hub.challenge"])
        raw = self.reader.challenges[0][0]
        self.assertRegex(raw, r"^/cb\?hub\.mode=subscribe&hub\.topic=https%3A%2F%2F[^&]*%2F&"
                         r"hub\.challenge=[A-Za-z0-9_-]+&hub\.lease_seconds=100000$")

    def test_req_23_success_is_2xx_and_exactly_the_challenge(self):
        good = [lambda c: (200, c), lambda c: (201, c), lambda c: (202, c), lambda c: (299, c)]
        bad = [lambda c: (200, c + "\n"), lambda c: (200, " " + c), lambda c: (200, c[:-1]),
               lambda c: (200, ""), lambda c: (200, c + c), lambda c: (200, c.swapcase()),
               lambda c: (200, f'"{c}"'), lambda c: (200, "x" * 100000), lambda c: (302, c),
               lambda c: (301, c), lambda c: (404, c), lambda c: (410, c), lambda c: (500, c)]
        # where a redirect leads to, all would be well
        headers = [("Location", self.reader.url())]
        readers = [self.scripted(verify, headers) for verify in good + bad]
        since = len(self.server.lines)
        for reader in readers:
            self.post(mode="subscribe", topic=self.topic, callback=reader.url())
        for reader in readers[:len(good)]:
            self.wait_for("verified", since, reader)
        for reader in readers[len(good):]:
            self.wait_for("verification failed", since, reader)
        title = self.publish()
        for reader in readers[:len(good)]:
            self.push(title, reader)
        self.assertSilent(*readers[len(good):])
        self.assertEqual(self.reader.challenges, [])

    def test_req_41_verify_token_of_03_is_echoed(self):
        found = self.subscribe(verify_token="subscribe:a b&c=d", verify="sync")
        self.assertEqual(found["hub.verify_token"], "subscribe:a b&c=d")


class Discovery(WebSub):
    options = WebSub.options + ("hub.external=['http://hub.example/']",)

    def links(self, answer, rel):
        return re.findall(rf'<([^>]*)>; rel="{rel}"', answer.header("Link"))

    def test_req_26_hub_and_self_are_advertised(self):
        for path in FEEDS:
            answer = self.server.get(path)
            self.assertEqual(self.links(answer, "self"), [BASE_URL + path])
            # ours comes first
            self.assertEqual(self.links(answer, "hub"),
                             [BASE_URL + "/hub", "http://hub.example/"])
        for path in FEEDS[:2]:
            text = self.server.get(path).body.decode()
            found = re.findall(r'<(?:atom:)?link [^>]*rel="(hub|self)"[^>]*>', text)
            self.assertEqual(found.count("self"), 1)
            self.assertEqual(found.count("hub"), 2)
        self.assertEqual([h["url"] for h in json.loads(self.server.get("/feed.json").body)
                          ["hubs"]], [BASE_URL + "/hub", "http://hub.example/"])

    def test_req_27_head_and_body_agree(self):
        for path in FEEDS:
            get, head = self.server.get(path), self.server.request("HEAD", path)
            self.assertEqual(get.header("Link"), head.header("Link"))
            self.assertIn(f'{BASE_URL}{path}"'.encode(), get.body)

    def test_req_28_one_representation_for_each_topic(self):
        for path in FEEDS:
            kinds = {self.server.get(path, {"Accept": accept}).header("Content-Type")
                     for accept in ("*/*", "application/rss+xml", "application/json")}
            self.assertEqual(len(kinds), 1, path)

    def test_req_29_publish_pings_are_204(self):
        urls = [BASE_URL + path for path in FEEDS]
        for fields in ([("hub.url", urls[0])], [("hub.topic", urls[0])],
                       [("hub.url", u) for u in urls], [("hub.url[]", u) for u in urls],
                       [("hub.url", ",".join(urls))], [("hub.url", "http://x/")] +
                       [("hub.url", urls[2])], [("hub.url", urls[0])] * 200):
            answer = self.post(("hub.mode", "publish"), *fields)
            self.assertEqual((answer.status, answer.body), (204, b""), fields[:3])
        self.assertEqual(self.post(("hub.mode", "publish")).status, 400)
        self.assertEqual(self.post(mode="publish", url="http://other.example/").status, 404)


class Distribution(WebSub):
    options = WebSub.options + ("hub.signature.sha1=[localhost]",)

    def test_req_31_32_33_what_is_posted(self):
        for path in FEEDS:
            with self.subTest(path):
                reader = self.scripted()
                self.join(reader, topic=BASE_URL.replace("http:", "https:") + path)
                title = self.publish()
                push = self.push(title, reader)
                served = self.server.get(path)
                self.assertEqual(push.body, served.body)
                self.assertEqual(push.headers["Content-Type"], served.header("Content-Type"))
                self.assertEqual(push.headers.get_all("Link"),
                                 [f'<{BASE_URL}/hub>; rel="hub", <{BASE_URL}{path}>; rel="self"'])
                self.assertEqual(push.headers["Content-Length"], str(len(push.body)))
                self.assertIsNone(push.headers["Expect"])
                self.assertRegex(push.headers["User-Agent"], r"^gazetted/\S+ \(\+http")

    def test_req_34_any_2xx_is_success_all_else_is_not(self):
        good = (200, 201, 202, 204, 206, 299)
        bad = (301, 302, 303, 307, 308, 304, 400, 401, 403, 404, 408, 413, 422, 429, 500, 502,
               503)
        trap = self.scripted()
        readers = []
        for status in good + bad:
            reader = self.scripted()
            reader.location = trap.url()
            reader.script = [status]
            self.join(reader)
            readers.append(reader)
        title = self.publish()
        for reader, status in zip(readers, good + bad):
            with self.subTest(status):
                self.push(title, reader, status=status)
                if status in bad:
                    self.push(title, reader, status=204)
        title = self.publish()
        for reader, status in zip(readers, good + bad):
            self.push(title, reader)
            self.assertEqual(len(reader.deliveries), 2 + (status in bad), status)
        self.assertEqual(trap.deliveries, [])

    def test_req_34_gone_ends_it(self):
        self.join()
        self.reader.script = [410]
        self.push()
        self.assertSilent(self.reader)
        self.assertEqual(len(self.reader.deliveries), 1)
        self.join()
        self.push(status=204)

    def test_req_34_the_body_of_the_answer_is_dropped(self):
        self.join()
        self.reader.script = ["endless"]
        title = self.publish()
        self.push(title)
        self.server.wait(lambda: self.reader.cut_after, "the connection to be cut")
        self.assertLess(self.reader.cut_after, 8 << 20)
        # the status had come: it is not delivered again
        self.push()
        self.assertEqual(len(self.reader.deliveries), 2)

    def test_req_36_one_callback_for_several_topics(self):
        for path in FEEDS:
            self.join(topic=BASE_URL + path)
        title = self.publish()
        for path in FEEDS:
            self.reader.wait_delivery(lambda d, path=path: title.encode() in d.body and
                                      f"<{BASE_URL}{path}>" in d.headers["Link"])

    def test_req_37_signature_by_request(self):
        for method in ("sha1", "sha256", "sha384", "sha512"):
            reader = self.scripted()
            self.join(reader, secret="s3cret", signature_algorithm=method)
            push = self.push(reader=reader)
            self.assertEqual(push.headers.get_all("X-Hub-Signature"),
                             [signature("s3cret", push.body, method)])
        self.join()
        self.assertIsNone(self.push().headers["X-Hub-Signature"])

    def test_req_38_sha256_unless_the_host_is_listed(self):
        self.join(secret="s3cret")
        push = self.push()
        self.assertEqual(push.headers["X-Hub-Signature"], signature("s3cret", push.body))
        port = self.reader.server.server_address[1]
        since = len(self.server.lines)
        self.assertEqual(self.post(mode="subscribe", topic=self.topic, secret="s3cret",
                                   callback=f"http://localhost:{port}/old").status, 202)
        self.wait_for("verified", since)
        push = self.push(path="/old")
        self.assertEqual(push.headers["X-Hub-Signature"],
                         signature("s3cret", push.body, "sha1"))

    def test_initial_content_on_demand(self):
        title = self.publish()
        self.server.wait_title(title)
        self.join(initial="true")
        push = self.push(title)
        self.assertEqual(push.body, self.server.get("/feed.atom").body)

    def test_no_initial_blast_on_restart(self):
        self.join()
        self.push()
        self.server.restart()
        before = len(self.reader.deliveries)
        self.push()
        self.assertEqual(len(self.reader.deliveries), before + 1)


class OtherHub(Subscriber):
    """Takes publish pings; its deliveries are the forms."""

    def urls(self):
        return [urllib.parse.parse_qs(d.body.decode()) for d in self.deliveries
                if d.status == 204]


class ExternalHubs(SystemTest):
    def test_req_29_every_designated_hub_is_told(self):
        other = OtherHub()
        self.addCleanup(other.close)
        server = self.gazetted({"a.md": article("One")}, is_started=False, options=(
            f"hub.external=['{other.url('/')}']", "hub.retry.first=200ms",
            # it is the operator's choice: no address is refused
            "hub.callbacks.allow=[]"))
        server.start()
        server.wait(lambda: other.urls(), "the first ping")
        self.assertEqual(other.deliveries[0].headers["Content-Type"], FORM)
        told = [url for form in other.urls() for url in form["hub.url"]]
        self.assertEqual({form["hub.mode"][0] for form in other.urls()}, {"publish"})
        self.assertEqual(sorted(told), sorted(BASE_URL + path for path in FEEDS))
        # away for a while, and we with it
        other.status = 503
        since = len(other.deliveries)
        server.write("b.md", article("Two", "2026-05-03T10:00:00+08:00"))
        other.wait_delivery(since=since)
        server.kill9()
        other.status = 204
        since = len(other.deliveries)
        server.start()
        form = urllib.parse.parse_qs(other.wait_delivery(since=since).body.decode())
        self.assertEqual(sorted(form["hub.url"]), sorted(BASE_URL + path for path in FEEDS))
        server.restart()
        self.assertEqual(len(other.deliveries), since + 1)

    def test_without_a_hub_of_our_own(self):
        other = OtherHub()
        self.addCleanup(other.close)
        server = self.gazetted({"a.md": article("One")}, options=(
            f"hub.external=['{other.url('/')}']", "hub.enabled=false"))
        server.wait(lambda: other.urls(), "the ping")
        self.assertEqual(server.hub(mode="publish", url=BASE_URL + "/feed.atom").status, 404)
        self.assertNotIn("/hub>", server.get("/feed.atom").header("Link"))
