"""The admin page: who may see it, what it shows, and what its buttons do."""
import base64
import os
import re
import subprocess
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from tests.system.admin import TOKEN, AdminTest
from tests.system.gazetted import BUILD, DEADLINE, article, run

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}


class Access(AdminTest):
    def test_the_token_is_wanted(self):
        gazetted = self.gazetted({"a.md": article("One")})
        basic = base64.b64encode(f"operator:{TOKEN}".encode()).decode()
        for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401), (BEARER, 200),
                                ({"Authorization": f"Basic {basic}"}, 200)):
            for path in ("/admin/", "/admin/style.css"):
                with self.subTest(headers=headers, path=path):
                    answer = self.admin(gazetted, path, headers=headers)
                    self.assertEqual(answer.status, status)
                    self.assertEqual(answer.header("Cache-Control"), "no-store")
        answer = self.admin(gazetted, "/admin/")
        self.assertIn('Basic realm="gazetted"', answer.header("WWW-Authenticate"))
        self.assertNotIn(TOKEN, gazetted.log())
        self.assertEqual(self.admin(gazetted, "/admin/none", headers=BEARER).status, 404)
        self.assertEqual(self.admin(gazetted, "/").header("Location"), "/admin/")
        self.assertEqual(self.admin(gazetted, "/readyz").body, b"ready\n")
        self.assertEqual(self.admin(gazetted, "/healthz").status, 200)

    def test_without_a_token_the_page_is_closed(self):
        gazetted = self.gazetted({"a.md": article("One")}, has_token=False)
        answer = self.admin(gazetted, "/admin/", headers=BEARER)
        self.assertEqual(answer.status, 403)
        self.assertIn(b"admin.token_file", answer.body)
        self.assertEqual(self.admin(gazetted, "/metrics").status, 200)

    def test_a_unix_socket_needs_no_token(self):
        room = tempfile.TemporaryDirectory(prefix="gazetted-admin.")
        self.addCleanup(room.cleanup)
        path = os.path.join(room.name, "admin.sock")
        gazetted = self.gazetted({"a.md": article("One")}, has_token=False,
                                 options=[f"admin.listen=['unix:{path}']"])
        self.assertEqual(self.admin(gazetted, "/admin/").status, 200)
        # somebody behind a proxy is not the peer
        answer = self.admin(gazetted, "/admin/", headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(answer.status, 403)

    def test_a_bad_token_file_stops_the_start(self):
        gazetted = super(AdminTest, self).gazetted({"a.md": article("One")}, is_started=False)
        token = os.path.join(gazetted.room, "token")
        with open(token, "w") as file:
            file.write("short\n")
        gazetted.options += ["admin.listen=[127.0.0.1:0]", f"admin.token_file={token}"]
        status, _, errors = run(*gazetted.arguments())
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"^admin\.token_file: \S+: the token has 5 bytes.*\n$")


class Page(AdminTest):
    def page(self, gazetted):
        answer = self.admin(gazetted, "/admin/", headers=BEARER)
        self.assertEqual(answer.status, 200)
        self.assertIn("default-src 'none'", answer.header("Content-Security-Policy"))
        text = answer.body.decode()
        self.assertNotIn("<script", text)
        self.assertNotIn(" style=", text)
        # what is written as HTML is well-formed XML too, but for void elements
        body = re.sub(r"<(meta|link|input|br)([^>]*)>", r"<\1\2/>", text.split("\n", 1)[1])
        ElementTree.fromstring(body)
        return text

    def post(self, gazetted, action, form=None, headers=FORM):
        text = self.page(gazetted)
        found = re.search(r'name="form" value="([0-9a-f]{64})"', text).group(1)
        return self.admin(gazetted, "/admin/", "POST", headers,
                          f"form={found if form is None else form}&action={action}")

    def test_what_it_shows(self):
        gazetted = self.gazetted({"a.md": article("One"), "news/b.md": article("Two"),
                                  "bad<b>.md": "---\ntitle: x\n---\n"},
                                 options=["hub.retry.first=1h"])
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        subscriber.script = [503]
        gazetted.write("c.md", article("Three"))
        subscriber.wait_delivery()
        text = gazetted.wait(lambda: (lambda t: t if 'class="failed"' in t else None)(
            self.page(gazetted)), "the failure in the chart")
        self.assertIn('<p class="state"><strong>运行正常</strong>', text)
        self.assertIn("bad&lt;b&gt;.md", text)
        for other in ("跟随发布节点", "数据库暂不可用"):  # only of one among several nodes
            self.assertNotIn(other, text)
        self.assertIn("<td>/feed.atom</td>", text)
        self.assertRegex(text, r"<dt>已发布</dt><dd>3</dd>")
        answer = self.admin(gazetted, "/admin/", headers=BEARER)
        self.assertEqual(answer.header("Refresh"), "10; url=/admin/")
        answer = self.admin(gazetted, "/admin/?paused", headers=BEARER)
        self.assertIsNone(answer.header("Refresh"))
        style = self.admin(gazetted, "/admin/style.css", headers=BEARER)
        self.assertEqual(style.header("Content-Type"), "text/css; charset=utf-8")
        self.assertIn(b".tiles", style.body)

    def test_in_english(self):
        gazetted = self.gazetted({"a.md": article("One")}, options=["site.language=en"])
        text = self.page(gazetted)
        self.assertIn('<html lang="en">', text)
        self.assertIn("<dt>Articles out</dt>", text)

    def test_held_deletions_are_confirmed_by_a_button(self):
        gazetted = self.gazetted({f"{i}.md": article(f"T{i}") for i in range(5)},
                                 options=["articles.mass_delete_limit=2"])
        self.assertNotIn("confirm-deletes", self.page(gazetted))
        for i in range(4):
            gazetted.delete(f"{i}.md")
        gazetted.wait(lambda: 'class="alarm"' in self.page(gazetted), "the hold")
        self.assertIn("<code>2.md</code>", self.page(gazetted))
        answer = self.post(gazetted, "confirm-deletes")
        self.assertEqual((answer.status, answer.header("Location")),
                         (303, "/admin/?done=1"))
        gazetted.wait(lambda: gazetted.titles() == ["T4"], "the deletion")
        gazetted.wait_line(r"admin: confirm-deletes client=127\.0\.0\.1")

    def test_an_article_is_released_by_a_button(self):
        gazetted = self.gazetted({"a.md": article("One"), "b & c.md": article("Two")})
        subprocess.run([os.path.join(BUILD, "gazettectl"), "-s", gazetted.path(".gazetted"),
                        "hold", "b & c.md"], check=True, stdout=subprocess.DEVNULL)
        gazetted.wait_no_title("Two")
        ident = re.search(r'name="id" value="([^"]*)"', self.page(gazetted)).group(1)
        answer = self.post(gazetted, "release&id=no+such")
        self.assertEqual((answer.status, answer.header("Location")), (303, "/admin/?done=6"))
        answer = self.post(gazetted, "release&id=" + urllib.parse.quote(ident, safe=""))
        self.assertEqual((answer.status, answer.header("Location")), (303, "/admin/?done=5"))
        gazetted.wait_title("Two")

    def test_retry_by_a_button(self):
        gazetted = self.gazetted({"a.md": article("One")}, options=["hub.retry.first=1h"])
        subscriber = self.subscriber()
        gazetted.subscribe(subscriber)
        subscriber.script = [503]
        gazetted.write("b.md", article("Two"))
        subscriber.wait_delivery()
        gazetted.wait(lambda: 'value="retry"' in self.page(gazetted), "the button")
        self.assertEqual(self.post(gazetted, "retry").status, 303)
        subscriber.wait_delivery(since=1)

    def test_a_form_from_elsewhere_does_nothing(self):
        gazetted = self.gazetted({"a.md": article("One")})
        since = len(gazetted.lines)
        self.assertEqual(self.post(gazetted, "reload", form="0" * 64).status, 403)
        self.assertEqual(self.post(gazetted, "reload", form="").status, 403)
        self.assertEqual(self.post(gazetted, "nonsense").status, 400)
        no_token = {k: v for k, v in FORM.items() if k != "Authorization"}
        self.assertEqual(self.post(gazetted, "reload", headers=no_token).status, 401)
        self.assertEqual(gazetted.matching("reload", since), [])
        self.assertEqual(self.post(gazetted, "reload").status, 303)
        gazetted.wait_line(r"reload: nothing changed", since)
        answer = self.admin(gazetted, "/admin/?done=3", headers=BEARER)
        self.assertIn('role="status">', answer.body.decode())
        answer = self.admin(gazetted, "/admin/?done=99", headers=BEARER)
        self.assertNotIn('role="status">', answer.body.decode())


class Partners(AdminTest):
    def test_who_has_not_heard_of_a_recall(self):
        room = tempfile.TemporaryDirectory(prefix="gazetted-admin.")
        self.addCleanup(room.cleanup)
        token = os.path.join(room.name, "portal")
        with open(token, "w") as file:
            file.write("portal-token-000001\n")
        gazetted = self.gazetted(
            {"a.md": article("One"), "b.md": article("Two", id="tag:x,2026:2")},
            config=f"partners: [{{name: portal, token_file: {token}, valid_until: 2099-12-31}}]\n"
                   "rights: [{name: all, match: {all: true}, partners: {portal: full}}]\n")
        headers = {"Authorization": "Bearer portal-token-000001"}

        def shown():
            page = self.admin(gazetted, "/admin/", headers=BEARER).body.decode()
            metrics = self.admin(gazetted, "/metrics").body.decode()
            found = re.search(r"^gazetted_recalls_open (\d+)$", metrics, re.M)
            return "<code>tag:x,2026:2</code>" in page, found and found.group(1), page

        self.assertEqual(gazetted.get("/p/portal/feed.json", headers).status, 200)
        gazetted.wait(lambda: shown()[:2] == (False, "0"), "the ledger to be read")
        self.assertIn("2099-12-31", shown()[2])
        gazetted.delete("b.md")
        gazetted.wait_no_title("Two")
        gazetted.wait(lambda: shown()[:2] == (True, "1"), "the recall", 3 * DEADLINE)
        self.assertEqual(gazetted.get("/p/portal/feed.json", headers).status, 200)
        gazetted.wait(lambda: shown()[:2] == (False, "0"), "its end", 3 * DEADLINE)


if __name__ == "__main__":
    unittest.main()
