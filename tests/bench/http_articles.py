"""Articles of a wanted size for `make bench-http`; article I is always the same bytes."""
import datetime
import random

CHINESE = ("市政府今日公布全年经济运行情况居民收入稳步增长公共服务继续改善城乡建设加快推进"
           "科技教育文化卫生体育事业全面发展交通水利能源项目按期完工生态环境质量持续好转")
ENGLISH = ("council budget harbour railway school hospital river bridge market weather report "
           "minister festival library museum election forecast energy water housing theatre "
           "research industry export harvest station airport village district annual public "
           "opening decision statement project result morning evening yesterday").split()
START = datetime.datetime(2026, 1, 1, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def chinese(rng, length):
    parts = []
    while length > 0:
        start, run = rng.randrange(len(CHINESE) - 12), rng.randint(4, 12)
        parts.append(CHINESE[start:start + run])
        length -= run
    return "，".join(parts) + "。"


def english(rng, length):
    words = [rng.choice(ENGLISH) + rng.choice(("", "", "s", "ly", str(rng.randrange(100))))
             for _ in range(length // 7 + 1)]
    return " ".join(words).capitalize() + "."


def article(i, size=900):
    """Markdown with front matter; SIZE bytes of text, about."""
    rng = random.Random(f"article {i}")
    is_english = i % 5 == 3
    write, per_letter = (english, 1) if is_english else (chinese, 3)
    date = START + datetime.timedelta(seconds=37 * i)
    title = write(rng, rng.randint(12, 40) // (1 if is_english else 2)).rstrip("。.")
    paragraphs = []
    while size > 0:
        paragraph = write(rng, min(size // per_letter + 1, rng.randint(90, 240)))
        paragraphs.append(paragraph)
        size -= len(paragraph) * per_letter
    return (f'---\ntitle: "{title} {i}"\ndate: {date.isoformat()}\n'
            f"source: {rng.choice(('Daily', 'Evening', '日报', '晚报'))}\n---\n\n"
            + "\n\n".join(paragraphs) + "\n")
