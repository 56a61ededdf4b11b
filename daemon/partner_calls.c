/*
 * partner_calls.c: what partners fetch with their token. Who has none, or one that nobody
 * knows, learns nothing of what there is: every path below /p/ answers the same to them;
 * and to a partner what is another's does not exist.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/agreements.h"
#include "daemon/daemon_internal.h"
#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/site.h"
#include "daemon/store/ledger.h"
#include "daemon/store/store.h"
#include "daemon/worker.h"
#include "feeds/base/mem.h"

static const char ask_for_token[] = "WWW-Authenticate: Bearer realm=\"partners\"\r\n";
static const char wrong_token[] =
	"WWW-Authenticate: Bearer realm=\"partners\", error=\"invalid_token\"\r\n";

int32_t daemon_today(const struct daemon *daemon)
{
	time_t local = (time_t)(loop_wall_ms(daemon->loop) / 1000 + daemon->offset_s);
	struct tm tm;

	if (!gmtime_r(&local, &tm))
		return 0;
	return (int32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

/* What is fetched, until it is answered. */
struct fetch {
	struct daemon *daemon;
	struct worker_call *call;
	char *partner;             /* owns */
};

/* A fetch is evidence too: whoever sent the token has these bytes. */
static void record(const struct fetch *fetch, const struct snapshot *snapshot,
	const char *contents)
{
	struct ledger_row row = {.kind = LEDGER_POLL, .partner = fetch->partner,
		.topic = fetch->call->call.path, .peer = fetch->call->call.client,
		.contents = contents, .status = 200, .attempt = 1,
		.time_ms = loop_wall_ms(fetch->daemon->loop)};
	size_t len;
	const void *body = snapshot_body(snapshot, &len);

	ledger_hash_bytes(body, len, row.body);
	store_ledger_append(fetch->daemon->store, &row, 1);
}

static void answer(void *context, struct snapshot *snapshot, const char *contents)
{
	struct fetch *fetch = context;

	if (snapshot)
		record(fetch, snapshot, contents);
	worker_answer_page(fetch->call, snapshot);
	free(fetch->partner);
	free(fetch);
}

static void on_feed(void *context, struct snapshot *snapshot)
{
	answer(context, snapshot, NULL);
}

static bool ends_in(const char *text, const char *end, char **before)
{
	size_t len = strlen(text), end_len = strlen(end);

	if (len <= end_len || strcmp(text + len - end_len, end) != 0)
		return false;
	*before = mem_strndup(text, len - end_len);
	return true;
}

/* "/p/-/SLUG.ninjs.json": an article alone, the same address for all partners. */
static void fetch_item(struct daemon *daemon, const struct partner *partner,
	const char *name, struct fetch *fetch)
{
	size_t index = (size_t)(partner - daemon->agreements->partners.items);
	char *slug = NULL;

	if ((partner->formats & PARTNER_NINJS) && ends_in(name, ".ninjs.json", &slug))
		site_partner_item(daemon->site, index, slug, ITEM_NINJS, answer, fetch);
	else if ((partner->formats & PARTNER_NITF) && ends_in(name, ".nitf.xml", &slug))
		site_partner_item(daemon->site, index, slug, ITEM_NITF, answer, fetch);
	else
		answer(fetch, NULL, NULL);
	free(slug);
}

static void fetch_path(struct daemon *daemon, const struct partner *partner,
	struct worker_call *call)
{
	struct fetch *fetch = mem_alloc(sizeof(*fetch));
	const char *path = call->call.path, *name = NULL;
	size_t len = 0;
	bool is_below = partner_of_path(path, &name, &len);

	*fetch = (struct fetch){daemon, call, mem_strdup(partner->name)};
	if (is_below && len == 1 && *name == '-')
		fetch_item(daemon, partner, name + 2, fetch);
	else if (is_below && strncmp(name + len, "/feed.", 6) == 0 &&
		partners_by_name(&daemon->agreements->partners, name, len) == partner)
		site_page(daemon->site, path, on_feed, fetch);
	else
		answer(fetch, NULL, NULL);
}

void daemon_call_partner(struct daemon *daemon, struct worker_call *call)
{
	const struct partner *partner = NULL;
	char token[PARTNER_TOKEN_MOST];
	size_t len = partner_find_token(call->call.authorization, call->call.query, token);

	if (len)
		partner = partners_by_token(&daemon->agreements->partners, token, len);
	OPENSSL_cleanse(token, sizeof(token));
	if (!daemon->agreements->partners.count)
		worker_answer_page(call, NULL);
	else if (!partner)
		worker_answer(call, 401, "A token is needed here.\n",
			len ? wrong_token : ask_for_token);
	else if (!partner_is_valid_on(partner, daemon_today(daemon)))
		worker_answer(call, 403, "The contract is not in force.\n", NULL);
	else
		fetch_path(daemon, partner, call);
}
