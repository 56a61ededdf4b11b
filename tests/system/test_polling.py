"""Our feeds as others read them: feedparser, two parsers of npm, newsboat and rss2email. What
they find is compared with what the articles say; what they fetch twice must be a 304."""
import contextlib
import filecmp
import glob
import html
import http.client
import http.server
import json
import mailbox
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import unittest
import xml.etree.ElementTree as ET
from datetime import datetime

import feedparser
import html5lib

from tests.system.gazetted import BUILD, CORPUS, TOP, SystemTest, article, environment

FORMATS = ("atom", "rss", "json")
SOURCE = os.path.join(TOP, "tests", "readers")
ROOM = os.path.join(os.path.dirname(BUILD), "readers")


def skip(why):
    print(f"SKIPPED system.test_polling: {why}", flush=True)
    raise unittest.SkipTest(why)


def run(command, what, **options):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, **options)
    except subprocess.TimeoutExpired:
        skip(f"{what} did not come to an end")
    return done


def install():
    """The npm packages into the build directory, once for each lock file."""
    names = ("package.json", "package-lock.json", "read.mjs")
    if not shutil.which("npm") or not shutil.which("node"):
        skip("node and npm are not installed")
    if all(os.path.exists(os.path.join(ROOM, "done", n)) and filecmp.cmp(
            os.path.join(SOURCE, n), os.path.join(ROOM, "done", n), shallow=False)
            for n in names):
        return
    shutil.rmtree(ROOM, ignore_errors=True)
    os.makedirs(os.path.join(ROOM, "done"))
    for name in names:
        shutil.copy(os.path.join(SOURCE, name), ROOM)
    npm = run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci", cwd=ROOM)
    if npm.returncode:
        skip(f"npm ci: {npm.stdout.strip().splitlines()[-1:]}")
    for name in names:
        shutil.copy(os.path.join(SOURCE, name), os.path.join(ROOM, "done"))


def seconds(text):
    return round(datetime.fromisoformat(text).timestamp()) if text else None


def text_of(fragment):
    """The text of a fragment, without white space."""
    tree = html5lib.parseFragment(fragment or "", treebuilder="etree", namespaceHTMLElements=False)
    return "".join("".join(tree.itertext()).split())


def model():
    """What the articles say, by title: the answer of `gazettectl check`."""
    files = [path for path in glob.glob(os.path.join(CORPUS, "articles", "**"), recursive=True)
             if os.path.isfile(path) and not path.endswith((".png", ".yaml", ".json"))]
    done = subprocess.run([os.path.join(BUILD, "gazettectl"), "--json", "check", *files],
                          stdout=subprocess.PIPE, env=environment())
    return {found["title"]: found for found in json.loads(done.stdout) if found["title"]}


def from_python(body):
    items = []
    for entry in feedparser.parse(body, sanitize_html=False).entries:
        items.append({
            "id": entry.id, "title": entry.title, "link": entry.link,
            "published": seconds_of(entry.published_parsed),
            "tags": [tag.term for tag in entry.get("tags", [])],
            "editors": [person["name"] for person in entry.get("contributors", [])],
            "source": entry.get("dc_source") or entry.get("source"),
            "rights": entry.get("rights"), "summary": entry.get("summary"),
            "content": entry.content[0].value if "content" in entry else None,
            "updated": seconds_of(entry.updated_parsed) if "updated" in entry else None,
            "mobile": [l.href for l in entry.links if l.get("title") == "手机版"],
            "via": [l.href for l in entry.links if l.rel == "via"],
            "enclosures": [[e.href, e.type, int(e.get("length") or 0) or None, e.get("title")]
                           for e in entry.enclosures] + [
                [m["url"], m["type"], int(m.get("filesize") or 0) or None]
                for m in entry.get("media_content", [])]})
    return items


def seconds_of(parsed):
    return round(datetime(*parsed[:6]).timestamp() - datetime(1970, 1, 1).timestamp())


class Parsers(SystemTest):
    @classmethod
    def setUpClass(cls):
        install()
        cls.model = model()

    def read_all(self, gazetted):
        bodies = {f: gazetted.get(f"/feed.{f}").body for f in FORMATS}
        node = subprocess.run(["node", "read.mjs"], cwd=ROOM, stdout=subprocess.PIPE, check=True,
                              input=json.dumps({f: b.decode() for f, b in bodies.items()}),
                              text=True)
        found = json.loads(node.stdout)
        for name in ("atom", "rss"):
            found["python " + name] = from_python(bodies[name])
        # these hand a title of type html on as it is
        types = [node.get("type") for node in ET.fromstring(bodies["atom"]).iterfind(
            "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}title")]
        for reader in ("feedsmith atom", "feedparser atom", "python atom"):
            for item, kind in zip(found[reader], types):
                if kind == "html":
                    item["title"] = html.unescape(item["title"])
        return found

    def compare(self, reader, item, want):
        def same(field, expected):
            if field in item and item[field] is not None:
                self.assertEqual(item[field], expected, f"{reader}: {field} of {want['file']}")

        same("published", seconds(want["published"]))
        same("language", want["language"])
        if want["updated"]:
            same("updated", max(seconds(want["updated"]), seconds(want["published"])))
        same("authors", [person["name"] for person in want["authors"]])
        same("editors", [person["name"] for person in want["editors"]])
        if want["source"]:
            same("source", want["source"])
        if want["rights"] or want["notice"]:
            same("rights", want["rights"] or want["notice"])
        if want["summary"] and item.get("summary"):
            self.assertIn(text_of(want["summary"]), text_of(item["summary"]), reader)
        if "tags" in item:
            self.assertLessEqual(set(want["tags"]) | set(want["categories"]), set(item["tags"]))
        for paragraph in want["paragraphs"] if item.get("content") else ():
            paragraph = paragraph.replace("|", "")  # between the cells of a table
            self.assertIn("".join(paragraph.split()), text_of(item["content"]), reader)
        for line in (want["kicker"], want["subtitle"]):
            if line and item.get("content"):
                self.assertIn(text_of(line), text_of(item["content"]), reader)
        self.compare_links(reader, item, want)
        # the feed parser of npm knows nothing of Media RSS
        media = want["attachments"] + (want["images"] if reader != "feedparser rss" else [])
        for medium in media:
            self.compare_medium(reader, item, medium)

    def compare_links(self, reader, item, want):
        for field, expected in (("mobile", want["mobile_url"]), ("via", want["source_url"])):
            if field in item:
                self.assertEqual(item[field], [expected] if expected else [], f"{reader}: {field}")
        if want["url"] and "://" in want["url"]:
            self.assertEqual(item["link"], want["url"], reader)
        if want["id"]:
            self.assertIn(want["id"], item["id"], reader)
        edition = want["edition"] or {}
        address = edition.get("url") or ""
        if "papers" in item:  # no feed shows a relative one
            self.assertEqual(item["papers"], [address] if "://" in address else [], reader)
        for part in ("paper", "date", "section") if item.get("citations") else ():
            self.assertIn(edition[part], item["citations"][0], reader)

    def compare_medium(self, reader, item, medium):
        found = [e for e in item["enclosures"] if e[0].endswith(medium["href"].split("/")[-1])]
        self.assertTrue(found, f"{reader}: {medium['href']}")
        _, kind, length, *title = found[0]
        self.assertEqual(kind, medium["type"], reader)
        if medium.get("length") and length:
            self.assertEqual(length, medium["length"], reader)
        caption = medium.get("title") or medium.get("caption") or medium.get("alt")
        if caption and title and title[0]:
            self.assertEqual(" ".join(title[0].split()), " ".join(caption.split()), reader)

    def test_every_parser_finds_what_the_articles_say(self):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"))
        found = self.read_all(gazetted)
        self.assertEqual(len(found), 7)
        ids = [item["id"] for item in found["feedsmith json"]]
        compared = 0
        for reader, items in found.items():
            self.assertEqual([item["id"] for item in items], ids, reader)
            for item in items:
                want = self.model.get(item["title"])
                self.assertTrue(item["link"].startswith(("http://", "https://")), reader)
                if want and want["status"] == "published" and not want["correction"]:
                    with self.subTest(reader=reader, title=item["title"]):
                        self.compare(reader, item, want)
                        compared += 1
        self.assertGreater(compared, 7 * 12)

    def test_titles_and_texts_of_every_kind(self):
        """The characters that have broken feeds before."""
        titles = ["A & B < C > D", "</title><b>x</b>", "]]>", "&amp;&#38;", "𠮷 🎉 é",
                  "  two  spaces", 'quotes " and \' too', "tab\tand more"]
        files = {f"{n}.md": article(title, f"2026-05-0{n + 1}T10:00:00+08:00",
                                    body=f"Text {n} with <raw> & `]]>` “quotes” 中文。")
                 for n, title in enumerate(titles)}
        found = self.read_all(self.gazetted(files))
        want = [item["title"] for item in found["feedsmith json"]]
        self.assertEqual(len(want), len(titles))
        for reader, items in found.items():
            for item, title in zip(items, want):
                if reader == "feedparser rss":
                    title = re.sub("</?[a-z][^>]*>", "", title)  # it takes what looks so for a tag
                self.assertEqual(" ".join(item["title"].split()), " ".join(title.split()), reader)
                self.assertIn("]]>", text_of(item["content"]))


class Relay(http.server.ThreadingHTTPServer):
    """Stands between a reader and gazetted and remembers the answers."""
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), RelayHandler)
        self.to, self.answers = port, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def take(self):
        answers, self.answers = self.answers, []
        return answers


class RelayHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.to)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.server.answers.append((self.path, answer.status))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("server", "date", "connection"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Readers(SystemTest):
    PATHS = ("/feed.atom", "/feed.rss", "/c/md/feed.atom")

    def setUp(self):
        super().setUp()
        self.room = tempfile.mkdtemp(prefix="gazetted-readers.")
        self.addCleanup(shutil.rmtree, self.room)

    def start(self, options=()):
        gazetted = self.gazetted(copy=os.path.join(CORPUS, "articles"), options=options)
        relay = Relay(gazetted.port)
        self.addCleanup(relay.server_close)
        self.addCleanup(relay.shutdown)
        return gazetted, relay

    def check(self, gazetted, relay, fetch, items, until_known=1):
        """FETCH lets the reader look once; ITEMS says what it has then: [(id, title, text)]. It
        knows its validators after UNTIL_KNOWN looks."""
        for _ in range(until_known):
            fetch()
            self.assertEqual(sorted(relay.take()), sorted((p, 200) for p in self.PATHS))
        first = items()
        for path in self.PATHS:
            titles = {" ".join(i["title"].split()) for i in
                      gazetted.items(path.replace(".atom", ".json").replace(".rss", ".json"))}
            self.assertLessEqual(titles, {title for _, title, _ in first})
        fetch()
        self.assertEqual(sorted(relay.take()), sorted((p, 304) for p in self.PATHS))
        self.assertEqual(items(), first)
        # newsboat takes equal Last-Modified for equal bytes, and that has seconds
        known = gazetted.get("/feed.atom").header("Last-Modified")
        gazetted.wait(lambda: gazetted.get("/feed.atom").header("Date") > known, "a later second")
        gazetted.write("md/2026-05-08-library-hours.md", article(
            "Mended", "2026-05-08T09:30:00+08:00", body="Mended text.", slug="library-friday-late"))
        gazetted.wait_title("Mended", "/c/md/feed.json")
        fetch()
        self.assertEqual({status for _, status in relay.take()}, {200})
        return first, items()

    def test_newsboat(self):
        if not shutil.which("newsboat"):
            skip("newsboat is not installed")
        gazetted, relay = self.start()
        urls, cache, settings = (os.path.join(self.room, n) for n in ("urls", "cache.db", "config"))
        with open(urls, "w") as file:
            file.writelines(relay.url(path) + "\n" for path in self.PATHS)
        with open(settings, "w") as file:
            file.write("auto-reload no\nmax-items 0\n")

        def fetch():
            done = run(["newsboat", "-u", urls, "-c", cache, "-C", settings, "-x", "reload"],
                       "newsboat", env=dict(environment(), HOME=self.room, TERM="dumb"))
            self.assertEqual(done.returncode, 0, done.stdout)

        def items():
            # one left open would keep newsboat from writing
            with contextlib.closing(sqlite3.connect(cache)) as database:
                return sorted((guid, " ".join(title.split()), content) for guid, title, content in
                              database.execute("SELECT guid, title, content FROM rss_item"))

        before, after = self.check(gazetted, relay, fetch, items, 2)
        changed = set(after) - set(before)
        self.assertEqual({title for _, title, _ in changed}, {"Mended"})
        self.assertEqual({guid for guid, _, _ in after}, {guid for guid, _, _ in before})

    def test_rss2email(self):
        if not shutil.which("r2e"):
            skip("rss2email is not installed")
        gazetted, relay = self.start()
        inbox = os.path.join(self.room, "mail", "inbox")
        base = ["r2e", "-c", os.path.join(self.room, "r2e.cfg"),
                "-d", os.path.join(self.room, "r2e.json")]
        self.assertEqual(run(base + ["new", "reader@example.com"], "r2e").returncode, 0)
        with open(base[2]) as file:
            settings = file.read()
        settings = settings.replace("email-protocol = sendmail", "email-protocol = maildir")
        settings = settings.replace("maildir-path = ~/Maildir", f"maildir-path = {self.room}/mail")
        settings = settings.replace("maildir-mailbox = INBOX", "maildir-mailbox = inbox")
        with open(base[2], "w") as file:
            file.write(settings)
        for sub in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(inbox, sub))
        for n, path in enumerate(self.PATHS):
            self.assertEqual(run(base + ["add", f"feed{n}", relay.url(path)], "r2e").returncode, 0)

        def fetch():
            done = run(base + ["run"], "r2e", env=dict(environment(), HOME=self.room))
            self.assertEqual(done.returncode, 0, done.stdout)

        def items():
            found = []
            for key, mail in mailbox.Maildir(inbox).items():
                title = str(mailbox.email.header.make_header(
                    mailbox.email.header.decode_header(mail["Subject"])))
                found.append((mail["Message-ID"], " ".join(title.split()), key))
            return sorted(found)

        before, after = self.check(gazetted, relay, fetch, items)
        self.assertEqual(len(before), sum(len(gazetted.items(p)) for p in
                                          ("/feed.json", "/feed.json", "/c/md/feed.json")))
        self.assertLessEqual(len(after) - len(before), 3)


