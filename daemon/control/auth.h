/*
 * auth.h: who may use the admin page: a token, as `Authorization: Bearer TOKEN` or as the
 * password of HTTP Basic authentication, which a browser asks for by itself; and the secret
 * that its forms carry, because a browser sends Basic credentials with requests that other
 * sites start.
 */
#ifndef DAEMON_CONTROL_AUTH_H
#define DAEMON_CONTROL_AUTH_H

#include <stdbool.h>
#include <stddef.h>

struct error;

enum { AUTH_TOKEN_MIN = 16, AUTH_TOKEN_MAX = 512 };

struct auth {
	unsigned char token[32];   /* its SHA-256 */
	bool has_token;
	char form[65];             /* hexadecimal; new with every start */
};

/* Reads the token from PATH (NULL = there is none: nobody comes in by it), white space
 * around it ignored. False and ERR when it cannot be read, is too short or no one line. */
bool auth_init(struct auth *auth, const char *path, struct error *err)
	__attribute__((warn_unused_result));

/* Whether the value of the Authorization header (or NULL) has the token. In constant time
 * with respect to the token. */
bool auth_check(const struct auth *auth, const char *authorization);

/* Whether BODY (application/x-www-form-urlencoded) is a form of ours: has form=SECRET. */
bool auth_check_form(const struct auth *auth, const char *body, size_t len);

#endif
