/* test_base.c: arena, buffer, map, error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "tests/unit/harness.h"

TEST(arena_gives_zeroed_aligned_memory)
{
	struct arena *arena = arena_create();

	for (size_t size = 1; size < 9000; size = size * 3 + 1) {
		char *bytes = arena_alloc(arena, size);

		CHECK_INT((size_t)bytes % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			CHECK_INT(bytes[i], 0);
		memset(bytes, 0xff, size);
	}
	arena_reset(arena);
	CHECK_INT(arena_used(arena), 0);
	CHECK_STR(arena_printf(arena, "%s-%d", "a", 7), "a-7");
	CHECK(arena_strdup(arena, NULL) == NULL);
	arena_destroy(arena);
}

TEST(arena_takes_back_what_the_newest_piece_did_not_need)
{
	struct arena *arena = arena_create();
	char *first = arena_take(arena, 3000);
	char *second;
	size_t before;

	strcpy(first, "kept");
	arena_give_back(arena, first, 3000, 5);
	CHECK(arena_used(arena) < 100);
	second = arena_alloc(arena, 3000);
	CHECK(second > first && second < first + 3000);
	memset(second, 0xff, 3000);
	CHECK_STR(first, "kept");
	before = arena_used(arena);
	arena_give_back(arena, first, 3000, 5); /* something was allocated since */
	CHECK_INT(arena_used(arena), before);
	for (int i = 0; i < 3000; i++) /* what it gave back comes zeroed again */
		CHECK_INT(((char *)arena_alloc(arena, 1))[0], 0);
	arena_destroy(arena);
}

/* A piece larger than any block that is kept does not stay, and the rest still works. */
TEST(arena_reset_lets_go_of_a_huge_block)
{
	struct arena *arena = arena_create();

	for (int round = 0; round < 3; round++) {
		memset(arena_take(arena, 1 << 20), 0xff, 1 << 20);
		for (int i = 0; i < 200; i++)
			memset(arena_take(arena, 5000), 0xff, 5000);
		arena_reset(arena);
		CHECK_INT(((char *)arena_alloc(arena, 100))[99], 0);
	}
	arena_destroy(arena);
}

TEST(buf_is_always_terminated)
{
	struct buf buf = {0};
	size_t len;
	char *text;

	CHECK_STR(buf_text(&buf), "");
	for (int i = 0; i < 1000; i++) {
		buf_add(&buf, "x\0y", 3);
		CHECK_INT(buf.bytes[buf.len], 0);
	}
	CHECK_INT(buf.len, 3000);
	buf_clear(&buf);
	buf_printf(&buf, "%05d", 42);
	text = buf_take(&buf, &len);
	CHECK_STR(text, "00042");
	CHECK_INT(len, 5);
	CHECK(!buf.bytes);
	free(text);
}

/* Random operations against an array. */
TEST(map_agrees_with_a_naive_model)
{
	enum { KEYS = 300 };
	static char keys[KEYS][16];
	static bool is_in[KEYS];
	struct map map = {0};
	struct map_entry entry;
	size_t cursor = 0, count = 0, seen = 0;
	unsigned random = 1;

	for (int i = 0; i < KEYS; i++)
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
	for (int step = 0; step < 20000; step++) {
		random = random * 1103515245 + 12345;
		size_t k = random / 65536 % KEYS;

		if (random & 0x80000000) {
			CHECK((map_put(&map, keys[k], strlen(keys[k]), keys[k]) != NULL) ==
				is_in[k]);
			is_in[k] = true;
		} else {
			CHECK((map_remove(&map, keys[k], strlen(keys[k])) != NULL) == is_in[k]);
			is_in[k] = false;
		}
	}
	for (size_t k = 0; k < KEYS; k++) {
		CHECK((map_get(&map, keys[k], strlen(keys[k])) == keys[k]) == is_in[k]);
		count += is_in[k];
	}
	while (map_next(&map, &cursor, &entry))
		seen++;
	CHECK_INT(seen, count);
	CHECK_INT(map.count, count);
	map_finish(&map);
}

TEST(error_is_cut_and_prefixed)
{
	struct error err;
	char longest[2000];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK(!error_set(&err, "%s", longest));
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	error_set(&err, "no such file");
	error_prefix(&err, "open %s", "x");
	CHECK_STR(err.text, "open x: no such file");
	CHECK(!error_set(NULL, "nobody asks"));
}
