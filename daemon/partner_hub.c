/*
 * partner_hub.c: partners at the hub: whose subscription may be, what was delivered to them,
 * and the end of what was agreed.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/agreements.h"
#include "daemon/control/log.h"
#include "daemon/daemon_internal.h"
#include "daemon/hub/hub.h"
#include "daemon/hub/topic.h"
#include "daemon/loop/loop.h"
#include "daemon/store/ledger.h"
#include "daemon/store/ledger_keyfile.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

static const char not_in_force[] = "The contract is not in force.";

bool daemon_open_ledger(struct daemon *daemon, struct error *err)
{
	struct ledger_key *key;

	if (daemon->has_ledger_key || !daemon->agreements->partners.count ||
		strcmp(daemon->config->store.uri, "sqlite::memory:") == 0)
		return true;
	if (!ledger_keyfile_open(getenv("CREDENTIALS_DIRECTORY"),
		    daemon->config->store.directory, &key, err))
		return false;
	store_ledger_set_key(daemon->store, key);
	daemon->has_ledger_key = true;
	return true;
}

void daemon_judge(void *context, const struct hub_question *question,
	struct hub_verdict *verdict)
{
	const struct daemon *daemon = context;
	const struct partner *partner = NULL;

	verdict->refusal = partner_judge(&daemon->agreements->partners,
		&(struct partner_request){
			.path = question->path,
			.authorization = question->authorization,
			.query = question->query,
			.host_key = question->host_key,
			.secret_len = question->secret_len,
			.is_sha256 = question->is_sha256,
			.day = daemon_today(daemon),
		}, &partner);
	if (partner)
		verdict->lease_most_s = partner->lease_s;
	verdict->prefers_changes = true;
}

void daemon_delivered(void *context, const struct hub_delivery *delivery)
{
	struct daemon *daemon = context;
	struct ledger_row row = {
		.kind = LEDGER_DELIVERY,
		.topic = delivery->topic,
		.peer = delivery->host_key,
		.time_ms = delivery->at_ms,
		.status = delivery->status,
		.attempt = delivery->attempt,
		.latency_ms = (int32_t)delivery->latency_ms,
	};
	const char *name;
	char *partner;
	size_t len;

	if (!partner_of_path(delivery->topic, &name, &len))
		return;
	row.partner = partner = mem_strndup(name, len);
	memcpy(row.body, delivery->digest, LEDGER_HASH);
	store_ledger_append(daemon->store, &row, 1);
	free(partner);
}

static bool is_in_force(const struct daemon *daemon, const char *topic)
{
	const struct partner *partner;
	const char *name;
	size_t len;

	if (!topic_is_private(topic) || !partner_of_path(topic, &name, &len))
		return true;
	partner = partners_by_name(&daemon->agreements->partners, name, len);
	return partner && partner_is_valid_on(partner, daemon_today(daemon));
}

static void on_subscribers(void *context, const struct store_sub *rows, size_t count)
{
	struct daemon *daemon = context;

	for (size_t i = 0; i < count; i++) {
		if (is_in_force(daemon, rows[i].topic)) /* again, since it was asked */
			continue;
		log_info("partners: subscription ended topic=%s host=%s", rows[i].topic,
			rows[i].host_key);
		hub_deny(daemon->hub, rows[i].id, not_in_force);
	}
}

/* Of a million subscriptions few are partners'. */
static void on_topics(void *context, const char *const *topics, size_t count)
{
	struct daemon *daemon = context;

	for (size_t i = 0; i < count; i++) {
		if (!is_in_force(daemon, topics[i]))
			sub_list(daemon->store, topics[i], on_subscribers, daemon);
	}
}

void daemon_end_agreements(struct daemon *daemon)
{
	if (daemon->hub)
		sub_topics(daemon->store, on_topics, daemon);
}

void daemon_new_day(struct daemon *daemon)
{
	int64_t keep_s = daemon->config->store.ledger_keep_s;
	int32_t today = daemon_today(daemon);

	if (today == daemon->day || (daemon->hub && !hub_trusts_clock(daemon->hub)))
		return;
	daemon->day = today;
	daemon_end_agreements(daemon);
	if (keep_s > 0)
		store_ledger_cut(daemon->store,
			ledger_day_of(loop_wall_ms(daemon->loop) - keep_s * 1000));
}
