/*
 * ledger_file.h: the ledger of a database, read only, with the daemon running or not:
 * what `gazettectl ledger verify`, `who-has` and `receipt` show.
 */
#ifndef DAEMON_STORE_LEDGER_FILE_H
#define DAEMON_STORE_LEDGER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/ledger.h"

struct buf;
struct error;
struct ledger_file;

/* PATH: the file, or "postgresql:...", whose ledger is copied first. */
bool ledger_file_open(const char *path, struct ledger_file **out, struct error *err);
void ledger_file_close(struct ledger_file *file); /* NULL is accepted */

struct ledger_summary {
	int64_t first, last;  /* rows; first > last: none */
	size_t days, findings;
};

/* Appends a line per finding to OUT. PUBLIC_KEY NULL: signatures are not looked at. */
bool ledger_file_verify(struct ledger_file *file, const uint8_t *public_key, struct buf *out,
	struct ledger_summary *summary, struct error *err);

/* One receipt of an article: that a document with it arrived somewhere. */
struct ledger_receipt {
	const char *partner, *topic, *peer, *version, *level;
	enum ledger_kind kind;  /* LEDGER_DELIVERY or LEDGER_POLL */
	int64_t seq, time_ms;
	int32_t status;
	const uint8_t *body, *hash; /* the row's */
};

/* Calls ROW with every row, oldest first; its texts are borrowed. */
bool ledger_file_each(struct ledger_file *file,
	void (*row)(void *context, const struct ledger_row *row), void *context,
	struct error *err);

/* Calls ROW with each receipt of the article ID (by PARTNER; NULL = by all), oldest
 * first: answers of 2xx to deliveries, and polls. */
bool ledger_file_receipts(struct ledger_file *file, const char *id, const char *partner,
	void (*row)(void *context, const struct ledger_receipt *receipt), void *context,
	struct error *err);

#endif
