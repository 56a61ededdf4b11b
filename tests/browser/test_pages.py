"""The pages as people get them: in Chromium, in light and dark, on a desk and on a phone.
Pictures of every look are left in build/screenshots."""
import os
import shutil
import subprocess
import time
import unittest

from tests.browser.browser import DESKTOP
from tests.browser.look import AXE, LookTest
from tests.system.gazetted import CORPUS, Gazetted, article

WATER = os.path.join(CORPUS, "articles", "txt", "portal-layout-halfwidth.txt")
MUSEUM = os.path.join(CORPUS, "articles", "md", "museum-night")
METRO = os.path.join(CORPUS, "articles", "md", "2026-05-13-metro-station.md")
GUIDE = """The 6.4-kilometre route links the museum, the library and East Lake Park, with
[a map](https://www.qingcen.example/map) at every entrance.

## What is on the way

> Signs are in Chinese and English; quiet hours run from 22:00.

| Stop | Distance | Open | What for | Where to sit | Step-free |
| --- | --- | --- | --- | --- | --- |
| Museum | 0 km | 9:00-17:00 | exhibitions | courtyard | yes |
| Library | 2.1 km | 9:00-21:00 | reading | terrace | yes |
| EastLakeParkVisitorCentreWithALongName | 6.4 km | all day | boats | shore | partly |

    ssh -o StrictHostKeyChecking=accept-new guide@riverside.qingcen.example --print-every-stop

- Benches every 300 metres
- Water at every stop
"""


def read(path):
    with open(path, "rb") as file:
        return file.read()


def printed(title, page, section, **fields):
    edition = {"paper": "青岑日报", "date": "2026-05-11", "page": page, "section": section}
    return article(title, date="2026-05-11T06:00:00+08:00", source="青岑日报",
                   edition=edition, **fields)


def files():
    return {
        "要闻/sewer.md": printed("老城区雨污分流改造过半", "01", "要闻", author="周样本",
                               引题="汛期前完成主干管网"),
        "要闻/card.md": printed("青岑开通“老年公交卡”线上年审", "01", "要闻", author="林示例"),
        "文化/books.md": printed("古籍数字展上线", "A2", "副刊", author="林示例、周样本"),
        "文化/lotus.md": article("东湖荷花初绽", edition={"paper": "青岑日报", "date": "2026-05-10",
                                                  "page": "04", "section": "图片"}),
        "要闻/water.txt": read(WATER),
        "交通/metro.md": read(METRO),
        **{f"文化/museum-night/{name}": read(os.path.join(MUSEUM, name))
           for name in ("index.md", "cover.png", "guide.mp3")},
        "文化/park.md": article(
            "东湖公园周末音乐会", date="2026-05-15T09:00:00+08:00", source="青岑新闻网",
            status="withdrawn", withdrawn=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
            withdraw_reason="活动取消", body="音乐会将于 5 月 17 日 19:00 举行。"),
        "文化/guide.md": article("Qingcen Opens Its Riverside Walking Route", lang="en",
                               source="Qingcen News", author="Sample Reporter",
                               tags=["walking", "riverside"], body=GUIDE,
                               date="2026-05-17T10:00:00+08:00"),
        "公共服务/library.md": article(
            "市图书馆延长开放时间：每周五至 21:00", date="2026-05-08T09:30:00+08:00",
            source="青岑日报", author="林示例", editor="吴校样", 引题="民生服务",
            副题="总馆每周五延长开放三小时", tags=["图书馆", "公共文化"],
            body="自本周五起，**市图书馆总馆**每周五开放时间延长至 21:00，周末时间不变。\n\n"
                 "## 开放时间\n\n- 周一至周四：09:00—18:00\n- 周五：09:00—21:00\n"),
    }


PAGES = {"landing": "/", "landing-english": "/index.en.html", "article": "/a/water",
         "article-picture": "/a/museum-night",
         "article-correction": "/a/metro", "article-withdrawn": "/a/park",
         "epaper": "/epaper/2026-05-11/", "epaper-days": "/epaper/",
         "article-english": "/a/guide", "article-subtitle": "/a/library"}


class Pages(LookTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Gazetted(files(), options=(
            "site.base_url=null", "site.title=青岑新闻网", "site.subtitle=身边事，早知道",
            "site.rights=© 2026 青岑日报社")).start()
        cls.addClassCleanup(cls.server.close)
        cls.base = f"http://127.0.0.1:{cls.server.port}"

    def test_every_look_of_every_page(self):
        for name, path in PAGES.items():
            page = self.open(path)
            if path != "/a/park":  # to a console 410 is an error
                self.check_clean(page, path)
            self.check_looks(page, name)

    @unittest.skipUnless(os.path.exists(AXE),
                         "no axe-core: it does not judge the pages (make browser fetches it)")
    def test_axe_finds_nothing(self):
        """With every feed's addresses open."""
        for name, path in PAGES.items():
            for size, scheme in (("desktop", "light"), ("phone", "dark")):
                with self.subTest(page=name, size=size, scheme=scheme):
                    page = self.open(path, size, scheme)
                    page.run("document.querySelectorAll('details').forEach("
                             "(details) => details.open = true)")
                    self.check_axe(page)

    def test_a_narrow_window_scrolls_one_way(self):
        """WCAG 2.1, 1.4.10: 320 pixels are 400 % of a 1280 pixel screen."""
        for name, path in PAGES.items():
            with self.subTest(page=name):
                page = self.open(path)
                page.look((320, 640), "light")
                self.assertEqual(page.run("checks.width()"), [])

    def test_the_feeds_of_every_channel_open(self):
        page = self.open("/", "phone")
        page.run("document.querySelectorAll('details').forEach((d) => d.open = true)")
        for check in ("contrast", "width"):
            self.assertEqual(page.run(f"checks.{check}()"), [])
        self.assertEqual(page.run("document.querySelectorAll('.addresses .copy').length"),
                         3 * 6 + 2)
        self.picture(page, "landing-open-phone-light")

    def test_the_keyboard_reaches_everything_and_shows_where_it_is(self):
        for path in ("/", "/a/guide", "/a/library"):
            with self.subTest(path=path):
                self.check_keyboard(self.open(path))

    def test_the_skip_link_skips(self):
        page = self.open("/a/water")
        page.key("Tab", 9)
        self.assertEqual(page.run("document.activeElement.className"), "skip")
        page.key("Enter", 13)
        page.call("Input.dispatchKeyEvent", type="char", text="\r")
        self.assertEqual(page.run("document.activeElement.id"), "content")

    def test_one_click_selects_an_address(self):
        page = self.open("/")
        for number, name in enumerate(("atom", "rss", "json")):
            x, y = page.run("(([b]) => [b.left + b.width / 2, b.top + b.height / 2])("
                            f"document.querySelectorAll('.copy')[{number}].getClientRects())")
            page.click(x, y)
            self.assertEqual(page.run("getSelection().toString()"),
                             f"{self.base}/feed.{name}")

    @unittest.skipUnless(shutil.which("zbarimg"),
                         "no zbarimg: the QR code is not read (apt-get install zbar-tools)")
    def test_a_phone_reads_the_code(self):
        for scheme in ("light", "dark"):
            with self.subTest(scheme=scheme):
                page = self.open("/a/water", "desktop", scheme)
                path = self.picture(page, f"article-desktop-{scheme}")
                done = subprocess.run(["zbarimg", "--quiet", "--raw", path], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.stdout.strip(), f"{self.base}/a/water", done.stderr)

    def test_the_language_of_the_browser(self):
        for language, heading in (("en-US,en;q=0.9", "Latest"),
                                  ("zh-CN,en;q=0.5", "最新发布")):
            page = self.open("/", language=language)
            self.assertEqual(page.run("document.getElementById('latest').textContent"), heading)

    def test_on_paper(self):
        page = self.open("/a/library")
        page.look(DESKTOP, "dark", "print")
        self.assertEqual(page.run("getComputedStyle(document.querySelector('h1')).color"),
                         "rgb(0, 0, 0)")
        for selector in (".skip", ".colophon nav"):
            self.assertEqual(page.run(
                f"getComputedStyle(document.querySelector('{selector}')).display"), "none")
        self.assertEqual(page.run("getComputedStyle(document.querySelector('.phone')).display"),
                         "block")
        self.picture(page, "article-paper")

    def test_a_withdrawn_article_answers_gone(self):
        page = self.open("/a/park")
        statuses = {e["response"]["url"]: e["response"]["status"]
                    for e in page.events("Network.responseReceived")}
        self.assertEqual(statuses[self.base + "/a/park"], 410)
        text = page.run("document.body.innerText")
        self.assertIn("活动取消", text)
        self.assertNotIn("19:00", text)

    def test_a_feed_is_readable(self):
        for path in ("/feed.atom", "/feed.rss"):
            with self.subTest(path=path):
                page = self.browser.page(DESKTOP, "light")
                self.addCleanup(page.close)
                page.go(self.base + path)
                self.check_clean(page, path)
                self.assertEqual(page.run("getComputedStyle(document.documentElement)"
                                          ".maxWidth"), "704px")
                self.picture(page, "feed-" + path[6:])


if __name__ == "__main__":
    unittest.main()
