"""Each article of the corpus, re-encoded to every character set that can hold it, is the same
article."""
import json
import os
import re
import shutil
import tempfile
import unittest

from tests.system.gazetted import CORPUS
from tests.system.test_check import run

# Python's name and what a file declares. UTF-16 with its mark needs no declaration.
CHARSETS = (("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"),
            ("gbk", "gb2312"), ("big5hkscs", "big5"), ("utf-16", None))
ABOUT_BYTES = {"encoding", "declared_encoding", "bom", "newline", "origin", "file"}


class Charsets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            cls.expected = json.load(file)

    def setUp(self):
        self.room = tempfile.mkdtemp(prefix="gazetted-charsets.")
        self.addCleanup(shutil.rmtree, self.room)

    def articles(self):
        for entry in self.expected["articles"]:
            if entry["format"] in ("markdown", "html", "text", "nitf", "atom-entry"):
                yield entry["file"]

    def read(self, path):
        with open(os.path.join(CORPUS, path), "rb") as file:
            raw = file.read()
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("gb18030")

    def fields(self, path):
        _, output, errors = run("--json", "check", path, cwd=self.room)
        self.assertEqual(errors, "")
        got = json.loads(output)[0]
        self.assertFalse(got.get("errors"), f"{path}: {got.get('errors')}")
        return {key: value for key, value in got.items() if key not in ABOUT_BYTES}

    def put(self, path, text, charset, declared):
        text = re.sub(r'(charset=["\']?|<\?xml version="1.0" encoding=")[-\w]+',
                      lambda m: m.group(1) + (declared or "utf-16"), text)
        full = os.path.join(self.room, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text.encode(charset))

    def test_every_charset_gives_the_same_article(self):
        tried = 0
        for path in self.articles():
            text = self.read(path)
            self.put(path, text, "utf-8", "utf-8")
            want = self.fields(path)
            for charset, declared in CHARSETS:
                try:
                    text.encode(charset)
                except UnicodeEncodeError:
                    continue
                with self.subTest(path=path, charset=charset):
                    self.put(path, text, charset, declared)
                    self.assertEqual(self.fields(path), want)
                    tried += 1
        self.assertGreater(tried, 80)
