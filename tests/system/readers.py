"""Models of real subscribers, small and faithful in what matters to a hub: what they send, what
they insist on when they are asked to confirm, what they read of a delivery."""
import hashlib
import hmac
import html
import secrets
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

from tests.system.gazetted import Delivery, Subscriber

ATOM = "{http://www.w3.org/2005/Atom}"


class Reader(Subscriber):
    """Subscribes to TOPIC at the hub that discovery names; `accepted` is what it took in."""

    def __init__(self, publisher, topic):
        super().__init__()
        self.publisher, self.topic, self.accepted, self.notes = publisher, topic, [], []
        self.lease, self.paused, self.answer_status = None, False, None

    def parameters(self):
        raise NotImplementedError

    def subscribe(self, path="/hub", mode="subscribe"):
        body = urllib.parse.urlencode([("hub.mode", mode)] + self.parameters())
        answer = self.publisher.request(
            "POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)
        self.answer_status = answer.status
        return answer

    def confirm(self, query):
        """(status, body) for the fields of a GET."""
        raise NotImplementedError

    def take(self, headers, body):
        """The status for a delivery."""
        raise NotImplementedError

    def on_challenge(self, handler):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        status, body = self.confirm({k: v[-1] for k, v in query.items()})
        self.answer(handler, status, body.encode())
        with self.news:
            self.challenges.append((handler.path, query))
            self.news.notify_all()

    def on_delivery(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        status = self.take(handler.headers, body)
        with self.news:
            self.deliveries.append(Delivery(handler.path, handler.headers, body, status))
            self.news.notify_all()
        self.answer(handler, status)

    def titles(self):
        return [title for _, title in self.accepted]

    def read_feed(self, body):
        """The self link and the (id, title) of the entries of a feed; None if it is none."""
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return None
        if root.tag == ATOM + "feed":
            links, items = root.findall(ATOM + "link"), root.findall(ATOM + "entry")
            found = [(i.findtext(ATOM + "id"), i.findtext(ATOM + "title")) for i in items]
        else:
            links = root.findall(f"channel/{ATOM}link")
            found = [(i.findtext("guid"), i.findtext("title")) for i in root.iter("item")]
        own = [link.get("href") for link in links if link.get("rel") == "self"]
        return (own[0] if own else None), found


class FreshRSS(Reader):
    """One callback per feed; what is pushed is parsed, its first three megabytes of it."""
    most = 3145728

    def __init__(self, publisher, topic):
        super().__init__(publisher, topic)
        self.key, self.users = secrets.token_hex(20), 1

    def parameters(self):
        return [("hub.callback", self.url(f"/api/pshb.php?k={self.key}")),
                ("hub.topic", self.topic), ("hub.verify", "sync")]

    def confirm(self, query):
        if query.get("k") != self.key:
            return 410, "Feed not found!"
        if query.get("hub.mode") == "unsubscribe":
            return 422, "Unsubscribe was not requested!"
        if query.get("hub.mode") != "subscribe":
            return 422, "Unknown mode"
        lease = int(query.get("hub.lease_seconds", 0))
        if lease > 60:
            self.lease = time.time() + lease
        return 200, query["hub.challenge"]

    def wants_to_renew(self):
        return self.lease is None or self.lease - time.time() < 23 * 3600

    def take(self, headers, body):
        if not self.users:
            return 410
        found = self.read_feed(body[:self.most])
        if not found:
            return 422
        own, items = found
        if own != self.topic:
            self.notes.append(f"self is {own}")
        self.accepted += items
        return 200


class Feedbin(Reader):
    """Always signed; what is not, or wrongly, is dropped without a word."""
    digests = {"sha1", "sha256", "sha384", "sha512"}

    def __init__(self, publisher, topic):
        super().__init__(publisher, topic)
        self.secret = secrets.token_hex(32)

    def parameters(self):
        return [("hub.topic", self.topic), ("hub.callback", self.url("/web_sub/17/abcdef")),
                ("hub.secret", self.secret), ("hub.verify", "async")]

    def confirm(self, query):
        if query.get("hub.mode") == "denied":
            self.paused, self.reason = True, query.get("hub.reason")
            return 200, ""
        if query.get("hub.topic") != self.topic:
            return 404, ""
        if query.get("hub.mode") == "subscribe":
            self.lease = int(query["hub.lease_seconds"])
        return 200, query["hub.challenge"]

    def take(self, headers, body):
        name, _, digest = (headers["X-Hub-Signature"] or "").partition("=")
        if name not in self.digests or not hmac.compare_digest(digest, hmac.new(
                self.secret.encode(), body, getattr(hashlib, name)).hexdigest()):
            self.notes.append("dropped")
            return 200
        found = self.read_feed(body)
        if found:
            self.accepted += found[1]
        return 200


class NewsBlur(Reader):
    """PubSubHubbub 0.3: a token that comes back, hub.verify twice, a month's lease; corrects
    its topic by the words of the error; a push only makes it fetch."""

    def __init__(self, publisher, topic):
        super().__init__(publisher, topic)
        self.token = None

    def parameters(self):
        self.token = "subscribe" + secrets.token_hex(20)
        return [("hub.callback", self.url("/push/17")), ("hub.topic", self.topic),
                ("hub.verify", "async"), ("hub.verify", "sync"),
                ("hub.verify_token", self.token), ("hub.lease_seconds", str(30 * 86400))]

    def subscribe(self, path="/hub", mode="subscribe"):
        answer = super().subscribe(path, mode)
        words = "You may only subscribe to URL "
        text = answer.body.decode()
        if answer.status >= 400 and words in text:
            self.topic = text.split(words)[1].split("\n")[0]
            answer = super().subscribe(path, mode)
        return answer

    def confirm(self, query):
        token = query.get("hub.verify_token", "")
        if not token.startswith("subscribe") or token != self.token:
            return 404, ""
        self.lease = int(query["hub.lease_seconds"])
        return 200, query["hub.challenge"]

    def take(self, headers, body):
        path = urllib.parse.urlsplit(self.topic).path
        self.accepted += self.read_feed(self.publisher.get(path).body)[1]
        return 200


class Mastodon(Reader):
    """Escapes the challenge for HTML before it says it again; answers 201 to deliveries."""

    def parameters(self):
        return [("hub.topic", self.topic), ("hub.callback", self.url("/api/subscriptions/7")),
                ("hub.secret", "geheim"), ("hub.lease_seconds", "604800")]

    def confirm(self, query):
        return 200, html.escape(query["hub.challenge"])

    def take(self, headers, body):
        self.accepted += self.read_feed(body)[1]
        return 201


class Invidious(Reader):
    """Knows SHA-1 only, posts to /subscribe; the callback's path carries a signature."""

    def __init__(self, publisher, topic):
        super().__init__(publisher, topic)
        self.path = "/feed/webhook/v1:1790000000:" + secrets.token_hex(8) + ":c2ln"

    def url(self, path="/cb"):
        # known by its name to the operator of the hub
        return super().url(path).replace("127.0.0.1", "localhost")

    def parameters(self):
        return [("hub.callback", self.url(self.path)), ("hub.topic", self.topic),
                ("hub.verify", "async"), ("hub.lease_seconds", "432000"),
                ("hub.secret", "hmac-key")]

    def confirm(self, query):
        return 200, query["hub.challenge"]

    def take(self, headers, body):
        want = hmac.new(b"hmac-key", body, hashlib.sha1).hexdigest()
        if (headers["X-Hub-Signature"] or "")[len("sha1="):] != want:
            self.notes.append("dropped")
            return 200
        self.accepted += self.read_feed(body)[1]
        return 200
