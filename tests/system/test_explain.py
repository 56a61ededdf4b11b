"""`gazettectl explain` on rights: the rule, and what each audience sees, for the whole corpus."""
import json
import os
import subprocess

from tests.system.gazetted import BUILD, CORPUS, article, environment
from tests.system.test_partners import PartnerTest


class Explain(PartnerTest):
    def explain(self, gazetted, name, *options):
        done = subprocess.run(
            [os.path.join(BUILD, "gazettectl"), "-s",
             os.path.join(gazetted.room, "state", "control.sock"), *options, "explain", name],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
            env=environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def seen(self, gazetted, name):
        row = json.loads(self.explain(gazetted, name, "--json"))
        row = row[0] if isinstance(row, list) else row
        views = {a["audience"]: a["level"] if a["level"] != "none" else a["view"]
                 for a in row["audiences"]}
        return row["rule"], views

    def test_the_corpus(self):
        with open(os.path.join(CORPUS, "expected.json")) as file:
            expected = json.load(file)["articles"]
        gazetted = self.partnered(copy=os.path.join(CORPUS, "articles"))
        checked = 0
        for want in expected:
            if want["status"] in ("scheduled", "embargoed"):
                continue  # the real clock is past them
            with self.subTest(file=want["file"]):
                rule, views = self.seen(gazetted, want["file"].split("/", 1)[1])
                self.assertEqual(views, want["audience_now"])
                self.assertRegex(rule, f"^rule {want['rights_rule']}: ")
                checked += 1
        self.assertGreater(checked, 18)

    def test_for_people(self):
        gazetted = self.partnered({"a.md": article("One", source="青岑日报"),
                                   "b.md": article("Two", source="青岑日报", draft=True)})
        text = self.explain(gazetted, "a.md")
        self.assertRegex(text, r"rights +rule own: source 青岑日报 matches 青岑日报\n")
        self.assertRegex(text, r"seen by +public: article summary \(rule\)\n"
                               r" +county: article full \(rule\)\n"
                               r" +portal: article summary \(rule\)\n")
        self.assertRegex(self.explain(gazetted, "b.md"), r"county: none \(draft\)")
