/*
 * evidence.h: gazettectl's verbs that read the ledger's file: `ledger verify`, `who-has`,
 * `receipt` and `recalls`. They need no daemon.
 */
#ifndef DAEMON_CONTROL_EVIDENCE_H
#define DAEMON_CONTROL_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

struct config;

/* Whether VERB is one of them. */
bool evidence_is_verb(const char *verb);

/* Runs it on the database of CONFIG with WORDS, what follows the verb; prints to stdout,
 * complains on stderr. Returns the exit status: 0, 1 (not in order, nobody has it, cannot be
 * read), 2 (usage). */
int evidence_run(const struct config *config, const char *verb, const char *const *words,
	size_t count, bool is_json);

#endif
