/*
 * sign.h: the signature of a delivery: HMAC of the body under the subscriber's secret
 * (W3C WebSub 7.1), remembered for those who share a secret.
 */
#ifndef DAEMON_HUB_SIGN_H
#define DAEMON_HUB_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store.h"

enum { SIGN_TEXT_MAX = 7 + 128 + 1 };

/* For one thread. */
struct sign_cache;
struct sign_cache *sign_cache_create(void);
/* Wipes and frees; NULL is accepted. */
void sign_cache_destroy(struct sign_cache *cache);

/* Writes "sha256=HEX" to OUT. BODY_ID names the content of BODY: never the same for
 * different bytes. SECRET has 1 to 199 bytes. */
void sign_body(struct sign_cache *cache, uint64_t body_id, const void *body, size_t len,
	const void *secret, size_t secret_len, enum sign_method method,
	char out[SIGN_TEXT_MAX]);

#endif
