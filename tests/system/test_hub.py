"""WebSub over the whole daemon: a subscription, its verification, what is pushed, and that
neither a failing subscriber nor a kill loses anything."""
import json
import re
import urllib.parse

from tests.system.gazetted import BASE_URL, FEEDS, SystemTest, article, signature

RETRY = ("hub.retry.first=200ms", "hub.retry.max=500ms")


class Hub(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.gazetted({"a.md": article("One")}, options=RETRY)
        self.reader = self.subscriber()

    def publish(self, title, name="b.md"):
        self.server.write(name, article(title, "2026-05-03T10:00:00+08:00"))

    def wait_push(self, title, reader=None, status=None):
        def accept(delivery):
            return title.encode() in delivery.body and status in (None, delivery.status)

        try:
            return (reader or self.reader).wait_delivery(accept)
        except AssertionError as err:
            self.fail(f"{title}: {err}")

    def test_subscribe_verify_push(self):
        self.server.subscribe(self.reader, secret="s3cret", lease_seconds="864000",
                              name="/cb?key=1")
        path, fields = self.reader.challenges[0]
        self.assertTrue(path.startswith("/cb?key=1&hub."), path)
        self.assertEqual(fields["hub.mode"], "subscribe")
        self.assertEqual(fields["hub.topic"], BASE_URL + "/feed.atom")
        self.assertEqual(fields["hub.lease_seconds"], "864000")
        self.assertRegex(fields["hub.challenge"], r"^[A-Za-z0-9_-]{16,}$")
        self.publish("Two")
        push = self.wait_push("Two")
        self.assertEqual(push.path, "/cb?key=1")
        served = self.server.get("/feed.atom")
        self.assertEqual(push.body, served.body)
        self.assertEqual(push.headers["Content-Type"], served.header("Content-Type"))
        self.assertEqual(", ".join(push.headers.get_all("Link")), served.header("Link"))
        self.assertEqual(push.headers["X-Hub-Signature"], signature("s3cret", push.body))

    def test_every_format_is_pushed_as_it_is_served(self):
        for path in FEEDS:
            self.server.subscribe(self.reader, path, name=path)
        self.publish("Two")
        for path in FEEDS:
            with self.subTest(path=path):
                push = self.reader.wait_delivery(
                    lambda d, path=path: d.path == path and b"Two" in d.body)
                served = self.server.get(path)
                self.assertEqual(push.body, served.body)
                self.assertEqual(push.headers["Content-Type"], served.header("Content-Type"))
                self.assertIsNone(push.headers["X-Hub-Signature"])

    def test_a_channel_is_a_topic(self):
        self.server.write("one/x.md", article("In one"))
        self.server.write("two/y.md", article("In two"))
        self.server.wait_title("In one", "/c/one/feed.json")
        self.server.wait_title("In two", "/c/two/feed.json")
        self.server.subscribe(self.reader, "/c/one/feed.json")
        self.server.write("two/z.md", article("Not this"))
        self.server.wait_title("Not this")
        self.server.write("one/z.md", article("But this"))
        push = self.wait_push("But this")
        titles = [item["title"] for item in json.loads(push.body)["items"]]
        self.assertEqual(sorted(titles), ["But this", "In one"])
        self.assertEqual(len(self.reader.deliveries), 1)

    def test_a_channel_may_have_any_name(self):
        """Its topic is the percent-encoded address that discovery gives, in any spelling."""
        gazetted = self.gazetted({"要闻/a.md": article("One"), "100% x/b.md": article("Other")})
        for number, channel in enumerate(("要闻", "100% x")):
            path = f"/c/{urllib.parse.quote(channel)}/feed.json"
            subscriber = self.subscriber()
            gazetted.subscribe(subscriber, path=path)
            self.assertEqual(subscriber.challenges[0][1]["hub.topic"], BASE_URL + path)
            gazetted.write(f"{channel}/new.md", article(f"New {number}"))
            delivery = subscriber.wait_delivery()
            self.assertIn(f"New {number}".encode(), delivery.body)
            self.assertIn(f'<{BASE_URL}{path}>; rel="self"', delivery.headers["Link"])

    def test_correction_and_withdrawal_are_pushed(self):
        self.server.subscribe(self.reader, "/feed.json")
        self.server.write("a.md", article("One, mended"))
        self.wait_push("One, mended")
        since = len(self.reader.deliveries)
        self.publish("Two")
        self.wait_push("Two")
        self.server.delete("a.md")
        self.reader.wait_delivery(lambda d: b"One, mended" not in d.body, since)

    def test_unsubscribe(self):
        self.server.subscribe(self.reader)
        other = self.subscriber()
        self.server.subscribe(other)
        topic, since = self.server.topic(), len(self.server.lines)
        answer = self.server.hub(mode="unsubscribe", topic=topic,
                                 callback=self.reader.url())
        self.assertEqual(answer.status, 202)
        self.server.wait_line("hub: verified ", since)
        self.assertEqual(self.reader.challenges[-1][1]["hub.mode"], "unsubscribe")
        self.publish("Two")
        self.wait_push("Two", other)
        self.publish("Three", "c.md")
        self.wait_push("Three", other)
        self.assertEqual(self.reader.deliveries, [])

    def test_who_does_not_confirm_gets_nothing(self):
        self.reader.confirms = False
        self.server.subscribe(self.reader)
        other = self.subscriber()
        self.server.subscribe(other)
        self.publish("Two")
        self.wait_push("Two", other)
        self.publish("Three", "c.md")
        self.wait_push("Three", other)
        self.assertEqual(self.reader.deliveries, [])

    def test_a_failing_subscriber_is_tried_again(self):
        self.server.subscribe(self.reader)
        self.reader.script = [503, "close", 301, 500]
        self.publish("Two")
        self.wait_push("Two", status=204)
        self.assertEqual([d.status for d in self.reader.deliveries],
                         [503, "close", 301, 500, 204])

    def test_a_hanging_subscriber_does_not_hold_the_others(self):
        slow = self.subscriber()
        self.server.subscribe(slow)
        self.server.subscribe(self.reader)
        slow.script = ["hang"]
        self.publish("Two")
        self.wait_push("Two", slow, "hang")
        self.wait_push("Two")
        self.publish("Three", "c.md")
        self.wait_push("Three")

    def test_gone_ends_the_subscription(self):
        other = self.subscriber()
        self.server.subscribe(self.reader)
        self.server.subscribe(other)
        self.reader.script = [410]
        self.publish("Two")
        self.wait_push("Two", status=410)
        self.wait_push("Two", other)
        self.publish("Three", "c.md")
        self.wait_push("Three", other)
        self.publish("Four", "d.md")
        self.wait_push("Four", other)
        self.assertEqual(len(self.reader.deliveries), 1)

    def test_a_subscription_survives_kill_9(self):
        self.server.subscribe(self.reader, secret="s3cret")
        self.publish("Two")
        self.wait_push("Two")
        self.server.kill9()
        self.server.start()
        self.publish("Three", "c.md")
        push = self.wait_push("Three")
        self.assertEqual(push.headers["X-Hub-Signature"], signature("s3cret", push.body))

    def test_what_is_owed_survives_kill_9(self):
        self.server.subscribe(self.reader)
        self.reader.status = 503
        self.publish("Two")
        self.wait_push("Two", status=503)
        self.server.kill9()
        self.reader.status = 204
        self.server.start()
        push = self.wait_push("Two", status=204)
        self.assertEqual(push.body, self.server.get("/feed.atom").body)

    def test_what_changed_while_stopped_is_pushed(self):
        self.server.subscribe(self.reader)
        self.publish("Two")
        self.wait_push("Two")
        self.server.stop()
        self.publish("Three", "c.md")
        self.server.start()
        self.wait_push("Three")

    def test_bad_requests_say_why(self):
        topic, callback = self.server.topic(), self.reader.url()
        for fields, word in (
                ({"mode": "subscribe", "callback": callback}, "topic"),
                ({"mode": "subscribe", "topic": topic}, "callback"),
                ({"mode": "dance", "topic": topic, "callback": callback}, "mode"),
                ({"topic": topic, "callback": callback}, "mode"),
                ({"mode": "subscribe", "topic": "http://other.example/x",
                  "callback": callback}, "You may only subscribe to URL " + topic),
                ({"mode": "subscribe", "topic": topic, "callback": "ftp://127.0.0.1/"},
                 "callback"),
                ({"mode": "subscribe", "topic": topic, "callback": callback + "#x"},
                 "callback"),
                ({"mode": "subscribe", "topic": topic, "callback": callback,
                  "secret": "x" * 200}, "secret"),
                ({"mode": "subscribe", "topic": topic, "callback": callback,
                  "lease_seconds": "soon"}, "lease")):
            with self.subTest(fields=fields):
                answer = self.server.hub(**fields)
                self.assertTrue(400 <= answer.status < 500, answer)
                self.assertIn(word, answer.body.decode())
                self.assertTrue(answer.header("Content-Type").startswith("text/plain"))
        answer = self.server.request("POST", "/hub", {"Content-Type": "application/json"}, "{}")
        self.assertIn(answer.status, (400, 415))
        self.assertEqual(self.reader.challenges, [])

    def test_private_callbacks_are_refused_by_default(self):
        options = [o for o in self.server.options if not o.startswith("hub.callbacks.allow")]
        strict = self.gazetted({"a.md": article("One")}, is_started=False)
        strict.options = options
        strict.start()
        answer = strict.hub(mode="subscribe", topic=strict.topic(), callback=self.reader.url())
        self.assertIn(answer.status, (202, 403, 400))
        strict.wait_line("hub: .*(refused|not verified|verification)")
        strict.stop()
        self.assertEqual(self.reader.challenges, [])
        strict.start()

    def test_secrets_are_not_logged(self):
        self.server.subscribe(self.reader, secret="n0t-in-the-log", name="/cb?key=hidden1")
        self.reader.script = [500]
        self.publish("Two")
        self.wait_push("Two", status=204)
        self.server.stop()
        self.assertFalse([l for l in self.server.lines
                          if re.search("n0t-in-the-log|hidden1", l)])
        self.server.start()
