"""The rules that a public feed keeps, so that neither the W3C feed validator nor any reader
has anything to say: RFC 4287 (Atom), RFC 5005 (archives), RSS 2.0 with the profile of the RSS
Advisory Board, Media RSS, Dublin Core terms, JSON Feed 1.1 and OPML 2.0. What a validator
only warns of counts as broken here.

A validator that knows RFC 2396 only dislikes IPv6 addresses, which are allowed here; and an
end tag of HTML in plain text ("</b>" in a title) is a warning that no escaping avoids.

problems_of(bytes, url) lists what is wrong, one line each; nothing is good."""
import collections
import datetime
import functools
import json
import re
import string
import urllib.parse
import xml.parsers.expat

import html5lib

ATOM, XML = "http://www.w3.org/2005/Atom", "http://www.w3.org/XML/1998/namespace"
NAMESPACES = {  # what a public document may declare, with the prefix that everybody uses
    ATOM: "atom", "http://purl.org/dc/elements/1.1/": "dc", "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/syndication/history/1.0": "fh", XML: "xml", "": ""}
MOST_BYTES = 5_000_000
LOOSE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//(\[[0-9A-Fa-f:.]+\])?)?"
                   r"[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]+\Z")
WEB = re.compile(r"https?://((\d{1,3}\.){3}\d{1,3}|([A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*)"
                 r"(:\d+)?(/|\Z)")
TAG_URI = re.compile(r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:"
                     r"[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*\Z")
MAIL = re.compile(r"[A-Za-z0-9_+.'-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*\Z")
MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;\s*[\w-]+=[^;]+)*\Z", re.ASCII)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
RFC822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|"
                    r"Sep|Oct|Nov|Dec) (\d{4}) (\d\d:\d\d:\d\d) ([+-]\d\d[03]0)\Z")
UNRESERVED = string.ascii_letters + string.digits + "-._~"
RELATIONS = {"alternate", "current", "enclosure", "first", "hub", "last", "license", "next",
             "next-archive", "prev-archive", "previous", "related", "replies", "self", "via"}
OF_FEEDS = {"current", "first", "last", "next", "next-archive", "prev-archive", "previous"}
HTML = {  # what content may be made of
    "p": "", "br": "", "ul": "", "ol": "start", "li": "", "dl": "", "dt": "", "dd": "",
    "blockquote": "", "pre": "", "code": "", "table": "", "thead": "", "tbody": "", "tr": "",
    "td": "colspan rowspan", "th": "colspan rowspan", "figure": "", "figcaption": "",
    "img": "src alt width height", "a": "href title", "strong": "", "b": "", "em": "", "i": "",
    "u": "", "s": "", "sub": "", "sup": "", "ruby": "", "rt": "", "rp": "", "audio": "src",
    "video": "src", "source": "src type", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "",
    "hr": "", "del": ""}
KNOWN_TAGS = set(HTML) | {"html", "head", "body", "div", "span", "script", "style", "title", "h1",
                          "form", "input", "iframe", "object", "small", "center", "font", "cite"}
ENTITY = re.compile(r"&(#?\w+)")
# element: how often at most, attributes, kind of text ("" = it has children or none)
ATOM_FEED = {
    "id": "id", "title": "construct", "subtitle": "construct", "updated": "rfc3339", "author": "",
    "link": "", "rights": "construct", "icon": "uri", "logo": "uri", "generator": "plain",
    "fh:archive": "", "entry": ""}
ATOM_ENTRY = {
    "id": "id", "title": "construct", "link": "", "published": "rfc3339", "updated": "rfc3339",
    "author": "", "contributor": "", "category": "", "rights": "construct", "dc:source": "plain",
    "dcterms:bibliographicCitation": "plain", "summary": "construct", "content": "construct"}
RSS_CHANNEL = {
    "title": "plain", "link": "uri", "description": "plain", "atom:link": "", "language": "",
    "copyright": "plain", "lastBuildDate": "rfc822", "generator": "plain", "docs": "uri",
    "image": "", "item": ""}
RSS_ITEM = {
    "title": "plain", "link": "uri", "guid": "id", "pubDate": "rfc822", "atom:updated": "rfc3339",
    "dc:creator": "plain", "dc:contributor": "plain", "dc:source": "plain", "dc:rights": "plain",
    "category": "plain", "dcterms:hasFormat": "uri", "dcterms:bibliographicCitation": "plain",
    "atom:link": "", "enclosure": "", "media:content": "", "description": "html",
    "content:encoded": "html"}
MANY = {"entry", "item", "link", "atom:link", "author", "contributor", "dc:contributor",
        "category",
        "dcterms:hasFormat", "media:content"}
ATTRIBUTES = {
    "rss": "version", "entry": "xml:lang", "feed": "xml:lang", "guid": "isPermaLink",
    "category": "term scheme label domain", "link": "rel type title href length hreflang",
    "atom:link": "rel type title href", "enclosure": "url length type", "media:title": "type",
    "media:content": "url type medium fileSize duration width height"}
ATTRIBUTES.update(dict.fromkeys(("title", "subtitle", "rights", "summary", "content"), "type"))


class Element:
    """An element with its prefixed name ("dc:source", "entry"), and the lines it is on."""

    def __init__(self, name, attributes, line):
        self.name, self.attributes, self.line, self.last = name, attributes, line, line
        self.children, self.text = [], ""

    def all(self, *names):
        return [child for child in self.children if child.name in names]

    def get(self, name):
        return next(iter(self.all(name)), None)

    def value(self, name):
        child = self.get(name)
        return child.text.strip() if child else ""


class Reading:
    """A document as expat reads it, and what was noticed on the way."""

    def __init__(self, data):
        self.problems, self.stack, self.root = [], [], None
        self.lines = data.decode("utf-8").split("\n")
        self.declared, self.used = {}, set()
        self.parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartNamespaceDeclHandler = self.declare
        self.parser.StartCdataSectionHandler = lambda: self.say("a CDATA section")
        self.parser.StartDoctypeDeclHandler = lambda *_: self.say("a document type")
        self.parser.Parse(data, True)
        for uri in set(self.declared) - self.used:
            self.say(f"namespace {uri} is declared and not used")

    def say(self, problem, element=None):
        where = f"line {element.line}: <{element.name}> " if element else ""
        self.problems.append(where + problem)

    def declare(self, prefix, uri):
        self.declared[uri] = prefix
        if uri not in NAMESPACES:
            self.say(f"namespace {uri} is not known")
        elif prefix and prefix != NAMESPACES[uri]:
            self.say(f"prefix {prefix} for {uri}")
        elif prefix == "atom" and not self.stack and self.root is None and ATOM in self.declared \
                and self.declared.get(ATOM) is None:
            self.say("the prefix atom in an Atom feed")

    def named(self, name):
        uri, _, local = name.rpartition(" ")
        self.used.add(uri)
        prefix = NAMESPACES.get(uri, uri)
        is_own = uri == ATOM and self.declared.get(ATOM) is None
        return local if not prefix or is_own else f"{prefix}:{local}"

    def start(self, name, attributes):
        line = self.parser.CurrentLineNumber
        named = {self.named(k): v for k, v in attributes.items()}
        element = Element(self.named(name), named, line)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)
        for value in element.attributes.values():
            self.judge_characters(value, element)
        for attribute in element.attributes:
            if attribute not in ATTRIBUTES.get(element.name, "").split() + ["version", "text"] \
                    and element.name != "outline":
                self.say(f"attribute {attribute}", element)

    def end(self, _):
        self.stack.pop().last = self.parser.CurrentLineNumber

    def characters(self, text):
        self.stack[-1].text += text
        self.judge_characters(text, self.stack[-1])

    def judge_characters(self, text, element):
        for c in text:
            if "\x7f" <= c <= "\x9f" or c == "\ufffd" or 0xfdd0 <= ord(c) <= 0xfdef or \
                    ord(c) & 0xfffe == 0xfffe:
                self.say(f"character U+{ord(c):04X}", element)

    def has_numeric(self, element):
        """Whether a line of it says `&#x..;`: then what looks like markup is text on purpose
        (RSS Advisory Board's profile, "character data")."""
        return any("&#x" in line for line in self.lines[element.line - 1:element.last])


# ---- values ----

def is_uri(value):
    return bool(LOOSE.match(value)) and not re.search(r"%(?![0-9A-Fa-f]{2})", value) and \
        (not value.startswith("tag:") or bool(TAG_URI.match(value)))


def is_canonical(value):
    """RFC 3986 section 6: the form in which equal addresses are equal bytes."""
    if not re.match("https?:", value, re.I):
        return value == value.strip()
    parts = urllib.parse.urlsplit(value)
    escapes = re.findall("%(..)", value)
    start = parts.scheme + "://" + parts.netloc.lower()
    return (value == value.strip() and value.startswith(start)
            and parts.path.startswith("/") and not re.search(r"/\.\.?(/|\Z)", parts.path)
            and not parts.netloc.endswith(":80" if parts.scheme == "http" else ":443")
            and all(e == e.upper() and chr(int(e, 16)) not in UNRESERVED for e in escapes))


def judge_date(value, kind):
    try:
        if kind == "rfc822":
            found = RFC822.match(value)
            if not found:
                return "is no RFC 822 date with four digits and half-hour offsets"
            at = datetime.datetime.strptime(value, "%a, %d %b %Y %H:%M:%S %z")
            if at.strftime("%a") != found.group(1):
                return "has the wrong day of the week"
        else:
            if not RFC3339.match(value):
                return "is no RFC 3339 date"
            at = datetime.datetime.fromisoformat(re.sub(r"\.(\d+)", lambda m: "." + (
                m.group(1) + "000000")[:6], value).replace("Z", "+00:00"))
    except ValueError as err:
        return str(err)
    now = datetime.datetime.now(datetime.timezone.utc)
    if at.year < 1990 or at > now + datetime.timedelta(minutes=10):
        return "is not plausible"
    return None


def judge_plain(reading, element, text, is_rss):
    """Plain text that a reader could take for markup."""
    tags = [t for t in re.findall(r"</(\w+)>", text) if t.lower() in KNOWN_TAGS]
    if tags:
        reading.say(f"</{tags[0]}> in plain text", element)
        return
    if reading.has_numeric(element):
        return
    for name in ENTITY.findall(text):
        if not name.isalpha() or name + ";" in html5lib.constants.entities:
            reading.say(f"&{name} in plain text", element)
    if is_rss and re.search(r"&#[x0-9]|<[/a-zA-Z]", text):
        reading.say("what looks like markup in plain text", element)


def judge_html(say, text):
    for problem in html_problems(text):
        say(problem)


@functools.lru_cache(maxsize=None)  # one text is in many feeds
def html_problems(text):
    found = []
    parser = html5lib.HTMLParser(strict=True)
    try:
        tree = parser.parseFragment(text)
    except html5lib.html5parser.ParseError as err:
        return [f"HTML that is not clean: {err} {parser.errors[-1:]} in {text[:200]!r}"]
    for node in tree.iter():
        if node.tag == "DOCUMENT_FRAGMENT":
            continue
        name = str(node.tag).split("}")[-1]
        if name not in HTML:
            found.append(f"HTML element {name}")
            continue
        for attribute, value in node.attrib.items():
            if attribute not in HTML[name].split():
                found.append(f"HTML attribute {attribute} of {name}")
            elif attribute in ("href", "src") and not (is_uri(value) and re.match(
                    "https?:|mailto:|tel:", value)):
                found.append(f"{attribute} {value!r} in HTML")
    return found


def judge_text(reading, element, kind, is_rss):
    text = element.text.strip()
    if kind in ("rfc822", "rfc3339"):
        problem = judge_date(text, kind)
        if problem:
            reading.say(f"{text!r} {problem}", element)
    elif kind in ("uri", "id") and not is_uri(text):
        reading.say(f"{text!r} is no address", element)
    elif kind == "id" and not (is_rss or is_canonical(text)):
        reading.say(f"{text!r} is not canonical", element)
    elif kind == "html" or (kind == "construct" and element.attributes.get("type") == "html"):
        judge_html(lambda problem: reading.say(problem, element), text)
    elif kind in ("construct", "plain"):
        judge_plain(reading, element, text, is_rss)
    if kind and not text:
        reading.say("is empty", element)
    if kind and element.children:
        reading.say("has elements in it", element)
    if not kind and text:
        reading.say("has text in it", element)


def judge_children(reading, parent, table, is_rss):
    counts = collections.Counter(child.name for child in parent.children)
    for child in parent.children:
        if child.name not in table:
            reading.say(f"<{child.name}> does not belong here", parent)
        else:
            judge_text(reading, child, table[child.name] if child.name != "language" else "plain",
                       is_rss)
    for name, count in counts.items():
        if count > 1 and name not in MANY:
            reading.say(f"<{name}> {count} times", parent)


def judge_number(reading, element, name, least):
    value = element.attributes.get(name)
    if value is not None and not (value.isdigit() and int(value) >= least):
        reading.say(f"{name}={value!r}", element)


def judge_link(reading, link, is_rss, is_of_feed):
    relation, href = link.attributes.get("rel", "alternate"), link.attributes.get("href", "")
    if relation not in RELATIONS:
        reading.say(f"rel={relation!r}", link)
    if relation in OF_FEEDS and not is_of_feed:
        reading.say(f"rel={relation!r} of an item", link)
    if not is_uri(href):
        reading.say(f"href={href!r}", link)
    for name in ("title", "type"):
        if name in link.attributes and not link.attributes[name].strip():
            reading.say(f"{name} is blank", link)
    if "type" in link.attributes and not MEDIA_TYPE.match(link.attributes["type"]):
        reading.say(f"type={link.attributes['type']!r}", link)
    judge_plain(reading, link, link.attributes.get("title", ""), is_rss)
    judge_number(reading, link, "length", 0)


def judge_links(reading, element, name, is_rss, is_of_feed):
    alternates = set()
    for link in element.all(name):
        judge_link(reading, link, is_rss, is_of_feed)
        key = (link.attributes.get("type"), link.attributes.get("hreflang"))
        if link.attributes.get("rel") == "alternate":
            if key in alternates:
                reading.say(f"a second alternate of {key}", link)
            alternates.add(key)


def relations(element, name):
    return {link.attributes.get("rel"): link.attributes.get("href") for link in element.all(name)}


def judge_self(reading, element, name, url, media_type):
    links = [link for link in element.all(name) if link.attributes.get("rel") == "self"]
    if len(links) != 1 or links[0].attributes.get("href") != url or \
            links[0].attributes.get("type") != media_type:
        reading.say(f"its self link is not one, of {media_type}, to {url}", element)


def judge_language(reading, element, tag):
    if not re.match(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z", tag):
        reading.say(f"language {tag!r}", element)


def judge_unique(reading, parent, items, name):
    seen = set()
    for item in items:
        value = item.value(name)
        if value in seen:
            reading.say(f"a second <{name}> {value!r}", item)
        seen.add(value)


def judge_order(reading, parent, item):
    names = [child.name for child in parent.children]
    if item in names and any(n != item for n in names[names.index(item):]):
        reading.say(f"something behind the first <{item}>", parent)


# ---- documents ----

def judge_person(reading, person):
    name, mail = person.value("name"), person.value("email")
    for child in person.children:
        if child.name not in ("name", "email"):
            reading.say(f"<{child.name}> does not belong here", person)
    if not name or re.search(r"<[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>", name):
        reading.say(f"is named {name!r}", person)
    judge_plain(reading, person, name, False)
    if person.get("email") and not MAIL.match(mail):
        reading.say(f"mail address {mail!r}", person)


def judge_entry(reading, entry, has_author):
    judge_children(reading, entry, ATOM_ENTRY, False)
    judge_links(reading, entry, "link", False, False)
    for name in ("id", "title", "updated"):
        if not entry.get(name):
            reading.say(f"has no <{name}>", entry)
    if not has_author and not entry.get("author"):
        reading.say("has no author", entry)
    if not entry.get("summary") and not entry.get("content"):
        reading.say("has neither summary nor content", entry)
    if not entry.get("content") and "alternate" not in relations(entry, "link"):
        reading.say("has neither content nor a page", entry)
    for person in entry.all("author", "contributor"):
        judge_person(reading, person)
    for category in entry.all("category"):
        if not category.attributes.get("term", "").strip():
            reading.say("has no term", category)
        if not is_uri(category.attributes.get("scheme", "tag:x,2000:")):
            reading.say("scheme", category)
    if "xml:lang" in entry.attributes:
        judge_language(reading, entry, entry.attributes["xml:lang"])


def judge_atom(reading, url):
    feed = reading.root
    judge_children(reading, feed, ATOM_FEED, False)
    judge_links(reading, feed, "link", False, True)
    judge_order(reading, feed, "entry")
    judge_language(reading, feed, feed.attributes.get("xml:lang", ""))
    judge_self(reading, feed, "link", url, "application/atom+xml")
    for name in ("id", "title", "updated", "author"):
        if not feed.get(name):
            reading.say(f"has no <{name}>", feed)
    for person in feed.all("author"):
        judge_person(reading, person)
    links = relations(feed, "link")
    if feed.get("fh:archive"):
        if "current" not in links:
            reading.say("is an archive without a current link", feed)
        if not {"prev-archive", "next-archive"} & set(links):
            reading.say("is an archive that leads nowhere", feed)
    for entry in feed.all("entry"):
        judge_entry(reading, entry, feed.get("author") is not None)
    judge_unique(reading, feed, feed.all("entry"), "id")
    judge_unique(reading, feed, feed.all("entry"), "updated")


def judge_media(reading, item):
    for enclosure in item.all("enclosure"):
        if set(enclosure.attributes) != {"url", "length", "type"}:
            reading.say("attributes", enclosure)
        url = enclosure.attributes.get("url", "")
        if not WEB.match(url) or not is_uri(url):
            reading.say(f"url={url!r}", enclosure)
        if not MEDIA_TYPE.match(enclosure.attributes.get("type", "")):
            reading.say("type", enclosure)
        judge_number(reading, enclosure, "length", 0)
    for content in item.all("media:content"):
        if not is_uri(content.attributes.get("url", "")):
            reading.say(f"url={content.attributes.get('url')!r}", content)
        if content.attributes.get("medium") not in ("image", "audio", "video", "document"):
            reading.say("medium", content)
        for name in ("fileSize", "width", "height", "duration"):
            judge_number(reading, content, name, 1)
        judge_children(reading, content, {"media:title": "plain"}, False)


def judge_item(reading, item):
    judge_children(reading, item, RSS_ITEM, True)
    judge_links(reading, item, "atom:link", True, False)
    judge_media(reading, item)
    names = [child.name for child in item.children]
    for name in ("title", "link", "guid", "description"):
        if name not in names:
            reading.say(f"has no <{name}>", item)
    if "content:encoded" in names and names.index("description") > names.index("content:encoded"):
        reading.say("content before its description", item)
    guid = item.get("guid")
    if guid and guid.attributes.get("isPermaLink") != "false":
        reading.say("isPermaLink", guid)
    if guid and len(guid.text) < 9 and guid.text.isdigit():
        reading.say("is not unique enough", guid)


def judge_rss(reading, url):
    rss, channel = reading.root, reading.root.get("channel")
    if rss.attributes != {"version": "2.0"} or not channel or len(rss.children) != 1:
        reading.say("is not RSS 2.0 with one channel", rss)
        return
    judge_children(reading, channel, RSS_CHANNEL, True)
    judge_links(reading, channel, "atom:link", True, True)
    judge_order(reading, channel, "item")
    judge_self(reading, channel, "atom:link", url, "application/rss+xml")
    judge_language(reading, channel, channel.value("language"))
    for name in ("title", "link", "description", "language"):
        if not channel.get(name):
            reading.say(f"has no <{name}>", channel)
    image = channel.get("image")
    if image:
        judge_children(reading, image, {"url": "uri", "title": "plain", "link": "uri"}, True)
        if image.value("title") != channel.value("title") or \
                image.value("link") != channel.value("link"):
            reading.say("is not of the channel", image)
        if not re.search(r"\.(png|jpe?g|gif)\Z", image.value("url")):
            reading.say("is neither PNG, JPEG nor GIF", image)
    for item in channel.all("item"):
        judge_item(reading, item)
    judge_unique(reading, channel, channel.all("item"), "guid")


def judge_outlines(reading, _url):
    opml = reading.root
    parts = [child.name for child in opml.children]
    if opml.attributes.get("version") != "2.0" or parts != ["head", "body"]:
        reading.say("is not OPML 2.0 with head and body", opml)
        return
    if not opml.get("body").children:
        reading.say("has no outline", opml.get("body"))
    for outline in opml.get("body").children:
        has = outline.attributes
        for name in ("text", "title", "type", "xmlUrl"):
            if not has.get(name, "").strip():
                reading.say(f"has no {name}", outline)
        if has.get("type") != "rss" or has.get("version") not in (None, "RSS", "RSS1", "RSS2"):
            reading.say(f"type={has.get('type')!r} version={has.get('version')!r}", outline)
        for name in ("xmlUrl", "htmlUrl"):
            if name in has and not is_uri(has[name]):
                reading.say(f"{name}={has[name]!r}", outline)
        judge_language(reading, outline, has.get("language", "zh"))


def problems_of_json(data, url):
    feed = json.loads(data)
    problems, say = [], lambda problem: problems.append(problem)
    if feed.get("version") != "https://jsonfeed.org/version/1.1" or feed.get("feed_url") != url:
        say("version or feed_url")
    if not feed.get("title") or not isinstance(feed.get("items"), list):
        say("title or items")
    for item in feed.get("items", []):
        say_of = lambda problem, item=item: problems.append(f"{item.get('id')}: {problem}")
        if not isinstance(item.get("id"), str) or not is_uri(item["id"]):
            say_of("id")
        if not item.get("content_html") and not item.get("content_text"):
            say_of("no content")
        judge_html(say_of, item.get("content_html", ""))
        for key in ("date_published", "date_modified"):
            problem = judge_date(item[key], "rfc3339") if key in item else None
            if problem:
                say_of(f"{key} {item[key]} {problem}")
        for address in [item.get("url"), item.get("image"), item.get("external_url")] + [
                a["url"] for a in item.get("attachments", [])]:
            if address is not None and not (address.startswith("http") and is_uri(address)):
                say_of(f"address {address!r}")
        for attachment in item.get("attachments", []):
            if not MEDIA_TYPE.match(attachment.get("mime_type", "")):
                say_of("mime_type")
    ids = [item.get("id") for item in feed.get("items", [])]
    if len(set(ids)) != len(ids):
        say("an id twice")
    return problems


def problems_of(data, url):
    """What is wrong with the document DATA that is served at URL."""
    if len(data) > MOST_BYTES:
        return [f"{len(data)} bytes"]
    if data.startswith(b"\xef\xbb\xbf"):
        return ["a byte order mark"]
    try:
        if data.lstrip().startswith(b"{"):
            return problems_of_json(data, url)
        if not data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>'):
            return ["does not declare XML 1.0 in UTF-8"]
        reading = Reading(data)
    except (UnicodeDecodeError, ValueError, xml.parsers.expat.ExpatError) as err:
        return [f"cannot be read: {err}"]
    judges = {"feed": judge_atom, "rss": judge_rss, "opml": judge_outlines}
    if reading.root.name not in judges:
        return [f"<{reading.root.name}> is no feed"]
    judges[reading.root.name](reading, url)
    return reading.problems
