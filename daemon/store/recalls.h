/*
 * recalls.h: which articles were taken back, and who received them and has not yet received
 * that. Works through the rows of a ledger in order. Pure.
 */
#ifndef DAEMON_STORE_RECALLS_H
#define DAEMON_STORE_RECALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_row;
struct recalls;

struct recalls *recalls_create(void);
void recalls_destroy(struct recalls *recalls); /* NULL is accepted */

/* The next row of the ledger. */
void recalls_add(struct recalls *recalls, const struct ledger_row *row);

struct recall {
	const char *partner, *id;
	int64_t received_ms;       /* the article, last */
	int64_t recalled_ms;       /* the first document that took it back */
	int32_t attempts;          /* to tell, that failed */
	int32_t told_s;            /* the age at which the operator was told last; 0 = not yet */
};

/* Those that are open, by partner and id; the caller frees the array, its texts are
 * borrowed. */
struct recall *recalls_list(const struct recalls *recalls, size_t *count_out);

#endif
