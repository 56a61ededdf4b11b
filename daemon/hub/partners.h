/*
 * partners.h: the sites that syndicate: who a token is, what a path belongs to, and whether
 * a subscription may be. Pure: tokens are read and days are counted by the caller. A token
 * is kept as its SHA-256 and compared in constant time; nothing here can print one.
 */
#ifndef DAEMON_HUB_PARTNERS_H
#define DAEMON_HUB_PARTNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;

enum {
	PARTNER_TOKENS = 2,        /* valid at a time, for rotation */
	PARTNER_DIGEST = 32,
	PARTNER_TOKEN_LEAST = 16,  /* bytes */
	PARTNER_TOKEN_MOST = 512,
	PARTNER_SECRET_LEAST = 16,
};

enum partner_format {
	PARTNER_ATOM = 1, PARTNER_RSS = 2, PARTNER_JSON = 4, PARTNER_NINJS = 8,
	PARTNER_NITF = 16,
};

struct partner {
	const char *name;
	uint8_t tokens[PARTNER_TOKENS][PARTNER_DIGEST];
	size_t token_count;        /* 0: nobody can be it */
	const char *const *callback_hosts; /* none: no subscriptions */
	size_t callback_host_count;
	const char *const *topics; /* channels; none: everything */
	size_t topic_count;
	unsigned formats;          /* of enum partner_format */
	bool needs_https, needs_secret, has_embargo_access;
	int64_t lease_s;           /* most; 0 = the hub's */
	int rate;                  /* requests a second; 0 = no limit */
	int32_t from_day, until_day; /* YYYYMMDD, both included; 0 = no bound */
};

/* All borrowed. */
struct partners {
	const struct partner *items;
	size_t count;
};

/* Reads up to PARTNER_TOKENS tokens, one a line (blank lines and # lines aside), into
 * PARTNER. False and ERR, which quotes nothing, for too short, long, many or none. */
bool partner_read_tokens(struct partner *partner, const char *text, size_t len,
	struct error *err);

/* Whose token it is; NULL for nobody's. The time does not depend on which or how wrong. */
const struct partner *partners_by_token(const struct partners *partners, const char *token,
	size_t len);
const struct partner *partners_by_name(const struct partners *partners, const char *name,
	size_t len);

/* The token of a request: the value of an Authorization header (RFC 6750 section 2.1), or
 * of `token` in a query. The header wins. Writes the decoded token to OUT, which has room
 * for PARTNER_TOKEN_MOST bytes; returns its length, 0 for none. */
size_t partner_find_token(const char *authorization, const char *query, char *out);

/* "/p/county/c/news/feed.atom": whether PATH is below /p/NAME/, and where the name is. */
bool partner_of_path(const char *path, const char **name_out, size_t *len_out);

bool partner_is_valid_on(const struct partner *partner, int32_t day);

/* A request to subscribe, as it is judged. */
struct partner_request {
	const char *path;          /* of the topic, without query */
	const char *authorization; /* of the POST; or NULL */
	const char *query;         /* of the topic; or NULL */
	const char *host_key;      /* "https://host:443" of the callback */
	size_t secret_len;
	bool is_sha256;            /* of the signature */
	int32_t day;
};

/* NULL when it may be; else the reason for hub.reason. *PARTNER_OUT is whose token it is,
 * or NULL. */
const char *partner_judge(const struct partners *partners,
	const struct partner_request *request, const struct partner **partner_out);

#endif
