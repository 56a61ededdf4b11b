/* calls_subs.h: the calls of store_subs.h as they wait: see op.h. */
#ifndef DAEMON_STORE_CALLS_SUBS_H
#define DAEMON_STORE_CALLS_SUBS_H

#include "daemon/store/op.h"
#include "daemon/store/store_subs.h"

struct request_op {
	struct op op;
	void (*done)(void *context, enum store_status status, int64_t id);
	void *context;
	int64_t id;
};

struct intents_op {
	struct op op;
	void (*done)(void *context, const struct store_intent *rows, size_t count);
	void *context;
	struct store_intent *rows;
	size_t count;
};

struct confirm_op {
	struct op op;
	void (*done)(void *context, enum store_status status);
	void *context;
};

struct sweep_op {
	struct op op;
	void (*done)(void *context, size_t count);
	void *context;
	size_t count;
};

struct topics_op {
	struct op op;
	void (*done)(void *context, const char *const *topics, size_t count);
	void *context;
	const char **topics;
	size_t count;
};

struct subs_op {
	struct op op;
	void (*page)(void *context, const struct store_sub *rows, size_t count);
	void *context;
	const char *topic; /* or NULL */
	int64_t after[4];  /* topic, partition, host, id */
	/* instead of PAGE, for one page */
	void (*done)(void *context, const struct store_sub *rows, size_t count,
		const struct store_list_cursor *end);
	struct store_sub *rows;
	size_t count;
};

#endif
