/*
 * layout.c: the grammar of a page saved as text:
 *   doc  := head meta+ (noise | body)* tail
 *   head := [platform] [kicker] title [subtitle]
 *   tail := (editor | noise | notice)*        read upward from the end
 * Every line has a folded copy (NFKC) that the patterns look at; the body keeps its own
 * characters.
 */
#include "feeds/layout.h"

#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/date.h"
#include "feeds/html.h"
#include "feeds/parse.h"
#include "feeds/text.h"
#include "feeds/url.h"

enum {
	META_WITHIN = 12,    /* lines that may hold the information line */
	META_CHARS = 80,
	NOISE_CHARS = 40,
	PLATFORM_CHARS = 30,
	EDITOR_CHARS = 120,
	SHORT_BYTES = 512,   /* longer lines match no pattern and are not folded */
	MOST_LINES = 100000,
};

struct line {
	const char *text;  /* as in the file, white space folded */
	const char *plain; /* NFKC of it; the text itself when it is long */
	size_t chars;
	int number;
};

struct page {
	struct arena *arena;
	const struct parse_context *context;
	struct article *article;
	struct diagnosis *why;
	struct line *lines; /* without the empty ones */
	size_t count;
	size_t meta, meta_end; /* the information lines: [meta, meta_end) */
	size_t body, body_end;
};

static size_t count_chars(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xC0) != 0x80;
	return count;
}

static bool split_lines(struct page *page, const char *text, size_t len)
{
	const char *end = text + len;
	size_t room = 1;

	for (const char *at = text; at < end; at++)
		room += *at == '\n';
	if (room > MOST_LINES)
		room = MOST_LINES;
	page->lines = arena_alloc(page->arena, room * sizeof(*page->lines));
	for (int number = 1; text < end && page->count < room; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		struct line *line = &page->lines[page->count];
		char *folded = text_fold(page->arena, text, (size_t)(stop - text));

		text = newline ? newline + 1 : end;
		if (!*folded)
			continue;
		line->text = line->plain = folded;
		if (strlen(folded) <= SHORT_BYTES)
			line->plain = text_nfkc(page->arena, folded, strlen(folded));
		line->chars = count_chars(folded);
		line->number = number;
		page->count++;
	}
	if (text == end)
		return true;
	*page->why = (struct diagnosis){.class = "too-complex",
		.message = "more than 100,000 lines of text"};
	return false;
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && !strcmp(text + len - suffix_len, suffix);
}

/* LABEL with a colon behind it, anywhere in TEXT. */
static bool has_label(const char *text, const char *label)
{
	for (const char *at = text; (at = strstr(at, label)); at++) {
		const char *behind = at + strlen(label);

		while (*behind == ' ')
			behind++;
		if (*behind == ':')
			return true;
	}
	return false;
}

static bool has_source_label(const char *text)
{
	return has_label(text, "来源") || has_label(text, "稿源") || has_label(text, "出处");
}

static bool has_author_label(const char *text)
{
	return has_label(text, "作者") || has_label(text, "记者") || has_label(text, "撰稿") ||
		has_label(text, "文/图");
}

static bool may_be_meta(const struct line *line)
{
	return line->chars <= META_CHARS && !ends_with(line->plain, "。");
}

/* Whether the line is an information line with a date. */
static enum date_result read_meta(const struct page *page, const struct line *line,
	struct instant *out)
{
	enum date_result result;
	size_t at;

	if (!may_be_meta(line))
		return DATE_NONE;
	result = date_find(
		line->plain, strlen(line->plain), page->context->zone, out, &at, NULL);
	if (result == DATE_NONE)
		return DATE_NONE;
	if (at == 0 || has_source_label(line->plain) || has_label(line->plain, "时间") ||
			has_label(line->plain, "日期"))
		return result;
	return DATE_NONE;
}

/* A line of labels alone behind the one with the date. */
static bool is_label_line(const struct line *line)
{
	const char *text = line->plain + strspn(line->plain, " ([");

	return may_be_meta(line) && (has_source_label(text) || has_author_label(text)) &&
		strcspn(text, ":") <= strlen("稿件来源") + 1;
}

static const char *skip_font(const char *text)
{
	const char *at = text + (*text == '[' || *text == '(');

	if (starts_with(at, "【"))
		at += strlen("【");
	if (!starts_with(at, "字体") && !starts_with(at, "字号") && !starts_with(at, "大 中 小"))
		return text;
	while (*at && *at != ']' && *at != ')' && !starts_with(at, "】")) {
		if (starts_with(at, "小"))
			return at + strlen("小");
		at++;
	}
	if (starts_with(at, "】"))
		return at + strlen("】");
	return at + (*at != '\0');
}

static const char *skip_noise_word(const char *text)
{
	static const char *const words[] = {"扫码阅读手机版", "打印本页", "打印", "关闭窗口",
		"关闭本页", "关闭", "电子报", "(完)", "[完]", "【完】", "收藏", "返回顶部", "】"};
	static const char *const counters[] = {"浏览次数:", "点击数:", "点击:", "阅读:", "阅读量:",
		"浏览量:"};
	static const char *const openers[] = {"扫一扫", "分享到", "分享:", "上一篇", "下一篇"};
	const char *font = skip_font(text);

	if (font > text)
		return font;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (starts_with(text, words[i]))
			return text + strlen(words[i]);
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (starts_with(text, counters[i])) {
			text += strlen(counters[i]);
			text += strspn(text, " 0123456789");
			return starts_with(text, "次") ? text + strlen("次") : text;
		}
	for (size_t i = 0; i < sizeof(openers) / sizeof(*openers); i++)
		if (starts_with(text, openers[i]))
			return text + strlen(text);
	return text;
}

/* Nothing but the page's furniture, several pieces on one line too. */
static bool is_noise(const struct line *line)
{
	const char *text = line->plain;

	if (line->chars > NOISE_CHARS || ends_with(text, "。"))
		return false;
	while (*text) {
		const char *behind;

		text += strspn(text, " |[]");
		if (!*text)
			return true;
		behind = skip_noise_word(text);
		if (behind == text)
			return false;
		text = behind;
	}
	return true;
}

static bool is_notice(const struct line *line)
{
	static const char *const openings[] = {"凡注有", "凡本网", "凡注明", "版权声明", "免责声明",
		"声明:", "声明：", "未经许可", "未经授权"};

	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++)
		if (starts_with(line->text, openings[i]))
			return true;
	return false;
}

static const char *const editor_roles[] = {"责任编辑", "责编", "编辑", "编审", "初审", "复审",
	"终审", "一审", "二审", "三审", "审核", "校对", "监制", "值班编委"};

/* The role that stands at TEXT with a colon behind it; *BEHIND is the value. */
static const char *editor_role_at(const char *text, const char **behind)
{
	for (size_t i = 0; i < sizeof(editor_roles) / sizeof(*editor_roles); i++) {
		const char *at = text + strlen(editor_roles[i]);

		if (!starts_with(text, editor_roles[i]))
			continue;
		while (*at == ' ')
			at++;
		if (*at != ':')
			continue;
		*behind = at + 1;
		return editor_roles[i];
	}
	return NULL;
}

static const char *skip_bracket(const char *text)
{
	text += strspn(text, " ([");
	return starts_with(text, "【") ? text + strlen("【") : text;
}

static bool is_editor(const struct line *line)
{
	const char *behind;

	return line->chars <= EDITOR_CHARS &&
		editor_role_at(skip_bracket(line->plain), &behind) != NULL;
}

/* "[责任编辑:甲 校对:乙]": each role up to the next. */
static void read_editors(struct page *page, const struct line *line, struct people *out)
{
	const char *at = skip_bracket(line->plain);
	const char *value, *role = editor_role_at(at, &value);

	while (role) {
		const char *next_value = NULL, *next = NULL;
		const char *end = value;
		struct people part = {0};

		while (*end && *end != ']' && *end != ')' && !starts_with(end, "】") &&
				!(next = editor_role_at(end, &next_value)))
			end++;
		text_people(page->arena,
			arena_strndup(page->arena, value, (size_t)(end - value)),
			strcmp(role, "责编") ? role : "责任编辑", &part);
		for (size_t i = 0; i < part.count; i++)
			people_add(page->arena, out, part.items[i].name,
				part.items[i].role, NULL, part.items[i].email);
		role = next;
		value = next_value;
	}
}

static bool is_platform(const struct line *line)
{
	static const char *const endings[] = {"平台", "频道", "发布", "新闻网", "日报", "晚报", "在线",
		"客户端", "专题", "专栏", "门户", "门户网", "政府网"};

	if (line->chars > PLATFORM_CHARS)
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (ends_with(line->plain, endings[i]))
			return true;
	return false;
}

static void set_text(struct page *page, enum article_field field, const char **place,
	const char *text)
{
	*place = text;
	page->article->origin[field] = "text layout";
}

static void read_head(struct page *page, size_t end)
{
	struct article *article = page->article;
	const struct line *head[META_WITHIN];
	size_t count = 0, at = 0;

	for (size_t i = 0; i < end && count < META_WITHIN; i++)
		if (!is_noise(&page->lines[i]))
			head[count++] = &page->lines[i];
	if (count >= 2 && is_platform(head[0]))
		set_text(page, FIELD_PLATFORM, &article->platform, head[at++]->text);
	if (count - at >= 2 && starts_with(head[count - 1]->text, "By ")) {
		text_people(page->arena, head[--count]->text + strlen("By "), "作者",
			&article->authors);
		article->origin[FIELD_AUTHORS] = "text layout";
	}
	if (at == count)
		return;
	if (count - at >= 2 && !starts_with(head[at + 1]->text, "——"))
		set_text(page, FIELD_KICKER, &article->kicker, head[at++]->text);
	set_text(page, FIELD_TITLE, &article->title, head[at++]->text);
	if (at < count)
		set_text(page, FIELD_SUBTITLE, &article->subtitle, head[at]->text);
}

static bool find_meta(struct page *page)
{
	for (size_t i = 0; i < page->count && i < META_WITHIN; i++) {
		struct instant instant;
		enum date_result result = read_meta(page, &page->lines[i], &instant);

		if (result == DATE_NONE)
			continue;
		if (result == DATE_IMPOSSIBLE) {
			*page->why = (struct diagnosis){
				.class = "date-invalid",
				.line = page->lines[i].number,
				.message = "the information line has a date that does "
					   "not exist",
				.hint = "write 2026-05-08 09:30",
			};
			return false;
		}
		page->article->published = instant;
		page->article->origin[FIELD_PUBLISHED] = "information line";
		page->meta = i;
		for (i++; i < page->count && is_label_line(&page->lines[i]); i++)
			;
		page->meta_end = i;
		return true;
	}
	/* Without a date the first line is the title; a sidecar may know the rest. */
	page->meta = page->meta_end = page->count ? 1 : 0;
	return true;
}

static void read_labels(struct page *page)
{
	struct article *article = page->article;

	for (size_t i = page->meta; i < page->meta_end; i++) {
		struct text_labels labels = {0};
		const char *plain = page->lines[i].plain;

		text_find_labels(page->arena, plain, &labels);
		if (labels.source && !article->source)
			set_text(page, FIELD_SOURCE, &article->source, labels.source);
		if (labels.author && !article->authors.count) {
			text_people(page->arena, labels.author,
				has_label(plain, "记者") ? "记者" : "作者", &article->authors);
			article->origin[FIELD_AUTHORS] = "information line";
		}
		if (labels.editor && !article->editors.count) {
			text_people(page->arena, labels.editor, "责任编辑",
				&article->editors);
			article->origin[FIELD_EDITORS] = "information line";
		}
	}
}

/* Finds where the body ends, then reads editors and notices downward. */
static void read_tail(struct page *page)
{
	struct article *article = page->article;
	struct buf notice = {0};

	page->body_end = page->count;
	while (page->body_end > page->meta_end) {
		const struct line *line = &page->lines[page->body_end - 1];

		if (!is_editor(line) && !is_noise(line) && !is_notice(line))
			break;
		page->body_end--;
	}
	for (size_t i = page->body_end; i < page->count; i++) {
		if (is_notice(&page->lines[i])) {
			buf_printf(&notice, "%s%s", notice.len ? " " : "",
				page->lines[i].text);
		} else if (is_editor(&page->lines[i])) {
			read_editors(page, &page->lines[i], &article->editors);
			article->origin[FIELD_EDITORS] = "text layout";
		}
	}
	if (notice.len)
		set_text(page, FIELD_NOTICE, &article->notice,
			arena_strdup(page->arena, buf_text(&notice)));
	buf_finish(&notice);
}

/* `更正稿件:ID` as the first body line makes a corrective. */
static void read_corrective(struct page *page)
{
	static const char mark[] = "更正稿件";
	struct article *article = page->article;
	const char *at;

	if (page->body == page->body_end ||
		!starts_with(page->lines[page->body].plain, mark))
		return;
	at = page->lines[page->body].plain + strlen(mark);
	at += strspn(at, " ");
	if (*at++ != ':')
		return;
	article->correction.level = CORRECTION_CORRECTIVE;
	article->correction.at = article->published;
	article->correction.of = text_fold(page->arena, at, strlen(at));
	page->body++;
	if (page->body < page->body_end)
		article->correction.note = page->lines[page->body].text;
	article->origin[FIELD_CORRECTION] = "text layout";
}

static void add_paragraph(struct buf *html, const char *text)
{
	buf_add_str(html, "<p>");
	for (; *text; text++) {
		if (*text == '&')
			buf_add_str(html, "&amp;");
		else if (*text == '<')
			buf_add_str(html, "&lt;");
		else if (*text == '>')
			buf_add_str(html, "&gt;");
		else
			buf_add_char(html, *text);
	}
	buf_add_str(html, "</p>\n");
}

static bool read_body(struct page *page)
{
	struct article *article = page->article;
	struct buf html = {0};
	bool is_first = true, is_good;

	page->body = page->meta_end;
	while (page->body < page->body_end && is_noise(&page->lines[page->body]))
		page->body++;
	read_corrective(page);
	for (size_t i = page->body; i < page->body_end; i++) {
		if (is_noise(&page->lines[i]))
			continue;
		if (is_first)
			text_dateline(page->arena, page->lines[i].text, article);
		is_first = false;
		add_paragraph(&html, page->lines[i].text);
	}
	is_good = html_body(page->arena, buf_text(&html), html.len,
		url_of_path(page->arena, page->context->base_url, page->context->path), article,
		page->why);
	article->origin[FIELD_BODY] = "text layout";
	buf_finish(&html);
	return is_good;
}

bool layout_article(struct arena *arena, const struct parse_context *context,
	const char *text, size_t len, struct article *article, struct diagnosis *why)
{
	struct page page = {
		.arena = arena, .context = context, .article = article, .why = why};

	if (!split_lines(&page, text, len) || !find_meta(&page))
		return false;
	read_head(&page, page.meta);
	read_labels(&page);
	read_tail(&page);
	return read_body(&page);
}
