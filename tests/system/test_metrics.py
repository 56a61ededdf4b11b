"""/metrics: the format, the conventions, and numbers that say what happened."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tests.system.gazetted import TOP, article
from tests.system.admin import AdminTest

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{([^}]*)\})? (\S+)')


def parse(text):
    """Name and labels -> value; AssertionError for anything that is not the format."""
    samples, types, helps, current = {}, {}, {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, what = line.split(" ", 3)
            assert name not in helps, f"{name} twice"
            helps[name], current = what, name
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            assert name == current and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        family = base if types.get(base) == "histogram" else name
        assert family == current, f"{line}: not under its TYPE"
        key = name + (f"{{{labels}}}" if labels else "")
        assert key not in samples, f"{key} twice"
        samples[key] = float(value)
    return samples, types, helps


class Metrics(AdminTest):
    def scrape(self, gazetted):
        answer = self.admin(gazetted, "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("Content-Type"),
                         "text/plain; version=0.0.4; charset=utf-8")
        return parse(answer.body.decode())

    def test_conventions(self):
        gazetted = self.gazetted({"a.md": article("One")})
        samples, types, helps = self.scrape(gazetted)
        self.assertGreater(len(types), 35)
        for name, kind in types.items():
            with self.subTest(name):
                self.assertTrue(name.startswith("gazetted_"))
                self.assertEqual(name.endswith("_total"), kind == "counter")
                self.assertTrue(helps[name].endswith("."), helps[name])
                if kind == "histogram":
                    self.assertTrue(name.endswith("_seconds"))
        for name in (n for n, kind in types.items() if kind == "histogram"):
            buckets = [v for k, v in samples.items() if k.startswith(name + "_bucket")]
            self.assertEqual(buckets, sorted(buckets), name)
            self.assertEqual(buckets[-1], samples[name + "_count"])
        self.assertEqual(len([k for k in samples if k.startswith("gazetted_build_info")]), 1)

    @unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed")
    def test_promtool_has_nothing_to_say(self):
        gazetted = self.gazetted({"a.md": article("One")})
        done = subprocess.run(["promtool", "check", "metrics"], stdout=subprocess.PIPE,
                              input=self.admin(gazetted, "/metrics").body,
                              stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    @unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed")
    def test_promtool_reads_the_queries_of_the_dashboard(self):
        rules = [{"record": f"test:{number}", "expr": query.replace("$instance", ".*")}
                 for number, query in enumerate(self.queries())]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"{len(rules)} rules found", done.stdout)

    def test_the_numbers_follow_what_happens(self):
        gazetted = self.gazetted({"a.md": article("One"), "bad.md": "---\ntitle: x\n---\n",
                                  "d.md": article("Draft", status="draft")},
                                 options=["hub.retry.first=1h"])
        before = self.scrape(gazetted)[0]
        self.assertEqual(before['gazetted_articles{state="published"}'], 1)
        self.assertEqual(before['gazetted_articles{state="waiting"}'], 1)
        self.assertEqual(before['gazetted_articles{state="rejected"}'], 1)
        self.assertEqual(before["gazetted_article_refusals_total"], 1)
        self.assertEqual(before["gazetted_ready"], 1)
        etag = gazetted.get("/feed.atom").header("ETag")
        gazetted.get("/feed.atom", {"If-None-Match": etag})
        gazetted.get("/none")
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        subscriber.script = [503]
        gazetted.write("b.md", article("Two"))
        gazetted.wait_title("Two")
        subscriber.wait_delivery()
        failed = 'gazetted_deliveries_total{outcome="failed"}'
        after = gazetted.wait(lambda: (lambda s: s if s[failed] else None)(
            self.scrape(gazetted)[0]), "the failure")

        def grew(name):
            return after[name] - before[name]

        self.assertGreaterEqual(grew('gazetted_http_responses_total{code="2xx"}'), 2)
        self.assertEqual(grew('gazetted_http_responses_total{code="304"}'), 1)
        self.assertGreaterEqual(grew('gazetted_http_responses_total{code="4xx"}'), 1)
        self.assertGreater(grew("gazetted_http_sent_bytes_total"), 1000)
        self.assertGreaterEqual(grew("gazetted_http_connections_total"), 3)
        self.assertEqual(grew("gazetted_article_versions_total"), 1)
        self.assertEqual(grew("gazetted_publish_duration_seconds_count"), 1)
        self.assertGreater(grew("gazetted_store_commit_duration_seconds_count"), 0)
        self.assertEqual(after['gazetted_hub_verifications_total{result="confirmed"}'], 1)
        self.assertEqual(after[failed], 1)
        self.assertGreater(after["gazetted_worker_lag_seconds_count"], 0)
        self.assertGreater(after["gazetted_process_resident_memory_bytes"], 1 << 20)
        fresh = gazetted.wait(
            lambda: (lambda s: s if s["gazetted_subscriptions"] == 1 and
                     s['gazetted_queue{kind="retry"}'] == 1 else None)(
                         self.scrape(gazetted)[0]), "the counts")
        self.assertEqual(fresh["gazetted_workers"], 1)

    @staticmethod
    def queries():
        with open(os.path.join(TOP, "systemd", "grafana.json")) as file:
            return [target["expr"] for panel in json.load(file)["panels"]
                    for target in panel["targets"]]

    def test_the_dashboard_shows_what_there_is(self):
        gazetted = self.gazetted({"a.md": article("One")})
        samples = self.scrape(gazetted)[0]
        names = {re.sub(r"\{.*", "", key) for key in samples}
        used = set()
        for query in self.queries():
            used |= set(re.findall(r"gazetted_\w+", query))
            for label in re.findall(r'(\w+="[^"]*")', query):
                self.assertTrue(any(label in key for key in samples), query)
        self.assertGreater(len(used), 15)
        self.assertEqual(used - names, set())

    def test_how_late_deliveries_are(self):
        gazetted = self.gazetted({"a.md": article("One")}, options=["hub.retry.first=1s"])
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        subscriber.script = [503]
        gazetted.write("b.md", article("Two"))
        subscriber.wait_delivery(lambda delivery: delivery.status == 204)
        lateness = "gazetted_delivery_lateness_seconds_"
        attempts = "gazetted_delivery_attempt_duration_seconds_"
        seen = gazetted.wait(lambda: (lambda s: s if s[lateness + "count"] else None)(
            self.scrape(gazetted)[0]), "the delivery")
        self.assertEqual(seen[lateness + "count"], 1)
        self.assertEqual(seen[attempts + "count"], 2)
        # the pause before the retry counts for the one, not for the other
        self.assertGreater(seen[lateness + "sum"], 0.5)
        self.assertLess(seen[attempts + "sum"], seen[lateness + "sum"])

    def test_readers_behind_aggregators(self):
        gazetted = self.gazetted({"a.md": article("One")})
        subscriber = self.subscriber()
        subscriber.headers = {"X-Hub-On-Behalf-Of": "40"}
        gazetted.subscribe(subscriber)
        gazetted.get("/feed.atom", {"User-Agent": "Fetcher/1.0 (2 subscribers)"})
        gazetted.get("/feed.atom", {"User-Agent": "Fetcher/1.1 (3 subscribers)"})
        gazetted.write("b.md", article("Two"))
        subscriber.wait_delivery()
        gazetted.wait(lambda: self.scrape(gazetted)[0]['gazetted_readers{via="push"}'] == 40,
                      "the readers pushed to")
        self.assertEqual(self.scrape(gazetted)[0]['gazetted_readers{via="poll"}'], 3)

    def test_a_scrape_is_small_and_quick(self):
        gazetted = self.gazetted({f"{i}.md": article(f"T{i}") for i in range(50)})
        answer = self.admin(gazetted, "/metrics")
        self.assertLess(len(answer.body), 64 * 1024)

    def test_it_is_not_on_the_public_listener(self):
        gazetted = self.gazetted({"a.md": article("One")})
        for path in ("/metrics", "/admin/", "/admin/style.css"):
            self.assertEqual(gazetted.get(path).status, 404, path)


if __name__ == "__main__":
    unittest.main()
