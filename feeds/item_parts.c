/*
 * item_parts.c: the decisions that are the same for every format.
 */
#include "feeds/item_parts.h"

#include "feeds/base/mem.h"
#include "feeds/escape.h"
#include "feeds/html_feed.h"
#include "feeds/xmlout.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const char *text)
{
	return !escape_is_blank(text);
}

const char *item_parts_either(const char *a, const char *b)
{
	return is_text(a) ? a : b ? b : "";
}

static bool is_chinese(const struct article *article)
{
	const char *language = article->language;

	return !is_text(language) || strncmp(language, "zh", 2) == 0 ||
	       strncmp(language, "ZH", 2) == 0;
}

static const char *stated_summary(const struct article *article)
{
	return item_parts_either(article->summary, article->lead);
}

static void set_title(struct item_parts *parts)
{
	const struct article *article = parts->article;
	const char *title = item_parts_either(article->title, stated_summary(article));

	if (parts->is_withdrawn)
		buf_add_str(
			&parts->title, is_chinese(article) ? "【撤稿】" : "Withdrawn: ");
	else if (parts->is_early)
		buf_add_str(&parts->title,
			is_chinese(article) ? "【未到解禁时间】" : "Embargoed: ");
	buf_add_str(&parts->title, item_parts_either(title, parts->id));
}

static void add_paragraph(struct buf *html, const char *label, const char *text)
{
	if (!is_text(text))
		return;
	buf_add_str(html, "<p>");
	if (label)
		buf_printf(html, "<strong>%s</strong>", label);
	escape_add(html, ESCAPE_XML_TEXT, text);
	buf_add_str(html, "</p>\n");
}

/* A correction is labelled as one, before the text it corrects. */
static void set_texts(struct item_parts *parts, enum text_level level)
{
	const struct article *article = parts->article;
	const char *label = is_chinese(article) ? "更正：" : "Correction: ";
	const char *note = parts->correction ? article->correction.note : NULL;

	if (level < LEVEL_SUMMARY)
		return;
	if (level == LEVEL_SUMMARY && is_text(note))
		buf_printf(&parts->summary, "%s%s ", label, note);
	buf_add_str(&parts->summary, stated_summary(article));
	if (level < LEVEL_FULL || !is_text(article->html))
		return;
	add_paragraph(&parts->html, label, note);
	add_paragraph(&parts->html, NULL, article->kicker);
	add_paragraph(&parts->html, NULL, article->subtitle);
	if (level >= LEVEL_FULL_MEDIA)
		html_add_for_feed(&parts->html, article->html);
	else
		html_add_without_media(&parts->html, article->html);
}

/* What every audience that had the article may know: that it is taken back, and why. */
static void set_notice(struct item_parts *parts)
{
	const char *reason = item_parts_either(parts->article->withdrawal.reason,
		is_chinese(parts->article) ? "此稿已撤回。"
					   : "This article has been withdrawn.");

	buf_add_str(&parts->summary, reason);
	add_paragraph(&parts->html, NULL, reason);
}

static void add_category(struct item_parts *parts, const char *name)
{
	if (!is_text(name))
		return;
	for (size_t i = 0; i < parts->category_count; i++) {
		if (strcmp(parts->categories[i], name) == 0)
			return;
	}
	parts->categories[parts->category_count++] = name;
}

static void set_categories(struct item_parts *parts, const char *channel)
{
	const struct article *article = parts->article;

	parts->categories =
		mem_alloc((1 + article->categories.count + article->tags.count) *
			  sizeof(*parts->categories));
	add_category(parts, channel);
	for (size_t i = 0; i < article->categories.count; i++)
		add_category(parts, article->categories.items[i]);
	for (size_t i = 0; i < article->tags.count; i++)
		add_category(parts, article->tags.items[i]);
}

static bool is_lead(const struct media *media)
{
	return media->role && strcmp(media->role, "lead") == 0;
}

/* Only what a reader can fetch, each address once. */
static void add_media(struct item_parts *parts, const struct media *media)
{
	if (!xmlout_is_web_url(media->url))
		return;
	for (size_t i = 0; i < parts->media_count; i++) {
		if (strcmp(parts->media[i]->url, media->url) == 0)
			return;
	}
	parts->media[parts->media_count++] = media;
}

static void set_media(struct item_parts *parts)
{
	const struct media_list *images = &parts->article->images;
	const struct media_list *attachments = &parts->article->attachments;

	parts->media = mem_alloc(
		(1 + images->count + attachments->count) * sizeof(const struct media *));
	for (size_t i = 0; i < attachments->count; i++)
		add_media(parts, &attachments->items[i]);
	for (size_t i = 0; i < images->count; i++) {
		if (is_lead(&images->items[i]))
			add_media(parts, &images->items[i]);
	}
	for (size_t i = 0; i < images->count; i++)
		add_media(parts, &images->items[i]);
}

/* The rule's statement, or the article's; a licence that is a name is part of it. */
static void set_rights(struct item_parts *parts, const struct feed_item *item)
{
	const struct article *article = parts->article;
	const char *own = item_parts_either(article->rights, article->notice);

	parts->rights = item_parts_either(item->rights, own);
	if (xmlout_is_web_url(item->license)) {
		parts->license_url = item->license;
		return;
	}
	if (!is_text(item->license))
		return;
	buf_printf(&parts->rights_text, "%s%s%s", parts->rights, *parts->rights ? " · " : "",
		item->license);
	parts->rights = buf_text(&parts->rights_text);
}

void item_parts_init(
	struct item_parts *parts, enum text_level level, const struct feed_item *item)
{
	static const struct article nothing = {.language = NULL};
	const struct article *article = item->article ? item->article : &nothing;

	*parts = (struct item_parts){
		.article = article,
		.id = item_parts_either(item->id, item->url),
		.url = item_parts_either(item->url, item->id),
		.published = item->published,
		.updated = item->updated.is_set ? item->updated : item->published,
		.is_withdrawn = item->status == STATUS_WITHDRAWN,
		.is_advisory = item->status == STATUS_WITHDRAWAL,
		.is_early = item->syndication && item->syndication->embargo.is_set,
		.syndication = item->syndication,
		.has_details = item->status == STATUS_PUBLISHED && level >= LEVEL_SUMMARY,
	};
	if (item->status == STATUS_PUBLISHED && article->correction.level >= CORRECTION_CORRECTION)
		parts->correction = correction_level_name(article->correction.level);
	set_title(parts);
	if (parts->is_withdrawn || parts->is_advisory)
		set_notice(parts);
	else
		set_texts(parts, level);
	if (!parts->is_withdrawn && !parts->is_advisory && (level >= LEVEL_SUMMARY ||
		item->rights || item->license))
		set_rights(parts, item);
	if (!parts->has_details)
		return;
	set_categories(parts, item->channel);
	if (level >= LEVEL_FULL_MEDIA)
		set_media(parts);
}

void item_parts_finish(struct item_parts *parts)
{
	buf_finish(&parts->title);
	buf_finish(&parts->summary);
	buf_finish(&parts->html);
	buf_finish(&parts->rights_text);
	free(parts->categories);
	free(parts->media);
	*parts = (struct item_parts){.article = NULL};
}

const char *item_parts_summary(const struct item_parts *parts)
{
	return item_parts_either(buf_text(&parts->summary), buf_text(&parts->title));
}

static void add_word(
	struct buf *out, const char *before, const char *word, const char *after)
{
	if (is_text(word))
		buf_printf(out, "%s%s%s%s", out->len ? " " : "", before, word, after);
}

void item_parts_citation(const struct article *article, struct buf *out)
{
	const struct edition *edition = &article->edition;

	if (!edition->is_set)
		return;
	add_word(out, "", edition->paper, "");
	add_word(out, "", edition->date, "");
	if (is_chinese(article))
		add_word(out, "第", edition->page, "版");
	else
		add_word(out, "p. ", edition->page, "");
	add_word(out, "", edition->section, "");
}

const char *item_parts_media_type(const struct media *media)
{
	return xmlout_is_media_type(media->type) ? media->type
						 : "application/octet-stream";
}

const char *item_parts_medium(const struct media *media)
{
	static const char *const media_kinds[] = {"image", "audio", "video"};
	const char *type = item_parts_media_type(media);

	for (size_t i = 0; i < sizeof(media_kinds) / sizeof(*media_kinds); i++) {
		size_t len = strlen(media_kinds[i]);

		if (strncmp(type, media_kinds[i], len) == 0 && type[len] == '/')
			return media_kinds[i];
	}
	return "document";
}
