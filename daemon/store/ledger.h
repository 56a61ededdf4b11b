/*
 * ledger.h: the chain of evidence. A row says what was made for a partner, sent to it or
 * fetched by it; each carries SHA-256(hash of the row before, this row), and the head of
 * each day is signed (Ed25519), so that a row that is changed, removed, moved or added
 * afterwards is found and named. Pure: rows in, hashes and findings out; store_ledger.c
 * keeps the rows, ledger_file.c reads them for gazettectl.
 */
#ifndef DAEMON_STORE_LEDGER_H
#define DAEMON_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;

enum { LEDGER_HASH = 32, LEDGER_SIGNATURE = 64, LEDGER_KEY = 32 };

enum ledger_kind {
	LEDGER_ISSUE,     /* a document was made: `contents` lists what is in it */
	LEDGER_DELIVERY,  /* it was sent */
	LEDGER_POLL,      /* it was fetched with a token */
	LEDGER_RETENTION, /* rows up to the number in `contents` were removed by rule */
	LEDGER_ESCALATION, /* that the partner has not heard of a recall was told the operator */
};

/* Texts may be NULL, which is the same as empty. No secret is ever in a row. */
struct ledger_row {
	int64_t seq;           /* from 1, without gaps */
	int64_t time_ms;
	enum ledger_kind kind;
	const char *partner, *topic, *peer; /* peer: the callback's host, or the address */
	const char *contents;  /* ISSUE: a line "ID<TAB>VERSION<TAB>LEVEL" per article */
	uint8_t body[LEDGER_HASH]; /* SHA-256 of the exact bytes */
	int32_t status;        /* of the answer; 0 = none came */
	int32_t attempt;       /* 1 = the first; ESCALATION: the age that was told, in seconds */
	int32_t latency_ms;
	uint8_t hash[LEDGER_HASH];
};

/* The hash of ROW after PREVIOUS (zeros before the first). Covers every field above it. */
void ledger_hash_row(const uint8_t previous[LEDGER_HASH], const struct ledger_row *row,
	uint8_t out[LEDGER_HASH]);
void ledger_hash_bytes(const void *bytes, size_t len, uint8_t out[LEDGER_HASH]);

/* Days since 1970-01-01 (UTC) of a row. */
int64_t ledger_day_of(int64_t time_ms);

/* The signed head of a day: its last row. */
struct ledger_day {
	int64_t day, seq;
	uint8_t hash[LEDGER_HASH];
	uint8_t signature[LEDGER_SIGNATURE];
};

/* A key pair; create fills SEED with 32 random bytes first. */
struct ledger_key;
struct ledger_key *ledger_key_create(const uint8_t seed[LEDGER_KEY]);
void ledger_key_destroy(struct ledger_key *key); /* NULL is accepted */
void ledger_key_public(const struct ledger_key *key, uint8_t out[LEDGER_KEY]);

void ledger_sign_day(const struct ledger_key *key, struct ledger_day *day);
bool ledger_is_day_signed(const uint8_t public_key[LEDGER_KEY],
	const struct ledger_day *day);

/* A detached signature over any text: receipts. */
void ledger_sign(const struct ledger_key *key, const void *bytes, size_t len,
	uint8_t out[LEDGER_SIGNATURE]);

/* ---- verification ---- */

enum ledger_finding_kind {
	FINDING_CHANGED,   /* row FIRST is not what was written */
	FINDING_REMOVED,   /* rows FIRST to LAST are missing */
	FINDING_MOVED,     /* the row that was written as FIRST is now LAST */
	FINDING_REWRITTEN, /* the rows up to FIRST are not those that day LAST was signed for */
	FINDING_FORGED,    /* the signature of day LAST (its row FIRST) is not by the key */
	FINDING_UNSIGNED,  /* day LAST has no signature */
};

struct ledger_finding {
	enum ledger_finding_kind kind;
	int64_t first, last;
};

/* What is looked at. GET gives row SEQ (borrowed until the next call but one), false if
 * there is none. */
struct ledger_source {
	bool (*get)(void *context, int64_t seq, struct ledger_row *out);
	void *context;
	int64_t first, last;         /* rows that are there; first > last: none */
	int64_t expected_last;       /* what the store has counted */
	const struct ledger_day *days; /* in order */
	size_t day_count;
	const uint8_t *public_key;   /* NULL: signatures are not looked at */
};

/* Reports every finding, in order of rows; returns how many. */
size_t ledger_verify(const struct ledger_source *source,
	void (*report)(void *context, const struct ledger_finding *finding), void *context);

/* The finding as a sentence. */
void ledger_describe(const struct ledger_finding *finding, struct buf *out);

#endif
