"""Articles a second on one core, per format, from bytes to the flat article with charset,
extraction and sanitiser; and Markdown rendering beside cmark's. Run by tests/bench/run.py."""
import os
import random
import shutil
import statistics
import subprocess
import tempfile

COUNT = 50
GOAL = 5000
SUBJECTS = "市水务局|青岑日报记者|东湖片区的居民|各县区交通部门|值班工程师|市图书馆|有关负责人|志愿者们"
VERBS = "完成了|公布了|正在推进|组织开展|检查了|重新调整|提前安排|汇总发布"
OBJECTS = ("入汛前的堤防加固工程|今年第二季度的重点民生项目|夜间公交线路的发车时间|老旧小区管网改造方案|"
           "“一站式”便民服务窗口|5月中旬的安全检查（含暗访）|2026年春季用工信息|12条客运线路的票价")
TAILS = ("。|，预计本月底前全部到位。|；群众可拨打12345热线反映问题。|，比去年同期增长3.6%。|"
         "，“越早越好”是大家的共识。|，相关数据每日18:00更新！")


def sentence(rng):
    return "".join(rng.choice(words.split("|")) for words in (SUBJECTS, VERBS, OBJECTS, TAILS))


def paragraphs(rng, size):
    """Paragraphs of SIZE bytes of UTF-8 in all."""
    out, length = [], 0
    while length < size:
        text = "".join(sentence(rng) for _ in range(rng.randint(2, 5)))
        out.append(text)
        length += len(text.encode())
    return out


def markdown(rng, i):
    body = paragraphs(rng, 3300)
    body[1] = f"**{sentence(rng)}**{body[1]}详见[公告全文](https://www.qingcen.example/a/{i}.html)。"
    body[2] += "https://www.qingcen.example/live/。请留意。"
    body.insert(3, "## 具体安排\n\n- 第一项：" + sentence(rng) + "\n- 第二项：" + sentence(rng))
    body.insert(4, f"![现场照片](images/{i}.jpg \"图为现场。\")")
    return (f"---\ntitle: 全市公共服务安排调整的通告（第{i}号）\ndate: 2026-05-08 09:{i % 60:02}\n"
            f"source: 青岑日报\nauthor: [甲言, 乙行]\neditor: 杨林\ntags: [民生, 交通]\n"
            f"summary: {sentence(rng)}\n---\n\n" + "\n\n".join(body) + "\n").encode()


def page(rng, i, charset):
    style = 'style="text-indent:2em;line-height:1.75;font-family:宋体"'
    body = "\n".join(f"<p {style}><span style=\"font-size:16px\">　　{p}</span></p>"
                     for p in paragraphs(rng, 3600))
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="{charset}"><title>第{i}号通告_青岑市人民政府网</title>
<meta name="SiteName" content="青岑市人民政府网"><meta name="SiteIDCode" content="9900000001">
<meta name="ColumnName" content="通知公告"><meta name="ColumnType" content="政策文件">
<meta name="ArticleTitle" content="第{i}号通告"><meta name="PubDate" content="2026-05-08 16:45">
<meta name="ContentSource" content="青岑市城市管理局"><meta name="Keywords" content="检查,安全">
<meta name="Author" content="吴校样"><meta name="Url" content="https://www.qingcen.example/{i}.html">
<script src="/js/jquery.js"></script></head><body><div class="nav"><a href="/">首页</a>
<a href="/zwgk/">政务公开</a><a href="/bsfw/">办事服务</a></div><h1>第{i}号通告</h1>
<div class="info">发布时间：2026-05-08 16:45 来源：青岑市城市管理局 【字体：大 中 小】</div>
<div class="TRS_Editor">{body}<p><img src="./W0{i}.png" OLDSRC="W0{i}.png" alt="示意图"></p>
<p>附件：<a href="./P0{i}.pdf">分工表.pdf</a></p></div>
<div class="foot">版权所有</div><script>var a=1;</script></body></html>"""


def text(rng, i):
    return (f"青岑市权威信息发布平台\n第{i}号通告 全市公共服务安排\n2026-05-08 11:24:10 来源：青岑日报\n"
            "扫码阅读手机版\n　　青岑新闻网讯（青岑日报记者甲言、乙行）"
            + "\n　　".join(paragraphs(rng, 3900)) + "\n电子报\n责任编辑：杨林\n").encode()


def nitf(rng, i):
    body = "".join(f"<p>{p}</p>" for p in paragraphs(rng, 3700))
    return (f'<?xml version="1.0" encoding="UTF-8"?><nitf><head><title>第{i}号</title><docdata>'
            f'<doc-id id-string="wire.{i}"/><urgency ed-urg="4"/>'
            f'<date.issue norm="20260508T093000+0800"/></docdata></head><body><body.head>'
            f'<hedline><hl1>第{i}号通告</hl1></hedline><byline>记者 <person>甲言</person></byline>'
            f'</body.head><body.content>{body}</body.content></body></nitf>').encode()


def newsml(rng, i):
    body = "".join(f"<p>{p}</p>" for p in paragraphs(rng, 3500))
    return (f'<?xml version="1.0" encoding="UTF-8"?><newsItem guid="urn:g2:{i}" '
            f'xmlns="http://iptc.org/std/nar/2006-10-01/"><itemMeta><versionCreated>'
            f'2026-05-08T09:30:00+08:00</versionCreated><pubStatus qcode="stat:usable"/></itemMeta>'
            f'<contentMeta><urgency>4</urgency><headline>第{i}号通告</headline></contentMeta>'
            f'<contentSet><inlineXML contenttype="application/xhtml+xml">'
            f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html></inlineXML>'
            f'</contentSet></newsItem>').encode()


def atom(rng, i):
    body = "".join(f"&lt;p>{p}&lt;/p>" for p in paragraphs(rng, 3700))
    return (f'<entry xmlns="http://www.w3.org/2005/Atom"><id>tag:e.example,2026:{i}</id>'
            f'<title>第{i}号通告</title><updated>2026-05-08T09:30:00+08:00</updated>'
            f'<author><name>甲言</name></author><content type="html">{body}</content>'
            f'</entry>').encode()


FORMATS = {
    "Markdown": (".md", markdown),
    "HTML (TRS)": (".html", lambda rng, i: page(rng, i, "utf-8").encode()),
    "HTML in GBK": (".html", lambda rng, i: page(rng, i, "gb2312").encode("gbk")),
    "text layout": (".txt", text),
    "NITF": (".xml", nitf),
    "NewsML-G2": (".xml", newsml),
    "Atom entry": (".xml", atom),
}


def measure(program, milliseconds, *arguments):
    command = ["taskset", "-c", "0", program, str(milliseconds), *arguments]
    return [float(n) for n in subprocess.check_output(command, text=True).split()]


def write(room, name):
    ending, make = FORMATS[name]
    directory = os.path.join(room, name.replace(" ", "_"))
    os.mkdir(directory)
    for i in range(COUNT):
        with open(os.path.join(directory, f"{i}{ending}"), "wb") as file:
            file.write(make(random.Random(i), i))
    return [os.path.join(directory, f) for f in sorted(os.listdir(directory))]


def main(build, rounds=5):
    program = os.path.join(build, "tests", "bench", "bench_parse")
    room = tempfile.mkdtemp(prefix="gazetted-bench.")
    try:
        files = {name: write(room, name) for name in FORMATS}
        rates = {name: [] for name in FORMATS}
        renders = []
        for _ in range(rounds):
            for name in FORMATS:
                rates[name] += measure(program, 300, *files[name])
            renders.append(measure(program, 300, "--render", *files["Markdown"]))
        for name, found in rates.items():
            size = statistics.mean(os.path.getsize(f) for f in files[name]) / 1024
            goal = f", goal {GOAL}" if name == "Markdown" else ""
            print(f"parse {name} of {size:.1f} KB: {statistics.median(found):.0f} articles/s "
                  f"on one core{goal} (median of {rounds})")
        ours = statistics.median(r[0] for r in renders)
        if len(renders[0]) < 2:
            print(f"render Markdown: {ours:.0f}/s; cmark is not installed")
            return
        ratio = statistics.median(r[0] / r[1] for r in renders)
        print(f"render Markdown: {ours:.0f}/s, {ratio:.2f} of cmark's "
              f"{statistics.median(r[1] for r in renders):.0f}/s (median of {rounds})")
    finally:
        shutil.rmtree(room)


if __name__ == "__main__":
    import sys
    main(*sys.argv[1:2])
