/*
 * holdings.h: what a partner has been given and not been told to give back, so that one who
 * loses an article for whatever reason gets a tombstone. Kept by the store as text, a line
 * each. Pure.
 */
#ifndef DAEMON_SITE_HOLDINGS_H
#define DAEMON_SITE_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/map.h"

struct buf;

enum { HOLDINGS_MOST = 2000 };

struct holding {
	char *id;                  /* owns */
	int64_t at_ms;             /* `updated` of what was given last */
	int64_t changed_ms;        /* when it last came to look otherwise without a new version */
	int64_t gone_ms;           /* when it was lost; 0 = it is still the partner's */
	int64_t seq;               /* the publication that changed it; 0 = not committed yet */
	uint64_t sight;            /* stands for what the partner sees of it; 0 = not known */
	bool is_told;              /* what it sees is that it was taken back */
};

struct holdings {
	struct map by_id;          /* id -> struct holding; owns */
};

void holdings_finish(struct holdings *holdings);

/* Reads what holdings_write wrote; lines that are none are passed over. */
void holdings_read(struct holdings *holdings, const char *text, size_t len);
/* In order of the ids; the oldest beyond HOLDINGS_MOST are forgotten. */
void holdings_write(struct holdings *holdings, struct buf *out);

/* What there is of ID; made if there is nothing. */
struct holding *holdings_give(struct holdings *holdings, const char *id);
struct holding *holdings_find(const struct holdings *holdings, const char *id);
/* The partner has nothing of ID any more, and need not be told. */
void holdings_forget(struct holdings *holdings, const char *id);

/* What changed since the last call was published with SEQ. */
void holdings_settle(struct holdings *holdings, int64_t seq);

/* All of them, by id; the caller frees the array. */
struct holding **holdings_list(const struct holdings *holdings, size_t *count_out);
/* The same, the oldest first. */
struct holding **holdings_list_by_age(const struct holdings *holdings, size_t *count_out);

#endif
