/* calls_jobs.h: the calls of store_jobs.h as they wait: see op.h. */
#ifndef DAEMON_STORE_CALLS_JOBS_H
#define DAEMON_STORE_CALLS_JOBS_H

#include "daemon/store/op.h"
#include "daemon/store/store_jobs.h"

struct arena;

struct claim_op {
	struct op op;
	void (*done)(void *context, const struct store_job *jobs, size_t count);
	void *context;
	struct store_job *jobs;
	size_t count;
};

struct page_rows {
	struct arena *arena;       /* borrows */
	struct store_sub *rows;    /* with room for `max` */
	struct store_cursor *cursors;
	size_t count, max;
};

struct page_op {
	struct op op;
	void (*done)(void *context, enum store_status status, const struct store_job *now,
		const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
		bool at_end);
	void *context;
	size_t max;
	struct store_job now;
	struct page_rows page;     /* one row more than asked for: is this the end? */
};

struct step_op {
	struct op op;
	void (*done)(void *context, enum store_status status, bool more);
	void *context;
	bool more;
	int64_t known_seq;         /* of the step, for engines that answer later */
	bool is_last;
};

struct tasks_op {
	struct op op;
	void (*done)(void *context, const struct store_sub *rows, size_t count);
	void *context;
	struct store_sub *rows;
	size_t count;
};

struct external_op {
	struct op op;
	void (*done)(void *context, const struct store_change *changes, size_t count);
	void *context;
	struct store_change *changes;
	size_t count;
};

struct due_op {
	struct op op;
	void (*done)(void *context, int64_t intent_ms, int64_t task_ms);
	void *context;
	int64_t intent_ms, task_ms;
};

#endif
