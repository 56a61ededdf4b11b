/*
 * identity.h: the permanent names of an article, minted once and then kept by the store.
 * Pure.
 */
#ifndef DAEMON_SITE_IDENTITY_H
#define DAEMON_SITE_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct instant;

enum { HASH_HEX = 65 };

/* Lower-case hex SHA-256 of A followed by B (either may be empty). */
void identity_hash(const void *a, size_t a_len, const void *b, size_t b_len,
	char out[HASH_HEX]);

/* `tag:AUTHORITY,YYYY-MM-DD:HEX` (RFC 4151, ASCII): the day is that of PUBLISHED, HEX comes
 * from PATH and HASH as they are at first sight. */
char *identity_mint(struct arena *arena, const char *authority,
	const struct instant *published, const char *path, const char *hash);

/* STATED as a URI, which Atom wants an id to be: itself if it is one of a scheme for names or
 * pages (what is not ASCII encoded), else `tag:AUTHORITY,2026:STATED`. NULL for NULL. */
const char *identity_stated(struct arena *arena, const char *authority, const char *stated);

/* The page's slug for an article that states none: the file's name when it is plain ASCII
 * (its directory's for index.md), else 12 digits of the hash of ID. */
char *identity_slug(struct arena *arena, const char *stated, const char *path,
	const char *id);

/* SLUG made another one, for when it is taken: "-" and 6 digits of the hash of ID. */
char *identity_slug_other(struct arena *arena, const char *slug, const char *id);

/* The authority of tags (RFC 4151): NAME, when it is a host name or a mail address, in lower
 * case; else the host of URL. */
char *identity_tagging(struct arena *arena, const char *name, const char *url);

/* Host name of a URL, without port or user, lower case ("localhost" if there is none). */
char *identity_authority(struct arena *arena, const char *url);

#endif
