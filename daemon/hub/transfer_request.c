/* transfer_request.c: what travels to the workers: bodies, which are shared, and
 * requests. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/transfer_internal.h"
#include "feeds/base/map.h"
#include "feeds/base/mem.h"

static char *make_line(const char *name, const char *value)
{
	size_t size = strlen(name) + (value ? strlen(value) : 0) + 3;
	char *line = value ? mem_alloc(size) : NULL;

	if (line)
		snprintf(line, size, "%s: %s", name, value);
	return line;
}

struct transfer_body *transfer_body_create(const void *bytes, size_t len,
	const char *content_type, const char *link)
{
	static atomic_uint_fast64_t last_id;
	struct transfer_body *body = mem_alloc(sizeof(*body));

	atomic_init(&body->refs, 1);
	body->id = atomic_fetch_add(&last_id, 1) + 1;
	body->bytes = mem_strndup(len ? bytes : "", len);
	body->len = len;
	body->type_line = make_line("Content-Type", content_type);
	body->link_line = make_line("Link", link);
	return body;
}

struct transfer_body *transfer_body_ref(struct transfer_body *body)
{
	atomic_fetch_add_explicit(&body->refs, 1, memory_order_relaxed);
	return body;
}

void transfer_body_unref(struct transfer_body *body)
{
	if (!body || atomic_fetch_sub_explicit(&body->refs, 1, memory_order_acq_rel) > 1)
		return;
	free(body->bytes);
	free(body->type_line);
	free(body->link_line);
	free(body);
}

struct transfer_request *transfer_request_create(size_t count)
{
	struct transfer_request *request = mem_alloc(sizeof(*request));

	request->items = mem_alloc(count * sizeof(*request->items));
	request->count = count;
	return request;
}

void transfer_request_destroy(struct transfer_request *request)
{
	if (!request)
		return;
	for (size_t i = 0; i < request->count; i++) {
		struct transfer_item *item = &request->items[i];

		free(item->url);
		free(item->host_key);
		if (item->secret)
			OPENSSL_cleanse(item->secret, item->secret_len);
		free(item->secret);
	}
	transfer_body_unref(request->body);
	free(request->expect);
	free(request->items);
	free(request);
}

size_t transfer_shard(const char *host_key)
{
	return (size_t)(map_hash(host_key, strlen(host_key)) % TRANSFER_SHARDS);
}
