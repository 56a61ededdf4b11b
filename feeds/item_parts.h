/*
 * item_parts.h: what of an article an item shows, decided once for the three formats: the
 * level of text, withdrawal, correction notes, which media. Internal to the feed writers.
 */
#ifndef FEEDS_ITEM_PARTS_H
#define FEEDS_ITEM_PARTS_H

#include "feeds/base/buf.h"
#include "feeds/render.h"

struct item_parts {
	const struct article *article; /* borrows; never NULL */
	const char *id, *url;	       /* never NULL */
	struct instant published, updated;
	bool is_withdrawn;
	bool is_advisory; /* takes another article back; for partners */
	bool is_early;    /* under embargo; for partners */
	bool has_details; /* people, categories, source, rights: from LEVEL_SUMMARY on */
	struct buf title; /* owns; never empty */
	struct buf summary; /* owns; plain text, may be empty */
	struct buf html;    /* owns; the whole body, may be empty */
	struct buf rights_text; /* owns; what `rights` borrows when it was put together */
	const char **
		categories; /* owns the list; channel, categories, tags without repeats */
	size_t category_count;
	const struct media *
		*media; /* owns the list; attachments, then images, the lead first */
	size_t media_count;
	const char *rights;      /* the statement, with the licence when that is a name */
	const char *license_url; /* when the licence is an address, else NULL */
	const struct feed_syndication *syndication; /* borrows; NULL = public */
	const char *correction; /* "correction", "corrective", or NULL below that */
};

/* The caller ends it with item_parts_finish. ITEM is borrowed. */
void item_parts_init(
	struct item_parts *parts, enum text_level level, const struct feed_item *item);
void item_parts_finish(struct item_parts *parts);

/* Where an edition was printed: "青岑日报 2026-05-08 第03版 要闻"; empty if none. */
void item_parts_citation(const struct article *article, struct buf *out);

/* "image", "audio", "video", else "document"; and a valid media type for any medium. */
const char *item_parts_medium(const struct media *media);
const char *item_parts_media_type(const struct media *media);

/* The summary; the title stands in where there is none. */
const char *item_parts_summary(const struct item_parts *parts);

/* The first of two texts that is not blank, or B, or "". */
const char *item_parts_either(const char *a, const char *b);

#endif
