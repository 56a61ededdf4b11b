/* suggest.c: see suggest.h. Distances are those of Levenshtein, so one letter too many,
 * too few or wrong costs 1 and two that changed places cost 2. */
#include "config/suggest.h"

#include <string.h>

enum { NAME_MAX_LEN = 60 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the matrix at a time; LEN is bounded by the caller. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = smaller(change, smaller(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

void suggestion_offer(struct suggestion *suggestion, const char *name, size_t len)
{
	size_t wanted_len = strlen(suggestion->wanted);
	size_t limit = smaller(3, 1 + len / 3), found;

	if (wanted_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
		return;
	found = distance(suggestion->wanted, wanted_len, name, len);
	if (found > limit || (suggestion->best && found >= suggestion->distance))
		return;
	suggestion->best = name;
	suggestion->best_len = len;
	suggestion->distance = found;
}
