/* test_recalls.c: who has what was taken back, row by row. */
#include "daemon/store/recalls.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/store/ledger.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"

static struct recalls *recalls;
static int64_t now_ms;

static void add(enum ledger_kind kind, const char *partner, const char *body,
	const char *contents, int32_t status)
{
	struct ledger_row row = {.kind = kind, .partner = partner, .contents = contents,
		.status = status, .time_ms = ++now_ms};

	ledger_hash_bytes(body, strlen(body), row.body);
	recalls_add(recalls, &row);
}

static void check(const char *want)
{
	struct buf got = {0};
	size_t count;
	struct recall *list = recalls_list(recalls, &count);

	for (size_t i = 0; i < count; i++)
		buf_printf(&got, "%s %s %lld %lld %d; ", list[i].partner, list[i].id,
			(long long)list[i].received_ms, (long long)list[i].recalled_ms,
			list[i].attempts);
	CHECK_STR(buf_text(&got), want);
	buf_finish(&got);
	free(list);
}

TEST(open_until_the_tombstone_is_received)
{
	recalls = recalls_create();
	add(LEDGER_ISSUE, "county", "one", "tag:a\t1\tfull\ntag:b\t1\tfull\n", 0);
	add(LEDGER_ISSUE, "portal", "one", "tag:a\t1\tsummary\n", 0);
	add(LEDGER_DELIVERY, "county", "one", NULL, 204);
	check("");
	add(LEDGER_ISSUE, "county", "two", "tag:a\t2\ttombstone\ntag:b\t1\tfull\n", 0);
	add(LEDGER_ISSUE, "portal", "two", "tag:a\t2\ttombstone\n", 0);
	check("county tag:a 3 4 0; "); /* portal never had it */
	add(LEDGER_DELIVERY, "county", "two", NULL, 500);
	add(LEDGER_DELIVERY, "county", "two", NULL, 0);
	check("county tag:a 3 4 2; ");
	add(LEDGER_POLL, "county", "one", NULL, 200); /* an old document */
	check("county tag:a 8 4 0; ");
	add(LEDGER_DELIVERY, "county", "two", NULL, 204);
	check("");
	recalls_destroy(recalls);
}

static void escalate(const char *partner, const char *id, int32_t age_s)
{
	struct buf contents = {0};

	buf_printf(&contents, "%s\t0\tescalated\n", id);
	recalls_add(recalls, &(struct ledger_row){.kind = LEDGER_ESCALATION, .partner = partner,
		.contents = buf_text(&contents), .attempt = age_s, .time_ms = ++now_ms});
	buf_finish(&contents);
}

static int32_t told_s(void)
{
	size_t count;
	struct recall *list = recalls_list(recalls, &count);
	int32_t told = count ? list[0].told_s : -1;

	free(list);
	return told;
}

TEST(what_was_told_belongs_to_one_recall)
{
	recalls = recalls_create();
	add(LEDGER_POLL, "county", "item", "tag:a\t1\tfull\n", 200);
	add(LEDGER_ISSUE, "county", "gone", "tag:a\t2\ttombstone\n", 0);
	CHECK_INT(told_s(), 0);
	escalate("county", "tag:a", 900);
	escalate("portal", "tag:a", 3600);
	CHECK_INT(told_s(), 900);
	add(LEDGER_DELIVERY, "county", "gone", NULL, 503);
	add(LEDGER_ISSUE, "county", "gone too", "tag:a\t2\ttombstone\n", 0);
	CHECK_INT(told_s(), 900);
	add(LEDGER_DELIVERY, "county", "gone", NULL, 204);
	CHECK_INT(told_s(), -1);
	add(LEDGER_ISSUE, "county", "back", "tag:a\t3\tfull\n", 0);
	add(LEDGER_DELIVERY, "county", "back", NULL, 204);
	add(LEDGER_ISSUE, "county", "gone again", "tag:a\t4\ttombstone\n", 0);
	CHECK_INT(told_s(), 0);
	recalls_destroy(recalls);
}

TEST(a_fetch_counts_and_a_return_ends_it)
{
	recalls = recalls_create();
	add(LEDGER_POLL, "county", "item", "tag:a\t1\tearly full\n", 200);
	add(LEDGER_ISSUE, "county", "gone", "tag:a\t2\ttombstone\n", 0);
	check("county tag:a 1 2 0; ");
	add(LEDGER_ISSUE, "county", "gone2", "tag:a\t2\ttombstone\ntag:b\t1\tfull\n", 0);
	check("county tag:a 1 2 0; ");
	add(LEDGER_ISSUE, "county", "back", "tag:a\t3\tfull\n", 0);
	check("");
	add(LEDGER_RETENTION, NULL, "", "3", 0);
	add(LEDGER_ISSUE, "county", "garbled", "\n\nx\n\t\t\ttombstone", 0);
	check("");
	recalls_destroy(recalls);
}
