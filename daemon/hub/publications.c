/* publications.c: see publications.h. */
#include "daemon/hub/publications.h"

void publications_note(struct publications *publications, int64_t seq, int64_t now_ms)
{
	size_t count = publications->count;

	if (seq <= 0 || (count && seq <= publications->kept[(count - 1) % PUBLICATIONS_KEPT].seq))
		return;
	publications->kept[count % PUBLICATIONS_KEPT].seq = seq;
	publications->kept[count % PUBLICATIONS_KEPT].at_ms = now_ms;
	publications->count++;
}

/* From the newest back: what is delivered is nearly always the last. */
int64_t publications_age_ms(const struct publications *publications, int64_t seq,
	int64_t now_ms)
{
	size_t kept = publications->count < PUBLICATIONS_KEPT ? publications->count :
								PUBLICATIONS_KEPT;
	int64_t at_ms = -1;

	for (size_t back = 1; back <= kept; back++) {
		size_t i = (publications->count - back) % PUBLICATIONS_KEPT;

		if (publications->kept[i].seq < seq)
			return at_ms < 0 ? -1 : now_ms > at_ms ? now_ms - at_ms : 0;
		at_ms = publications->kept[i].at_ms;
	}
	return -1; /* it may be of one before those that are kept */
}
