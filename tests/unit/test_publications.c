/* test_publications.c */
#include "daemon/hub/publications.h"
#include "tests/unit/harness.h"

TEST(a_sequence_number_belongs_to_the_publication_that_ends_with_it_or_after)
{
	struct publications p = {0};

	publications_note(&p, 10, 1000);
	publications_note(&p, 13, 2000);
	publications_note(&p, 14, 3000);
	CHECK_INT(publications_age_ms(&p, 14, 3500), 500);
	for (int64_t seq = 11; seq <= 13; seq++)
		CHECK_INT(publications_age_ms(&p, seq, 3500), 1500);
	CHECK_INT(publications_age_ms(&p, 15, 3500), -1);
	/* 10 may be of it or of one before the start */
	CHECK_INT(publications_age_ms(&p, 10, 3500), -1);
	CHECK_INT(publications_age_ms(&p, 14, 2999), 0);
}

TEST(nothing_is_known_at_first)
{
	struct publications p = {0};

	CHECK_INT(publications_age_ms(&p, 1, 0), -1);
	publications_note(&p, 0, 5);
	CHECK_INT(p.count, 0);
	publications_note(&p, 7, 5);
	publications_note(&p, 7, 9);
	publications_note(&p, 6, 9);
	CHECK_INT(p.count, 1);
}

TEST(only_the_last_are_kept)
{
	struct publications p = {0};

	for (int64_t seq = 1; seq <= 3 * PUBLICATIONS_KEPT; seq++)
		publications_note(&p, seq, seq);
	CHECK_INT(publications_age_ms(&p, 3 * PUBLICATIONS_KEPT, 3 * PUBLICATIONS_KEPT), 0);
	CHECK_INT(publications_age_ms(&p, 2 * PUBLICATIONS_KEPT + 2, 3 * PUBLICATIONS_KEPT),
		PUBLICATIONS_KEPT - 2);
	CHECK_INT(publications_age_ms(&p, 2 * PUBLICATIONS_KEPT, 3 * PUBLICATIONS_KEPT), -1);
}
