/* histogram.c: see histogram.h. */
#include "daemon/loop/histogram.h"

const double histogram_bounds[HISTOGRAM_BOUNDS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
	0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

void histogram_add(struct histogram *histogram, double seconds)
{
	size_t i = 0;

	if (!(seconds > 0))
		seconds = 0;
	while (i < HISTOGRAM_BOUNDS && seconds > histogram_bounds[i])
		i++;
	if (i < HISTOGRAM_BOUNDS)
		histogram->buckets[i]++;
	histogram->count++;
	histogram->sum += seconds;
}

double histogram_quantile(const struct histogram *histogram, double p)
{
	double wanted = p * (double)histogram->count;
	uint64_t seen = 0;

	if (!histogram->count)
		return 0;
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		seen += histogram->buckets[i];
		if (seen && (double)seen >= wanted)
			return histogram_bounds[i];
	}
	return histogram_bounds[HISTOGRAM_BOUNDS - 1];
}
