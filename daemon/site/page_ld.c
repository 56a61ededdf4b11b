/*
 * page_ld.c: see page_ld.h. What is not stated is left out; members keep this order, so
 * that equal articles are equal bytes.
 */
#include "daemon/site/page_ld.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page.h"
#include "daemon/site/page_article.h"
#include "daemon/site/page_meta.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/stamp.h"
#include "feeds/xmlout.h"

/* Nothing for a blank text; jansson refuses what is not UTF-8. */
static void set(json_t *object, const char *key, const char *text)
{
	if (!escape_is_blank(text))
		json_object_set_new(object, key, json_string(text));
}

static void set_date(json_t *object, const char *key, const struct instant *at)
{
	struct buf text = {0};

	if (at->is_set)
		stamp_add_rfc3339(&text, at);
	set(object, key, buf_text(&text));
	buf_finish(&text);
}

static json_t *typed(const char *type)
{
	json_t *object = json_object();

	set(object, "@type", type);
	return object;
}

static json_t *named(const char *type, const char *name)
{
	json_t *object = typed(type);

	set(object, "name", name);
	return object;
}

static void set_people(json_t *object, const char *key, const struct people *people)
{
	json_t *list = json_array();

	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->items[i];
		json_t *one = named("Person", person->name);

		set(one, "jobTitle", person->role);
		if (!escape_is_blank(person->org))
			json_object_set_new(one, "affiliation",
				named("NewsMediaOrganization", person->org));
		json_array_append_new(list, one);
	}
	if (people->count)
		json_object_set(object, key, list);
	json_decref(list);
}

static void set_keywords(json_t *object, const struct strings *tags)
{
	json_t *list = json_array();

	for (size_t i = 0; i < tags->count; i++)
		json_array_append_new(list, json_string(tags->items[i]));
	if (tags->count)
		json_object_set(object, "keywords", list);
	json_decref(list);
}

static void set_dateline(json_t *object, const struct dateline *dateline)
{
	const char *parts[] = {dateline->agency, dateline->place, dateline->date};
	struct buf text = {0};

	for (size_t i = 0; dateline->is_set && i < sizeof(parts) / sizeof(*parts); i++) {
		if (!escape_is_blank(parts[i]))
			buf_printf(&text, "%s%s", text.len ? " " : "", parts[i]);
	}
	set(object, "dateline", buf_text(&text));
	buf_finish(&text);
}

static void set_correction(json_t *object, const struct correction *correction)
{
	json_t *comment;

	if (correction->level < CORRECTION_CORRECTION ||
		escape_is_blank(correction->note))
		return;
	comment = typed("CorrectionComment");
	set(comment, "text", correction->note);
	set_date(comment, "datePublished", &correction->at);
	json_object_set_new(object, "correction", comment);
}

static void set_print(json_t *object, const struct edition *edition)
{
	if (!edition->is_set)
		return;
	set(object, "printEdition", edition->date);
	set(object, "printPage", edition->page);
	set(object, "printSection", edition->section);
}

static void set_details(json_t *object, const struct page_article *page)
{
	const struct article *article = page->article;

	set(object, "alternativeHeadline", article->subtitle);
	set(object, "description", page_summary(page));
	set(object, "image", page_picture(page));
	set_people(object, "author", &article->authors);
	set_people(object, "editor", &article->editors);
	set_keywords(object, &article->tags);
	set_dateline(object, &article->dateline);
	set_print(object, &article->edition);
	set_correction(object, &article->correction);
	set(object, "copyrightNotice", page->rights ? page->rights : article->rights);
	set(object, "usageInfo", xmlout_is_web_url(page->license) ? page->license : NULL);
}

static json_t *make(const struct page_article *page)
{
	const struct article *article = page->article;
	const char *title = page->site->title;
	json_t *object = json_object(),
	       *publisher = named("NewsMediaOrganization", title);

	set(object, "@context", "https://schema.org");
	set(object, "@type", "NewsArticle");
	set(object, "mainEntityOfPage", page_canonical(page));
	set(object, "url", page_canonical(page));
	set(object, "headline", article->title);
	set_date(object, "datePublished", &page->published);
	set_date(object, "dateModified", &page->updated);
	set(object, "inLanguage",
		xmlout_is_language(article->language)
			? article->language
			: page_language_tag(page->site->language,
				  page_language_of(page->site, NULL)));
	set(object, "articleSection", page_column_name(page));
	json_object_set_new(
		object, "isAccessibleForFree", json_boolean(page->level >= LEVEL_FULL));
	if (page_has_details(page))
		set_details(object, page);
	if (!escape_is_blank(article->source))
		json_object_set_new(object, "sourceOrganization",
			named("Organization", article->source));
	if (xmlout_is_web_url(page->site->logo))
		set(publisher, "logo", page->site->logo);
	json_object_set_new(object, "publisher", publisher);
	return object;
}

void page_ld_add(struct buf *out, const struct page_article *page)
{
	json_t *object;
	char *text;

	if (page->is_withdrawn)
		return;
	object = make(page);
	text = json_dumps(object, JSON_COMPACT);
	buf_add_str(out, "<script type=\"application/ld+json\">");
	for (const char *at = text; at && *at; at++) {
		/* these are in strings only, and could begin or end an element */
		if (*at == '<' || *at == '>' || *at == '&')
			buf_printf(out, "\\u%04x", (unsigned)*at);
		else
			buf_add_char(out, *at);
	}
	buf_add_str(out, "</script>\n");
	free(text);
	json_decref(object);
}
