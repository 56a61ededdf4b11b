/*
 * publications.h: when the last publications were, so that a delivery knows how late it is.
 * Pure: time is a parameter. Bounded: what is older than the last PUBLICATIONS_KEPT, or than
 * the start of the daemon, is not known any more.
 */
#ifndef DAEMON_HUB_PUBLICATIONS_H
#define DAEMON_HUB_PUBLICATIONS_H

#include <stddef.h>
#include <stdint.h>

enum { PUBLICATIONS_KEPT = 256 };

/* A zeroed one is empty. */
struct publications {
	struct {
		int64_t seq;       /* the highest of the publication; 0 = none */
		int64_t at_ms;
	} kept[PUBLICATIONS_KEPT]; /* a ring */
	size_t count;              /* of all ever noted */
};

/* A publication whose documents have the sequence numbers after the last one's up to SEQ.
 * One that is not newer than the last is not noted. */
void publications_note(struct publications *publications, int64_t seq, int64_t now_ms);

/* How long ago the publication with SEQ was; -1 = not known. */
int64_t publications_age_ms(const struct publications *publications, int64_t seq,
	int64_t now_ms);

#endif
