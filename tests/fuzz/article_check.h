/*
 * article_check.h: what is true of every article that any reader lets through: its body is
 * of the strict grammar, its texts are clean, and its flat encoding comes back the same.
 */
#ifndef TESTS_ARTICLE_CHECK_H
#define TESTS_ARTICLE_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/flat.h"
#include "feeds/text.h"
#include "tests/unit/strict_html.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static inline void check_clean(struct arena *arena, const char *text)
{
	if (text && strcmp(text_clean(arena, text, strlen(text)), text) != 0) {
		fprintf(stderr, "not clean: %s\n", text);
		abort();
	}
}

static inline void check_people(struct arena *arena, const struct people *people)
{
	for (size_t i = 0; i < people->count; i++) {
		check_clean(arena, people->items[i].name);
		check_clean(arena, people->items[i].role);
		check_clean(arena, people->items[i].org);
		check_clean(arena, people->items[i].email);
	}
}

static inline void check_media(struct arena *arena, const struct media_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		check_clean(arena, list->items[i].href);
		check_clean(arena, list->items[i].url);
		check_clean(arena, list->items[i].alt);
		check_clean(arena, list->items[i].caption);
		check_clean(arena, list->items[i].title);
		check_clean(arena, list->items[i].type);
	}
}

static inline void check_flat(struct arena *arena, const struct article *article)
{
	struct buf first = {0}, second = {0};
	struct article *again;

	flat_encode(article, &first);
	if (!flat_decode(arena, first.bytes, first.len, &again))
		abort();
	flat_encode(again, &second);
	if (first.len != second.len || memcmp(first.bytes, second.bytes, first.len) != 0)
		abort();
	buf_finish(&first);
	buf_finish(&second);
}

static inline void check_article(struct arena *arena, const struct article *a, bool has_base)
{
	const char *const texts[] = {a->title, a->kicker, a->subtitle, a->platform,
		a->site_name, a->channel, a->source, a->source_url, a->summary, a->lead,
		a->language, a->rights, a->notice, a->id, a->slug, a->url, a->mobile_url,
		a->editor_note, a->html, a->edition.paper, a->edition.section, a->edition.url,
		a->dateline.agency, a->dateline.place, a->correction.note, a->correction.of,
		a->withdrawal.id, a->withdrawal.reason};
	const struct strings *const lists[] = {&a->categories, &a->tags, &a->links,
		&a->paragraphs};
	const char *wrong = a->html ? strict_html(a->html, has_base) : NULL;

	if (wrong) {
		fprintf(stderr, "not strict: %s\n", wrong);
		abort();
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check_clean(arena, texts[i]);
	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < lists[k]->count; i++)
			check_clean(arena, lists[k]->items[i]);
	check_people(arena, &a->authors);
	check_people(arena, &a->editors);
	check_media(arena, &a->images);
	check_media(arena, &a->attachments);
	check_flat(arena, a);
}

#endif
