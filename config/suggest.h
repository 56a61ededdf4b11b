/* suggest.h: the nearest of some names by spelling, for "did you mean". Pure. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *wanted; /* borrows */
	const char *best;   /* borrows from what was offered; NULL = none is near */
	size_t best_len, distance;
};

/* Offers LEN bytes of NAME; the first of the nearest stays. At most a third of the letters
 * may differ, and no more than three. */
void suggestion_offer(struct suggestion *suggestion, const char *name, size_t len);

#endif
