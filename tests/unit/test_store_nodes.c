/* test_store_nodes.c: roles, nodes, what a following node asks for, and events. */
#include <stdio.h>
#include <string.h>

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"
#include "tests/unit/store_engines.h"

static struct loop *loop;
static struct store *store;

static struct {
	enum store_status status;
	int64_t epoch;
	char roles[64], address[64];
	size_t nodes;
	char docs[8][32];
	bool is_deleted[8];
	int64_t seqs[8];
	size_t doc_count;
	int events[4];
} said;

static void on_event(void *context, enum store_event event)
{
	(void)context;
	said.events[event]++;
}

static void begin(void)
{
	struct error err;

	loop = loop_create("test");
	if (!store_open(loop, &(struct store_settings){
		    .uri = engine_uri("sqlite::memory:"), .node = "n1",
		    .on_event = on_event}, &store, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
}

static void end(void)
{
	store_close(store);
	loop_destroy(loop);
}

static void on_role(void *context, enum store_status status, int64_t epoch)
{
	(void)context;
	said.status = status;
	said.epoch = epoch;
}

static void on_nodes(void *context, const struct store_node *rows, size_t count)
{
	(void)context;
	said.nodes = count;
	if (count)
		snprintf(said.roles, sizeof(said.roles), "%s", rows[0].roles);
	if (count)
		snprintf(said.address, sizeof(said.address), "%s", rows[0].address);
}

static void on_docs(void *context, const struct store_doc *docs, size_t count)
{
	(void)context;
	said.doc_count = count;
	for (size_t i = 0; i < count && i < 8; i++) {
		snprintf(said.docs[i], sizeof(said.docs[i]), "%s", docs[i].path);
		said.seqs[i] = docs[i].seq;
		said.is_deleted[i] = docs[i].is_deleted;
	}
}

static void on_published(void *context, enum store_status status, const int64_t *seqs,
	size_t count)
{
	(void)context, (void)seqs, (void)count;
	said.status = status;
}

static enum store_status publish(const char *path, bool is_deleted, int64_t epoch)
{
	struct store_doc doc = {.path = path, .content_type = "t", .etag = "e",
		.is_topic = true, .is_deleted = is_deleted, .body = "x", .len = 1};

	store_publish(store, &(struct store_publication){.docs = &doc, .doc_count = 1,
		.role = epoch ? "publisher" : NULL, .epoch = epoch}, on_published, NULL);
	store_flush(store);
	return said.status;
}

TEST(the_only_node_has_every_role_it_asks_for)
{
	begin();
	store_role_take(store, "publisher", 1000, on_role, NULL);
	CHECK_INT(said.epoch, 0); /* not inside the call */
	store_role_take(store, "sweeper", 1000, NULL, NULL);
	store_flush(store);
	CHECK_INT(said.status, STORE_OK);
	CHECK(said.epoch > 0);
	store_node_list(store, on_nodes, NULL);
	store_flush(store);
	CHECK_INT(said.nodes, 0); /* nobody said that it is there */
	store_node_beat(store, "127.0.0.1:80");
	store_node_list(store, on_nodes, NULL);
	store_flush(store);
	CHECK_INT(said.nodes, 1);
	CHECK_STR(said.roles, "publisher,sweeper");
	CHECK_STR(said.address, "127.0.0.1:80");
	store_role_drop(store, "publisher");
	store_node_list(store, on_nodes, NULL);
	store_flush(store);
	CHECK_STR(said.roles, "sweeper");
	end();
}

/* What opening had to tell has not been told when the store is closed in the same turn. */
STORE_TEST(closing_tells_nothing_though_a_write_is_pending)
{
	begin();
	store_node_beat(store, "127.0.0.1:80");
	store_publish(store, &(struct store_publication){.doc_count = 0}, NULL, NULL);
	memset(&said, 0, sizeof(said));
	end();
	for (int i = 0; i < 4; i++)
		CHECK_INT(said.events[i], 0);
}

STORE_TEST(a_publication_of_another_owner_is_refused)
{
	begin();
	store_role_take(store, "publisher", 1000, on_role, NULL);
	store_flush(store);
	CHECK_INT(publish("/a", false, said.epoch), STORE_OK);
	CHECK_INT(publish("/b", false, said.epoch + 1), STORE_LOST);
	store_doc_since(store, 0, 8, on_docs, NULL);
	store_flush(store);
	CHECK_INT(said.doc_count, 1);
	end();
}

STORE_TEST(documents_since_come_in_order_with_deletions)
{
	int64_t first;

	begin();
	publish("/b", false, 0);
	publish("/a", false, 0);
	publish("/b", true, 0);
	publish("/c", false, 0);
	store_doc_since(store, 0, 2, on_docs, NULL);
	store_flush(store);
	CHECK_INT(said.doc_count, 2);
	CHECK_STR(said.docs[0], "/a");
	CHECK_STR(said.docs[1], "/b");
	CHECK(said.is_deleted[1] && !said.is_deleted[0]);
	first = said.seqs[1];
	CHECK(said.seqs[0] < first);
	store_doc_since(store, first, 2, on_docs, NULL);
	store_flush(store);
	CHECK_INT(said.doc_count, 1);
	CHECK_STR(said.docs[0], "/c");
	end();
}

TEST(events_say_that_there_is_something)
{
	begin();
	CHECK_INT(said.events[STORE_UP], 0);
	store_flush(store);
	CHECK_INT(said.events[STORE_UP], 1);
	CHECK_INT(said.events[STORE_DOCS], 0);
	publish("/a", false, 0);
	CHECK_INT(said.events[STORE_DOCS], 1);
	CHECK_INT(said.events[STORE_WORK], 1);
	CHECK_INT(said.events[STORE_DOWN], 0);
	end();
}
