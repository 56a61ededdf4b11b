/*
 * requests.c: the articles that are at the parser. There are several processes, and which
 * of them answers first is chance. While a whole archive is read for the first time the
 * answers are taken in the order of the reading: who comes first has the time or the address
 * that two of them state, and the same files are to give the same feeds. Later an article
 * that takes long holds no other up.
 */
#include "daemon/site/requests.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/site/site_internal.h"
#include "daemon/site/versions.h"
#include "feeds/base/mem.h"
#include "feeds/parse.h"

/* One that came before its turn. */
struct parse_answer {
	char *flat;                /* owns; NULL = refused */
	size_t len;
	char *class, *message, *hint; /* own */
	int line, column;
};

static void answer_destroy(struct parse_answer *answer)
{
	if (!answer)
		return;
	free(answer->flat);
	free(answer->class);
	free(answer->message);
	free(answer->hint);
	free(answer);
}

static void hold(struct parse_request *request, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct parse_answer *answer = mem_alloc(sizeof(*answer));

	if (flat) {
		answer->flat = mem_alloc(len);
		answer->len = len;
		memcpy(answer->flat, flat, len);
	} else {
		answer->class = mem_strdup(why->class);
		answer->message = mem_strdup(why->message);
		answer->hint = mem_strdup(why->hint);
		answer->line = why->line;
		answer->column = why->column;
	}
	request->answer = answer;
}

static void take(struct parse_request *request, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct site *site = request->site;

	site->parsing--;
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
	else
		site->requests_tail = request->link;
	versions_parsed(request, flat, len, why);
}

static void take_held(struct parse_request *request)
{
	struct parse_answer *answer = request->answer;
	const struct diagnosis why = {.class = answer->class, .message = answer->message,
		.hint = answer->hint, .line = answer->line, .column = answer->column};

	take(request, answer->flat, answer->len, &why);
	answer_destroy(answer);
}

void requests_init(struct site *site)
{
	site->requests_tail = &site->requests;
}

void requests_add(struct site *site, struct parse_request *request)
{
	site->parsing++;
	request->link = site->requests_tail;
	*site->requests_tail = request;
	site->requests_tail = &request->next;
}

void requests_answered(void *context, const void *flat, size_t len,
	const struct diagnosis *why)
{
	struct parse_request *request = context;
	struct site *site = request->site;
	bool is_in_order = site->is_fresh && !site->is_ready;

	if (is_in_order && request != site->requests) {
		hold(request, flat, len, why);
		return;
	}
	take(request, flat, len, why);
	while ((request = site->requests) && request->answer)
		take_held(request);
}

void requests_destroy(struct site *site)
{
	struct parse_request *request;

	while ((request = site->requests)) {
		site->requests = request->next;
		answer_destroy(request->answer);
		free(request);
	}
}
