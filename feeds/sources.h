/*
 * sources.h: the operator's list of sources that may be reprinted. One a line:
 *
 *     NAME [| ALIAS]... [FROM..TO]     # comment
 *
 * An alias with a dot and no space is a domain, which the host of the article's source
 * address must be or lie below. FROM and TO are days (YYYY-MM-DD), both included, and
 * either may be left out. Pure.
 */
#ifndef FEEDS_SOURCES_H
#define FEEDS_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;
struct source_list;

/* In ARENA; false and ERR ("line 3: ...") on a line that is not of that form. */
bool sources_parse(struct arena *arena, const char *text, size_t len,
	struct source_list **out, struct error *err);

/* Whether NAME or the host of ADDRESS (either may be NULL) is in the list on DAY (day.h;
 * 0 = whatever the day). */
bool sources_know(const struct source_list *list, const char *name, const char *address,
	int32_t day);

#endif
