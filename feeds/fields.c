/*
 * fields.c: the table of keys that editors and site generators write (Hugo, Jekyll, and
 * the Chinese words), and what each sets in an article. The first key of a field that is
 * present and not empty wins, at the top level or under `params:`.
 */
#include "feeds/frontmatter.h"

#include <string.h>
#include <strings.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/field_values.h"
#include "feeds/parse.h"
#include "feeds/stamp.h"

enum { MOST_KEYS = 10 };

typedef bool set_field(struct setting *setting, const struct value *value);

/* Plain texts share one setter: the place is in the table below. */
#define TEXT_SETTER(member)                                                               \
	static bool set_##member(struct setting *setting, const struct value *value)      \
	{                                                                                 \
		setting->article->member = value_line(setting->arena, value);             \
		return true;                                                              \
	}
TEXT_SETTER(title)
TEXT_SETTER(subtitle)
TEXT_SETTER(kicker)
TEXT_SETTER(platform)
TEXT_SETTER(channel)
TEXT_SETTER(source)
TEXT_SETTER(source_url)
TEXT_SETTER(summary)
TEXT_SETTER(language)
TEXT_SETTER(notice)
TEXT_SETTER(id)
TEXT_SETTER(slug)
TEXT_SETTER(url)
TEXT_SETTER(mobile_url)
TEXT_SETTER(editor_note)

#define DATE_SETTER(member)                                                               \
	static bool set_##member(struct setting *setting, const struct value *value)      \
	{                                                                                 \
		return value_date(setting, value, &setting->article->member);             \
	}
DATE_SETTER(published)
DATE_SETTER(updated)
DATE_SETTER(expires)
DATE_SETTER(embargo)

static bool set_rights(struct setting *setting, const struct value *value)
{
	setting->article->rights = value_line(setting->arena, value);
	/* One statement is both, unless the file has a notice of its own. */
	setting->article->notice = setting->article->rights;
	return true;
}

static bool set_categories(struct setting *setting, const struct value *value)
{
	value_strings(setting, value, &setting->article->categories);
	return true;
}

static bool set_tags(struct setting *setting, const struct value *value)
{
	value_strings(setting, value, &setting->article->tags);
	return true;
}

static bool set_authors(struct setting *setting, const struct value *value)
{
	bool reporter = !strcmp(setting->key, "记者");

	value_people(setting, value, reporter ? "记者" : "作者", &setting->article->authors);
	return true;
}

static bool set_editors(struct setting *setting, const struct value *value)
{
	value_people(setting, value, "责任编辑", &setting->article->editors);
	return true;
}

static bool set_urgency(struct setting *setting, const struct value *value)
{
	long urgency;

	if (!value_number(setting, value, 1, 9, &urgency))
		return false;
	setting->article->urgency = (int)urgency;
	return true;
}

static bool set_draft(struct setting *setting, const struct value *value)
{
	const char *text = value_line(setting->arena, value);

	if (value_is_yes(text))
		setting->article->status = STATUS_DRAFT;
	else if (!value_is_no(text))
		return value_refuse(setting, value, "value-invalid",
			"draft must be true or false", NULL);
	return true;
}

static bool set_status(struct setting *setting, const struct value *value)
{
	static const struct {
		const char *word;
		enum article_status status;
	} words[] = {
		{"published", STATUS_PUBLISHED},
		{"publish", STATUS_PUBLISHED},
		{"approved", STATUS_PUBLISHED},
		{"scheduled", STATUS_SCHEDULED},
		{"embargoed", STATUS_EMBARGOED},
		{"corrected", STATUS_PUBLISHED},
		{"发布", STATUS_PUBLISHED},
		{"已发布", STATUS_PUBLISHED},
		{"draft", STATUS_DRAFT},
		{"review", STATUS_DRAFT},
		{"pending", STATUS_DRAFT},
		{"hold", STATUS_DRAFT},
		{"held", STATUS_DRAFT},
		{"hidden", STATUS_DRAFT},
		{"private", STATUS_DRAFT},
		{"草稿", STATUS_DRAFT},
		{"待审", STATUS_DRAFT},
		{"withdrawn", STATUS_WITHDRAWN},
		{"retracted", STATUS_WITHDRAWN},
		{"killed", STATUS_WITHDRAWN},
		{"撤稿", STATUS_WITHDRAWN},
	};
	const char *text = value_line(setting->arena, value);

	for (size_t i = 0; text && i < sizeof(words) / sizeof(*words); i++) {
		if (strcasecmp(text, words[i].word) != 0)
			continue;
		if (words[i].status != STATUS_PUBLISHED)
			setting->article->status = words[i].status;
		return true;
	}
	return value_refuse(setting, value, "value-invalid",
		arena_printf(setting->arena, "unknown status \"%s\"", text ? text : ""),
		"published, draft, review or withdrawn");
}

/* `withdrawn:` is an instant or yes. */
static bool set_withdrawn(struct setting *setting, const struct value *value)
{
	struct article *article = setting->article;
	const char *text = value_line(setting->arena, value);

	if (value_is_no(text))
		return true;
	if (!value_is_yes(text) && !value_date(setting, value, &article->withdrawal.at))
		return false;
	article->status = STATUS_WITHDRAWN;
	return true;
}

static bool set_withdraw_reason(struct setting *setting, const struct value *value)
{
	setting->article->withdrawal.reason = value_line(setting->arena, value);
	return true;
}

static bool set_correction(struct setting *setting, const struct value *value)
{
	static const char *const names[] = {"typo", "update", "correction", "corrective"};
	struct correction correction = {.level = CORRECTION_CORRECTION};
	const struct value *level = value_get(value, "level", NULL);
	const struct value *at = value_get(value, "at", NULL);
	const char *word;
	size_t i;

	if (value->kind != VALUE_MAP) {
		correction.note = value_line(setting->arena, value);
		setting->article->correction = correction;
		return true;
	}
	correction.note = MEMBER(setting, value, "note", "说明");
	correction.of = MEMBER(setting, value, "of");
	if (correction.of)
		correction.level = CORRECTION_CORRECTIVE;
	if (level) {
		word = value_line(setting->arena, level);
		for (i = 0; i < 4 && word && strcasecmp(word, names[i]) != 0; i++)
			;
		if (i == 4 || !word)
			return value_refuse(setting, level, "value-invalid",
				"unknown level of correction",
				"typo, update, correction or corrective");
		correction.level = (enum correction_level)(i + CORRECTION_TYPO);
	}
	if (at && !value_date(setting, at, &correction.at))
		return false;
	setting->article->correction = correction;
	return true;
}

static bool set_images(struct setting *setting, const struct value *value)
{
	struct media_list *images = &setting->article->images;

	value_media(setting, value, images);
	if (images->count)
		images->items[0].role = "lead";
	return true;
}

static bool set_attachments(struct setting *setting, const struct value *value)
{
	value_media(setting, value, &setting->article->attachments);
	return true;
}

/* As YYYY-MM-DD, however it is written. */
static bool read_edition_date(
	struct setting *setting, const struct value *edition, const char **out)
{
	const struct value *date = value_get(edition, "date", NULL);
	struct instant day;
	struct buf text = {0};

	if (!date)
		date = value_get(edition, "日期", NULL);
	if (!date)
		return true;
	if (!value_date(setting, date, &day))
		return false;
	stamp_add_rfc3339(&text, &day);
	*out = arena_strndup(setting->arena, buf_text(&text), strlen("YYYY-MM-DD"));
	buf_finish(&text);
	return true;
}

static bool set_edition(struct setting *setting, const struct value *value)
{
	struct edition edition = {.is_set = true};

	if (value->kind == VALUE_MAP) {
		edition.paper = MEMBER(setting, value, "paper", "报纸");
		if (!read_edition_date(setting, value, &edition.date))
			return false;
		edition.page = MEMBER(setting, value, "page", "版次");
		edition.section = MEMBER(setting, value, "section", "版名");
		edition.url = MEMBER(setting, value, "url");
	} else {
		edition.url = value_line(setting->arena, value);
		if (!edition.url || strncmp(edition.url, "http", 4) != 0)
			return true;
	}
	setting->article->edition = edition;
	return true;
}

static bool set_reviews(struct setting *setting, const struct value *value)
{
	struct review *items;

	if (value->kind != VALUE_LIST)
		return value_refuse(setting, value, "value-invalid", "reviews must be a list",
			"reviews: [{stage: 一审, by: NAME, at: DATE}]");
	items = arena_alloc(setting->arena, value->count * sizeof(*items));
	for (size_t i = 0; i < value->count; i++) {
		const struct value *at = value_get(value->items[i], "at", NULL);

		items[i].stage = MEMBER(setting, value->items[i], "stage");
		items[i].by = MEMBER(setting, value->items[i], "by");
		if (at && !value_date(setting, at, &items[i].at))
			return false;
	}
	setting->article->reviews =
		(struct reviews){.items = items, .count = value->count};
	return true;
}

/* The table: `all` means that every key that is present sets the field in turn. */
static const struct key_row {
	enum article_field field;
	set_field *set;
	bool cascades, all;
	const char *keys[MOST_KEYS];
} rows[] = {
	{FIELD_TITLE, set_title, false, false, {"title", "headline", "标题"}},
	{FIELD_SUBTITLE, set_subtitle, false, false, {"subtitle", "副题", "副标题"}},
	{FIELD_KICKER, set_kicker, false, false, {"kicker", "引题"}},
	{FIELD_PLATFORM, set_platform, true, false, {"platform"}},
	{FIELD_PUBLISHED, set_published, false, false,
		{"publishDate", "pubdate", "published", "发布时间", "date", "日期",
			"时间"}},
	{FIELD_UPDATED, set_updated, false, false,
		{"lastmod", "modified", "updated", "last_modified_at", "更新时间"}},
	{FIELD_EXPIRES, set_expires, false, false,
		{"expiryDate", "unpublishdate", "expires"}},
	{FIELD_EMBARGO, set_embargo, false, false, {"embargo", "解禁时间"}},
	{FIELD_STATUS, set_draft, false, false, {"draft"}},
	{FIELD_STATUS, set_status, false, false, {"status", "状态"}},
	{FIELD_WITHDRAWAL, set_withdrawn, false, false, {"withdrawn"}},
	{FIELD_WITHDRAWAL, set_withdraw_reason, false, false, {"withdraw_reason"}},
	{FIELD_CORRECTION, set_correction, false, false, {"correction", "更正"}},
	{FIELD_CHANNEL, set_channel, true, false, {"channel", "栏目"}},
	{FIELD_CATEGORIES, set_categories, true, false,
		{"categories", "category", "分类"}},
	{FIELD_TAGS, set_tags, true, false, {"tags", "标签", "keywords", "关键词"}},
	{FIELD_SOURCE, set_source, true, false, {"source", "来源", "稿源"}},
	{FIELD_SOURCE_URL, set_source_url, true, false, {"source_url"}},
	{FIELD_AUTHORS, set_authors, true, false,
		{"author", "authors", "byline", "作者", "记者"}},
	{FIELD_EDITORS, set_editors, true, false,
		{"editor", "editors", "责任编辑", "责编"}},
	{FIELD_SUMMARY, set_summary, false, false,
		{"summary", "description", "excerpt", "abstract", "摘要"}},
	{FIELD_ID, set_id, false, false, {"id", "guid"}},
	{FIELD_SLUG, set_slug, false, false, {"slug"}},
	{FIELD_URL, set_url, false, false, {"url"}},
	{FIELD_MOBILE_URL, set_mobile_url, false, false, {"mobile_url", "手机版"}},
	{FIELD_IMAGES, set_images, false, true, {"image", "images", "cover"}},
	{FIELD_ATTACHMENTS, set_attachments, false, true,
		{"audio", "video", "enclosures", "attachments"}},
	{FIELD_RIGHTS, set_rights, true, false, {"rights", "版权", "copyright"}},
	{FIELD_NOTICE, set_notice, true, false, {"notice", "声明"}},
	{FIELD_LANGUAGE, set_language, true, false, {"lang", "language"}},
	{FIELD_URGENCY, set_urgency, true, false, {"urgency"}},
	{FIELD_EDITION, set_edition, false, false, {"edition", "epaper", "电子报"}},
	{FIELD_EDITOR_NOTE, set_editor_note, false, false, {"editor_note", "ednote"}},
	{FIELD_REVIEWS, set_reviews, false, false, {"reviews"}},
};

/* Whether ARTICLE states a field that a directory could give a default for. */
static bool is_set(const struct article *article, enum article_field field)
{
	if (article->origin[field])
		return true;
	switch ((int)field) {
	case FIELD_SOURCE:
		return article->source != NULL;
	case FIELD_SOURCE_URL:
		return article->source_url != NULL;
	case FIELD_CHANNEL:
		return article->channel != NULL;
	case FIELD_CATEGORIES:
		return article->categories.count > 0;
	case FIELD_TAGS:
		return article->tags.count > 0;
	case FIELD_AUTHORS:
		return article->authors.count > 0;
	case FIELD_EDITORS:
		return article->editors.count > 0;
	case FIELD_LANGUAGE:
		return article->language != NULL;
	case FIELD_RIGHTS:
		return article->rights != NULL;
	case FIELD_NOTICE:
		return article->notice != NULL;
	case FIELD_URGENCY:
		return article->urgency != 0;
	case FIELD_PLATFORM:
		return article->platform != NULL;
	default:
		return false;
	}
}

static bool apply_row(struct setting *setting, const struct key_row *row,
	const struct field_source *source)
{
	const char *notice = setting->article->notice;

	for (size_t i = 0; i < MOST_KEYS && row->keys[i]; i++) {
		const struct value *value =
			value_lookup(setting->fields, row->keys[i], &setting->key);

		if (!value)
			continue;
		if (!row->set(setting, value))
			return false;
		if (source->is_default && row->field == FIELD_RIGHTS && notice)
			setting->article->notice = notice;
		setting->article->origin[row->field] = arena_printf(
			setting->arena, "%s: %s", source->name, setting->key);
		if (!row->all)
			return true;
	}
	return true;
}

/* The withdrawal has its own id when the article states one. */
static void complete_withdrawal(struct article *article)
{
	if (article->status != STATUS_WITHDRAWN)
		return;
	article->withdrawal.is_set = true;
	article->withdrawal.id = article->id;
}

bool frontmatter_apply(struct arena *arena, const struct parse_context *context,
	const struct value *fields, const struct field_source *source,
	struct article *article, struct diagnosis *why)
{
	struct setting setting = {.arena = arena, .context = context, .fields = fields,
		.article = article, .why = why};

	if (!fields)
		return true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (source->is_default &&
			(!rows[i].cascades || is_set(article, rows[i].field)))
			continue;
		if (!apply_row(&setting, &rows[i], source))
			return false;
	}
	complete_withdrawal(article);
	return true;
}

const char *frontmatter_text(struct arena *arena, const struct value *fields,
	const char *const *keys)
{
	for (; *keys; keys++) {
		const struct value *value = value_lookup(fields, *keys, NULL);

		if (value)
			return value_line(arena, value);
	}
	return NULL;
}
