/*
 * escalation.h: when the operator is told that a recall is still open, and about whom. Partners
 * whose documents took an article back within a minute are told of together. Of several steps
 * that passed while nobody looked only the last is told, and each once: what the ledger says
 * was told holds after a restart, what this run told holds before the ledger says so. Pure.
 */
#ifndef DAEMON_STORE_ESCALATION_H
#define DAEMON_STORE_ESCALATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/base/map.h"

struct recall;

/* The ages (rising) at which a recall that is open is told. */
struct escalation_steps {
	const int64_t *ages_ms;
	size_t count;
};

/* One article that is due. */
struct escalation {
	const char *id;
	int64_t since_ms;          /* when it was taken back */
	const struct recall *const *waiting; /* who has not confirmed, by partner */
	size_t count;
	size_t step;               /* from 1 */
	int32_t age_s;             /* of the step */
};

/* What this run has told. A zeroed one is empty. */
struct escalations {
	struct map told;           /* owns */
};
void escalations_finish(struct escalations *escalations);

/* Tells of each article among the OPEN recalls that is due at NOW_MS (wall clock); returns
 * when the next of them is, INT64_MAX for none. What was told of recalls that are open no more
 * is forgotten. */
int64_t escalations_review(struct escalations *escalations, const struct recall *open,
	size_t count, const struct escalation_steps *steps, int64_t now_ms,
	void (*tell)(void *context, const struct escalation *escalation), void *context);

#endif
