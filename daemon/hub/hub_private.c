/*
 * hub_private.c: topics that not everybody may have. Who asks for one is judged by its
 * owner; a refusal goes to the callback (W3C WebSub 5.2), since a program reads that and
 * nobody reads the answer to the POST. What is delivered of them is reported, as evidence.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/hub_internal.h"
#include "daemon/hub/topic.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

static bool is_any(void *context, const char *path)
{
	(void)context, (void)path;
	return true;
}

bool private_find(const struct hub *hub, const char *url, struct buf *path,
	const char **query_out)
{
	const char *query = strchr(url, '?');
	char *plain = mem_strndup(url, query ? (size_t)(query - url) : strlen(url));
	bool is_private = topic_find(hub->policy.base_url, plain, is_any, NULL, path) &&
		topic_is_private(buf_text(path));

	free(plain);
	*query_out = query ? query + 1 : NULL;
	if (!is_private)
		buf_clear(path);
	return is_private;
}

const char *private_judge(const struct hub *hub, const struct hub_question *question,
	struct hub_verdict *verdict)
{
	*verdict = (struct hub_verdict){.refusal = "There is no such topic."};
	if (hub->events->judge)
		hub->events->judge(hub->context, question, verdict);
	return verdict->refusal;
}

void private_hash(const void *bytes, size_t len, uint8_t out[HUB_DIGEST])
{
	if (EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

void private_report(const struct hub_batch *batch, const struct batch_item *item,
	const struct transfer_result *result)
{
	const struct hub *hub = batch->hub;
	struct hub_delivery delivery = {
		.topic = batch->topic,
		.host_key = item->host_key,
		.at_ms = hub_wall_ms(hub),
		.latency_ms = result->latency_ms,
		.status = result->status,
		.attempt = item->attempts + 1,
	};

	if (!hub->events->delivered || !topic_is_private(batch->topic))
		return;
	memcpy(delivery.digest, batch->digest, HUB_DIGEST);
	hub->events->delivered(hub->context, &delivery);
}
