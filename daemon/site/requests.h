/*
 * requests.h: the articles that are at the parser, and in which order its answers are taken.
 */
#ifndef DAEMON_SITE_REQUESTS_H
#define DAEMON_SITE_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/site/catalogue.h"

struct diagnosis;
struct parse_answer;
struct site;

/* A file at the parser, and what it was when it was read. */
struct parse_request {
	struct site *site;         /* borrows */
	struct entry *entry;       /* borrows */
	char hash[HASH_HEX];       /* of its bytes and of what the files around it say */
	uint64_t companions, inode; /* companions: companions_of in ingest.c */
	int64_t mtime_ns, size;
	struct parse_request *next, **link; /* of those at the parser */
	struct parse_answer *answer; /* owns; NULL = it has not come, or its turn has */
};

void requests_init(struct site *site);
void requests_destroy(struct site *site);

/* REQUEST, the site's from now on, is given to the parser. */
void requests_add(struct site *site, struct parse_request *request);

/* The parser's answer (parser_done) goes to versions_parsed, at once or in its turn. */
void requests_answered(void *context, const void *flat, size_t len,
	const struct diagnosis *why);

#endif
