/*
 * request.h: the form that a subscriber or publisher posts to the hub, decoded. Pure.
 */
#ifndef DAEMON_HUB_REQUEST_H
#define DAEMON_HUB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store.h"

struct arena;

enum {
	REQUEST_MAX = 64 * 1024,   /* bytes of the form */
	REQUEST_URL_MAX = 4096,    /* of a topic or callback */
	REQUEST_SECRET_MAX = 199,  /* W3C WebSub 5.1: less than 200 bytes */
	REQUEST_TOKEN_MAX = 1024,
	REQUEST_PINGS_MAX = 1000,
};

enum request_kind { REQUEST_SUBSCRIBE, REQUEST_UNSUBSCRIBE, REQUEST_PUBLISH };

struct request {
	enum request_kind kind;
	const char *topic, *callback; /* NULL for a publish ping */
	int64_t lease_s;           /* as asked, saturated at INT64_MAX; 0 = not given */
	const void *secret;        /* NULL = none */
	size_t secret_len;
	enum sign_method method;
	bool has_method;           /* it was asked for */
	const char *verify_token;  /* PubSubHubbub 0.3 section 6.2; or NULL */
	bool wants_changes, has_payload; /* hub.payload was given, and is "changes" */
	bool has_initial, wants_initial; /* hub.initial was given, and is "true" */
	const char **pings;        /* the topics that a publisher says have changed */
	size_t ping_count;
};

/* Reads LEN bytes of BODY; what OUT points at lives in ARENA. On failure *STATUS_OUT is
 * the HTTP status and *WHY_OUT a line for the sender (static). Unknown parameters are
 * ignored, the last of a repeated one counts. W3C WebSub 5.1. */
bool request_parse(struct arena *arena, const char *content_type, const void *body,
	size_t len, struct request *out, int *status_out, const char **why_out);

/* Decodes LEN bytes of application/x-www-form-urlencoded (a name or a value) into OUT,
 * which has room for LEN + 1; returns the length. A '%' without two hex digits stays. */
size_t request_decode(const char *text, size_t len, char *out);

#endif
