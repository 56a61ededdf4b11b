/*
 * hub_stage.h: what the tests of the hub play on: a hub with its store in memory, a clock
 * that stands still until it is told otherwise, and a `send` that plays the subscribers.
 * The path of a callback says how it behaves: /ok, /fail (500), /gone (410), /hold (no
 * answer), /slow (late), /refuse (verification 404), /flaky (no verification is answered),
 * /deaf (not reached while stage.is_away), /crowd (its network has had enough until
 * stage.is_crowd_over), /many (42 readers); the host hub-down.example is away with is_away.
 */
#ifndef TESTS_HUB_STAGE_H
#define TESTS_HUB_STAGE_H

#include "daemon/hub/hub.h"
#include "daemon/hub/hub_internal.h"
#include "tests/unit/harness.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

#define SUBSCRIBE "hub.mode=subscribe&hub.topic=http://news.example/feed.atom&hub.callback="

/* One transfer that the hub asked for. */
struct sent {
	char *url, *body, *type, *link, *secret, *expect; /* own */
	struct hub_batch *batch;
	int64_t sub_id;
	enum sign_method method;
	bool is_trusted;
};

extern struct stage {
	struct loop *loop;
	struct store *store;
	struct hub *hub;
	struct sent *sent;         /* owns */
	int count, cap;
	int on_the_way, most;
	int held[4096], held_count; /* those not answered yet, or slow */
	int answers, status, retry_after_s;
	char *text;                /* owns; of the last answer */
	bool is_idle, is_crowd_over, is_away, has_tag;
	bool has_no_content;       /* though there is a topic */
	int64_t retry_after_ms;    /* given with each failure */
	int64_t newest_seq;        /* of the last publication */
	int changes_asked;
	const char *authorization; /* of the next POST */
	int delivered;             /* of private topics */
	struct hub_delivery last;
} stage;

extern int64_t now_ms;
int64_t test_clock(void);

void stage_begin(void);
void stage_end(void);
struct hub_policy usual_policy(void);
/* A hub on the stage's store, as after a restart. */
void start_hub(void);
void start_hub_with(const struct hub_policy *policy);

/* Lets everything happen that needs no time. */
void settle(void);
void pass_time(int64_t ms);
/* The result of stage.sent[AT]. */
void give_result(int at, enum transfer_outcome outcome, int status, bool was_slow);
void forget_sent(void);

/* The status of the answer to the form BODY. */
int post(const char *body);
/* The same for SUBSCRIBE and what follows it. */
int subscribe(const char *callback_and_more);
/* "http://hN/WHATi" for COUNT different i, spread over HOSTS; verified. */
void subscribe_many(int count, int hosts, const char *what);
void publish(const char *body);
void publish_at(const char *path, const char *body);
void publish_urgently(const char *path, const char *body, enum store_priority priority);

/* How often CALLBACK got BODY (NULL = anything) since forget_sent. */
int got(const char *callback, const char *body);
void check_counts(int subs, int intents, int jobs, int tasks);

#endif
