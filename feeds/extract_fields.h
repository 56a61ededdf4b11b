/*
 * extract_fields.h: the fields of a page that need more than a list of places: times,
 * source, people, the printed edition, the notice, the correction.
 */
#ifndef FEEDS_EXTRACT_FIELDS_H
#define FEEDS_EXTRACT_FIELDS_H

struct arena;
struct article;
struct diagnosis;
struct page;

struct reading {
	struct arena *arena;     /* borrows */
	struct page *page;       /* borrows */
	struct article *article; /* borrows */
	const char *base_url;    /* in the arena; NULL if none is known */
	struct diagnosis *why;   /* borrows; gets dates that cannot be */
};

/* Each sets fields of the article that are not set yet, with their origins. The body and
 * its lines must have been read; read_source needs the edition, read_people the times. */
void read_edition(struct reading *r);
void read_times(struct reading *r);
void read_source(struct reading *r);
void read_people(struct reading *r);
void read_notice(struct reading *r);
void read_correction(struct reading *r);

#endif
