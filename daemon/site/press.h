/*
 * press.h: compresses documents on a thread of its own. A new document goes out at once as
 * it is; gzip and brotli take longer than everything else together, so they follow. For one
 * document only the newest counts.
 */
#ifndef DAEMON_SITE_PRESS_H
#define DAEMON_SITE_PRESS_H

#include <stddef.h>

struct loop;
struct press;
struct snapshot;
struct snapshot_spec;

/* DONE is called on MAIN's thread, once per order: FULL is PLAIN with all its encodings; the
 * reference moves. */
struct press *press_create(struct loop *main,
	void (*done)(void *context, struct snapshot *full), void *context);

/* Waits for the order in work; what is behind it is dropped. NULL is accepted. */
void press_destroy(struct press *press);

/* Orders the full form of PLAIN, which SPEC describes (its texts are copied, its body is
 * PLAIN's). */
void press_order(struct press *press, const struct snapshot_spec *spec,
	struct snapshot *plain);

/* Orders without an answer yet. */
size_t press_open(const struct press *press);

#endif
