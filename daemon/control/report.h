/*
 * report.h: the state of the whole daemon at one moment, as values: what `gazettectl
 * status`, the metrics and the admin page show, each in its way. Gathered by the
 * composition root.
 */
#ifndef DAEMON_CONTROL_REPORT_H
#define DAEMON_CONTROL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/control/chart.h"
#include "daemon/http/server.h"
#include "daemon/hub/hub.h"
#include "daemon/hub/transfer.h"
#include "daemon/loop/histogram.h"
#include "daemon/site/status.h"
#include "daemon/store/recalls.h"
#include "daemon/store/store.h"

struct arena;

struct report_topic {
	const char *path;
	int64_t modified_s, subscriptions, tasks;
};

/* A file that is refused, or an article whose deletion waits. */
struct report_article {
	const char *path, *id;     /* or NULL */
	const char *problem;
	int64_t due_ms;
};

/* An article that was held or killed beside what its file says. */
struct report_decision {
	const char *path, *id, *title, *note; /* the last two may be NULL */
	bool is_killed;
	int64_t at_ms;
};

struct report_partner {
	const char *name;
	bool is_valid;             /* today is within the contract */
	int32_t from_day, until_day; /* YYYYMMDD; 0 = no bound */
	int64_t subscriptions, tasks; /* of all its topics */
};

struct report_process {
	double cpu_s;
	int64_t resident, open_fds, max_fds;
};

/* The last reload. */
struct report_reload {
	int64_t at_ms;             /* 0 = there was none */
	bool is_ok;
	const char *text;          /* what changed, or why it did not */
};

/* This node among those that share its database. */
struct report_node {
	bool is_publisher, is_store_up;
	int64_t seq;               /* the last publication that it knows of; 0 where it publishes */
	int64_t behind_ms;         /* since it knew that it had all; 0 where it publishes */
};

enum { REPORT_PROBLEMS = 50, REPORT_HOSTS = 50, REPORT_RECALLS = 50 };

struct report {
	struct arena *arena;       /* owns what follows, unless it says otherwise */
	int64_t now_ms, started_ms;
	int pid;
	bool is_draining;
	const char *base_url, *directory;
	const char **listeners;
	size_t listener_count;
	struct report_process process;
	struct report_reload reload;
	struct report_node node;

	struct site_status site;
	struct report_topic *topics;
	size_t topic_count;
	struct report_article problems[REPORT_PROBLEMS], vanishing[REPORT_PROBLEMS];
	size_t problem_count, vanishing_count;
	struct report_decision decisions[REPORT_PROBLEMS];
	size_t decision_count;

	struct store_engine store;
	struct store_counts counts;

	bool has_hub;
	struct hub_counts hub;
	struct readers_count readers; /* through others, of all topics */
	struct chart_minute minutes[CHART_MINUTES]; /* of deliveries, the oldest first */
	struct transfer_host hosts[REPORT_HOSTS]; /* the worst; keys in the arena */
	size_t host_count, dead_hosts;

	struct report_partner *partners;
	size_t partner_count;
	bool has_recalls;          /* false: the ledger has not been read yet, or cannot be */
	struct recall recalls[REPORT_RECALLS]; /* that are open, the first of them */
	size_t recall_count, open_recalls; /* shown; of all */
	int64_t oldest_recall_ms;  /* when that was taken back that is open longest; 0 = none is */

	size_t worker_count;
	size_t silent_workers;     /* that have not answered in time */
	struct http_counts http;   /* of all workers */
	struct histogram turn, lag;
};

/* `gazettectl status --json`; the caller owns the reference. */
json_t *report_status(const struct report *report);

/* "ready", or in two words what is wrong. */
const char *report_state(const struct report *report);

/* One row of `topics`. */
json_t *report_topic_row(const struct report *report, const struct report_topic *topic,
	const struct readers_count *readers);

/* RFC 3339 in UTC with milliseconds, null for 0. */
json_t *report_time(int64_t ms);

#endif
