/* extract_fields.c: see extract_fields.h. */
#include "feeds/extract_fields.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/date.h"
#include "feeds/extract.h"
#include "feeds/field_values.h"
#include "feeds/parse.h"
#include "feeds/stamp.h"
#include "feeds/text.h"

enum {
	LABEL_LINES = 60,
	LABEL_BYTES = 400,
	BYLINE_BYTES = 120,
	MINUTE_MS = 60000,
	DAY_MS = 86400 * 1000,
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool parse_time(const struct reading *r, const char *text, struct instant *out)
{
	size_t len = text ? strlen(text) : 0;
	enum date_result result;

	/* Databases print the fraction of a second that nobody asked for. */
	if (len > 2 && strcmp(text + len - 2, ".0") == 0)
		len -= 2;
	if (!len)
		return false;
	result = date_parse(text, len, r->page->context->zone, out);
	if (result == DATE_IMPOSSIBLE)
		impossible_date(r->arena, text, r->why);
	return result == DATE_OK;
}

static void set_time(struct reading *r, struct instant *field, enum article_field id,
	const char *text, const char *origin)
{
	if (!field->is_set && parse_time(r, text, field))
		r->article->origin[id] = origin;
}

/* The meta of the guideline has minutes only; JCMS gives the seconds beside it. */
static void refine_by_maketime(struct reading *r)
{
	struct instant exact, *published = &r->article->published;

	if (published->is_set && parse_time(r, page_meta(r->page, "Maketime"), &exact) &&
		exact.ms / MINUTE_MS == published->ms / MINUTE_MS)
		*published = exact;
}

static bool is_time_line(const char *line, size_t date_at)
{
	static const char *const words[] = {"发布", "时间", "日期", "来源", "稿源"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(line, words[i]))
			return true;
	return date_at == 0;
}

/* The first line before the body that is about its date; else after it. */
static void find_time(struct reading *r, const struct page_lines *lines)
{
	struct instant *published = &r->article->published, found;

	for (size_t i = 0; i < lines->count && i < LABEL_LINES && !published->is_set; i++) {
		const char *line = lines->items[i];
		size_t at;

		if (strlen(line) > LABEL_BYTES ||
			date_find(line, strlen(line), r->page->context->zone, &found, &at, NULL) !=
				DATE_OK ||
			!is_time_line(line, at))
			continue;
		*published = found;
		r->article->origin[FIELD_PUBLISHED] = "text";
	}
}

/* What newsrooms and content systems write, in order of trust; names without spaces. */
static const char *const published_metas[] = {"DC.date", "DC.date.issued", "DC.date.created",
	"dcterms.issued", "dcterms.created", "dcterms.date", "publishdate", "publish_date",
	"publish-date", "publishtime", "publish_time", "publish-time", "publishedtime",
	"published_time", "published", "pub_date", "pub-date", "pubtime", "datePublished",
	"og:published_time", "og:release_date", "og:time", "bytedance:published_time",
	"weibo:article:create_at", "sailthru.date", "parsely-pub-date", "dc.terms.issued",
	"citation_publication_date", "article_date_original", "releasedate", "date", NULL};

static const char *const updated_metas[] = {"article:modified_time", "og:updated_time",
	"bytedance:updated_time", "weibo:article:update_at", "dateModified",
	"DC.date.modified", "dcterms.modified", "lastmod", NULL};

static void set_time_from_metas(struct reading *r, struct instant *field,
	enum article_field id, const char *const *names)
{
	for (; *names && !field->is_set; names++)
		set_time(r, field, id, page_meta(r->page, *names),
			arena_printf(r->arena, "meta %s", *names));
}

/* A day alone, as many metas have it, takes the time from a line of that day. */
static void refine_by_text(struct reading *r)
{
	struct instant *published = &r->article->published;
	const struct page_lines *lines = &r->page->before;
	int64_t day = (published->ms + published->offset_s * 1000LL) / DAY_MS;
	struct instant found;
	size_t at;

	if (!published->is_set || (published->ms + published->offset_s * 1000LL) % DAY_MS)
		return;
	for (size_t i = 0; i < lines->count && i < LABEL_LINES; i++) {
		const char *line = lines->items[i];

		if (strlen(line) > LABEL_BYTES ||
			date_find(line, strlen(line), r->page->context->zone, &found, &at, NULL) !=
				DATE_OK ||
			!is_time_line(line, at) ||
			(found.ms + found.offset_s * 1000LL) / DAY_MS != day)
			continue;
		*published = found;
		return;
	}
}

void read_times(struct reading *r)
{
	const struct page *page = r->page;
	struct instant *published = &r->article->published, *updated = &r->article->updated;

	set_time(r, published, FIELD_PUBLISHED, page_ld_text(page, "datePublished"),
		"JSON-LD datePublished");
	set_time(r, published, FIELD_PUBLISHED, page_ld_text(page, "pubDate"),
		"JSON-LD pubDate");
	set_time(r, published, FIELD_PUBLISHED, page_meta(page, "article:published_time"),
		"meta article:published_time");
	if (!published->is_set) {
		set_time(r, published, FIELD_PUBLISHED, page_meta(page, "PubDate"),
			"meta PubDate");
		refine_by_maketime(r);
	}
	set_time(r, published, FIELD_PUBLISHED, page_enp(page, "date"), "enpproperty date");
	set_time_from_metas(r, published, FIELD_PUBLISHED, published_metas);
	set_time(r, published, FIELD_PUBLISHED, page->time, "time datetime");
	refine_by_text(r);
	find_time(r, &page->before);
	find_time(r, &page->after);
	set_time(r, updated, FIELD_UPDATED, page_ld_text(page, "dateModified"),
		"JSON-LD dateModified");
	set_time(r, updated, FIELD_UPDATED, page_ld_text(page, "upDate"), "JSON-LD upDate");
	set_time_from_metas(r, updated, FIELD_UPDATED, updated_metas);
}

/* The values of labels in LINES, each the first found. */
static void find_labels(struct reading *r, const struct page_lines *lines,
	struct text_labels *out)
{
	for (size_t i = 0; i < lines->count && i < LABEL_LINES; i++) {
		struct text_labels found = {0};

		if (strlen(lines->items[i]) > LABEL_BYTES)
			continue;
		text_find_labels(r->arena, lines->items[i], &found);
		out->source = out->source ? out->source : found.source;
		out->author = out->author ? out->author : found.author;
		out->editor = out->editor ? out->editor : found.editor;
	}
}

static bool set_source(struct reading *r, const char *text, const char *origin)
{
	if (!text || !*text)
		return false;
	r->article->source = text;
	r->article->origin[FIELD_SOURCE] = origin;
	return true;
}

void read_source(struct reading *r)
{
	struct text_labels labels = {0};

	find_labels(r, &r->page->before, &labels);
	if (!labels.source) {
		struct text_labels after = {0};

		find_labels(r, &r->page->after, &after);
		labels.source = after.source;
	}
	if (set_source(r, page_meta(r->page, "ContentSource"), "meta ContentSource") ||
		set_source(r, labels.source, "text") ||
		set_source(r, r->article->edition.paper, "text") ||
		set_source(r, page_ld_text(r->page, "publisher"), "JSON-LD publisher"))
		return;
	/* A government site is not the source of what it reprints. */
	set_source(r, r->article->site_name, r->article->origin[FIELD_SITE_NAME]);
}

static void add_ld_people(struct reading *r, const char *key, const char *role,
	struct people *out)
{
	json_t *value = json_object_get(r->page->ld, key), *item;
	size_t i;

	if (value && !json_is_array(value)) {
		const char *name = page_ld_string(r->page, value);

		if (name)
			people_add(r->arena, out, name, role, NULL, NULL);
		return;
	}
	json_array_foreach(value, i, item) {
		const char *name = i < 100 ? page_ld_string(r->page, item) : NULL;

		if (name)
			people_add(r->arena, out, name, role, NULL, NULL);
	}
}

static void add_meta_people(struct reading *r, const char *meta, const char *role,
	struct people *out)
{
	for (size_t i = 0; i < r->page->meta_count; i++)
		if (strcasecmp(r->page->metas[i].name, meta) == 0 &&
			!strstr(r->page->metas[i].content, "://"))
			text_people(r->arena, r->page->metas[i].content, role, out);
}

/* "本报记者 甲 乙" as a line of its own. */
static void add_byline(struct reading *r, struct people *out)
{
	static const char *const starts[] = {"本报记者", "本网记者", "本刊记者", "记者"};
	const struct page_lines *lines = &r->page->before;

	for (size_t i = 0; i < lines->count && !out->count; i++)
		for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
			const char *line = lines->items[i];
			size_t len = strlen(starts[k]);
			const char *end;

			if (!starts_with(line, starts[k]) || strlen(line) > BYLINE_BYTES ||
				(line[len] != ' ' && !starts_with(line + len, "：") &&
					line[len] != ':'))
				continue;
			line += len + (starts_with(line + len, "：") ? 3 : 1);
			end = strstr(line, "《");
			text_people(r->arena,
				end ? arena_strndup(r->arena, line, (size_t)(end - line)) : line,
				"记者", out);
			break;
		}
}

static void note_people(struct reading *r, enum article_field field,
	const struct people *people, const char *origin)
{
	if (people->count && !r->article->origin[field])
		r->article->origin[field] = origin;
}

static void read_authors(struct reading *r, const struct text_labels *labels)
{
	struct people *authors = &r->article->authors;
	const char *enp = page_enp(r->page, "author");
	const struct strings *paragraphs = &r->article->paragraphs;

	if (paragraphs->count && text_dateline(r->arena, paragraphs->items[0], r->article))
		r->article->origin[FIELD_DATELINE] = "text";
	note_people(r, FIELD_AUTHORS, authors, "dateline");
	if (!authors->count)
		add_ld_people(r, "author", "作者", authors);
	note_people(r, FIELD_AUTHORS, authors, "JSON-LD author");
	if (!authors->count)
		add_meta_people(r, "article:author", "作者", authors);
	note_people(r, FIELD_AUTHORS, authors, "meta article:author");
	if (!authors->count)
		add_byline(r, authors);
	if (!authors->count && labels->author)
		text_people(r->arena, labels->author, "作者", authors);
	note_people(r, FIELD_AUTHORS, authors, "text");
	if (!authors->count && enp)
		text_people(r->arena, enp, "作者", authors);
	note_people(r, FIELD_AUTHORS, authors, "enpproperty author");
}

/* The editor is named in the page's information line, below the body, or at its end. */
static void read_editors(struct reading *r, const struct text_labels *labels)
{
	const struct strings *paragraphs = &r->article->paragraphs;
	struct people *editors = &r->article->editors;
	struct text_labels after = {0}, last = {0};

	find_labels(r, &r->page->after, &after);
	if (paragraphs->count) {
		const char *text = paragraphs->items[paragraphs->count - 1];

		if (strlen(text) <= BYLINE_BYTES)
			text_find_labels(r->arena, text, &last);
	}
	if (labels->editor || after.editor || last.editor)
		text_people(r->arena, labels->editor ? labels->editor
			: after.editor ? after.editor : last.editor, "责任编辑", editors);
	note_people(r, FIELD_EDITORS, editors, "text");
	if (!editors->count)
		add_ld_people(r, "editor", "责任编辑", editors);
	note_people(r, FIELD_EDITORS, editors, "JSON-LD editor");
}

void read_people(struct reading *r)
{
	struct text_labels labels = {0};
	struct article *a = r->article;
	/* On government sites Author is "author or responsible editor". */
	bool is_government = page_meta(r->page, "SiteIDCode") != NULL;

	find_labels(r, &r->page->before, &labels);
	read_authors(r, &labels);
	read_editors(r, &labels);
	if (is_government && !a->editors.count)
		add_meta_people(r, "Author", "责任编辑", &a->editors);
	else if (!is_government && !a->authors.count)
		add_meta_people(r, "Author", "作者", &a->authors);
	note_people(r, FIELD_EDITORS, &a->editors, "meta Author");
	note_people(r, FIELD_AUTHORS, &a->authors, "meta Author");
}

void read_notice(struct reading *r)
{
	static const char *const starts[] = {"凡注有", "凡本网", "凡注明", "版权声明", "免责声明",
		"声明:", "声明：", "未经许可", "未经授权"};
	const struct page_lines *lines = &r->page->after;

	for (size_t i = 0; i < lines->count; i++)
		for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++)
			if (starts_with(lines->items[i], starts[k])) {
				r->article->notice = lines->items[i];
				r->article->origin[FIELD_NOTICE] = "text";
				return;
			}
}

void read_correction(struct reading *r)
{
	json_t *value = json_object_get(r->page->ld, "correction");
	struct correction *correction = &r->article->correction;
	json_t *text;

	if (json_is_array(value))
		value = json_array_get(value, 0);
	value = page_ld_resolve(r->page, value);
	text = json_is_object(value) ? json_object_get(value, "text") : value;
	correction->note = page_ld_string(r->page, text);
	if (!correction->note)
		return;
	correction->level = CORRECTION_CORRECTION;
	parse_time(r, page_ld_string(r->page, json_object_get(value, "datePublished")),
		&correction->at);
	r->article->origin[FIELD_CORRECTION] = "JSON-LD correction";
}

/* Where "01 版" begins; NULL if nowhere. */
static const char *find_page_mark(const char *text)
{
	const char *mark = strstr(text, "版"), *at = mark;

	while (at && at > text && at[-1] == ' ')
		at--;
	mark = at;
	while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at == mark ? NULL : at;
}

/* "第03版：要闻", "第 03 版" or "03 版" -> page and section. */
static void read_page_number(struct reading *r, const char *text)
{
	struct edition *edition = &r->article->edition;
	const char *at = text ? strstr(text, "第") : NULL;
	size_t digits;
	const char *section;

	if (edition->page || !text)
		return;
	at = at ? at + strlen("第") : find_page_mark(text);
	if (!at)
		return;
	at += strspn(at, " ");
	digits = strspn(at, "0123456789");
	if (digits == 0 || digits > 3)
		return;
	section = at + digits + strspn(at + digits, " ");
	if (!starts_with(section, "版"))
		return;
	section += strlen("版");
	edition->page = digits == 1 ? arena_printf(r->arena, "0%c", *at)
		: arena_strndup(r->arena, at, digits);
	if (starts_with(section, "：") || *section == ':') {
		section += *section == ':' ? 1 : strlen("：");
		edition->section = *section ? text_fold(r->arena, section, strlen(section)) : NULL;
	}
	edition->is_set = true;
}

static void set_edition_day(struct reading *r, const struct instant *day)
{
	struct buf text = {0};

	stamp_add_rfc3339(&text, day);
	if (!r->article->edition.date)
		r->article->edition.date = arena_strndup(r->arena, buf_text(&text),
			strlen("YYYY-MM-DD"));
	buf_finish(&text);
}

/* The head of a printed page: "2026年05月11日 星期一", or "2026-05-11 第03版". */
static void read_edition_line(struct reading *r, const char *line)
{
	struct instant day;

	if (strlen(line) > BYLINE_BYTES ||
		(!strstr(line, "星期") && !(strstr(line, "第") && strstr(line, "版"))))
		return;
	if (date_find(line, strlen(line), NULL, &day, NULL, NULL) == DATE_OK)
		set_edition_day(r, &day);
}

/* "《青岑日报》（2026年05月11日 第 03 版）", "《 人民日报 》（ 2026年03月05日 01 版）" */
static void read_paper(struct reading *r, const char *line)
{
	struct edition *edition = &r->article->edition;
	const char *open = strstr(line, "《");
	const char *close = open ? strstr(open, "》") : NULL;
	struct instant day;
	const char *at;

	if (!close || edition->paper)
		return;
	at = close + strlen("》");
	at += strspn(at, " ");
	if (!starts_with(at, "（") && *at != '(')
		return;
	if (date_find(close, strlen(close), NULL, &day, NULL, NULL) != DATE_OK ||
		!strstr(close, "版"))
		return;
	open += strlen("《");
	set_edition_day(r, &day);
	edition->paper = text_fold(r->arena, open, (size_t)(close - open));
	read_page_number(r, close);
	edition->is_set = true;
}

/* ".../content/202605/11/content_1.html": the day, and the page's address beside it. */
static void read_edition_path(struct reading *r)
{
	struct edition *edition = &r->article->edition;
	const char *path = r->page->context->path, *day;
	struct instant parsed;
	const char *at = path ? strstr(path, "/content/") : NULL;

	if (!at || !edition->is_set)
		return;
	at += strlen("/content/");
	if (strspn(at, "0123456789") != 6 || at[6] != '/' || strspn(at + 7, "0123456789") != 2 ||
		at[9] != '/' || strchr(at + 10, '/'))
		return;
	day = arena_printf(r->arena, "%.4s-%.2s-%.2s", at, at + 4, at + 7);
	if (date_parse(day, strlen(day), NULL, &parsed) != DATE_OK)
		return;
	edition->date = day;
	if (edition->page && !edition->url)
		edition->url = arena_printf(r->arena, "../../../layout/%.9s/node_%s.html", at,
			edition->page);
}

void read_edition(struct reading *r)
{
	struct edition *edition = &r->article->edition;
	const struct page_lines *lines = &r->page->before;
	const struct strings *paragraphs = &r->article->paragraphs;

	read_page_number(r, page_enp(r->page, "nodename"));
	for (size_t i = 0; i < lines->count; i++)
		read_paper(r, lines->items[i]);
	if (paragraphs->count && strlen(paragraphs->items[paragraphs->count - 1]) < BYLINE_BYTES)
		read_paper(r, paragraphs->items[paragraphs->count - 1]);
	if (r->page->edition_link) {
		edition->url = r->page->edition_link;
		edition->is_set = true;
	}
	for (size_t i = 0; edition->page && i < lines->count; i++)
		read_edition_line(r, lines->items[i]);
	read_edition_path(r);
	if (edition->is_set)
		r->article->origin[FIELD_EDITION] = "page";
}
