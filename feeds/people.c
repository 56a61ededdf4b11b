/*
 * people.c: lists of names, and the labels of a page's information line. Chinese names
 * are separated by almost anything; Latin names hold spaces, so a space separates only
 * where all parts are Han.
 */
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/text.h"

enum {
	LONGEST_NAME = 80,  /* bytes of one name that may follow a label behind a space */
	MOST_HAN_NAME = 4,
};

/* Separators of names that are never part of one. */
static const char name_separators[] = "、,，;；/／|丨\n\t";

static bool is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFD) ||
		(c >= 0xF900 && c <= 0xFAFF) || c == 0x3007 || c == 0xB7 || c == 0x2022 ||
		c == 0x30FB;
}

/* Characters of TEXT if all of it is Han (a name with "·" too), else 0. */
static size_t han_length(const char *text, size_t len)
{
	const char *end = text + len;
	size_t count = 0;

	for (; text < end; count++)
		if (!is_han(text_next(&text, end)))
			return 0;
	return count;
}

static bool all_parts_han(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (!han_length(text, len))
			return false;
		text += len;
		text += *text == ' ';
	}
	return true;
}

/* "Name <mail>" or a name alone. */
static void add_person(struct arena *arena, const char *text, size_t len,
	const char *role, struct people *out)
{
	const char *open = memchr(text, '<', len);
	const char *close = open ? memchr(open, '>', len - (size_t)(open - text)) : NULL;
	char *email = NULL;
	char *name;

	if (close && memchr(open, '@', (size_t)(close - open))) {
		email = text_fold(arena, open + 1, (size_t)(close - open) - 1);
		len = (size_t)(open - text);
	}
	name = text_fold(arena, text, len);
	if (!*name && email)
		name = email;
	if (!*name)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (!strcmp(out->items[i].name, name))
			return;
	people_add(arena, out, name, role, NULL, email);
}

/* Parts between spaces; two single characters are one name set apart ("王 伟"). */
static void add_spaced(struct arena *arena, const char *text, const char *role,
	struct people *out)
{
	while (*text) {
		size_t len = strcspn(text, " ");
		const char *next = text + len + (text[len] == ' ');
		size_t next_len = strcspn(next, " ");

		if (han_length(text, len) == 1 && han_length(next, next_len) == 1) {
			char *joined = arena_printf(arena, "%.*s%.*s", (int)len, text,
				(int)next_len, next);

			add_person(arena, joined, strlen(joined), role, out);
			text = next + next_len + (next[next_len] == ' ');
			continue;
		}
		add_person(arena, text, len, role, out);
		text = next;
	}
}

void text_people(struct arena *arena, const char *text, const char *role,
	struct people *out)
{
	struct strings parts = {0};

	text_split(arena, text, name_separators, &parts);
	for (size_t i = 0; i < parts.count; i++) {
		if (all_parts_han(parts.items[i]))
			add_spaced(arena, parts.items[i], role, out);
		else
			add_person(
				arena, parts.items[i], strlen(parts.items[i]), role, out);
	}
}

static size_t skip_blank(const char *text)
{
	size_t len = 0;

	for (;;) {
		if (text[len] == ' ' || text[len] == '\t')
			len++;
		else if (!strncmp(text + len, "\xE3\x80\x80", 3))
			len += 3;
		else if (!strncmp(text + len, "\xC2\xA0", 2))
			len += 2;
		else
			return len;
	}
}

/* Bytes of the colon at TEXT, behind blanks; 0 = none. */
static size_t colon_at(const char *text)
{
	size_t blank = skip_blank(text);

	if (text[blank] == ':')
		return blank + 1;
	return strncmp(text + blank, "：", 3) ? 0 : blank + 3;
}

/* Where a value cannot go on. */
static bool is_stop(const char *text)
{
	static const char *const stops[] = {"|", "丨", "[", "]", "【", "】", "　", "\n", "\r",
		"\t", "\xC2\xA0"};

	for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
		if (!strncmp(text, stops[i], strlen(stops[i])))
			return true;
	return false;
}

static size_t token_length(const char *text)
{
	size_t len = 0;
	int depth = 0;

	for (; text[len] && text[len] != ' ' && !is_stop(text + len); len++) {
		bool closes = text[len] == ')' || !strncmp(text + len, "）", 3);

		if (text[len] == '(' || !strncmp(text + len, "（", 3))
			depth++;
		if (closes && depth-- == 0)
			break;
	}
	return len;
}

static bool is_latin(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z') &&
			!strchr(".-'&", text[i]))
			return false;
	return len > 0;
}

static bool is_noise_word(const char *text, size_t len)
{
	static const char *const words[] = {"分享", "打印", "字体", "字号", "关闭", "评论", "浏览",
		"点击", "阅读", "收藏", "编辑", "来源", "时间", "记者", "通讯员", "摄影"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) <= len && !strncmp(text, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Whether the value ending at TEXT (a space) goes on with the next token. NAMES: a list
 * of Han names may; else only Latin words behind Latin words do. */
static size_t continuation(const char *value, size_t len, bool names)
{
	const char *next = value + len + strspn(value + len, " ");
	size_t next_len = token_length(next);
	size_t han = han_length(next, next_len);
	bool latin_before = len && is_latin(value + len - 1, 1);

	if (!next_len || next_len > LONGEST_NAME || memchr(next, ':', next_len) ||
			colon_at(next + next_len))
		return 0;
	if (latin_before && is_latin(next, next_len))
		return (size_t)(next - value) + next_len;
	if (names && han && han <= MOST_HAN_NAME && !is_noise_word(next, next_len))
		return (size_t)(next - value) + next_len;
	return 0;
}

/* The value behind the colon, or NULL if empty. */
static const char *read_value(struct arena *arena, const char *text, bool names)
{
	size_t len, longer;
	char *value;

	text += skip_blank(text);
	len = token_length(text);
	/* "来源：作者：甲": the value is empty and the next label follows. */
	if (strstr(text, "：") && strstr(text, "：") < text + len)
		return NULL;
	while (text[len] == ' ' && (longer = continuation(text, len, names)) > len)
		len = longer;
	value = text_fold(arena, text, len);
	return *value ? value : NULL;
}

static const char *find_label(struct arena *arena, const char *text,
	const char *const *labels, size_t count, bool names)
{
	const char *best = NULL;
	const char *best_value = NULL;

	for (size_t i = 0; i < count; i++) {
		for (const char *at = text; (at = strstr(at, labels[i])); at++) {
			size_t colon = colon_at(at + strlen(labels[i]));
			const char *value;

			if (!colon)
				continue;
			value = read_value(arena, at + strlen(labels[i]) + colon, names);
			if (value && (!best || at < best)) {
				best = at;
				best_value = value;
			}
			break;
		}
	}
	return best_value;
}

void text_find_labels(struct arena *arena, const char *text, struct text_labels *out)
{
	static const char *const source[] = {"来源", "稿源", "出处", "Source"};
	static const char *const author[] = {"作者", "记者", "撰稿", "文/图", "撰文", "Author"};
	static const char *const editor[] = {"责任编辑", "责编", "编辑", "Editor"};

	out->source = find_label(arena, text, source, 4, false);
	out->author = find_label(arena, text, author, 6, true);
	out->editor = find_label(arena, text, editor, 4, true);
}
