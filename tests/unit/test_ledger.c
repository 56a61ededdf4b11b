/*
 * test_ledger.c: a chain of forty rows over three days, and everything that somebody with
 * an editor could do to it afterwards.
 */
#include "daemon/store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

enum { ROWS = 40 };
static const uint8_t seed[LEDGER_KEY] = "0123456789abcdef0123456789abcde";
static const uint8_t other_seed[LEDGER_KEY] = "another key, of somebody else...";

struct chain {
	struct ledger_row rows[ROWS];
	struct ledger_day days[3];
	size_t day_count;
	uint8_t public_key[LEDGER_KEY];
	struct ledger_source source;
	struct buf findings;
};

static bool get(void *context, int64_t seq, struct ledger_row *out)
{
	struct chain *chain = context;

	for (size_t i = 0; i < ROWS; i++) {
		if (chain->rows[i].seq == seq) {
			*out = chain->rows[i];
			return true;
		}
	}
	return false;
}

static void hash_from(struct chain *chain, size_t at)
{
	static const uint8_t zeros[LEDGER_HASH];

	for (size_t i = at; i < ROWS; i++)
		ledger_hash_row(i ? chain->rows[i - 1].hash : zeros, &chain->rows[i],
			chain->rows[i].hash);
}

/* Twenty rows on day 100, fifteen on 101, five on 102, which has not ended. */
static void build(struct chain *chain)
{
	static const char *const contents[] = {"tag:a\t1\tfull\n", NULL, "", "tag:b\t2\tsummary\n"};
	static const size_t ends[] = {20, 35};
	struct ledger_key *key = ledger_key_create(seed);

	memset(chain, 0, sizeof(*chain));
	for (int i = 0; i < ROWS; i++) {
		int64_t day = i < 20 ? 100 : i < 35 ? 101 : 102;

		chain->rows[i] = (struct ledger_row){
			.seq = i + 1,
			.time_ms = day * 24 * 3600 * 1000 + i,
			.kind = i % 4 == 0 ? LEDGER_ISSUE : LEDGER_DELIVERY,
			.partner = "county",
			.topic = "/p/county/feed.atom",
			.contents = contents[i % 4],
			.status = 204,
			.attempt = 1 + i % 3,
			.latency_ms = i,
		};
		ledger_hash_bytes(&i, sizeof(i), chain->rows[i].body);
	}
	hash_from(chain, 0);
	for (size_t i = 0; i < 2; i++) {
		struct ledger_day *day = &chain->days[i];

		day->day = 100 + (int64_t)i;
		day->seq = (int64_t)ends[i];
		memcpy(day->hash, chain->rows[ends[i] - 1].hash, LEDGER_HASH);
		ledger_sign_day(key, day);
	}
	chain->day_count = 2;
	ledger_key_public(key, chain->public_key);
	ledger_key_destroy(key);
	chain->source = (struct ledger_source){get, chain, 1, ROWS, ROWS, chain->days, 2,
		chain->public_key};
}

static void note(void *context, const struct ledger_finding *finding)
{
	struct chain *chain = context;

	if (chain->findings.len)
		buf_add_str(&chain->findings, "; ");
	ledger_describe(finding, &chain->findings);
}

static void check(struct chain *chain, const char *want)
{
	size_t count = ledger_verify(&chain->source, note, chain);

	CHECK_STR(buf_text(&chain->findings), want);
	CHECK_INT(count > 0, *want != '\0');
	buf_finish(&chain->findings);
}

TEST(an_honest_chain)
{
	struct chain chain;

	build(&chain);
	check(&chain, "");
	chain.source.public_key = NULL;
	check(&chain, "");
}

TEST(an_empty_chain)
{
	struct chain chain;

	build(&chain);
	chain.source.first = 1;
	chain.source.last = 0;
	chain.source.expected_last = 0;
	chain.source.day_count = 0;
	check(&chain, "");
	chain.source.expected_last = 3;
	check(&chain, "rows 1 to 3 were removed");
}

/* Each field of a row, in the middle, first and last. */
TEST(a_changed_row_is_named)
{
	static const size_t places[] = {0, 7, 19, ROWS - 1};
	struct chain chain;

	for (size_t p = 0; p < sizeof(places) / sizeof(*places); p++) {
		for (int field = 0; field < 10; field++) {
			struct ledger_row *row;
			char want[64];

			build(&chain);
			row = &chain.rows[places[p]];
			row->time_ms += field == 0;
			row->kind = field == 1 ? LEDGER_POLL : row->kind;
			row->partner = field == 2 ? "portal" : row->partner;
			row->topic = field == 3 ? "/p/county/feed.rss" : row->topic;
			row->peer = field == 4 ? "x" : row->peer;
			row->contents = field == 5 ? "tag:c\t1\tfull\n" : row->contents;
			row->body[31] ^= field == 6;
			row->status = field == 7 ? 410 : row->status;
			row->attempt += field == 8;
			row->latency_ms += field == 9;
			snprintf(want, sizeof(want), "row %zu was changed", places[p] + 1);
			check(&chain, want);
		}
	}
}

/* Text that moves from one field to the next is a change too. */
TEST(fields_do_not_run_together)
{
	struct ledger_row a = {.seq = 1, .partner = "ab", .topic = "c"};
	struct ledger_row b = {.seq = 1, .partner = "a", .topic = "bc"};
	uint8_t zeros[LEDGER_HASH] = {0}, hash_a[LEDGER_HASH], hash_b[LEDGER_HASH];

	ledger_hash_row(zeros, &a, hash_a);
	ledger_hash_row(zeros, &b, hash_b);
	CHECK(memcmp(hash_a, hash_b, LEDGER_HASH) != 0);
	b = a;
	b.peer = "";
	ledger_hash_row(zeros, &b, hash_b);
	CHECK(memcmp(hash_a, hash_b, LEDGER_HASH) == 0);
}

TEST(a_removed_row_is_named)
{
	struct chain chain;

	build(&chain);
	chain.rows[7].seq = 0;
	check(&chain, "row 8 was removed");
	chain.rows[8].seq = chain.rows[9].seq = 0;
	check(&chain, "rows 8 to 10 were removed");
}

/* The rows after the hole get new numbers, so that none is missing. */
TEST(a_removed_row_is_named_though_the_rest_is_renumbered)
{
	struct chain chain;

	build(&chain);
	chain.rows[7].seq = 0;
	for (size_t i = 8; i < ROWS; i++)
		chain.rows[i].seq--;
	chain.source.last = ROWS - 1;
	check(&chain, "row 8 was removed");
	build(&chain);
	chain.rows[7].seq = chain.rows[8].seq = 0;
	for (size_t i = 9; i < ROWS; i++)
		chain.rows[i].seq -= 2;
	chain.source.last = ROWS - 2;
	check(&chain, "rows 8 to 9 were removed");
}

TEST(reordered_rows_are_named)
{
	struct chain chain;

	build(&chain);
	chain.rows[4].seq = 10;
	chain.rows[9].seq = 5;
	check(&chain, "row 5 was moved: it stands in the place of row 10");
	build(&chain);
	chain.rows[4].seq = 6;
	chain.rows[5].seq = 5;
	check(&chain, "row 5 was moved: it stands in the place of row 6");
}

TEST(a_cut_end_is_named)
{
	struct chain chain;

	build(&chain);
	chain.source.last = 38;
	check(&chain, "rows 39 to 40 were removed");
	chain.source.expected_last = 0; /* the counter was set back too */
	chain.source.last = 30;
	check(&chain, "rows 31 to 35 were removed");
}

TEST(a_cut_beginning_is_named)
{
	struct chain chain;

	build(&chain);
	chain.source.first = 4;
	check(&chain, "rows 1 to 3 were removed");
	chain.source.first = 21; /* where a day ends, but no rule removed it */
	check(&chain, "rows 1 to 20 were removed");
}

TEST(retention_leaves_a_chain)
{
	struct chain chain;

	build(&chain);
	chain.rows[ROWS - 1].kind = LEDGER_RETENTION;
	chain.rows[ROWS - 1].contents = "20";
	hash_from(&chain, ROWS - 1);
	chain.source.first = 21;
	check(&chain, "");
	chain.rows[20].status = 500;
	check(&chain, "row 21 was changed");
	chain.rows[20].status = 204;
	chain.source.first = 23; /* more than the rule says */
	check(&chain, "rows 1 to 22 were removed");
}

/* All hashes after the change are made anew, without the key. */
TEST(a_rewritten_chain_does_not_pass_its_signatures)
{
	struct chain chain;

	build(&chain);
	chain.rows[7].status = 500;
	hash_from(&chain, 7);
	check(&chain, "the rows up to 20 were rewritten after their day was signed; "
		      "the rows up to 35 were rewritten after their day was signed");
}

TEST(signatures_of_another_key_do_not_count)
{
	struct ledger_key *other = ledger_key_create(other_seed);
	struct chain chain;

	build(&chain);
	chain.rows[7].status = 500;
	hash_from(&chain, 7);
	for (size_t i = 0; i < 2; i++) {
		memcpy(chain.days[i].hash, chain.rows[chain.days[i].seq - 1].hash, LEDGER_HASH);
		ledger_sign_day(other, &chain.days[i]);
	}
	check(&chain, "the signature of the day that ends with row 20 is not by this key; "
		      "the signature of the day that ends with row 35 is not by this key");
	ledger_key_destroy(other);
}

TEST(a_signature_covers_day_row_and_hash)
{
	struct chain chain;

	build(&chain);
	for (int field = 0; field < 4; field++) {
		struct ledger_day day = chain.days[0];

		day.day += field == 0;
		day.seq += field == 1;
		day.hash[0] ^= field == 2;
		day.signature[63] ^= field == 3;
		CHECK(!ledger_is_day_signed(chain.public_key, &day));
	}
	CHECK(ledger_is_day_signed(chain.public_key, &chain.days[0]));
}

TEST(a_day_without_signature_is_named)
{
	struct chain chain;

	build(&chain);
	chain.source.days++;
	chain.source.day_count--;
	check(&chain, "the day that ends with row 20 is not signed");
}

TEST(days)
{
	CHECK_INT(ledger_day_of(0), 0);
	CHECK_INT(ledger_day_of(86399999), 0);
	CHECK_INT(ledger_day_of(86400000), 1);
	CHECK_INT(ledger_day_of(-1), -1);
}
