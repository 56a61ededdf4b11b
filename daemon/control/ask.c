/*
 * ask.c: see ask.h. A table says of each verb how its rows are shown: in columns, or by a
 * function of its own when there is one row that tells a story.
 */
#include "daemon/control/ask.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "daemon/control/client.h"
#include "daemon/control/progress.h"
#include "daemon/control/show.h"
#include "daemon/control/table.h"
#include "feeds/base/error.h"

struct ask_verb {
	const char *name;
	const struct column *columns;
	size_t column_count;
	/* instead of columns: one row for people */
	void (*show)(const json_t *row);
	const char *nothing;       /* said when there was no row */
	const char *words;         /* what follows it, for who forgot */
};
#define COLUMNS(list) (list), sizeof(list) / sizeof(*(list))

static const struct column topic_columns[] = {
	{"TOPIC", "topic", COLUMN_TEXT},
	{"SUBSCRIBERS", "subscriptions", COLUMN_NUMBER},
	{"READERS", "readers", COLUMN_NUMBER},
	{"RETRIES", "retries", COLUMN_NUMBER},
	{"MODIFIED", "modified", COLUMN_TIME},
};
static const struct column sub_columns[] = {
	{"ID", "subscription", COLUMN_NUMBER},
	{"TOPIC", "topic", COLUMN_TEXT},
	{"READERS", "readers", COLUMN_NUMBER},
	{"SIGNED", "signed", COLUMN_TEXT},
	{"EXPIRES", "expires", COLUMN_TIME},
	{"FAILED", "attempts", COLUMN_NUMBER},
	{"NEXT ATTEMPT", "next_attempt", COLUMN_TIME},
	{"CALLBACK", "callback", COLUMN_TEXT},
	{"WHY", "why", COLUMN_TEXT},
};
static const struct column delivery_columns[] = {
	{"AT", "at", COLUMN_TIME},
	{"WHAT", "what", COLUMN_TEXT},
	{"SUBSCRIPTION", "subscription", COLUMN_NUMBER},
	{"HOST", "host", COLUMN_TEXT},
	{"OUTCOME", "outcome", COLUMN_TEXT},
	{"STATUS", "status", COLUMN_NUMBER},
	{"ATTEMPT", "attempt", COLUMN_NUMBER},
	{"MS", "latency_ms", COLUMN_NUMBER},
	{"WHY", "why", COLUMN_TEXT},
};

static const struct column node_columns[] = {
	{"NODE", "node", COLUMN_TEXT},
	{"ADDRESS", "address", COLUMN_TEXT},
	{"ROLES", "roles", COLUMN_TEXT},
	{"SILENT FOR MS", "silent_ms", COLUMN_NUMBER},
};

static const struct ask_verb verbs[] = {
	{"status", NULL, 0, show_status, NULL, ""},
	{"topics", COLUMNS(topic_columns), NULL, "there is no topic yet", ""},
	{"subscribers", COLUMNS(sub_columns), NULL, "there is no subscription", "[TOPIC]"},
	{"deliveries", COLUMNS(delivery_columns), NULL, "nothing was delivered since the start",
		"[SUBSCRIPTION]"},
	{"retry", NULL, 0, show_retry, NULL, ""},
	{"explain", NULL, 0, show_explanation, NULL, "ID"},
	{"hold", NULL, 0, show_explanation, NULL, "ID"},
	{"release", NULL, 0, show_explanation, NULL, "ID"},
	{"kill", NULL, 0, show_explanation, NULL, "ID [--substitute ID] [REASON]"},
	{"confirm-deletes", NULL, 0, show_deleted, NULL, ""},
	{"nodes", COLUMNS(node_columns), NULL, "no node has been heard of yet", ""},
	{"reload", NULL, 0, show_reload, NULL, ""},
};

const struct ask_verb *ask_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

void ask_suggest(struct suggestion *suggestion)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		suggestion_offer(suggestion, verbs[i].name, strlen(verbs[i].name));
}

struct printing {
	const struct ask_verb *verb;
	struct table table;
	struct progress progress;
	bool is_json;
	size_t rows;
};

static void on_row(void *context, json_t *row)
{
	struct printing *printing = context;
	const struct ask_verb *verb = printing->verb;

	printing->rows++;
	progress_end(&printing->progress);
	if (!printing->is_json) {
		if (verb->columns)
			table_add(&printing->table, row);
		else
			verb->show(row);
		return;
	}
	if (verb->columns)
		fputs(printing->rows > 1 ? ",\n" : "[\n", stdout);
	json_dumpf(row, stdout, verb->columns ? JSON_COMPACT : JSON_INDENT(1));
}

static void on_progress(void *context, int64_t done, int64_t total)
{
	progress_set(&((struct printing *)context)->progress, done, total);
}

static void finish(struct printing *printing, int status)
{
	const struct ask_verb *verb = printing->verb;

	progress_end(&printing->progress);
	if (verb->columns)
		table_end(&printing->table);
	if (printing->is_json && verb->columns && (printing->rows || status == 0))
		fputs(printing->rows ? "\n]\n" : "[]\n", stdout);
	else if (printing->is_json && printing->rows)
		putchar('\n');
	else if (!printing->is_json && !printing->rows && status == 0 && verb->nothing)
		puts(verb->nothing);
}

int ask_run(const struct ask_verb *verb, const char *socket, const struct config *config,
	const char *const *arguments, size_t count, bool is_json)
{
	static const struct client_events events = {on_row, on_progress};
	struct printing printing = {.verb = verb, .is_json = is_json};
	struct error err;
	int fd = client_connect(socket, config, &err), status;

	if (fd < 0) {
		fprintf(stderr, "gazettectl: %s\n", err.text);
		return 1;
	}
	if (verb->columns)
		table_begin(&printing.table, verb->columns, verb->column_count);
	progress_begin(&printing.progress, verb->name);
	status = client_ask(fd, verb->name, arguments, count, &events, &printing, &err);
	finish(&printing, status);
	if (status)
		fprintf(stderr, "gazettectl: %s\n", err.text);
	if (status == 2)
		fprintf(stderr, "usage: gazettectl %s %s\n", verb->name, verb->words);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gazettectl: write");
		return 1;
	}
	return status;
}
