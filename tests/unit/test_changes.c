/* test_changes.c: what a document of changes has room for is cut between publications. */
#include <stdint.h>

#include "daemon/site/changes.h"
#include "tests/unit/harness.h"

struct item {
	int64_t seq;
	char name;
};

#define CUT(most, ...)                                                                    \
	changes_cut((const struct item[]){__VA_ARGS__},                                   \
		sizeof((const struct item[]){__VA_ARGS__}) / sizeof(struct item),         \
		sizeof(struct item), most)

TEST(the_oldest_publication_comes_first)
{
	struct item items[] = {{7, 'c'}, {2, 'a'}, {5, 'b'}};

	changes_sort(items, 3, sizeof(*items));
	CHECK_INT(items[0].name, 'a');
	CHECK_INT(items[1].name, 'b');
	CHECK_INT(items[2].name, 'c');
	changes_sort(NULL, 0, sizeof(*items));
}

TEST(what_has_room_is_not_cut)
{
	CHECK_INT(changes_cut(NULL, 0, sizeof(struct item), 2), 0);
	CHECK_INT(CUT(2, {1, 'a'}), 1);
	CHECK_INT(CUT(2, {1, 'a'}, {2, 'b'}), 2);
	CHECK_INT(CUT(2, {1, 'a'}, {1, 'b'}), 2);
}

TEST(a_publication_is_never_split)
{
	CHECK_INT(CUT(2, {1, 'a'}, {2, 'b'}, {3, 'c'}), 2);
	CHECK_INT(CUT(2, {1, 'a'}, {2, 'b'}, {2, 'c'}), 1);
	CHECK_INT(CUT(3, {1, 'a'}, {1, 'b'}, {2, 'c'}, {2, 'd'}, {3, 'e'}), 2);
}

TEST(the_first_publication_goes_whole_however_large)
{
	CHECK_INT(CUT(2, {1, 'a'}, {1, 'b'}, {1, 'c'}, {2, 'd'}), 3);
	CHECK_INT(CUT(2, {1, 'a'}, {1, 'b'}, {1, 'c'}), 3);
	CHECK_INT(CUT(0, {1, 'a'}, {1, 'b'}, {2, 'c'}), 2);
}
