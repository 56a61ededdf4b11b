/* ask.h: the verbs of gazettectl that the daemon answers. */
#ifndef DAEMON_CONTROL_ASK_H
#define DAEMON_CONTROL_ASK_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct suggestion;

/* One of them, by name; NULL if there is none. */
struct ask_verb;
const struct ask_verb *ask_find(const char *name);

/* Offers all of them, for "did you mean". */
void ask_suggest(struct suggestion *suggestion);

/* Asks and prints, as JSON or for people. Returns the exit status. */
int ask_run(const struct ask_verb *verb, const char *socket, const struct config *config,
	const char *const *arguments, size_t count, bool is_json);

#endif
