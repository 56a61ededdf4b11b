/*
 * agreements.h: what is agreed with whom, out of the configuration and the files that it
 * names: the rights rules, the known sources, the partners with the digests of their
 * tokens. Immutable; a reload makes a new one and drops the old.
 */
#ifndef DAEMON_AGREEMENTS_H
#define DAEMON_AGREEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/hub/partners.h"
#include "feeds/rights.h"

struct arena;
struct config;
struct error;
struct site_partner;

struct agreements {
	struct arena *arena;       /* owns everything below */
	struct rights_policy policy;
	struct partners partners;
	const struct site_partner *site_partners; /* the same, as the site sees them */
	char fingerprint[65];      /* hex SHA-256 of what decides about an article */
};

/* CREDENTIALS is the directory of the systemd credentials, or NULL. False and ERR on a file
 * that cannot be read or has a mistake; no message quotes a token. */
bool agreements_load(const struct config *config, const char *credentials,
	struct agreements **out, struct error *err);
void agreements_destroy(struct agreements *agreements); /* NULL is accepted */

#endif
