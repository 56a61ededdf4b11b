/* audiences.h: who may see what of an article, in words. */
#ifndef DAEMON_SITE_AUDIENCES_H
#define DAEMON_SITE_AUDIENCES_H

struct arena;
struct article;
struct entry;
struct site;
struct site_explanation;

/* Which rule decided about ENTRY and what each audience sees, in ARENA; ARTICLE may be
 * NULL. */
void audiences_explain(struct arena *arena, const struct site *site,
	const struct entry *entry, const struct article *article, struct site_explanation *out);

#endif
