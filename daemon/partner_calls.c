/*
 * partner_calls.c: what partners fetch with their token. Who has none, or one that nobody
 * knows, learns nothing of what there is: every path below /p/ answers the same to them;
 * and to a partner what is another's does not exist.
 */
#include <openssl/crypto.h>
#include <stdio.h>
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
static const char media[] = "media/";
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
	struct waiting_call waiting;    /* until then */
	struct daemon *daemon;
	char *partner;             /* owns */
	/* of what was answered; own */
	char *path, *client, *contents;
	uint8_t body[LEDGER_HASH];
	bool is_head;
};

static void fetch_destroy(struct fetch *fetch)
{
	free(fetch->partner);
	free(fetch->path);
	free(fetch->client);
	free(fetch->contents);
	free(fetch);
}

/* A fetch is evidence too: whoever sent the token has these bytes, be it from before (304). */
static void on_answered(void *context, int status)
{
	struct fetch *fetch = context;
	struct ledger_row row = {.kind = LEDGER_POLL, .partner = fetch->partner,
		.topic = fetch->path, .peer = fetch->client, .contents = fetch->contents,
		.status = status, .attempt = 1, .time_ms = loop_wall_ms(fetch->daemon->loop)};

	memcpy(row.body, fetch->body, LEDGER_HASH);
	if (status && (!fetch->is_head || status == 304))
		store_ledger_append(fetch->daemon->store, &row, 1);
	fetch_destroy(fetch);
}

static void answer(void *context, struct snapshot *snapshot, const char *contents)
{
	struct fetch *fetch = context;
	struct worker_call *call = waiting_end(&fetch->waiting);
	const struct http_call *http;
	const void *body;
	size_t len;

	if (!call || !snapshot) {
		if (call)
			worker_answer_page(call, NULL);
		fetch_destroy(fetch);
		return;
	}
	http = &call->call;
	body = snapshot_body(snapshot, &len);
	ledger_hash_bytes(body, len, fetch->body);
	fetch->path = mem_strdup(http->path);
	fetch->client = mem_strdup(http->client);
	fetch->contents = mem_strdup(contents);
	fetch->is_head = strcmp(http->method, "HEAD") == 0;
	worker_answer_page_then(call, snapshot, on_answered, fetch);
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

/* "/p/-/SLUG.ninjs.json": an article alone; "/p/-/media/PATH": a file that one shows. The same
 * address for all partners. */
static void fetch_item(struct daemon *daemon, const struct partner *partner,
	const char *name, struct fetch *fetch)
{
	size_t index = (size_t)(partner - daemon->agreements->partners.items);
	char *slug = NULL;

	if (strncmp(name, media, strlen(media)) == 0)
		site_partner_media(daemon->site, index, name + strlen(media), answer, fetch);
	else if ((partner->formats & PARTNER_NINJS) && ends_in(name, ".ninjs.json", &slug))
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
	struct fetch *fetch;
	const char *path = call->call.path, *name = NULL;
	size_t len = 0;
	bool is_below = partner_of_path(path, &name, &len);

	if (waiting_refuse(daemon, call))
		return;
	fetch = mem_alloc(sizeof(*fetch));
	*fetch = (struct fetch){.daemon = daemon, .partner = mem_strdup(partner->name)};
	waiting_begin(daemon, &fetch->waiting, call);
	if (is_below && len == 1 && *name == '-')
		fetch_item(daemon, partner, name + 2, fetch);
	else if (is_below &&
		partners_by_name(&daemon->agreements->partners, name, len) == partner &&
		site_is_topic(daemon->site, path))
		site_page(daemon->site, path, on_feed, fetch);
	else
		answer(fetch, NULL, NULL);
}

static bool is_within_rate(struct daemon *daemon, const struct partner *partner,
	struct worker_call *call)
{
	char extra[48];
	int wait_s;

	if (partner_rates_allow(&daemon->partner_rates, partner->name, partner->rate,
		    loop_mono_ms(daemon->loop), &wait_s))
		return true;
	snprintf(extra, sizeof(extra), "Retry-After: %d\r\n", wait_s);
	worker_answer(call, 429, "More requests than agreed.\n", extra);
	return false;
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
	else if (is_within_rate(daemon, partner, call))
		fetch_path(daemon, partner, call);
}
