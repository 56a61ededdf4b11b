/* move.h: `gazettectl store copy sqlite:FILE postgresql://...`. */
#ifndef DAEMON_CONTROL_MOVE_H
#define DAEMON_CONTROL_MOVE_H

#include <stdbool.h>
#include <stddef.h>

/* WORDS are what follows "store". KEY_FILE (or NULL) seals the secrets on the way, else the
 * credential `store.key`. Prints what was done; returns the exit status. */
int move_run(const char *const *words, size_t count, const char *key_file, bool is_json);

#endif
