/* store_subs.h: intents and subscriptions (see store.h for the rules of every call). */
#ifndef DAEMON_STORE_STORE_SUBS_H
#define DAEMON_STORE_STORE_SUBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store_answer.h"

struct store;

/* SUB_DENIED: not a request; the subscriber is to be told that it was ended. */
enum sub_mode { SUB_SUBSCRIBE, SUB_UNSUBSCRIBE, SUB_DENIED };
/* Whether the present content is owed as soon as the intent is confirmed. */
enum sub_initial { INITIAL_NO, INITIAL_IF_NEW, INITIAL_ALWAYS };
enum sign_method { SIGN_SHA256, SIGN_SHA1, SIGN_SHA384, SIGN_SHA512 };
enum { SIGN_METHODS = SIGN_SHA512 + 1 };

struct store_intent {
	int64_t id;                /* set by the engine */
	enum sub_mode mode;
	const char *topic;         /* document path: "/feed.atom" */
	const char *topic_asked;   /* the URL as the subscriber wrote it */
	const char *callback;
	const char *host_key;      /* "https://host:port" of the callback: partition key */
	int64_t lease_s;           /* granted when verified */
	const void *secret;        /* NULL = none */
	size_t secret_len;
	enum sign_method method;
	const char *verify_token;  /* PubSubHubbub 0.3; or NULL */
	bool wants_changes;        /* hub.payload=changes */
	enum sub_initial initial;
	const char *reason;        /* SUB_DENIED: for the subscriber */
	int tries;                 /* verifications made so far */
};

/* Stores the intent (one per topic as asked and callback, the last wins), its verification
 * due at once. The 202 is sent from `done` with STORE_OK. */
void sub_request(struct store *store, const struct store_intent *intent,
	void (*done)(void *context, enum store_status status, int64_t id), void *context);

/* Up to MAX intents whose verification is due, hidden for VISIBILITY_MS (a kill shows them
 * again) with tries already counted. */
void intent_claim(struct store *store, size_t max, int64_t visibility_ms,
	void (*done)(void *context, const struct store_intent *rows, size_t count),
	void *context);

/* The intent is confirmed: the subscription is put (same topic and callback keep their id)
 * with its lease counted from now, or removed (unsubscribe); a denial is done. STORE_LOST
 * if a newer intent took its place. */
void sub_confirm(struct store *store, int64_t intent_id,
	void (*done)(void *context, enum store_status status), void *context);

/* Not confirmed: again in RETRY_MS, or dropped for good when RETRY_MS < 0. What was active
 * stays as it was. */
void intent_fail(struct store *store, int64_t intent_id, int64_t retry_ms);

struct store_sub {
	int64_t id;
	const char *topic, *topic_asked, *callback, *host_key;
	const void *secret;
	size_t secret_len;
	enum sign_method method;
	bool wants_changes;
	int64_t expires_ms;        /* wall clock */
	/* of its retry task, where there is one */
	int attempts;
	int64_t first_failed_ms, due_ms; /* due_ms: of the next attempt; 0 = no task */
	const char *why;           /* how the last attempt failed; or NULL */
	enum store_priority priority;
	int64_t delivered_seq;     /* the last that is known to have arrived; 0 = unknown */
};

/* Where a scan stands; zeroed = at the start. */
struct store_cursor {
	int64_t part, host, id;
};

/* For `gazettectl subscribers`: every live subscription, in pages; last has count 0. */
void sub_list(struct store *store, const char *topic /* NULL = all */,
	void (*page)(void *context, const struct store_sub *rows, size_t count),
	void *context);

/* Where a listing stands; zeroed = at the start. */
struct store_list_cursor {
	int64_t topic, part, host, id;
};

/* One page of it, of at most 500, from AFTER on: for whoever cannot take all at once. END
 * is where the next begins; COUNT 0 = there is no more. */
void sub_list_page(struct store *store, const char *topic,
	const struct store_list_cursor *after,
	void (*done)(void *context, const struct store_sub *rows, size_t count,
		const struct store_list_cursor *end),
	void *context);

/* Ends a subscription (410). */
void sub_remove(struct store *store, int64_t sub_id);

/* Ends a subscription and leaves an intent of the mode SUB_DENIED in its place. */
void sub_deny(struct store *store, int64_t sub_id, const char *reason);

/* Topics that have subscriptions, live or not. */
void sub_topics(struct store *store,
	void (*done)(void *context, const char *const *topics, size_t count), void *context);

/* The same for at most MAX subscriptions to TOPIC; NULL = to documents that were deleted. */
void sub_deny_topic(struct store *store, const char *topic, size_t max, const char *reason,
	void (*done)(void *context, size_t count), void *context);

#endif
