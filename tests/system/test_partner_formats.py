"""One article alone for partners: every ninjs document obeys the rules of ninjs 2.1 (IPTC's JSON
schema, here as a table of our own) and every NITF document the order of NITF 3.6; and what a
partner may not have is in none of its channels, pushes and figures."""
import datetime
import json
import os
import re
import sqlite3
import xml.etree.ElementTree as ElementTree

from tests.system import test_explain, test_partners
from tests.system.gazetted import CORPUS, article
from tests.system.test_partners import COUNTY, PORTAL, PartnerTest, SubscribingTest

TEXT, DATE, URI, NUMBER = "text", "date", "uri", "number"
TYPES = {"text", "audio", "video", "picture", "graphic", "composite", "component"}
NAMED = {"name": TEXT, "rel": TEXT, "uri": URI, "literal": TEXT}
WORDS = {"role": TEXT, "contenttype": TEXT, "value": TEXT}
NINJS = {
    "uri": URI, "type": TYPES, "representationtype": {"full", "partial"}, "profile": TEXT,
    "version": TEXT, "firstcreated": DATE, "versioncreated": DATE, "contentcreated": DATE,
    "embargoed": DATE, "expires": DATE, "pubstatus": {"usable", "withheld", "canceled"},
    "urgency": range(1, 10), "copyrightholder": TEXT, "copyrightnotice": TEXT,
    "usageterms": TEXT, "ednote": TEXT, "language": TEXT, "descriptions": [WORDS],
    "bodies": [{**WORDS, "charcount": NUMBER, "wordcount": NUMBER}], "headlines": [WORDS],
    "people": [NAMED], "subjects": [NAMED], "title": TEXT, "by": TEXT, "slugline": TEXT,
    "infosources": [{"name": TEXT, "role": TEXT, "uri": URI, "literal": TEXT}],
    "located": TEXT, "altids": [{"role": TEXT, "value": TEXT}],
    "renditions": [{"name": TEXT, "href": URI, "contenttype": TEXT, "title": TEXT,
                    "height": NUMBER, "width": NUMBER, "sizeinbytes": NUMBER,
                    "duration": NUMBER, "format": TEXT}],
    "standard": {"name": TEXT, "version": TEXT, "schema": URI},
    "rightsinfo": {"langid": URI, "linkedrights": URI, "encodedrights": TEXT},
}
NINJS["associations"] = [{**NINJS, "name": TEXT}]
REQUIRED = {"bodies": {"value"}, "headlines": {"value"}, "descriptions": {"value"},
            "renditions": {"name"}, "associations": {"name", "uri"}}


def ninjs_faults(value, rule, where="", required=()):
    """What is wrong with VALUE, as texts."""
    if isinstance(rule, list):
        if not isinstance(value, list):
            return [where + ": no list"]
        return [fault for item in value for fault in ninjs_faults(item, rule[0], where, required)]
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            return [where + ": no object"]
        faults = [f"{where}: without {key}" for key in required if key not in value]
        for key, item in value.items():
            faults += ninjs_faults(item, rule[key], f"{where}/{key}", REQUIRED.get(key, ())) \
                if key in rule else [f"{where}/{key}: no such property"]
        return faults
    if isinstance(rule, (set, range)):
        return [] if value in rule else [f"{where}: {value}"]
    if rule == NUMBER:
        return [] if isinstance(value, (int, float)) else [f"{where}: {value}"]
    good = isinstance(value, str)
    if good and rule == URI:
        good = re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$", value)
    if good and rule == DATE:
        good = "T" in value and datetime.datetime.fromisoformat(value).tzinfo
    return [] if good else [f"{where}: {value}"]


# Children in their order; "*" may be repeated.
NITF = {
    "nitf": ["head", "body"],
    "head": ["title", "meta*", "tobject", "iim", "docdata", "pubdata*", "revision-history*"],
    "body": ["body.head", "body.content*", "body.end"],
    "body.head": ["hedline", "note*", "rights", "byline*", "distributor", "dateline*",
                  "abstract*", "series"],
    "hedline": ["hl1", "hl2*"], "body.end": ["tagline", "bibliography"],
    "media": ["media-reference*", "media-metadata*", "media-object", "media-caption*",
              "media-producer"],
    "key-list": ["keyword*"],
}
DOCDATA = {"correction", "evloc", "doc-id", "del-list", "urgency", "fixture", "date.issue",
           "date.release", "date.expire", "doc-scope", "series", "ed-msg", "du-key",
           "doc.copyright", "doc.rights", "key-list", "identified-content"}


def nitf_faults(element):
    name = element.tag.split("}")[1]
    children = [child.tag.split("}")[1] for child in element]
    faults = []
    if name == "docdata":
        faults += [f"docdata/{child}" for child in children if child not in DOCDATA]
    if name in NITF:
        pattern = "".join(f"(?:{re.escape(word.rstrip('*'))} ){'*' if word[-1] == '*' else '?'}"
                          for word in NITF[name])
        if not re.fullmatch(pattern, "".join(child + " " for child in children)):
            faults.append(f"{name}: {children}")
    return faults + [fault for child in element for fault in nitf_faults(child)]


class Formats(PartnerTest):
    def test_the_checks_find_faults(self):
        good = {"uri": "tag:x,2026:1", "headlines": [{"value": "x"}], "urgency": 3}
        self.assertEqual(ninjs_faults(good, NINJS, "", {"uri"}), [])
        for bad in ({"headlines": []}, {**good, "headlines": [{"role": "x"}]},
                    {**good, "urgency": 10}, {**good, "body_html": "x"},
                    {**good, "versioncreated": "2026-05-01"}, {**good, "type": "article"}):
            self.assertTrue(ninjs_faults(bad, NINJS, "", {"uri"}), bad)
        wrong = "<nitf xmlns='n'><body/><head/></nitf>"
        self.assertTrue(nitf_faults(ElementTree.fromstring(wrong)))

    def test_every_article_of_the_corpus_in_both(self):
        gazetted = self.partnered(copy=os.path.join(CORPUS, "articles"))
        checked = 0
        for name, token in (("county", COUNTY), ("portal", PORTAL)):
            for title, item in self.items(gazetted, name, token).items():
                if "withdrawn" in item.get("tags", ()):
                    continue
                with self.subTest(title, partner=name):
                    own = item["_gazetted"]
                    ninjs = self.fetch(gazetted, own["ninjs_url"].split("example", 1)[1], token)
                    nitf = self.fetch(gazetted, own["nitf_url"].split("example", 1)[1], token)
                    document = json.loads(ninjs.body)
                    self.assertEqual(ninjs_faults(document, NINJS, "", {"uri"}), [])
                    self.assertEqual(nitf_faults(ElementTree.fromstring(nitf.body)), [])
                    ids = [document["uri"]] + [alt["value"] for alt in
                                               document.get("altids", ())]
                    self.assertIn(item["id"], ids)
                    checked += 1
        self.assertGreater(checked, 30)


class Waiting(PartnerTest):
    """What waits on the corpus' day waits here too: its day is moved into the future."""

    explain = test_explain.Explain.explain

    def test_scheduled_and_embargoed_for_every_audience(self):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            expected = {a["file"]: a for a in json.load(file)["articles"]}
        files = {}
        for name in ("2026-06-01-summer-hours.md", "2026-05-20-price-index.md"):
            with open(os.path.join(CORPUS, "articles", "md", name)) as file:
                text = file.read()
            late = text.replace(": 2026-0", ": 2096-0")
            files["md/" + name.replace("2026-06", "2096-06").replace("2026-05", "2096-05")] = late
        gazetted = self.partnered(files)
        for path in files:
            want = expected["articles/" + path.replace("2096", "2026")]
            with self.subTest(path):
                rule, views = test_explain.Explain.seen(self, gazetted, path)
                self.assertEqual(views, want["audience_now"])
                self.assertRegex(rule, f"^rule {want['rights_rule']}: ")
                self.assertRegex(self.explain(gazetted, path), want["status"])


class Leaks(SubscribingTest):
    def test_not_in_channels_pushes_figures_or_the_log(self):
        files = {"news/a.md": article("One", source="青岑日报", summary="Short.", body="WITHHELD")}
        gazetted = self.partnered(files, options=["admin.listen=[127.0.0.1:0]",
                                                  "log.level=debug"])
        portal = self.subscriber()
        for number, topic in enumerate(("/p/portal/feed.atom", "/p/portal/c/news/feed.rss")):
            self.subscribe_partner(gazetted, portal, topic=topic, token=PORTAL, secret=None,
                                   name=f"/{number}")
        county = self.subscriber()
        self.subscribe_partner(gazetted, county)
        for number in range(2):
            gazetted.write(f"news/b{number}.md", article(
                f"Two {number}", source="青岑日报", summary="Short.", body="WITHHELD"))
            county.wait_delivery(lambda d: f"Two {number}".encode() in d.body)
            for path in ("/0", "/1"):
                portal.wait_delivery(lambda d: d.path == path and
                                     f"Two {number}".encode() in d.body)
        self.assertIn(b"WITHHELD", county.deliveries[-1].body)
        seen = b"".join(d.body + str(d.headers).encode() for d in portal.deliveries)
        for form in ("atom", "rss", "json"):
            for path in ("/p/portal/feed." + form, "/p/portal/c/news/feed." + form):
                answer = self.fetch(gazetted, path, PORTAL)
                seen += answer.body + str(answer.headers).encode()
        for path in ("/p/county/c/news/feed.atom", "/p/-/media/news/a.md", "/p/portal/holdings"):
            seen += self.fetch(gazetted, path, PORTAL).body
        self.assertNotIn(b"WITHHELD", seen)
        self.assertFalse(gazetted.matching("WITHHELD"))


class Tampering(SubscribingTest):
    def test_rows_that_changed_places_are_named(self):
        gazetted = self.partnered(self.FILES)
        for _ in range(3):
            self.fetch(gazetted, "/p/county/feed.atom")
        gazetted.stop()
        path = f"{gazetted.room}/state/gazetted.db"
        database = sqlite3.connect(path)
        first, second = [row[0] for row in database.execute(
            "SELECT seq FROM ledger WHERE kind = 2 ORDER BY seq LIMIT 2")]
        for before, after in ((first, -1), (second, first), (-1, second)):
            database.execute("UPDATE ledger SET seq = ? WHERE seq = ?", (after, before))
        database.commit()
        database.close()
        status, output, _ = self.ctl(gazetted, "ledger", "verify")
        self.assertEqual(status, 1)
        self.assertIn(f"row {first} was moved: it stands in the place of row {second}", output)
        gazetted.start()
