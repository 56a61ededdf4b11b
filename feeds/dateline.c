/*
 * dateline.c: the dateline (电头) of a story's first paragraph, for
 *   AGENCY [PLACE] [M月D日] 讯|消息|电 [ "(" credit ")" ]
 *   X社 PLACE M月D日电 [ "(" credit ")" ]
 *   credit := [ORG] ROLE names (ROLE names)*
 * It is read from a copy with full-width marks folded; the text stays in the body.
 */
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/text.h"

enum {
	LONGEST_HEAD = 96,    /* bytes before 讯 or 电 */
	LONGEST_CREDIT = 300, /* bytes between the brackets */
	DAY_MS = 86400 * 1000,
};

/* Longest first where one begins another. */
static const char *const roles[] = {
	"特约通讯员", "特约记者", "见习记者", "实习记者", "首席记者", "全媒体记者", "融媒体记者",
	"本报记者", "本网记者", "通讯员", "实习生", "特派记者", "摄影记者", "记者", "摄影",
	"文/图", "摄",
};

/* Agencies whose dateline is "AGENCY PLACE M月D日电" end in one of these. */
static const char *const agency_ends[] = {"通讯社", "社", "报", "网", "台"};

static const char *find_role(const char *text, size_t len, size_t *role_len)
{
	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
			size_t size = strlen(roles[i]);

			if (size <= len - at && !memcmp(text + at, roles[i], size)) {
				*role_len = size;
				return text + at;
			}
		}
	return NULL;
}

/* "本报记者" is the role 记者 of 本报's own; the organisation stays unnamed. */
static const char *plain_role(struct arena *arena, const char *role, size_t len)
{
	if (len > 6 && (!strncmp(role, "本报", 6) || !strncmp(role, "本网", 6)))
		return arena_strndup(arena, role + 6, len - 6);
	if (len == 3 && !strncmp(role, "摄", 3))
		return "摄影";
	return arena_strndup(arena, role, len);
}

/* Reads "[ORG] ROLE names ..." into OUT; false if it has no role. */
static bool read_credit(struct arena *arena, const char *text, size_t len,
	struct people *out)
{
	const char *end = text + len;
	const char *org = NULL;
	size_t role_len;
	const char *role = find_role(text, len, &role_len);

	if (!role)
		return false;
	if (role > text) {
		org = text_fold(arena, text, (size_t)(role - text));
		org = *org ? org : NULL;
	}
	while (role) {
		const char *names = role + role_len;
		size_t next_len = 0;
		const char *next = find_role(names, (size_t)(end - names), &next_len);
		const char *names_end = next ? next : end;
		struct people part = {0};
		const char *label = plain_role(arena, role, role_len);

		if (names < names_end && *names == ':')
			names++;
		text_people(arena,
			arena_strndup(arena, names, (size_t)(names_end - names)), label,
			&part);
		for (size_t i = 0; i < part.count; i++)
			people_add(arena, out, part.items[i].name, label, org, NULL);
		role = next;
		role_len = next_len;
	}
	return out->count > 0;
}

static bool read_int(const char **at, const char *end, int *out)
{
	int digits = 0;

	*out = 0;
	while (*at < end && **at >= '0' && **at <= '9' && digits++ < 2)
		*out = *out * 10 + (*(*at)++ - '0');
	return digits >= 1 && digits <= 2;
}

static bool skip_word(const char **at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

/* M月D日 that ends HEAD; *DATE_AT is where it begins. */
static bool read_day(const char *head, const char *end, const char **date_at, int *month,
	int *day)
{
	for (const char *at = head; at < end; at++) {
		const char *here = at;

		if (*at < '0' || *at > '9')
			continue;
		if (read_int(&here, end, month) && skip_word(&here, end, "月") &&
				read_int(&here, end, day) && skip_word(&here, end, "日") &&
				here == end) {
			*date_at = at;
			return *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
		}
		while (at + 1 < end && at[1] >= '0' && at[1] <= '9')
			at++;
	}
	return false;
}

/* The year of a day M-D on or shortly before PUBLISHED (local to its offset). */
static int year_of_day(const struct instant *published, int month, int day)
{
	int64_t days = (published->ms + (int64_t)published->offset_s * 1000) / DAY_MS;
	/* Civil date from days since 1970 (proleptic Gregorian, era of 400 years). */
	int64_t shifted = days + 719468;
	int64_t era = shifted / 146097;
	int64_t of_era = shifted % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t m = (5 * of_year + 2) / 153;
	int today_day = (int)(of_year - (153 * m + 2) / 5 + 1);
	int today_month = (int)(m < 10 ? m + 3 : m - 9);
	int this_year = (int)(year + era * 400 + (today_month <= 2));

	/* A day more than two after publication belongs to the year before. */
	if (month * 31 + day > today_month * 31 + today_day + 2)
		return this_year - 1;
	return this_year;
}

/* Splits "新华社北京" at the agency's end when something follows it. */
static void split_place(struct arena *arena, const char *head, size_t len,
	struct dateline *out)
{
	for (size_t i = 0; i < sizeof(agency_ends) / sizeof(*agency_ends); i++) {
		size_t size = strlen(agency_ends[i]);

		for (size_t at = 3; at + size < len; at++) {
			if (memcmp(head + at, agency_ends[i], size) != 0)
				continue;
			out->agency = text_fold(arena, head, at + size);
			out->place = text_fold(arena, head + at + size, len - at - size);
			return;
		}
	}
	out->agency = text_fold(arena, head, len);
}

/* The head must be words: no punctuation but the dot of names. */
static bool is_head(const char *text, const char *end)
{
	if (text == end || end - text > LONGEST_HEAD)
		return false;
	while (text < end) {
		uint32_t c = text_next(&text, end);

		if (c < 0x80 ? !((c >= '0' && c <= '9') || c == ' ' ||
				       ((c | 32) >= 'a' && (c | 32) <= 'z'))
			     : !((c >= 0x3400 && c <= 0x9FFF) || c == 0xB7 ||
				       c >= 0x20000))
			return false;
	}
	return true;
}

/* A head's last word: 讯, 消息 or 电, followed by a bracket or a space. */
static const char *find_head_end(const char *text, const char *end, const char **rest)
{
	static const char *const words[] = {"讯", "消息", "电"};

	for (const char *at = text; at < end && at - text <= LONGEST_HEAD; at++)
		for (size_t i = 0; i < 3; i++) {
			const char *behind = at;

			if (!skip_word(&behind, end, words[i]))
				continue;
			if (behind < end && *behind != ' ' && *behind != '(')
				continue;
			if (!is_head(text, at))
				return NULL;
			*rest = behind;
			return at;
		}
	return NULL;
}

static void read_byline(struct arena *arena, const char *rest, const char *end,
	struct article *article)
{
	struct people people = {0};
	const char *close;

	while (rest < end && *rest == ' ')
		rest++;
	if (rest == end || *rest != '(')
		return;
	close = memchr(rest, ')', (size_t)(end - rest));
	if (!close || close - rest > LONGEST_CREDIT)
		return;
	if (read_credit(arena, rest + 1, (size_t)(close - rest) - 1, &people)) {
		article->authors = people;
		article->origin[FIELD_AUTHORS] = "dateline";
	}
}

/* Whether HEAD names an agency; asked where no date and no bracket says so. */
static bool is_agency(const char *head, const char *end)
{
	static const char *const endings[] = {"报", "网", "社", "台", "端", "刊", "站", "中心",
		"办", "发布"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		size_t len = strlen(endings[i]);

		if ((size_t)(end - head) >= len && !memcmp(end - len, endings[i], len))
			return true;
	}
	return false;
}

/* Whether one of find_head_end's words is there at all; no other character has them as its
 * compatible form. */
static bool has_word(const char *text, size_t len)
{
	return memmem(text, len, "电", 3) || memmem(text, len, "讯", 3) ||
		memmem(text, len, "消", 3);
}

bool text_dateline(struct arena *arena, const char *paragraph, struct article *article)
{
	enum { WINDOW = LONGEST_HEAD + LONGEST_CREDIT + 64 };
	size_t len = strlen(paragraph);
	struct dateline dateline = {.is_set = true};
	const char *text, *end, *head_end, *rest = NULL, *date_at;
	int month, day;
	bool has_day;

	if (len > WINDOW)
		for (len = WINDOW; len && (paragraph[len] & 0xC0) == 0x80; len--)
			;
	if (!has_word(paragraph, len))
		return false;
	text = text_nfkc(arena, paragraph, len);
	text = text_fold(arena, text, strlen(text));
	end = text + strlen(text);
	head_end = find_head_end(text, end, &rest);
	if (!head_end)
		return false;
	has_day = read_day(text, head_end, &date_at, &month, &day);
	/* 电 is in many words: only a date makes it a dateline. */
	if (!has_day && (!strncmp(head_end, "电", 3) ||
			((rest == end || *rest != '(') && !is_agency(text, head_end))))
		return false;
	read_byline(arena, rest, end, article);
	if (has_day) {
		if (article->published.is_set)
			dateline.date = arena_printf(arena, "%04d-%02d-%02d",
				year_of_day(&article->published, month, day), month, day);
		while (date_at > text && date_at[-1] == ' ')
			date_at--;
		split_place(arena, text, (size_t)(date_at - text), &dateline);
		if (!dateline.place && dateline.agency && !is_agency(text, date_at)) {
			/* "北京3月4日电": a place, as the paper's own correspondents write */
			dateline.place = dateline.agency;
			dateline.agency = NULL;
		}
	} else {
		dateline.agency = text_fold(arena, text, (size_t)(head_end - text));
	}
	if ((!dateline.agency || !*dateline.agency) && !dateline.place)
		return false;
	article->dateline = dateline;
	article->origin[FIELD_DATELINE] = "dateline";
	return true;
}
