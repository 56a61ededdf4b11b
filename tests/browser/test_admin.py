"""The admin page in Chromium, over a publisher that has a bad day: a partner that does not
hear of a recall, subscribers that fail, broken files, held deletions. Its buttons are
pressed for real."""
import base64
import http.client
import os
import re
import subprocess
import unittest
import urllib.parse

from tests.browser.look import AXE, LookTest
from tests.system.admin import TOKEN
from tests.system.gazetted import BUILD, Gazetted, Subscriber, article, wait_for

COUNTY, PORTAL = "county-token-000001", "portal-token-000001"
CONFIG = """
partners:
- {name: county, token_file: %(room)s/county, callback_hosts: [127.0.0.1], require: [secret],
   valid_until: 2099-12-31}
- {name: portal, token_file: %(room)s/portal, callback_hosts: [portal.example]}
- {name: weekly, token_file: %(room)s/portal2, valid_from: 2024-01-01, valid_until: 2024-12-31}
rights:
- {name: own, match: {all: true}, public: full, partners: {county: full, portal: full}}
"""
BASIC = base64.b64encode(f"operator:{TOKEN}".encode()).decode()
AUTHORIZED = {"Authorization": f"Basic {BASIC}"}


def files():
    channels = ("要闻", "交通", "文化")
    found = {f"{channels[i % 3]}/{i:02}.md": article(f"样本稿件 {i}", id=f"tag:x,2026:{i}",
                                                   source="青岑日报")
             for i in range(12)}
    found["要闻/broken.md"] = "---\ntitle: 关于: 供水\ndate: 2026-05-01\n---\n"
    found["文化/no-date.md"] = "---\ntitle: 没有日期的稿件\n---\n正文\n"
    return found


class Admin(LookTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Gazetted(files(), config="", options=(
            "site.base_url=null", "admin.listen=[127.0.0.1:0]", "articles.mass_delete_limit=2",
            "articles.delete_grace=0s", "hub.retry.first=1h", "hub.callbacks.deny_private=false"))
        cls.addClassCleanup(cls.server.close)
        for name, token in (("token", TOKEN), ("county", COUNTY), ("portal", PORTAL),
                            ("portal2", "weekly-token-000001")):
            with open(os.path.join(cls.server.room, name), "w") as file:
                file.write(token + "\n")
            os.chmod(file.name, 0o600)
        with open(cls.server.config, "w") as file:
            file.write(CONFIG % {"room": cls.server.room})
        cls.server.options.append(f"admin.token_file={cls.server.room}/token")
        cls.server.start()
        cls.base = "http://" + cls.server.wait_line(r"admin address=(\S+)$").group(1)
        cls.good, cls.bad = Subscriber(), Subscriber()
        cls.addClassCleanup(cls.good.close)
        cls.addClassCleanup(cls.bad.close)
        cls.bad_day()

    @classmethod
    def bad_day(cls):
        server, topic = cls.server, "/p/county/feed.atom"
        server.subscribe(cls.good)
        server.subscribe(cls.good, path="/c/%E8%A6%81%E9%97%BB/feed.json", name="/news")
        seen = len(cls.bad.challenges)
        answer = server.request(
            "POST", "/hub", {"Content-Type": "application/x-www-form-urlencoded",
                             "Authorization": "Bearer " + COUNTY},
            urllib.parse.urlencode({"hub.mode": "subscribe", "hub.secret": "0123456789abcdef",
                                    "hub.topic": f"http://127.0.0.1:{server.port}{topic}",
                                    "hub.callback": cls.bad.url("/partner")}))
        assert answer.status == 202, answer
        server.wait(lambda: len(cls.bad.challenges) > seen, "the verification")
        server.wait_line(r"hub: verified .*county")
        server.subscribe(cls.bad, name="/shut")
        for number in (1, 2):
            server.write(f"要闻/new{number}.md", article(f"新稿 {number}", source="青岑日报",
                                                        id=f"tag:x,2026:new{number}"))
            cls.bad.wait_delivery(lambda d, n=number: f"新稿 {n}".encode() in d.body)
        server.get("/p/portal/feed.json", {"Authorization": "Bearer " + PORTAL})
        cls.bad.status = 503
        server.delete("要闻/new1.md")
        server.wait_no_title("新稿 1")

    def admin(self, path="/admin/", size="desktop", scheme="light", **headers):
        return self.open(path, size, scheme, headers={**AUTHORIZED, **headers})

    def request(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection(self.base[7:], timeout=60)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def text(self):
        return self.request("GET", "/admin/?paused", AUTHORIZED)[1]

    def press(self, page, action):
        """Presses the button of ACTION with the mouse, and waits for the page that follows."""
        x, y = page.run(
            f"(() => {{ const b = document.querySelector('button[value={action}]');"
            "b.scrollIntoView({block: 'center'}); const r = b.getBoundingClientRect();"
            "return [r.left + r.width / 2, r.top + r.height / 2]; })()")
        page.first = len(page.browser.events)
        page.click(x, y)
        page.wait_loaded()
        return page.run("document.body.innerText")

    def test_every_look(self):
        wait_for(lambda: "tag:x,2026:new1" in self.text(), "the recall")
        page = self.admin("/admin/?paused")
        self.check_clean(page, "/admin/?paused")
        text = page.run("document.body.innerText")
        for shown in ("broken.md:2", "no-date.md", "county", "portal", "weekly", "未生效或已到期",
                      "/p/county/feed.atom", "tag:x,2026:new1", self.bad.url("")):
            self.assertIn(shown, text)
        self.check_looks(page, "admin")
        page.look((320, 640), "light")
        self.assertEqual(page.run("checks.width()"), [])

    @unittest.skipUnless(os.path.exists(AXE),
                         "no axe-core: it does not judge the pages (make browser fetches it)")
    def test_axe_finds_nothing(self):
        for size, scheme in (("desktop", "light"), ("phone", "dark")):
            with self.subTest(size=size, scheme=scheme):
                self.check_axe(self.admin("/admin/?paused", size, scheme))

    def test_the_keyboard_reaches_every_button(self):
        self.check_keyboard(self.admin("/admin/?paused"))

    def test_it_updates_itself_until_it_is_paused(self):
        page = self.admin()
        before = page.run("document.querySelector('.updates time').textContent")
        page.first = len(page.browser.events)
        page.wait_loaded()
        after = page.run("document.querySelector('.updates time').textContent")
        self.assertGreater(after, before)
        self.assertEqual(page.run("document.querySelector('.updates a').getAttribute('href')"),
                         "/admin/?paused")
        status, text = self.request("GET", "/admin/?paused", AUTHORIZED)
        self.assertEqual(status, 200)
        self.assertIn('href="/admin/"', text)

    def test_in_english_too(self):
        text = self.text()
        self.assertIn('lang="zh-CN"', text)
        self.assertNotRegex(re.sub(r"<[^>]*>", " ", text), r"\b(Deliveries|Partners|Retries)\b")

    def test_a_form_of_another_site_does_nothing(self):
        """A browser sends the password with it; the secret of the form is what is missing."""
        since = len(self.server.lines)
        page = self.browser.page(headers=AUTHORIZED)
        self.addCleanup(page.close)
        form = (f"<form method=post action={self.base}/admin/><input name=form value={'0' * 64}>"
                "<input name=action value=reload></form>")
        page.go("data:text/html," + urllib.parse.quote(form))
        page.first = len(page.browser.events)
        page.run("document.forms[0].submit()")
        page.wait_loaded()
        self.assertIn("not from this page", page.run("document.body.innerText"))
        self.server.wait_line(r"admin: refused a form that is not ours", since)
        self.assertEqual(self.server.matching(r"^reload", since), [])

    def test_the_page_cannot_be_framed(self):
        page = self.browser.page(headers=AUTHORIZED)
        self.addCleanup(page.close)
        page.go("data:text/html," + urllib.parse.quote(f"<iframe src={self.base}/admin/>"))
        wait_for(lambda: any("frame-ancestors" in c or "blocked" in c.lower()
                             for c in page.complaints()), "the refusal")

    def test_held_deletions_are_confirmed_by_a_press(self):
        names = [f"held{i}.md" for i in range(4)]
        for name in names:
            self.server.write(name, article(name))
        self.server.wait_title(names[-1])
        for name in names:
            self.server.delete(name)
        wait_for(lambda: "held2.md" in self.text() and 'class="alarm"' in self.text(), "the hold")
        page = self.admin("/admin/?paused")
        self.check_looks(page, "admin-held")
        text = self.press(page, "confirm-deletes")
        self.assertIn("文章已删除", text)
        self.server.wait(lambda: not set(names) & set(self.server.titles()), "the deletion")
        page = self.admin("/admin/?paused")
        self.assertEqual(page.run("document.querySelectorAll('.danger').length"), 0)

    def test_a_held_article_is_released_by_a_press(self):
        socket_dir = os.path.join(self.server.room, "state")
        title = "样本稿件 7"
        self.assertEqual(self.ctl(socket_dir, "hold", "tag:x,2026:7"), 0)
        self.server.wait_no_title(title)
        page = self.admin("/admin/?paused")
        self.assertIn("扣发", page.run("document.body.innerText"))
        self.assertIn("文章已恢复", self.press(page, "release"))
        self.server.wait_title(title)

    @staticmethod
    def ctl(directory, *words):
        return subprocess.run([os.path.join(BUILD, "gazettectl"), "-s", directory, *words],
                              stdout=subprocess.DEVNULL).returncode

    def test_retry_and_reload(self):
        page = self.admin("/admin/?paused")
        since = len(self.bad.deliveries)
        self.assertIn("正在重试", self.press(page, "retry"))
        self.bad.wait_delivery(since=since)
        self.assertIn("配置已重新读取", self.press(self.admin("/admin/?paused"), "reload"))


if __name__ == "__main__":
    unittest.main()
