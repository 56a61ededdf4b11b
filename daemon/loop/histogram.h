/*
 * histogram.h: how long things took, in fixed buckets: what a Prometheus histogram shows.
 * Pure; one thread's own.
 */
#ifndef DAEMON_LOOP_HISTOGRAM_H
#define DAEMON_LOOP_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

/* Upper bounds in seconds, ascending; what is more than the last counts in `count` only. */
extern const double histogram_bounds[HISTOGRAM_BOUNDS];

/* A zeroed one is empty. */
struct histogram {
	uint64_t buckets[HISTOGRAM_BOUNDS]; /* each for itself, not cumulative */
	uint64_t count;
	double sum;                /* seconds */
};

/* Less than nothing counts as nothing. */
void histogram_add(struct histogram *histogram, double seconds);

/* The bound that a share P (0 to 1) of all is not above; the last bound when it is more,
 * 0 when there is nothing. */
double histogram_quantile(const struct histogram *histogram, double p);

#endif
