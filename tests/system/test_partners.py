"""Partners: what each gets with its token, what nobody gets without, and that what they had
and may not have any more is taken back."""
import base64
import datetime
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import unittest
import urllib.parse

import feedparser

from tests.system.gazetted import (BUILD, CORPUS, SystemTest, article, environment,
                                   signature)
from tests.system.rights_policy import PARTNERS, RULES

COUNTY, PORTAL = "county-token-000001", "portal-token-000001"
SECRET = "0123456789abcdef"


class PartnerTest(SystemTest):
    def partnered(self, files=None, copy=None, rules=RULES, partners=PARTNERS, options=()):
        gazetted = self.gazetted(files, copy=copy, config="", is_started=False,
                                 options=["feeds.window=100", *options])
        self.tokens(gazetted, "county", COUNTY)
        self.tokens(gazetted, "portal", PORTAL)
        self.configure(gazetted, rules, partners)
        return gazetted.start()

    def configure(self, gazetted, rules=RULES, partners=PARTNERS):
        with open(gazetted.config, "w") as file:
            file.write(partners % {"room": gazetted.room} + rules)

    def reconfigure(self, gazetted, rules=RULES, partners=PARTNERS):
        """The same while it runs; returns when it has been read."""
        since = len(gazetted.lines)
        self.configure(gazetted, rules, partners)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait_line(r"reload: (partners|rights)", since)

    def tokens(self, gazetted, name, *tokens):
        path = os.path.join(gazetted.room, name + ".token")
        with open(path, "w") as file:
            file.write("\n".join(tokens) + "\n")
        os.chmod(path, 0o600)

    def fetch(self, gazetted, path, token=COUNTY, **headers):
        return gazetted.get(path, {"Authorization": "Bearer " + token, **headers})

    def ctl(self, gazetted, *arguments):
        """gazettectl on the database: (exit status, stdout, stderr)."""
        config = os.path.join(gazetted.room, "ctl.yaml")
        with open(config, "w") as file:
            file.write(f"articles: {{directory: {gazetted.directory}}}\n"
                       f"store: {{directory: {gazetted.room}/state}}\n")
        done = subprocess.run([os.path.join(BUILD, "gazettectl"), "-c", config, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, env=environment())
        return done.returncode, done.stdout, done.stderr

    def live(self, gazetted, *arguments):
        """gazettectl asks the daemon: what it says."""
        done = subprocess.run([os.path.join(BUILD, "gazettectl"), "-s",
                               os.path.join(gazetted.room, "state"), *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment(), timeout=20)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def items(self, gazetted, name, token):
        answer = self.fetch(gazetted, f"/p/{name}/feed.json", token)
        self.assertEqual(answer.status, 200, answer)
        return {item["title"]: item for item in json.loads(answer.body)["items"]}


def level_of(item):
    return "full" if "content_html" in item else "summary" if item.get("summary") else "headline"


class Corpus(PartnerTest):
    """The corpus under its policy, for both partners. The real clock is past the corpus' day:
    what was scheduled or under embargo then is out now."""

    def test_every_audience_gets_what_the_policy_says(self):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            expected = json.load(file)["articles"]
        gazetted = self.partnered(copy=os.path.join(CORPUS, "articles"))
        atom = {name: self.fetch(gazetted, f"/p/{name}/feed.atom", token).body.decode()
                for name, token in (("county", COUNTY), ("portal", PORTAL))}
        checked = 0
        for name, token in (("county", COUNTY), ("portal", PORTAL)):
            items = self.items(gazetted, name, token)
            for want in expected:
                level = want["audience_now"][name]
                with self.subTest(file=want["file"], audience=name):
                    if want["status"] in ("scheduled", "embargoed"):
                        continue
                    title = want["title"]
                    if level == "none":
                        self.assertNotIn(title, items)
                    elif level == "tombstone":
                        self.assertIn("withdrawn", items["【撤稿】" + title]["tags"])
                        self.assertIn(f'<at:deleted-entry ref="{items["【撤稿】" + title]["id"]}"',
                                      atom[name])
                    elif level == "advisory":
                        self.assertIn("advisory", items[title]["tags"])
                        # the id of the item that partners have
                        self.assertTrue(items[title]["_gazetted"]["withdraws"].endswith(
                            ":" + want["withdraws"]["id"]))
                    else:
                        self.assertEqual(level_of(items[title]), level)
                    checked += 1
        self.assertGreater(checked, 40)

    def test_documents_are_valid_and_the_same_after_a_restart(self):
        gazetted = self.partnered(copy=os.path.join(CORPUS, "articles"))
        paths = [f"/p/county/feed.{form}" for form in ("atom", "rss", "json")]
        before = [self.fetch(gazetted, path) for path in paths]
        for answer in before[:2]:
            parsed = feedparser.parse(answer.body)
            self.assertFalse(parsed.bozo, getattr(parsed, "bozo_exception", ""))
            self.assertIn("private", answer.header("Cache-Control"))
        gazetted.restart()
        after = [self.fetch(gazetted, path) for path in paths]
        self.assertEqual([a.body for a in after], [a.body for a in before])
        self.assertEqual([a.header("ETag") for a in after], [a.header("ETag") for a in before])
        for path, answer in zip(paths, after):
            again = self.fetch(gazetted, path, **{"If-None-Match": answer.header("ETag")})
            self.assertEqual((again.status, again.body), (304, b""))


class Tokens(PartnerTest):
    FILES = {"a.md": article("One", source="青岑日报", body="THEBODY")}

    def test_without_a_token_nothing_is_told(self):
        gazetted = self.partnered(self.FILES)
        answers = [gazetted.get(path) for path in
                   ("/p/county/feed.atom", "/p/county/feed.xml", "/p/nobody/feed.atom",
                    "/p/", "/p/-/a.ninjs.json", "/p/-/zzz.ninjs.json", "/p/county/holdings")]
        self.assertEqual({answer.status for answer in answers}, {401})
        self.assertEqual(len({answer.body for answer in answers}), 1)
        self.assertIn("Bearer", answers[0].header("WWW-Authenticate"))
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom", "wrong-token-000001").status,
                         401)

    def test_anothers_is_as_if_it_did_not_exist(self):
        gazetted = self.partnered(self.FILES)
        others = self.fetch(gazetted, "/p/portal/feed.atom", COUNTY)
        none = self.fetch(gazetted, "/p/nobody/feed.atom", COUNTY)
        self.assertEqual((others.status, others.body), (404, none.body))
        self.assertEqual(none.status, 404)
        self.assertEqual(self.fetch(gazetted, "/p/county/holdings", COUNTY).status, 404)

    def test_in_the_query_for_simple_clients_and_never_in_the_log(self):
        gazetted = self.partnered(self.FILES, options=["log.level=debug"])
        answer = gazetted.get("/p/county/feed.atom?token=" + COUNTY)
        self.assertEqual(answer.status, 200)
        self.assertIn(b"THEBODY", answer.body)
        self.assertNotIn(COUNTY.encode(), answer.body)
        gazetted.get("/p/county/feed.atom?token=another-wrong-token")
        self.assertFalse(gazetted.matching(COUNTY + "|another-wrong-token"))

    def test_two_tokens_for_rotation(self):
        gazetted = self.partnered(self.FILES)
        fresh = "county-token-000002"
        self.tokens(gazetted, "county", COUNTY, fresh)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.fetch(gazetted, "/p/county/feed.atom", fresh).status == 200,
                      "the new token")
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom", COUNTY).status, 200)
        self.tokens(gazetted, "county", fresh)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.fetch(gazetted, "/p/county/feed.atom", COUNTY).status == 401,
                      "the end of the old token")
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom", fresh).status, 200)

    def test_outside_the_contract(self):
        over = PARTNERS.replace("callback_hosts: [127.0.0.1],\n     require: [secret]",
                                "valid_until: 2020-12-31")
        self.assertIn("2020-12-31", over)
        gazetted = self.partnered(self.FILES, partners=over)
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom").status, 403)
        self.assertEqual(self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).status, 200)

    def test_a_token_file_with_a_mistake_stops_the_start_and_is_not_quoted(self):
        gazetted = self.gazetted(self.FILES, config="", is_started=False)
        self.tokens(gazetted, "county", "tooshort")
        self.tokens(gazetted, "portal", PORTAL)
        self.configure(gazetted)
        done = subprocess.run([os.path.join(BUILD, "gazetted"), *gazetted.arguments()],
                              stderr=subprocess.PIPE, text=True, timeout=60, env=environment())
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"partners: county: .*county\.token: a token of 8 bytes; "
                                      r"expected 16 to 512")
        self.assertNotIn("tooshort", done.stderr)

    def test_dump_shows_no_token(self):
        gazetted = self.partnered(self.FILES)
        done = subprocess.run([os.path.join(BUILD, "gazetted"), "--dump", *gazetted.arguments()],
                              stdout=subprocess.PIPE, text=True, timeout=60, env=environment())
        self.assertIn("county.token", done.stdout)
        self.assertNotIn(COUNTY, done.stdout)


class Items(PartnerTest):
    def test_ninjs_and_nitf_are_linked_and_at_the_level(self):
        gazetted = self.partnered({"a.md": article("One", source="青岑日报", summary="Short.",
                                                   body="THEBODY")})
        own = self.items(gazetted, "county", COUNTY)["One"]["_gazetted"]
        self.assertEqual(own["ninjs_url"], "http://news.example/p/-/a.ninjs.json")
        ninjs = self.fetch(gazetted, "/p/-/a.ninjs.json")
        self.assertEqual(ninjs.status, 200)
        self.assertIn("THEBODY", json.loads(ninjs.body)["bodies"][0]["value"])
        nitf = self.fetch(gazetted, "/p/-/a.nitf.xml").body.decode()
        self.assertIn("<p>THEBODY</p>", nitf)
        for ending in ("ninjs.json", "nitf.xml"):
            short = self.fetch(gazetted, "/p/-/a." + ending, PORTAL)
            self.assertEqual(short.status, 200)
            self.assertIn(b"Short.", short.body)
            self.assertNotIn(b"THEBODY", short.body)
        self.assertEqual(self.fetch(gazetted, "/p/-/b.ninjs.json").status, 404)
        gazetted.write("a.md", article("One", source="青岑日报", withdrawn=True,
                                       body="THEBODY"))
        gazetted.wait(lambda: self.fetch(gazetted, "/p/-/a.ninjs.json").status == 410, "410")
        self.assertEqual(json.loads(self.fetch(gazetted, "/p/-/a.ninjs.json").body)["pubstatus"],
                         "canceled")

    def test_embargo(self):
        gazetted = self.partnered({})
        gazetted.stop()
        now = datetime.datetime.now(datetime.timezone.utc)
        lift = (now + datetime.timedelta(seconds=4 + 4 * gazetted.start_s)).isoformat(
            timespec="seconds")
        gazetted.write("a.md", article(
            "Early", date="2026-05-01T10:00:00+08:00", source="青岑日报", summary="Short.",
            embargo=lift))
        gazetted.start()
        early = self.items(gazetted, "portal", PORTAL)
        self.assertEqual(list(early), ["【未到解禁时间】Early"])
        item = early["【未到解禁时间】Early"]
        self.assertIn("embargoed", item["tags"])
        self.assertIn("embargo", item["_gazetted"])
        self.assertEqual(self.items(gazetted, "county", COUNTY), {})
        self.assertEqual(gazetted.titles(), [])
        self.assertEqual(self.fetch(gazetted, "/p/-/a.ninjs.json", COUNTY).status, 404)
        gazetted.wait(lambda: "Early" in self.items(gazetted, "portal", PORTAL), "the lift",
                      seconds=4 + 4 * gazetted.start_s + 30)
        lifted = self.items(gazetted, "portal", PORTAL)["Early"]
        self.assertNotIn("embargo", lifted["_gazetted"])
        self.assertGreater(lifted["date_modified"], item["date_modified"])
        self.assertIn("Early", self.items(gazetted, "county", COUNTY))
        gazetted.wait_title("Early")

    def test_editors_notes_are_for_partners_only(self):
        nitf = open(os.path.join(CORPUS, "articles", "xml", "nitf-weather.xml")).read()
        gazetted = self.partnered({"w.xml": re.sub("<date.expire[^>]*>", "", nitf)})
        item = next(iter(self.items(gazetted, "county", COUNTY).values()))
        self.assertIn("编辑注意", item["_gazetted"]["editor_note"])
        for path in ("/feed.atom", "/feed.rss", "/feed.json", "/a/w"):
            self.assertNotIn("编辑注意", gazetted.get(path).body.decode())


class Leaks(PartnerTest):
    """One partner may have the text, another the summary, a third nothing."""
    RULES = """
rights:
  - name: all
    public: headline
    partners: {county: full+media, portal: summary}
"""

    def test_no_byte_of_one_partners_copy_is_anywhere_else(self):
        text = article("One", summary="ITSSUMMARY", body="THEBODY\n\n![x](http://x/PICTURE)")
        gazetted = self.partnered({"a.md": text}, rules=self.RULES)
        names = [f"/p/{name}/feed.{form}" for name in ("county", "portal")
                 for form in ("atom", "rss", "json")]
        names += ["/p/-/a.ninjs.json", "/p/-/a.nitf.xml", "/p/county/holdings"]
        public = ["/", "/feed.atom", "/feed.rss", "/feed.json", "/a/a", "/sitemap.xml",
                  "/sitemap-news.xml", "/opml.xml"]
        self.assertIn(b"THEBODY", self.fetch(gazetted, names[0]).body)
        self.assertIn(b"PICTURE", self.fetch(gazetted, names[0]).body)
        for path in names + public:
            for headers in ({}, {"Authorization": "Bearer " + PORTAL},
                            {"Authorization": "Bearer wrong-token-000001"}):
                with self.subTest(path=path, headers=headers):
                    answer = gazetted.get(path, headers)
                    seen = answer.body + str(answer.headers).encode()
                    self.assertNotIn(b"THEBODY", seen)
                    self.assertNotIn(b"PICTURE", seen)
                    if PORTAL not in str(headers) or path in public:
                        self.assertNotIn(b"ITSSUMMARY", seen)
        self.assertFalse(gazetted.matching("THEBODY|ITSSUMMARY"))


class Loss(PartnerTest):
    FILES = {"a.md": article("One", id="tag:x,2026:1", source="青岑日报", body="THEBODY"),
             "b.md": article("Two", id="tag:x,2026:2", source="青岑日报", body="THEBODY")}

    def tombstones(self, gazetted, name, token):
        body = self.fetch(gazetted, f"/p/{name}/feed.atom", token).body.decode()
        return re.findall(r'<at:deleted-entry ref="([^"]*)"', body)

    def test_what_a_rule_takes_away_is_taken_back(self):
        gazetted = self.partnered(self.FILES)
        self.assertEqual(self.tombstones(gazetted, "portal", PORTAL), [])
        self.configure(gazetted, RULES.replace("portal: summary", "portal: none"))
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.tombstones(gazetted, "portal", PORTAL), "tombstones")
        self.assertEqual(sorted(self.tombstones(gazetted, "portal", PORTAL)),
                         ["tag:x,2026:1", "tag:x,2026:2"])
        self.assertNotIn(b"One", self.fetch(gazetted, "/p/portal/feed.json", PORTAL).body)
        self.assertEqual(self.tombstones(gazetted, "county", COUNTY), [])
        gazetted.restart()
        self.assertEqual(len(self.tombstones(gazetted, "portal", PORTAL)), 2)
        self.configure(gazetted)
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: not self.tombstones(gazetted, "portal", PORTAL), "none")
        self.assertIn("One", self.items(gazetted, "portal", PORTAL))

    def test_deletion_and_withdrawal(self):
        gazetted = self.partnered(self.FILES)
        gazetted.delete("a.md")
        gazetted.wait(lambda: self.tombstones(gazetted, "county", COUNTY), "a tombstone")
        gazetted.write("b.md", article("Two", id="tag:x,2026:2", source="青岑日报",
                                       withdrawn=True, body="THEBODY"))
        gazetted.wait(lambda: len(self.tombstones(gazetted, "county", COUNTY)) == 2, "two")
        for form in ("atom", "rss", "json"):
            self.assertNotIn(b"THEBODY", self.fetch(gazetted, f"/p/county/feed.{form}").body)

    def test_a_former_partners_documents_go(self):
        gazetted = self.partnered(self.FILES)
        self.configure(gazetted, RULES.replace(", portal: summary", ""),
                       "".join(PARTNERS.splitlines(True)[:4]))
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: self.fetch(gazetted, "/p/portal/feed.atom", PORTAL).status == 401,
                      "the end")
        self.assertEqual(self.fetch(gazetted, "/p/county/feed.atom").status, 200)


class SubscribingTest(PartnerTest):
    FILES = {"a.md": article("One", id="tag:x,2026:1", source="青岑日报", summary="First.",
                             body="THEBODY")}

    def ask(self, gazetted, subscriber, topic="/p/county/feed.atom", token=COUNTY, name="/cb",
            in_query=False, secret=SECRET, **fields):
        url = "http://news.example" + topic + (f"?token={token}" if in_query else "")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if token and not in_query:
            headers["Authorization"] = "Bearer " + token
        form = {"hub.mode": "subscribe", "hub.topic": url,
                "hub.callback": subscriber.url(name), **fields}
        if secret:
            form["hub.secret"] = secret
        return gazetted.request("POST", "/hub", headers, urllib.parse.urlencode(form))

    def denial(self, gazetted, subscriber, **kwargs):
        """The reason that the callback is told."""
        seen = len(subscriber.challenges)
        self.assertEqual(self.ask(gazetted, subscriber, **kwargs).status, 202)
        gazetted.wait(lambda: len(subscriber.challenges) > seen, "the denial")
        fields = subscriber.challenges[-1][1]
        self.assertEqual(fields["hub.mode"], "denied")
        self.assertNotIn(COUNTY, str(subscriber.challenges[-1]))
        return fields["hub.reason"]

    def subscribe_partner(self, gazetted, subscriber, **kwargs):
        since = len(gazetted.lines)
        self.assertEqual(self.ask(gazetted, subscriber, **kwargs).status, 202)
        gazetted.wait_line(r"hub: verified ", since)


class Subscriptions(SubscribingTest):
    def test_push_correction_and_kill_with_the_partners_level(self):
        gazetted = self.partnered(self.FILES)
        county, portal = self.subscriber(), self.subscriber()
        self.subscribe_partner(gazetted, county)
        self.subscribe_partner(gazetted, portal, topic="/p/portal/feed.json", token=PORTAL,
                               in_query=True, secret=None)
        gazetted.write("b.md", article("Two", id="tag:x,2026:2", source="青岑日报",
                                       summary="Short.", body="THEBODY"))
        full = county.wait_delivery(lambda d: b"Two" in d.body)
        self.assertIn(b"THEBODY", full.body)
        self.assertEqual(full.headers["X-Hub-Signature"], signature(SECRET, full.body))
        short = portal.wait_delivery(lambda d: b"Two" in d.body)
        self.assertIn(b"Short.", short.body)
        self.assertNotIn(b"THEBODY", b"".join(d.body for d in portal.deliveries))
        self.assertNotIn(PORTAL, str(short.headers))
        gazetted.write("b.md", article(
            "Two", id="tag:x,2026:2", source="青岑日报", summary="Short.", body="THEBODY 2",
            correction={"level": "correction", "note": "A figure was wrong."}))
        corrected = county.wait_delivery(lambda d: b"A figure was wrong." in d.body)
        self.assertIn(b"newscodes/signal", corrected.body)
        gazetted.write("b.md", article("Two", id="tag:x,2026:2", source="青岑日报",
                                       withdrawn=True, withdraw_reason="All wrong."))
        killed = county.wait_delivery(lambda d: b"deleted-entry" in d.body)
        self.assertIn(b'ref="tag:x,2026:2"', killed.body)
        self.assertIn(b"All wrong.", killed.body)
        portal.wait_delivery(lambda d: "【撤稿】".encode() in d.body)

    def test_every_refusal_is_told_to_the_callback(self):
        gazetted = self.partnered(self.FILES)
        subscriber = self.subscriber()
        self.assertEqual(self.denial(gazetted, subscriber, token=None),
                         "This topic needs a token.")
        self.assertEqual(self.denial(gazetted, subscriber, token="wrong-token-000001"),
                         "The token is not valid.")
        self.assertEqual(self.denial(gazetted, subscriber, topic="/p/portal/feed.atom"),
                         "The topic is not among those of this token.")
        self.assertEqual(self.denial(gazetted, subscriber, topic="/p/nobody/feed.atom"),
                         "The topic is not among those of this token.")
        self.assertEqual(self.denial(gazetted, subscriber, secret="short"),
                         "hub.secret of at least 16 bytes is required.")
        self.assertEqual(self.denial(gazetted, subscriber, in_query=True, secret=None),
                         "hub.secret of at least 16 bytes is required.")
        self.reconfigure(gazetted,
                         partners=PARTNERS.replace("require: [secret]", "require: [https]"))
        self.assertEqual(self.denial(gazetted, subscriber), "The callback must be https.")
        self.reconfigure(gazetted, partners=PARTNERS.replace("[127.0.0.1]", "[media.example]"))
        self.assertEqual(self.denial(gazetted, subscriber),
                         "The callback's host is not among those agreed.")
        self.assertFalse(gazetted.matching(COUNTY))

    def test_a_contract_that_ends_ends_the_subscription(self):
        gazetted = self.partnered(self.FILES)
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber)
        seen = len(subscriber.challenges)
        self.configure(gazetted, partners=PARTNERS.replace("require: [secret]}",
                                                           "valid_until: 2020-01-01}", 1))
        gazetted.signal(signal.SIGHUP)
        gazetted.wait(lambda: len(subscriber.challenges) > seen, "the denial")
        self.assertEqual(subscriber.challenges[-1][1]["hub.reason"],
                         "The contract is not in force.")
        gazetted.write("b.md", article("Two", source="青岑日报"))
        gazetted.wait_title("Two")
        self.assertFalse([d for d in subscriber.deliveries if b"Two" in d.body])


class Evidence(SubscribingTest):
    def evidence(self):
        gazetted = self.partnered(self.FILES)
        subscriber = self.subscriber()
        self.subscribe_partner(gazetted, subscriber)
        gazetted.write("b.md", article("Two", id="tag:x,2026:2", source="青岑日报", body="X"))
        subscriber.wait_delivery(lambda d: b"Two" in d.body)
        self.fetch(gazetted, "/p/portal/feed.json", PORTAL)
        self.fetch(gazetted, "/p/-/b.ninjs.json", COUNTY)
        return gazetted, subscriber

    def received(self, gazetted, ident):
        status, output, _ = self.ctl(gazetted, "--json", "who-has", ident)
        return [(row["partner"], row["by"], row["version"], row["level"])
                for row in json.loads(output or "[]")]

    def test_who_has_what_and_receipts(self):
        gazetted, subscriber = self.evidence()
        want = {("county", "push", "1", "full"), ("portal", "poll", "1", "summary"),
                ("county", "poll", "1", "full")}
        gazetted.wait(lambda: set(self.received(gazetted, "tag:x,2026:2")) == want, "rows")
        status, output, errors = self.ctl(gazetted, "ledger", "verify")
        self.assertEqual((status, errors), (0, ""), output)
        self.assertIn("findings=0", output)
        status, receipt, _ = self.ctl(gazetted, "receipt", "county", "tag:x,2026:2")
        self.assertEqual(status, 0)
        text, signed = receipt.rsplit("signature: ", 1)
        paths = {name: os.path.join(gazetted.room, name) for name in ("text", "sig")}
        with open(paths["text"], "w") as file:
            file.write(text)
        with open(paths["sig"], "wb") as file:
            file.write(base64.b64decode(signed))
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey",
                   f"{gazetted.room}/state/ledger.pub", "-in", paths["text"], "-sigfile",
                   paths["sig"]]
        self.assertEqual(subprocess.run(command, stdout=subprocess.DEVNULL).returncode, 0)
        delivery = next(d for d in subscriber.deliveries if b"Two" in d.body)
        self.assertIn(hashlib.sha256(delivery.body).hexdigest(), receipt)
        self.assertEqual(self.ctl(gazetted, "who-has", "tag:nobody")[0], 1)
        with open(f"{gazetted.room}/state/gazetted.db", "rb") as file:
            self.assertNotIn(COUNTY.encode(), file.read())

    def test_a_recall_is_open_until_it_is_heard(self):
        gazetted, subscriber = self.evidence()
        gazetted.wait(lambda: self.received(gazetted, "tag:x,2026:2"), "rows")
        self.assertEqual(self.ctl(gazetted, "recalls")[:2], (0, ""))
        subscriber.status = 503
        gazetted.delete("b.md")
        gazetted.wait(lambda: "failed_attempts=1" in self.ctl(gazetted, "recalls")[1],
                      "the recall")
        status, output, _ = self.ctl(gazetted, "--json", "recalls")
        rows = {(row["partner"], row["article"]) for row in json.loads(output)}
        self.assertEqual(status, 1)
        self.assertEqual(rows, {("county", "tag:x,2026:2"), ("portal", "tag:x,2026:2")})
        self.fetch(gazetted, "/p/portal/feed.json", PORTAL)
        self.fetch(gazetted, "/p/county/feed.atom", COUNTY)
        gazetted.wait(lambda: self.ctl(gazetted, "recalls")[0] == 0, "its end")

    def test_tampering_is_named(self):
        gazetted, _ = self.evidence()
        gazetted.stop()
        database = sqlite3.connect(f"{gazetted.room}/state/gazetted.db")
        row, = database.execute("SELECT min(seq) FROM ledger WHERE kind = 1").fetchone()
        database.execute("UPDATE ledger SET status = 500 WHERE seq = ?", (row,))
        database.commit()
        status, output, _ = self.ctl(gazetted, "ledger", "verify")
        self.assertEqual(status, 1)
        self.assertIn(f"row {row} was changed\n", output)
        database.execute("DELETE FROM ledger WHERE seq = ?", (row,))
        database.commit()
        database.close()
        self.assertIn(f"row {row} was removed\n", self.ctl(gazetted, "ledger", "verify")[1])
        gazetted.start()


if __name__ == "__main__":
    unittest.main()
