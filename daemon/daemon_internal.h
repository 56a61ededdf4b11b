/*
 * daemon_internal.h: the parts as they are joined: what the files of the composition root
 * share: daemon.c (wiring, beginning and end), prepare.c (what must be there before
 * anything starts), calls.c (requests that the workers hand up), reload.c (SIGHUP).
 */
#ifndef DAEMON_DAEMON_INTERNAL_H
#define DAEMON_DAEMON_INTERNAL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/control/chart.h"
#include "daemon/control/progress.h"
#include "daemon/daemon.h"
#include "daemon/http/listener.h"
#include "daemon/http/server.h"
#include "daemon/hub/partner_rate.h"
#include "daemon/lease.h"
#include "daemon/loop/histogram.h"
#include "daemon/store/store.h"
#include "daemon/worker.h"
#include "feeds/base/buf.h"

struct agreements;
struct copies;
struct error;
struct hub_delivery;
struct hub_question;
struct hub_verdict;
struct limiter;
struct seal;

enum {
	MAX_WORKERS = 64,
	MAX_LISTENERS = 16,
};

struct daemon;

/* Signs of life of the loops, see pulse.c. */
struct pulse {
	ev_timer beat, watchdog;
	ev_prepare sleeps;
	ev_check wakes;
	int64_t woke_us;           /* when the turn began */
	struct worker_beat beats[MAX_WORKERS];
	bool is_out[MAX_WORKERS];  /* asked, not answered */
	bool has_beaten[MAX_WORKERS]; /* since the last ping of the watchdog */
	struct chart_minute minutes[CHART_MINUTES]; /* a ring: deliveries */
	size_t minute;             /* where the current one is */
	int64_t minute_us;         /* when it began */
	struct chart_minute before; /* the counters at that moment */
	struct histogram turn, lag; /* of the main loop's turns; of the workers' answers */
	void (*asked)(struct daemon *daemon); /* once all have answered, or NULL */
};

/* A request that waits for the store, see calls.c. */
struct waiting_call {
	struct waiting_call *prev, *next;
	struct daemon *daemon;
	struct worker_call *call;  /* NULL: answered, since the store was away */
};

/* This node among others, see nodes.c. */
struct nodes {
	bool is_shared;            /* the store may have other nodes */
	bool is_store_down, has_left, has_told; /* has_told: where it listens */
	struct seal *seal;         /* owns; or NULL */
	struct copies *copies;     /* owns; NULL without other nodes */
	size_t copy_count;         /* those of a former run */
	struct lease lease;        /* of the role "publisher" */
	ev_timer timer;            /* of the lease */
	ev_timer look;
	unsigned looks;
};

struct daemon {
	struct daemon_options options;
	struct config *config;     /* owns; what is in force */
	struct agreements *agreements; /* owns; in force */
	struct arena *arena;       /* derived texts, as long as the daemon */
	struct loop *loop;
	struct store *store;
	struct parser_pool *parsers;
	struct site *site;
	struct watch *watch;
	struct hub *hub;
	struct export *export;     /* NULL = not wanted */
	struct worker *workers[MAX_WORKERS];
	struct limiter *limiter;   /* owns; of all workers */
	size_t worker_count;
	struct listener listeners[MAX_LISTENERS];
	size_t listener_count;
	const char *base_url, *hub_url;
	struct buf zone;           /* TZif bytes */
	int32_t offset_s;
	const char *css, *header, *footer; /* the operator's, or NULL */
	bool has_ledger_key;
	struct partner_rates partner_rates;
	struct waiting_call *waiting;   /* list */
	int32_t day;               /* when the agreements were looked at last */
	bool is_ready, is_draining, is_idle;
	size_t undrained;
	int exit_status;
	ev_signal on_term, on_int, on_hup, on_usr1;
	ev_timer drain_limit, sweep, patience;
	struct pulse pulse;
	struct nodes nodes;
	int64_t started_ms;        /* wall clock */
	struct {
		int64_t at_ms;     /* wall clock; 0 = there was none */
		bool is_ok;
		char *text;        /* owns; what changed, or why it did not */
	} reload;                  /* the last one */
	struct {
		struct progress bar;
		ev_timer tick;
	} scan;                    /* see scan_bar.c */
	struct reports *reports;   /* owns; see report.c */
	struct control *control;   /* owns; see verbs.c */
	struct recall_bell *recalls; /* owns; NULL = the ledger is not in a file */
	struct admin *admin;       /* owns; see admin.c; NULL = no admin listener */
};

/* ---- prepare.c ---- */

/* Directory, zone, listeners and addresses, or ERR with one clear line. */
bool daemon_prepare(struct daemon *daemon, struct error *err);

/* ---- nodes.c ---- */

/* The name of this node in the store, in the daemon's arena. */
const char *nodes_name(struct daemon *daemon);
/* The store's events. */
void nodes_event(void *context, enum store_event event);
/* Opens the copies of documents; before anything else that needs the state directory. */
bool nodes_prepare(struct daemon *daemon, struct error *err);
/* What a former run left, to the workers. */
void nodes_serve_copies(struct daemon *daemon);
/* Once there is a site: it leads or follows from now on. */
void nodes_start(struct daemon *daemon);
/* The site's event: what it published was refused, it follows. */
void nodes_fenced(void *context);
/* It can not do what the role asks for: another may try. */
void nodes_retire(struct daemon *daemon);
/* It stops soon: another may have the role. */
void nodes_leave(struct daemon *daemon);
void nodes_stop(struct daemon *daemon);

/* ---- pulse.c ---- */
void pulse_start(struct daemon *daemon);
void pulse_stop(struct daemon *daemon);
/* Whether the worker has not answered for some time. */
bool pulse_is_silent(const struct daemon *daemon, size_t worker);
/* The deliveries of the last hour, the oldest minute first. */
void pulse_get_minutes(const struct daemon *daemon, struct chart_minute *out);
/* Asks every worker now that is not asked already. */
void pulse_ask(struct daemon *daemon);

/* ---- scan_bar.c ---- */

/* From the beginning of the first scan to its end; the end may come twice. */
void scan_bar_start(struct daemon *daemon);
void scan_bar_stop(struct daemon *daemon);

/* ---- report.c ---- */

/* Calls DONE later, from the loop, with the state of everything (borrowed), or with NULL
 * when the daemon ends before. */
struct report;
void daemon_report(struct daemon *daemon,
	void (*done)(void *context, const struct report *report), void *context);
void reports_init(struct daemon *daemon);
/* Nobody is told any more. */
void reports_stop(struct daemon *daemon);
/* After the main loop has been destroyed. */
void reports_finish(struct daemon *daemon);

/* ---- verbs.c ---- */

/* Opens the control socket. */
bool verbs_start(struct daemon *daemon, struct error *err);

/* ---- admin.c ---- */

/* Opens the admin listeners; nothing without admin.listen. */
bool admin_start(struct daemon *daemon, struct error *err);
void admin_stop(struct daemon *daemon);

/* ---- calls.c ---- */

/* The status and text of /readyz. */
int daemon_readiness(const struct daemon *daemon, const char **text_out);


/* What the workers hand up, and the event that takes it. */
extern const struct http_route daemon_routes[];
extern const size_t daemon_route_count;
void daemon_call(void *context, struct worker_call *call);

/* Between the two CALL waits for the store; when that is away it is answered with a 503, and
 * waiting_end, which ends WAITING in any case, returns NULL. */
void waiting_begin(struct daemon *daemon, struct waiting_call *waiting, struct worker_call *call);
struct worker_call *waiting_end(struct waiting_call *waiting);
void waiting_give_up(struct daemon *daemon);
/* Answers CALL when the store is away and has to be asked for it. */
bool waiting_refuse(struct daemon *daemon, struct worker_call *call);

/* ---- partner_calls.c ---- */

/* GET below /p/: with a token, or nothing. */
void daemon_call_partner(struct daemon *daemon, struct worker_call *call);
/* YYYYMMDD of the site's day. */
int32_t daemon_today(const struct daemon *daemon);

/* ---- partner_hub.c ---- */

/* The key that signs the ledger, once there are partners. */
bool daemon_open_ledger(struct daemon *daemon, struct error *err);
/* The hub's events for private topics. */
void daemon_judge(void *context, const struct hub_question *question,
	struct hub_verdict *verdict);
void daemon_delivered(void *context, const struct hub_delivery *delivery);
/* Ends the subscriptions of those with whom nothing is agreed any more. */
void daemon_end_agreements(struct daemon *daemon);
/* Often; does once a day what the calendar brings: contracts and retention. When what they
 * say may be otherwise, daemon->day is 0 before. */
void daemon_new_day(struct daemon *daemon);

/* ---- reload.c ---- */

/* Reads the configuration again. All or nothing: a file with a mistake changes nothing, and
 * gives false; daemon->reload says what happened. */
bool daemon_reload(struct daemon *daemon);

#endif
