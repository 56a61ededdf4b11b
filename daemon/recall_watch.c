/* recall_watch.c: see recall_watch.h. */
#include "daemon/recall_watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "daemon/store/ledger_file.h"
#include "daemon/store/recalls.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	PAUSE_LEAST_MS = 1000,
	PAUSE_COST = 50,           /* times what the last reading took */
};

/* One reading; the thread's until it is posted. */
struct reading {
	struct message message;
	struct recall_watch *watch;
	struct recalls *recalls;   /* owns; what `open` borrows from */
	struct recall *open;       /* owns */
	size_t count;
	bool is_ok;
	struct error err;
};

struct recall_watch {
	struct loop *loop;
	char *path;                /* owns */
	pthread_t thread;
	bool is_reading, is_joined;
	atomic_bool is_ending;     /* the rest of the rows is passed over */
	int64_t began_ms, next_ms; /* monotonic */
	struct reading *last;      /* owns; or NULL */
	void (*read)(void *context, const struct recall *open, size_t count);
	void *context;
};

static void free_reading(struct reading *reading)
{
	if (!reading)
		return;
	free(reading->open);
	recalls_destroy(reading->recalls);
	free(reading);
}

static void on_read(struct message *message)
{
	struct reading *reading = (struct reading *)(void *)message;
	struct recall_watch *watch = reading->watch;
	int64_t now_ms = loop_mono_ms(watch->loop);
	int64_t pause_ms = (now_ms - watch->began_ms) * PAUSE_COST;

	if (!watch->is_joined)
		pthread_join(watch->thread, NULL);
	watch->is_reading = false;
	watch->next_ms = now_ms + (pause_ms > PAUSE_LEAST_MS ? pause_ms : PAUSE_LEAST_MS);
	if (!reading->is_ok) {
		log_warn("recalls: %s", reading->err.text);
		free_reading(reading);
		return;
	}
	free_reading(watch->last);
	watch->last = reading;
	if (!watch->is_joined)
		watch->read(watch->context, reading->open, reading->count);
}

/* ---- on the thread ---- */

static void add_row(void *context, const struct ledger_row *row)
{
	struct reading *reading = context;

	if (!atomic_load(&reading->watch->is_ending))
		recalls_add(reading->recalls, row);
}

static void *run(void *context)
{
	struct reading *reading = context;
	struct recall_watch *watch = reading->watch;
	struct ledger_file *file = NULL;

	reading->is_ok = ledger_file_open(watch->path, &file, &reading->err) &&
		ledger_file_each(file, add_row, reading, &reading->err);
	if (reading->is_ok)
		reading->open = recalls_list(reading->recalls, &reading->count);
	ledger_file_close(file);
	loop_post(watch->loop, &reading->message);
	return NULL;
}

/* ---- the loop's side ---- */

static void start(struct recall_watch *watch)
{
	struct reading *reading = mem_alloc(sizeof(*reading));

	reading->message.run = on_read;
	reading->watch = watch;
	reading->recalls = recalls_create();
	watch->began_ms = loop_mono_ms(watch->loop);
	watch->is_reading = pthread_create(&watch->thread, NULL, run, reading) == 0;
	if (!watch->is_reading)
		free_reading(reading);
}

const struct recall *recall_watch_get(struct recall_watch *watch, size_t *count_out)
{
	static const struct recall none;

	if (!watch->is_reading && loop_mono_ms(watch->loop) >= watch->next_ms)
		start(watch);
	*count_out = watch->last ? watch->last->count : 0;
	if (!watch->last)
		return NULL;
	return watch->last->open ? watch->last->open : &none;
}

struct recall_watch *recall_watch_create(struct loop *loop, const char *path,
	void (*read)(void *context, const struct recall *open, size_t count), void *context)
{
	struct recall_watch *watch = mem_alloc(sizeof(*watch));

	watch->loop = loop;
	watch->path = mem_strdup(path);
	watch->read = read;
	watch->context = context;
	return watch;
}

void recall_watch_destroy(struct recall_watch *watch)
{
	if (!watch)
		return;
	if (watch->is_reading) {
		atomic_store(&watch->is_ending, true);
		pthread_join(watch->thread, NULL);
		watch->is_joined = true;
		loop_flush(watch->loop);
	}
	free_reading(watch->last);
	free(watch->path);
	free(watch);
}
