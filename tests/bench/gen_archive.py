"""A news archive of any size: Markdown with Hugo's front matter, Chinese and English, one
article every 37 seconds. Article I is the same bytes whatever the number.

gen_archive.py COUNT DIRECTORY [--first I]"""
import argparse
import datetime
import os
import random

CHINESE = (
    "青岑日报记者从有关部门获悉今年以来全市经济运行总体平稳稳中有进高质量发展扎实推进科技创新成果不断涌现"
    "产业升级步伐加快居民收入持续增长生态环境质量明显改善文化旅游市场繁荣活跃城乡融合发展呈现新气象会议强调"
    "要坚持稳字当头以进促稳统筹发展和安全着力扩大内需优化结构提振信心防范化解风险巩固和增强经济回升向好态势"
    "专家表示数字经济与实体经济深度融合为区域协调发展注入了强劲动力群众获得感幸福感安全感更加充实更有保障")
ENGLISH = (
    "the city government said on tuesday that industrial output rose steadily while consumer "
    "prices remained stable analysts expect new investment in clean energy high speed rail "
    "digital services rural tourism and education officials reporters editors residents markets "
    "growth report culture science health sports weather policy").split()
SECTIONS = ["要闻", "时政", "国际", "财经", "科技", "文化", "体育", "社会", "English", "评论"]
SOURCES = ["青岑日报", "青岑新闻网", "云渡通讯社", "本报", "青岑广播"]
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙", "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"
START = datetime.datetime.fromisoformat("2026-01-01T00:00:05+08:00")
STEP_S, BODY = 37, 900


def chinese(rng, length):
    parts = []
    while length > 0:
        run = rng.randint(6, 18)
        start = rng.randrange(len(CHINESE) - run)
        parts += [CHINESE[start:start + run], rng.choice("，，，；、")]
        length -= run + 1
    return "".join(parts)[:-1] + "。"


def english(rng, words):
    return " ".join(rng.choice(ENGLISH) for _ in range(words)).capitalize() + "."


def person(rng):
    return rng.choice(FAMILY) + rng.choice(GIVEN) + (rng.choice(GIVEN) if rng.random() < .6 else "")


def headline(rng, i, is_english):
    if i % 97 == 11:
        return f'"AT&T" <b>涨幅</b> 5% & \'稳健\' {i}'
    if is_english:
        text = english(rng, rng.randint(5, 11))[:-1].title()
    else:
        text = chinese(rng, rng.randint(12, 26))[:-1]
    return f"{text} {i}" + (" 🎉𠮷" if i % 101 == 7 else "")


def body(rng, i, is_english):
    left = 20000 if i % 61 == 60 else rng.randint(BODY // 2, BODY * 3 // 2)
    paragraphs = []
    while left > 0:
        paragraphs.append(english(rng, rng.randint(30, 70)) if is_english else
                          "　　" + chinese(rng, rng.randint(90, 220)))
        left -= len(paragraphs[-1])
    if i % 89 == 17:
        paragraphs.insert(1, "<table><tr><th>项目</th><td>12.5%</td></tr></table>")
    if i % 83 == 19:
        paragraphs.insert(1, f"![现场图片](../images/p{i}.jpg)")
    if len(paragraphs) > 3:
        paragraphs.insert(2, f"**小标题 {i % 9 + 1}**：参见"
                          f"[相关报道](https://news.example.cn/x{i - 1}.html \"链接\")。")
    return paragraphs


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def article(i):
    rng = random.Random(f"article {i}")
    is_english = i % 7 == 3
    date = START + datetime.timedelta(seconds=i * STEP_S)
    later = datetime.timedelta(seconds=rng.randint(60, 7200) if i % 13 == 5 else 0)
    slug = f"{date:%Y%m%d}-{i:06d}"
    paragraphs = body(rng, i, is_english)
    tags = sorted({rng.choice(SECTIONS) for _ in range(rng.randint(1, 3))})
    lines = [
        "---", f"title: {quote(headline(rng, i, is_english))}", f"date: {date.isoformat()}",
        f"lastmod: {(date + later).isoformat()}", f"slug: {slug}",
        f"categories: [{'English' if is_english else rng.choice(SECTIONS)}]",
        f"tags: [{', '.join(map(quote, tags))}]",
        f"authors: [{', '.join(person(rng) for _ in range(rng.randint(1, 3)))}]",
        f"editor: {person(rng)}",
        f"source: {'Daily Herald' if is_english else rng.choice(SOURCES)}",
        f"copyright: {quote('版权所有，未经书面授权不得转载' if i % 3 else 'CC BY 4.0')}",
        f"summary: {quote(paragraphs[0].strip('　')[:120])}",
        f"lang: {'en' if is_english else 'zh-CN'}"]
    if i % 5 == 0:
        lines.append(f"images: [https://img.example.cn/{date:%Y%m%d}/{i}.jpg]")
    return "\n".join(lines + ["---", "", ""]) + "\n\n".join(paragraphs) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("directory")
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    os.makedirs(args.directory, exist_ok=True)
    for i in range(args.first, args.first + args.count):
        with open(os.path.join(args.directory, f"a{i:06d}.md"), "w", encoding="utf-8") as file:
            file.write(article(i))


if __name__ == "__main__":
    main()
