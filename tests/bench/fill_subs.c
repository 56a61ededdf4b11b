/*
 * fill_subs.c: puts subscriptions into a store without the verifications, for benches and
 * crash tests.
 *
 *   fill_subs FILE TOPIC <CALLBACKS
 *
 * FILE is the database (made when missing), TOPIC a document path ("/feed.atom"),
 * CALLBACKS one URL a line. Each subscription gets a secret of its own, "secret-N".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/callback.h"
#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

enum { BATCH = 5000, URL_MAX_LEN = 2048, LEASE_S = 30 * 86400 };

static int64_t ids[BATCH];
static size_t id_count;

static void on_stored(void *context, enum store_status status, int64_t id)
{
	(void)context;
	if (status != STORE_OK)
		exit(1);
	ids[id_count++] = id;
}

static void on_confirmed(void *context, enum store_status status)
{
	(void)context;
	if (status != STORE_OK)
		exit(1);
}

static void confirm_all(struct store *store)
{
	store_flush(store);
	for (size_t i = 0; i < id_count; i++)
		sub_confirm(store, ids[i], on_confirmed, NULL);
	store_flush(store);
	id_count = 0;
}

static void request(struct store *store, const char *topic, const char *callback, long number)
{
	struct buf host_key = {0};
	const char *why;
	char secret[32];
	struct store_intent intent = {.mode = SUB_SUBSCRIBE, .topic = topic,
		.topic_asked = topic, .callback = callback, .lease_s = LEASE_S};

	if (!callback_check(callback, NULL, 0, &host_key, &why)) {
		fprintf(stderr, "%s: %s\n", callback, why);
		exit(1);
	}
	snprintf(secret, sizeof(secret), "secret-%ld", number);
	intent.secret = secret;
	intent.secret_len = strlen(secret);
	intent.host_key = buf_text(&host_key);
	sub_request(store, &intent, on_stored, NULL);
	buf_finish(&host_key);
}

int main(int argc, char **argv)
{
	struct loop *loop = loop_create("fill");
	struct store *store;
	struct error err;
	char uri[URL_MAX_LEN], line[URL_MAX_LEN];
	long count = 0;

	if (argc != 3)
		return 2;
	snprintf(uri, sizeof(uri), "sqlite:%s", argv[1]);
	if (!store_open(loop, &(struct store_settings){.uri = uri, .directory = "."},
		    &store, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		request(store, argv[2], line, count);
		if (++count % BATCH == 0)
			confirm_all(store);
	}
	confirm_all(store);
	store_close(store);
	loop_destroy(loop);
	return 0;
}
