/* calls_nodes.h: the calls of store_nodes.h and store_evidence.h as they wait: see op.h. */
#ifndef DAEMON_STORE_CALLS_NODES_H
#define DAEMON_STORE_CALLS_NODES_H

#include "daemon/store/op.h"
#include "daemon/store/store_evidence.h"
#include "daemon/store/store_nodes.h"

struct role_op {
	struct op op;
	void (*done)(void *context, enum store_status status, int64_t epoch);
	void *context;
	int64_t epoch;
};

struct nodes_op {
	struct op op;
	void (*done)(void *context, const struct store_node *rows, size_t count);
	void *context;
	struct store_node *rows;
	size_t count;
};

struct count_op {
	struct op op;
	void (*done)(void *context, const struct store_counts *counts);
	void *context;
	struct store_counts counts;
};

struct topic_counts_op {
	struct op op;
	void (*done)(void *context, const struct store_topic *rows, size_t count);
	void *context;
	struct store_topic *rows;
	size_t count;
};

#endif
