/*
 * hub_fanout.c: jobs. A job is read in pages, each of which becomes a chunk of
 * deliveries; several chunks may be on the way, but they are committed in order,
 * because the job's cursor may only pass what has been answered. All finished chunks at
 * the head of the line share one commit.
 *
 * A kill repeats what was handed out and not committed. Where slow hosts are among the
 * others, that would be much more than what was under way, so those who have the content
 * are marked in the store when their chunk is still open after a tick.
 *
 * A delivery that is slow is committed as a failure with a retry task that is due after
 * the slow transfer must have ended; its second result then settles the task. When that
 * comes before the commit it just changes what will be committed.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/hub/hub_internal.h"
#include "daemon/loop/loop.h"
#include "feeds/base/mem.h"

enum {
	MAX_JOBS = 16,
	LEASE_MS = 8 * 1000,       /* what a node that died has is another's after it */
	RENEW_MS = 2 * 1000,
	SLOW_GRACE_MS = 5 * 1000,
};

static const double mark_s = 0.05;

static void advance(struct hub_job *job);

/* ---- the list of jobs ---- */

static void unlist(struct hub_job *job)
{
	struct hub_job **at = &job->hub->jobs;

	while (*at && *at != job)
		at = &(*at)->next;
	if (*at)
		*at = job->next;
}

/* Into its place: behind those of its priority and before the lower ones. */
static void rank(struct hub_job *job)
{
	struct hub_job **at = &job->hub->jobs;

	unlist(job);
	while (*at && (*at)->job.priority >= job->job.priority)
		at = &(*at)->next;
	job->next = *at;
	*at = job;
}

static void job_destroy(struct hub_job *job)
{
	struct hub *hub = job->hub;
	void *topic;

	unlist(job);
	hub->job_count--;
	memcpy(&topic, &job->job.topic, sizeof(topic));
	free(topic);
	free(job);
}

/* A job that another owner took, or that is done, goes when nothing refers to it. */
static bool destroy_if_lost(struct hub_job *job)
{
	struct hub_batch *chunk;

	if (!job->is_lost || job->is_paging || job->is_stepping)
		return false;
	/* what is on the way still settles the tasks that there may be */
	while ((chunk = job->first)) {
		job->first = chunk->next_chunk;
		chunk->job = NULL;
		if (chunk->open + chunk->slow == 0)
			batch_destroy(chunk);
	}
	job_destroy(job);
	return true;
}

void fanout_finish(struct hub *hub)
{
	ev_timer_stop(loop_ev(hub->loop), &hub->marks);
	while (hub->jobs)
		job_destroy(hub->jobs);
}

static void job_add(struct hub *hub, const struct store_job *claimed)
{
	struct hub_job *job = mem_alloc(sizeof(*job));
	struct hub_job *old, *next;

	for (old = hub->jobs; old; old = next) {
		next = old->next;
		if (old->job.id != claimed->id)
			continue;
		old->is_lost = true;
		destroy_if_lost(old);
	}
	job->hub = hub;
	job->job = *claimed;
	job->job.topic = mem_strdup(claimed->topic);
	rank(job);
	hub->job_count++;
	job->renew_at = hub_mono_ms(hub) + RENEW_MS;
	ev_timer_again(loop_ev(hub->loop), &hub->marks);
	log_debug("hub: fan-out begins topic=%s", job->job.topic);
}

static void on_jobs(void *context, const struct store_job *jobs, size_t count)
{
	struct hub *hub = context;

	hub->is_claiming_jobs = false;
	for (size_t i = 0; i < count; i++)
		job_add(hub, &jobs[i]);
	hub_pump(hub);
}

/* ---- commits ---- */

static void append_failure(struct store_step *step, const struct hub_batch *chunk,
	const struct batch_item *item, struct store_failure *failures, int64_t *gone)
{
	if (item->state == ITEM_FAILED)
		failures[step->failure_count++] = (struct store_failure){
			.sub_id = item->id,
			.delay_ms = item->delay_ms,
			.seq = chunk->seq,
			.is_owed = item->is_owed,
			.why = item->why,
		};
	else if (item->state == ITEM_GONE)
		gone[step->gone_count++] = item->id;
}

static void on_step(void *context, enum store_status status, bool more)
{
	struct hub_job *job = context;
	struct hub *hub = job->hub;
	bool was_last = job->steps_last;
	struct hub_batch *chunk;

	job->is_stepping = false;
	if (status == STORE_BUSY) {
		/* nothing of it was written: once more at the next poll */
		for (chunk = job->first; chunk; chunk = chunk->next_chunk)
			chunk->is_stepping = false;
		job->is_paused = true;
		destroy_if_lost(job);
		return;
	}
	while (status == STORE_OK && (chunk = job->first) && chunk->is_stepping) {
		job->first = chunk->next_chunk;
		job->stepped = chunk->end;
		hub->tasks_due = hub->tasks_due || chunk->has_owed;
		hub->is_urgent = hub->is_urgent ||
			(chunk->has_owed && chunk->priority >= PRIORITY_CORRECTION);
		chunk->job = NULL;
		if (chunk->open + chunk->slow == 0)
			batch_destroy(chunk);
	}
	if (!job->first)
		job->last = NULL;
	if (status == STORE_LOST) {
		job->is_lost = true;
	} else if (was_last && more) {
		job->paged = job->stepped = (struct store_cursor){0, 0, 0};
		job->at_end = false;
	} else if (was_last) {
		log_debug("hub: fan-out ends topic=%s", job->job.topic);
		job->is_lost = true;
	}
	if (!destroy_if_lost(job))
		advance(job);
	hub_arm(hub);
	hub_pump(hub);
}

static void step(struct hub_job *job, struct hub_batch *stop, size_t item_count, bool is_last)
{
	struct store_failure *failures = mem_alloc((item_count + 1) * sizeof(*failures));
	int64_t *gone = mem_alloc((item_count + 1) * sizeof(*gone));
	struct store_step step = {
		.job = job->job,
		.cursor = job->stepped,
		.failures = failures,
		.gone = gone,
		.lease_ms = LEASE_MS,
		.is_last = is_last,
	};

	for (struct hub_batch *chunk = job->first; chunk != stop; chunk = chunk->next_chunk) {
		for (size_t i = 0; i < chunk->count; i++)
			append_failure(&step, chunk, &chunk->items[i], failures, gone);
		step.cursor = chunk->end;
		chunk->is_stepping = true;
	}
	job->is_stepping = true;
	job->steps_last = is_last;
	job->renew_at = hub_mono_ms(job->hub) + RENEW_MS;
	job_step(job->hub->store, &step, on_step, job);
	free(failures);
	free(gone);
}

/* Commits the finished chunks at the head of the line, if there are any. */
static void advance(struct hub_job *job)
{
	struct hub_batch *chunk = job->first;
	size_t items = 0;
	bool is_last;

	if (job->is_stepping || job->is_lost || job->is_paused)
		return;
	while (chunk && chunk->open == 0) {
		items += chunk->count;
		chunk = chunk->next_chunk;
	}
	is_last = !chunk && job->at_end && !job->is_paging;
	if (chunk != job->first || is_last)
		step(job, chunk, items, is_last);
}

/* ---- results ---- */

static void make_slow(struct hub_batch *chunk, struct batch_item *item)
{
	item->is_slow = true;
	item->state = ITEM_FAILED;
	item->why = mem_strdup("slow");
	/* it may wait as long as it may take before it is started in the slow lane */
	item->delay_ms = 2 * chunk->hub->policy.total_ms + SLOW_GRACE_MS;
	chunk->slow++;
}

void fanout_result(struct hub_batch *chunk, const struct transfer_result *result)
{
	struct batch_item *item = batch_find(chunk, result->sub_id);
	struct hub_job *job = chunk->job;

	if (result->was_slow)
		chunk->slow--;
	else
		chunk->open--;
	if (item && result->outcome == TRANSFER_SLOW) {
		make_slow(chunk, item);
	} else if (item) {
		tasks_judge(chunk, item, result);
		if (result->was_slow && (!job || chunk->is_stepping)) {
			tasks_settle(chunk, item);
			hub_arm(chunk->hub);
		}
	}
	if (job && chunk->open == 0)
		advance(job);
	else if (!job && chunk->open + chunk->slow == 0)
		batch_destroy(chunk);
}

/* ---- marks ---- */

static void mark_chunk(struct hub_job *job, struct hub_batch *chunk, int64_t *ids)
{
	size_t count = 0;

	for (size_t i = 0; i < chunk->count; i++) {
		struct batch_item *item = &chunk->items[i];

		if (item->state != ITEM_OK || item->is_marked)
			continue;
		item->is_marked = true;
		ids[count++] = item->id;
	}
	if (count)
		job_mark(job->hub->store, &job->job, chunk->seq, ids, count);
}

static void mark_job(struct hub_job *job)
{
	for (struct hub_batch *chunk = job->first; chunk; chunk = chunk->next_chunk) {
		int64_t *ids;

		if (chunk->is_old && !chunk->is_stepping) {
			ids = mem_alloc(chunk->count * sizeof(*ids));
			mark_chunk(job, chunk, ids);
			free(ids);
		}
		chunk->is_old = true;
	}
}

void fanout_mark(struct hub *hub)
{
	for (struct hub_job *job = hub->jobs; job; job = job->next)
		if (!job->is_lost)
			mark_job(job);
}

static void on_marks(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct hub *hub = timer->data;

	(void)events;
	fanout_mark(hub);
	if (!hub->jobs)
		ev_timer_stop(ev, timer);
}

void fanout_init(struct hub *hub)
{
	ev_timer_init(&hub->marks, on_marks, 0.0, mark_s);
	hub->marks.data = hub;
}

/* ---- pages ---- */

/* There is no content now: it is left to the tasks. */
static void owe_all(struct hub_batch *chunk)
{
	for (size_t i = 0; i < chunk->count; i++) {
		chunk->items[i].state = ITEM_FAILED;
		chunk->items[i].is_owed = true;
	}
	chunk->has_owed = true;
}

static void on_body(struct hub_batch *chunk)
{
	const struct hub *hub = chunk->hub;

	if (chunk->body) {
		batch_send(chunk);
		return;
	}
	/* where the document was withdrawn, nothing is owed */
	if (hub->events->is_topic(hub->context, chunk->topic))
		owe_all(chunk);
	else
		batch_tell_withdrawn(chunk);
	chunk->open = 0;
	if (chunk->job)
		advance(chunk->job);
	else
		batch_destroy(chunk);
}

static void add_chunk(struct hub_job *job, const struct store_sub *rows,
	const struct store_cursor *cursors, size_t count)
{
	const struct store_sub **all = mem_alloc(count * sizeof(*all));
	struct hub_batch *chunk;

	for (size_t i = 0; i < count; i++)
		all[i] = &rows[i];
	chunk = batch_of_subs(job->hub, BATCH_CHUNK, all, count);
	free(all);
	chunk->job = job;
	chunk->priority = job->job.priority;
	chunk->end = cursors[count - 1];
	job->paged = chunk->end;
	if (job->last)
		job->last->next_chunk = chunk;
	else
		job->first = chunk;
	job->last = chunk;
	if (chunk->open)
		batch_fetch(chunk, job->now_seq, on_body);
}

/* A later publication of its topic was more urgent. */
static void raise_priority(struct hub_job *job, enum store_priority priority)
{
	if (priority <= job->job.priority)
		return;
	job->job.priority = priority;
	rank(job);
}

static void on_page(void *context, enum store_status status, const struct store_job *now,
	const struct store_sub *rows, const struct store_cursor *cursors, size_t count,
	bool at_end)
{
	struct hub_job *job = context;
	struct hub *hub = job->hub;

	job->is_paging = false;
	hub->pages--;
	if (status == STORE_LOST)
		job->is_lost = true;
	if (status == STORE_BUSY)
		job->is_paused = true;
	if (destroy_if_lost(job))
		return;
	if (status == STORE_OK) {
		job->at_end = at_end;
		job->now_seq = now->seq;
		raise_priority(job, now->priority);
		if (count)
			add_chunk(job, rows, cursors, count);
		advance(job);
	}
	hub_pump(hub);
}

static bool page(struct hub_job *job)
{
	struct hub *hub = job->hub;

	if (job->is_paging || job->at_end || job->is_lost || job->is_paused)
		return false;
	job->is_paging = true;
	hub->pages++;
	job_page(hub->store, &job->job, job->paged, (size_t)hub->policy.chunk, on_page, job);
	return true;
}

/* A job at its end goes on at once when its topic was published again, instead of waiting
 * for its last chunk. */
static void go_on(struct hub *hub)
{
	if (!hub->may_go_on)
		return;
	hub->may_go_on = false;
	for (struct hub_job *job = hub->jobs; job; job = job->next)
		job->at_end = false;
}

/* Jobs of one priority take turns; while one has pages to be read, those of a lower priority
 * get no room. */
void fanout_pump(struct hub *hub)
{
	enum store_priority reading = PRIORITY_REST;

	if (hub->is_draining || hub->is_held)
		return;
	go_on(hub);
	if (hub->jobs_due && !hub->is_claiming_jobs && hub->job_count < MAX_JOBS) {
		hub->jobs_due = false;
		hub->is_claiming_jobs = true;
		job_claim(hub->store, MAX_JOBS - hub->job_count, LEASE_MS, on_jobs, hub);
	}
	for (struct hub_job *job = hub->jobs, *next; job; job = next) {
		next = job->next;
		if (job->job.priority < reading)
			break;
		if (batch_room(hub, job->job.priority) > 0 && page(job))
			rank(job);
		if (job->is_paging)
			reading = job->job.priority;
	}
}

void fanout_poll(struct hub *hub)
{
	int64_t now = hub_mono_ms(hub);
	struct hub_job *next;

	clock_check(hub, hub_wall_ms(hub), now);
	for (struct hub_job *job = hub->jobs; job; job = next) {
		next = job->next;
		job->is_paused = false;
		if (job->is_lost)
			continue;
		advance(job);
		if (!job->is_stepping && now >= job->renew_at)
			step(job, job->first, 0, false);
	}
	hub->jobs_due = true;
}
