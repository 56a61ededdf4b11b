/*
 * ledger.c: see ledger.h. A row is hashed as its fields in order, numbers as eight bytes
 * (big endian), texts with their length before them, so that no two rows have the same
 * bytes.
 */
#include "daemon/store/ledger.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	DAY_MS = 24 * 3600 * 1000,
	NEAR = 64, /* how far away a moved row, or the end of a gap, is looked for */
};

/* ---- hashes ---- */

static void add_number(EVP_MD_CTX *digest, int64_t number)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
	EVP_DigestUpdate(digest, bytes, sizeof(bytes));
}

static void add_text(EVP_MD_CTX *digest, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	add_number(digest, (int64_t)len);
	if (len)
		EVP_DigestUpdate(digest, text, len);
}

static void must(int ok)
{
	if (ok != 1)
		abort(); /* libcrypto without memory or without the algorithm */
}

static EVP_MD_CTX *start(void)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();

	must(digest != NULL);
	must(EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
	return digest;
}

static void finish(EVP_MD_CTX *digest, uint8_t out[LEDGER_HASH])
{
	must(EVP_DigestFinal_ex(digest, out, NULL));
	EVP_MD_CTX_free(digest);
}

void ledger_hash_bytes(const void *bytes, size_t len, uint8_t out[LEDGER_HASH])
{
	EVP_MD_CTX *digest = start();

	if (len)
		EVP_DigestUpdate(digest, bytes, len);
	finish(digest, out);
}

void ledger_hash_row(const uint8_t previous[LEDGER_HASH], const struct ledger_row *row,
	uint8_t out[LEDGER_HASH])
{
	EVP_MD_CTX *digest = start();

	EVP_DigestUpdate(digest, previous, LEDGER_HASH);
	add_number(digest, row->seq);
	add_number(digest, row->time_ms);
	add_number(digest, row->kind);
	add_text(digest, row->partner);
	add_text(digest, row->topic);
	add_text(digest, row->peer);
	add_text(digest, row->contents);
	EVP_DigestUpdate(digest, row->body, LEDGER_HASH);
	add_number(digest, row->status);
	add_number(digest, row->attempt);
	add_number(digest, row->latency_ms);
	finish(digest, out);
}

int64_t ledger_day_of(int64_t time_ms)
{
	return time_ms >= 0 ? time_ms / DAY_MS : -((-time_ms + DAY_MS - 1) / DAY_MS);
}

/* ---- signatures ---- */

struct ledger_key {
	EVP_PKEY *pair; /* owns */
};

struct ledger_key *ledger_key_create(const uint8_t seed[LEDGER_KEY])
{
	struct ledger_key *key = mem_alloc(sizeof(*key));

	key->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, LEDGER_KEY);
	must(key->pair != NULL);
	return key;
}

void ledger_key_destroy(struct ledger_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pair);
	free(key);
}

void ledger_key_public(const struct ledger_key *key, uint8_t out[LEDGER_KEY])
{
	size_t len = LEDGER_KEY;

	must(EVP_PKEY_get_raw_public_key(key->pair, out, &len));
}

void ledger_sign(const struct ledger_key *key, const void *bytes, size_t len,
	uint8_t out[LEDGER_SIGNATURE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t out_len = LEDGER_SIGNATURE;

	must(context != NULL);
	must(EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair));
	must(EVP_DigestSign(context, out, &out_len, bytes, len));
	EVP_MD_CTX_free(context);
}

/* What is signed for a day; SIZE is enough for it. */
static size_t day_text(const struct ledger_day *day, char *out, size_t size)
{
	int len = snprintf(out, size, "gazetted ledger day %lld row %lld hash ",
		(long long)day->day, (long long)day->seq);

	for (int i = 0; i < LEDGER_HASH; i++)
		len += snprintf(out + len, size - (size_t)len, "%02x", day->hash[i]);
	return (size_t)len;
}

void ledger_sign_day(const struct ledger_key *key, struct ledger_day *day)
{
	char text[192];

	ledger_sign(key, text, day_text(day, text, sizeof(text)), day->signature);
}

bool ledger_is_day_signed(const uint8_t public_key[LEDGER_KEY], const struct ledger_day *day)
{
	EVP_PKEY *key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, LEDGER_KEY);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char text[192];
	bool ok;

	must(context != NULL);
	ok = key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(context, day->signature, LEDGER_SIGNATURE,
			(const uint8_t *)text, day_text(day, text, sizeof(text))) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return ok;
}

/* ---- verification ---- */

struct check {
	const struct ledger_source *source;
	void (*report)(void *context, const struct ledger_finding *finding);
	void *context;
	size_t count;
	uint8_t previous[LEDGER_HASH];
	bool is_known;         /* `previous` is what the chain had there */
	int64_t shift;         /* rows were renumbered by that much to hide a gap */
	int64_t moved_to;      /* a place whose row belongs elsewhere; 0 = none */
	uint8_t moved_hash[LEDGER_HASH]; /* what the chain had there */
	size_t next_day;
	int64_t last_time_ms;
};

static void find(struct check *check, enum ledger_finding_kind kind, int64_t first,
	int64_t last)
{
	struct ledger_finding finding = {kind, first, last};

	check->count++;
	check->report(check->context, &finding);
}

/* Whether ROW, had it been written as SEQ after PREVIOUS, has the hash it carries. */
static bool fits(const uint8_t *previous, const struct ledger_row *row, int64_t seq)
{
	struct ledger_row as_written = *row;
	uint8_t hash[LEDGER_HASH];

	as_written.seq = seq;
	ledger_hash_row(previous, &as_written, hash);
	return memcmp(hash, row->hash, LEDGER_HASH) == 0;
}

/* The row that was written as SEQ stands at another place now. */
static bool find_moved(struct check *check, int64_t seq)
{
	const struct ledger_source *source = check->source;
	struct ledger_row other, here;

	for (int64_t at = seq + 1; at <= source->last && at <= seq + NEAR; at++) {
		if (!source->get(source->context, at, &other) ||
			!fits(check->previous, &other, seq + check->shift))
			continue;
		find(check, FINDING_MOVED, seq + check->shift, at);
		memcpy(check->previous, other.hash, LEDGER_HASH);
		check->moved_to = at;
		if (source->get(source->context, seq, &here))
			memcpy(check->moved_hash, here.hash, LEDGER_HASH);
		return true;
	}
	return false;
}

/* Rows before ROW were removed, and what follows was numbered on: the row after it still
 * hashes with the number it was written as. */
static bool find_shift(struct check *check, const struct ledger_row *row)
{
	const struct ledger_source *source = check->source;
	int64_t seq = row->seq + check->shift;
	struct ledger_row next;

	if (!source->get(source->context, row->seq + 1, &next))
		return false;
	for (int64_t more = 1; more <= NEAR; more++) {
		if (!fits(row->hash, &next, next.seq + check->shift + more))
			continue;
		find(check, FINDING_REMOVED, seq, seq + more - 1);
		check->shift += more;
		return true;
	}
	return false;
}

static void check_row(struct check *check, const struct ledger_row *row)
{
	if (check->moved_to == row->seq) {
		/* reported where it belongs */
		memcpy(check->previous, check->moved_hash, LEDGER_HASH);
		check->moved_to = 0;
		check->is_known = true;
		return;
	}
	if (check->is_known && !fits(check->previous, row, row->seq + check->shift)) {
		if (check->moved_to == 0 && find_moved(check, row->seq))
			return;
		if (!find_shift(check, row))
			find(check, FINDING_CHANGED, row->seq + check->shift, row->seq);
	}
	memcpy(check->previous, row->hash, LEDGER_HASH);
	check->is_known = true;
}

/* The signed heads up to SEQ: the chain goes through each. */
static void check_days(struct check *check, int64_t seq)
{
	const struct ledger_source *source = check->source;

	for (; check->next_day < source->day_count; check->next_day++) {
		const struct ledger_day *day = &source->days[check->next_day];

		if (day->seq > seq)
			return;
		if (source->public_key && !ledger_is_day_signed(source->public_key, day))
			find(check, FINDING_FORGED, day->seq, day->day);
		else if (day->seq == seq && check->is_known &&
			memcmp(day->hash, check->previous, LEDGER_HASH) != 0)
			find(check, FINDING_REWRITTEN, seq, day->day);
	}
}

static bool has_day(const struct ledger_source *source, int64_t day)
{
	for (size_t i = 0; i < source->day_count; i++) {
		if (source->days[i].day == day)
			return true;
	}
	return false;
}

/* A day that ended has a signed head. */
static void check_turn(struct check *check, const struct ledger_row *row)
{
	int64_t before = ledger_day_of(check->last_time_ms);

	if (check->last_time_ms && ledger_day_of(row->time_ms) > before &&
		!has_day(check->source, before))
		find(check, FINDING_UNSIGNED, row->seq - 1, before);
	check->last_time_ms = row->time_ms;
}

/* Where the rows begin: at 1, or after the signed head of a day whose rows a retention row
 * says were removed by rule. */
static void check_beginning(struct check *check)
{
	const struct ledger_source *source = check->source;
	struct ledger_row row;

	check->is_known = source->first == 1;
	if (source->first == 1)
		return;
	for (size_t i = 0; i < source->day_count; i++) {
		if (source->days[i].seq != source->first - 1)
			continue;
		memcpy(check->previous, source->days[i].hash, LEDGER_HASH);
		check->is_known = true;
	}
	for (int64_t seq = source->first; seq <= source->last; seq++) {
		if (source->get(source->context, seq, &row) && row.kind == LEDGER_RETENTION &&
			row.contents && strtoll(row.contents, NULL, 10) >= source->first - 1)
			return;
	}
	find(check, FINDING_REMOVED, 1, source->first - 1);
}

size_t ledger_verify(const struct ledger_source *source,
	void (*report)(void *context, const struct ledger_finding *finding), void *context)
{
	struct check check = {.source = source, .report = report, .context = context};
	struct ledger_row row;
	int64_t end = source->last, signed_last;

	if (source->first <= source->last)
		check_beginning(&check);
	for (int64_t seq = source->first; seq <= source->last; seq++) {
		int64_t gap = seq;

		while (seq <= source->last && !source->get(source->context, seq, &row))
			seq++;
		if (seq > gap) {
			find(&check, FINDING_REMOVED, gap, seq - 1);
			check.is_known = false;
		}
		check_row(&check, &row);
		check_turn(&check, &row);
		check_days(&check, seq + check.shift);
		end = seq + check.shift;
	}
	check_days(&check, INT64_MAX - 1);
	signed_last = source->day_count ? source->days[source->day_count - 1].seq : 0;
	if (signed_last < source->expected_last)
		signed_last = source->expected_last;
	if (end < signed_last)
		find(&check, FINDING_REMOVED, end + 1, signed_last);
	return check.count;
}

void ledger_describe(const struct ledger_finding *finding, struct buf *out)
{
	long long first = finding->first, last = finding->last;

	switch (finding->kind) {
	case FINDING_CHANGED:
		buf_printf(out, "row %lld was changed", first);
		return;
	case FINDING_REMOVED:
		if (first == last)
			buf_printf(out, "row %lld was removed", first);
		else
			buf_printf(out, "rows %lld to %lld were removed", first, last);
		return;
	case FINDING_MOVED:
		buf_printf(out, "row %lld was moved: it stands in the place of row %lld", first,
			last);
		return;
	case FINDING_REWRITTEN:
		buf_printf(out, "the rows up to %lld were rewritten after their day was signed",
			first);
		return;
	case FINDING_FORGED:
		buf_printf(out, "the signature of the day that ends with row %lld is not by "
			"this key", first);
		return;
	case FINDING_UNSIGNED:
		buf_printf(out, "the day that ends with row %lld is not signed", first);
		return;
	}
}
