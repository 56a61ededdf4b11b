/* article.c: states over time and the names of things; see article.h. */
#include "feeds/article.h"

#include <assert.h>

enum article_status article_status_at(const struct article *article, int64_t now_ms)
{
	switch (article->status) {
	case STATUS_DRAFT:
	case STATUS_WITHDRAWN:
	case STATUS_WITHDRAWAL:
		return article->status;
	default:
		break;
	}
	if (article->expires.is_set && article->expires.ms <= now_ms)
		return STATUS_EXPIRED;
	if (article->embargo.is_set && article->embargo.ms > now_ms)
		return STATUS_EMBARGOED;
	if (article->published.ms > now_ms)
		return STATUS_SCHEDULED;
	return STATUS_PUBLISHED;
}

int64_t article_next_change(const struct article *article, int64_t now_ms)
{
	const struct instant *const instants[] = {&article->published, &article->embargo,
		&article->expires};
	int64_t next = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		if (instants[i]->is_set && instants[i]->ms > now_ms && instants[i]->ms < next)
			next = instants[i]->ms;
	}
	return next;
}

const char *article_status_name(enum article_status status)
{
	static const char *const names[] = {"published", "draft", "scheduled", "embargoed",
		"expired", "withdrawn", "withdrawal"};

	return names[status];
}

const char *article_format_name(enum article_format format)
{
	static const char *const names[] = {"markdown", "html", "text", "nitf", "newsml-g2",
		"atom-entry", "sidecar"};

	return names[format];
}

const char *correction_level_name(enum correction_level level)
{
	static const char *const names[] = {0, "typo", "update", "correction", "corrective"};

	return names[level];
}

const char *article_field_name(enum article_field field)
{
	static const char *const names[] = {"title", "kicker", "subtitle", "platform",
		"site_name", "channel", "categories", "tags", "published", "updated",
		"embargo_until", "expires", "source", "source_url", "dateline", "authors",
		"editors", "edition", "summary", "language", "rights", "notice", "urgency",
		"status", "correction", "withdraws", "id", "slug", "url", "mobile_url", "images",
		"attachments", "editor_note", "reviews", "paragraphs"};

	static_assert(sizeof(names) / sizeof(*names) == FIELD_COUNT, "one name per field");
	return names[field];
}
