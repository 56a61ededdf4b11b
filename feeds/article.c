/*
 * article.c: the state of an article at a point in time, and the names of its enums.
 */
#include "feeds/article.h"

#include <string.h>

#include <assert.h>

static const char *const status_names[] = {
	[STATUS_PUBLISHED] = "published",
	[STATUS_DRAFT] = "draft",
	[STATUS_SCHEDULED] = "scheduled",
	[STATUS_EMBARGOED] = "embargoed",
	[STATUS_EXPIRED] = "expired",
	[STATUS_WITHDRAWN] = "withdrawn",
	[STATUS_WITHDRAWAL] = "withdrawal",
};
static_assert(sizeof(status_names) / sizeof(*status_names) == STATUS_WITHDRAWAL + 1,
	"a name for each status");

static const char *const format_names[] = {
	[FORMAT_MARKDOWN] = "markdown",
	[FORMAT_HTML] = "html",
	[FORMAT_TEXT] = "text",
	[FORMAT_NITF] = "nitf",
	[FORMAT_NEWSML_G2] = "newsml-g2",
	[FORMAT_ATOM_ENTRY] = "atom-entry",
	[FORMAT_SIDECAR] = "sidecar",
};
static_assert(sizeof(format_names) / sizeof(*format_names) == FORMAT_SIDECAR + 1,
	"a name for each format");

static const char *const level_names[] = {
	[CORRECTION_NONE] = NULL,
	[CORRECTION_TYPO] = "typo",
	[CORRECTION_UPDATE] = "update",
	[CORRECTION_CORRECTION] = "correction",
	[CORRECTION_CORRECTIVE] = "corrective",
};
static_assert(sizeof(level_names) / sizeof(*level_names) == CORRECTION_CORRECTIVE + 1,
	"a name for each level");

static const char *const field_names[] = {
	[FIELD_TITLE] = "title",
	[FIELD_KICKER] = "kicker",
	[FIELD_SUBTITLE] = "subtitle",
	[FIELD_PLATFORM] = "platform",
	[FIELD_SITE_NAME] = "site_name",
	[FIELD_CHANNEL] = "channel",
	[FIELD_CATEGORIES] = "categories",
	[FIELD_TAGS] = "tags",
	[FIELD_PUBLISHED] = "published",
	[FIELD_UPDATED] = "updated",
	[FIELD_EMBARGO] = "embargo_until",
	[FIELD_EXPIRES] = "expires",
	[FIELD_SOURCE] = "source",
	[FIELD_SOURCE_URL] = "source_url",
	[FIELD_DATELINE] = "dateline",
	[FIELD_AUTHORS] = "authors",
	[FIELD_EDITORS] = "editors",
	[FIELD_EDITION] = "edition",
	[FIELD_SUMMARY] = "summary",
	[FIELD_LANGUAGE] = "language",
	[FIELD_RIGHTS] = "rights",
	[FIELD_NOTICE] = "notice",
	[FIELD_URGENCY] = "urgency",
	[FIELD_STATUS] = "status",
	[FIELD_CORRECTION] = "correction",
	[FIELD_WITHDRAWAL] = "withdraws",
	[FIELD_ID] = "id",
	[FIELD_SLUG] = "slug",
	[FIELD_URL] = "url",
	[FIELD_MOBILE_URL] = "mobile_url",
	[FIELD_IMAGES] = "images",
	[FIELD_ATTACHMENTS] = "attachments",
	[FIELD_EDITOR_NOTE] = "editor_note",
	[FIELD_REVIEWS] = "reviews",
	[FIELD_BODY] = "paragraphs",
};
static_assert(sizeof(field_names) / sizeof(*field_names) == FIELD_COUNT,
	"a name for each field");

static bool is_past(const struct instant *instant, int64_t now_ms)
{
	return instant->is_set && instant->ms <= now_ms;
}

static bool is_ahead(const struct instant *instant, int64_t now_ms)
{
	return instant->is_set && instant->ms > now_ms;
}

/* Expiry wins over what would hold the article back: nothing may appear after it. An
 * embargo wins over a future publication: partners entitled to it have the article. A
 * state that the file states without the instant that would end it lasts. */
enum article_status article_status_at(const struct article *article, int64_t now_ms)
{
	switch (article->status) {
	case STATUS_DRAFT:
	case STATUS_EXPIRED:
	case STATUS_WITHDRAWN:
	case STATUS_WITHDRAWAL:
		return article->status;
	case STATUS_PUBLISHED:
	case STATUS_SCHEDULED:
	case STATUS_EMBARGOED:
		break;
	}
	if (is_past(&article->expires, now_ms))
		return STATUS_EXPIRED;
	if (is_ahead(&article->embargo, now_ms))
		return STATUS_EMBARGOED;
	if (article->status == STATUS_EMBARGOED && !article->embargo.is_set)
		return STATUS_EMBARGOED;
	if (is_ahead(&article->published, now_ms))
		return STATUS_SCHEDULED;
	if (article->status == STATUS_SCHEDULED && !article->published.is_set)
		return STATUS_SCHEDULED;
	return STATUS_PUBLISHED;
}

int64_t article_next_change(const struct article *article, int64_t now_ms)
{
	const struct instant *const instants[] = {
		&article->published, &article->embargo, &article->expires};
	enum article_status now = article_status_at(article, now_ms);
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < sizeof(instants) / sizeof(*instants); i++) {
		if (is_ahead(instants[i], now_ms) && instants[i]->ms < next &&
			article_status_at(article, instants[i]->ms) != now)
			next = instants[i]->ms;
	}
	return next;
}

const char *article_status_name(enum article_status status)
{
	assert(status <= STATUS_WITHDRAWAL);
	return status_names[status];
}

const char *article_format_name(enum article_format format)
{
	assert(format <= FORMAT_SIDECAR);
	return format_names[format];
}

const char *correction_level_name(enum correction_level level)
{
	assert(level <= CORRECTION_CORRECTIVE);
	return level_names[level];
}

const char *article_field_name(enum article_field field)
{
	assert(field < FIELD_COUNT);
	return field_names[field];
}

void article_redact(struct article *article)
{
	article->kicker = article->subtitle = NULL;
	article->summary = article->lead = article->html = NULL;
	article->tags = article->categories = (struct strings){0};
	article->links = article->paragraphs = (struct strings){0};
	article->images = article->attachments = (struct media_list){0};
	article->authors = article->editors = (struct people){0};
	article->dateline = (struct dateline){0};
	article->editor_note = NULL;
}

void article_trim(struct article *article)
{
	article->links = article->paragraphs = (struct strings){0};
	memset(article->origin, 0, sizeof(article->origin));
}
