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

#include "daemon/daemon.h"
#include "daemon/http/listener.h"
#include "daemon/http/server.h"
#include "feeds/base/buf.h"

struct agreements;
struct error;
struct hub_delivery;
struct hub_question;
struct hub_verdict;
struct worker_call;

enum {
	MAX_WORKERS = 64,
	MAX_LISTENERS = 16,
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
	size_t worker_count;
	struct listener listeners[MAX_LISTENERS];
	size_t listener_count;
	const char *base_url, *hub_url;
	struct buf zone;           /* TZif bytes */
	int32_t offset_s;
	const char *css, *header, *footer; /* the operator's, or NULL */
	bool has_ledger_key;
	int32_t day;               /* when the agreements were looked at last */
	bool is_ready, is_draining, is_idle;
	size_t undrained;
	int exit_status;
	ev_signal on_term, on_int, on_hup, on_usr1;
	ev_timer drain_limit, sweep, watchdog, patience;
};

/* ---- prepare.c ---- */

/* Directory, zone, listeners and addresses, or ERR with one clear line. */
bool daemon_prepare(struct daemon *daemon, struct error *err);

/* ---- calls.c ---- */

/* What the workers hand up, and the event that takes it. */
extern const struct http_route daemon_routes[];
extern const size_t daemon_route_count;
void daemon_call(void *context, struct worker_call *call);

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
/* Often; does once a day what the calendar brings: contracts and retention. */
void daemon_new_day(struct daemon *daemon);

/* ---- reload.c ---- */

/* Reads the configuration again. All or nothing: a file with a mistake changes nothing. */
void daemon_reload(struct daemon *daemon);

#endif
