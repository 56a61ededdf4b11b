/* test_sources.c: the list of known sources. */
#include "feeds/sources.h"

#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/day.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static struct source_list *parse(struct arena *arena, const char *text)
{
	struct source_list *list = NULL;
	struct error err;

	if (!sources_parse(arena, text, strlen(text), &list, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return list;
}

TEST(names_aliases_domains_and_days)
{
	struct arena *arena = arena_create();
	struct source_list *list = parse(arena,
		"\xef\xbb\xbf# the list\r\n"
		"青岑日报 | 青岑日报社|paper.example  2026-01-01..2026-06-30 # until June\r\n"
		"\n"
		"Qingcen News ..2026-12-31\n"
		"新华社 2020-01-01..");

	CHECK(sources_know(list, "青岑日报", NULL, 0));
	CHECK(sources_know(list, "青岑日报社", NULL, 20260101));
	CHECK(sources_know(list, "青岑日报社", NULL, 20260630));
	CHECK(!sources_know(list, "青岑日报社", NULL, 20260701));
	CHECK(!sources_know(list, "青岑日报社", NULL, 20251231));
	CHECK(sources_know(list, NULL, "https://Paper.example/a", 0));
	CHECK(sources_know(list, NULL, "http://x@www.paper.example:80", 0));
	CHECK(!sources_know(list, NULL, "http://evilpaper.example/", 0));
	CHECK(!sources_know(list, NULL, "http://other.example/paper.example", 0));
	CHECK(!sources_know(list, NULL, "http://paper.example.other/", 0));
	CHECK(sources_know(list, "Qingcen News", NULL, 20261231));
	CHECK(!sources_know(list, "Qingcen News", NULL, 20270101));
	CHECK(sources_know(list, "新华社", NULL, 20990101));
	CHECK(!sources_know(list, "青岑", NULL, 0));
	CHECK(!sources_know(list, NULL, NULL, 0));
	arena_destroy(arena);
}

TEST(mistakes_are_named)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"a\nb 2026-02-30..\n", "line 2: expected days as 2026-01-01..2026-12-31"},
		{"a 2026-02-02..2026-02-01", "line 1: expected days as 2026-01-01..2026-12-31"},
		{"a | | b", "line 1: an empty name; expected NAME | ALIAS ..."},
		{"a |", "line 1: an empty name; expected NAME | ALIAS ..."},
	};
	struct arena *arena = arena_create();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct source_list *list;
		struct error err;

		CHECK(!sources_parse(arena, cases[i].text, strlen(cases[i].text), &list, &err));
		CHECK_STR(err.text, cases[i].why);
	}
	arena_destroy(arena);
}

TEST(days_of_the_calendar)
{
	CHECK_INT(day_parse("2026-01-31", 10), 20260131);
	CHECK_INT(day_parse("2024-02-29", 10), 20240229);
	CHECK_INT(day_parse("2000-02-29", 10), 20000229);
	CHECK_INT(day_parse("1900-02-29", 10), 0);
	CHECK_INT(day_parse("2026-02-29", 10), 0);
	CHECK_INT(day_parse("2026-04-31", 10), 0);
	CHECK_INT(day_parse("2026-13-01", 10), 0);
	CHECK_INT(day_parse("2026-00-01", 10), 0);
	CHECK_INT(day_parse("2026-1-001", 10), 0);
	CHECK_INT(day_parse("2026-01-3", 9), 0);
}
