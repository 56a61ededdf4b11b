/* transfer_result.c: what became of a transfer, and how that gets to the hub's loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub/transfer_internal.h"
#include "feeds/base/mem.h"

struct transfer_result *result_create(struct transfer_engine *engine,
	const struct transfer *transfer, enum transfer_outcome outcome, const char *why)
{
	struct transfer_result *result = mem_alloc(sizeof(*result));

	result->message.run = engine->receive;
	result->context = engine->context;
	result->batch = transfer->batch->request->batch;
	result->sub_id = transfer->item->sub_id;
	result->outcome = outcome;
	result->was_slow = transfer->is_slow && outcome != TRANSFER_SLOW;
	result->retry_after_ms = -1;
	if (transfer->started_ms)
		result->latency_ms = loop_mono_ms(engine->loop) - transfer->started_ms;
	snprintf(result->why, sizeof(result->why), "%s", why);
	return result;
}

void result_give(struct transfer_engine *engine, struct transfer_result *result)
{
	struct message *message = &result->message;

	if (engine->results_last)
		engine->results_last->next = message;
	else
		engine->results = message;
	engine->results_last = message;
}

/* The results of a turn of the loop go in one piece: to wake the other loop for each of
 * them costs both of them more than the result itself. */
void transfer_engine_tell(struct transfer_engine *engine)
{
	if (!engine->results)
		return;
	loop_post_list(engine->to, engine->results, engine->results_last);
	engine->results = engine->results_last = NULL;
}

static void on_prepare(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	(void)ev, (void)events;
	transfer_engine_tell(prepare->data);
}

static bool is_expected(const struct transfer *transfer)
{
	const struct transfer_request *request = transfer->batch->request;
	const struct sender *sender = transfer->sender;

	return request->body || (request->expect &&
		strlen(request->expect) == sender->got &&
		memcmp(request->expect, sender->answer, sender->got) == 0);
}

static const char *explain_code(CURLcode code)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "timed out";
	if (code == CURLE_WRITE_ERROR)
		return "answer too long";
	return curl_easy_strerror(code);
}

/* A delivery's answer is not read (W3C WebSub 7): once the status has come, what goes
 * wrong behind it does not matter. */
struct transfer_result *result_judge(struct transfer_engine *engine,
	const struct transfer *transfer, CURLcode code)
{
	const struct sender *sender = transfer->sender;
	struct transfer_result *result = result_create(engine, transfer, TRANSFER_FAILED, "");
	bool is_post = transfer->batch->request->body != NULL;
	curl_off_t retry_after = 0;
	int status = sender->status;

	if (sender->has_retry_after)
		curl_easy_getinfo(sender->easy, CURLINFO_RETRY_AFTER, &retry_after);
	result->status = status;
	result->on_behalf_of = sender_on_behalf_of(sender);
	if (retry_after > 0 && retry_after < INT32_MAX)
		result->retry_after_ms = (int64_t)retry_after * 1000;
	if (code != CURLE_OK && sender->refused && !sender->is_open && status == 0) {
		result->outcome = TRANSFER_FORBIDDEN;
		snprintf(result->why, sizeof(result->why), "address refused: %s",
			sender->refused);
	} else if (code != CURLE_OK && sender->later_ms > 0 && !sender->is_open) {
		result->outcome = TRANSFER_LATER;
		result->retry_after_ms = sender->later_ms;
		snprintf(result->why, sizeof(result->why),
			"many verifications in its network");
	} else if (code != CURLE_OK && (!is_post || status == 0)) {
		snprintf(result->why, sizeof(result->why), "%s", explain_code(code));
	} else if (status == 410) {
		result->outcome = TRANSFER_GONE;
		snprintf(result->why, sizeof(result->why), "gone");
	} else if (status > 299 || status == 0) {
		snprintf(result->why, sizeof(result->why), "HTTP status %d", status);
	} else if (!is_expected(transfer)) {
		snprintf(result->why, sizeof(result->why),
			"the answer is not the challenge");
	} else {
		result->outcome = TRANSFER_OK;
	}
	return result;
}

void results_init(struct transfer_engine *engine)
{
	ev_prepare_init(&engine->prepare, on_prepare);
	engine->prepare.data = engine;
	ev_prepare_start(loop_ev(engine->loop), &engine->prepare);
}

void results_finish(struct transfer_engine *engine)
{
	struct message *result = engine->results, *next;

	ev_prepare_stop(loop_ev(engine->loop), &engine->prepare);
	for (; result; result = next) {
		next = result == engine->results_last ? NULL : result->next;
		free(result);
	}
}
