/* test_zone.c: TZif from a hand-made file and from the system, and damaged ones. */
#include "feeds/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static size_t put_u32(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (24 - 8 * i));
	return 4;
}

static size_t put_header(unsigned char *at, char version, uint32_t times, uint32_t types)
{
	memset(at, 0, 44);
	memcpy(at, "TZif", 4);
	at[4] = (unsigned char)version;
	put_u32(at + 32, times);
	put_u32(at + 36, types);
	put_u32(at + 40, 4);
	return 44;
}

static size_t put_type(unsigned char *at, int32_t offset_s)
{
	put_u32(at, (uint32_t)offset_s);
	at[4] = at[5] = 0;
	return 6;
}

/* Version 2: an empty first block, one transition at 1000 from +1 h to +2 h, FOOTER. */
static size_t make(unsigned char *out, const char *footer)
{
	size_t len = put_header(out, '2', 0, 1);

	len += put_type(out + len, 0);
	memcpy(out + len, "ABC", 4);
	len += 4;
	len += put_header(out + len, '2', 1, 2);
	len += put_u32(out + len, 0);
	len += put_u32(out + len, 1000);
	out[len++] = 1;
	len += put_type(out + len, 3600);
	len += put_type(out + len, 7200);
	memcpy(out + len, "ABC", 4);
	len += 4;
	return len + (size_t)sprintf((char *)out + len, "\n%s\n", footer);
}

static struct zone *made(const char *footer)
{
	unsigned char bytes[512];
	struct error err;
	struct zone *zone = NULL;

	CHECK(zone_create(bytes, make(bytes, footer), &zone, &err));
	return zone;
}

TEST(transitions)
{
	struct zone *zone = made("");

	CHECK_INT(zone_offset_at(zone, 999), 3600);
	CHECK_INT(zone_offset_at(zone, 1000), 7200);
	CHECK_INT(zone_offset_at(zone, 4000000000), 7200);
	zone_destroy(zone);
}

TEST(footer_with_summer_time)
{
	struct zone *zone = made("CET-1CEST,M3.5.0,M10.5.0/3");

	/* Berlin: 2026-03-29T01:00Z and 2026-10-25T01:00Z. */
	CHECK_INT(zone_offset_at(zone, 1774745999), 3600);
	CHECK_INT(zone_offset_at(zone, 1774746000), 7200);
	CHECK_INT(zone_offset_at(zone, 1792889999), 7200);
	CHECK_INT(zone_offset_at(zone, 1792890000), 3600);
	/* The gap 02:30 takes the offset before; the overlap the earlier instant. */
	CHECK_INT(zone_offset_of_local(zone, 1774746000 + 3600 + 1800), 3600);
	CHECK_INT(zone_offset_of_local(zone, 1792890000 + 3600 + 1800), 7200);
	zone_destroy(zone);
}

TEST(footer_of_the_southern_half)
{
	struct zone *zone = made("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");

	/* January is summer, July is not. */
	CHECK_INT(zone_offset_at(zone, 1768435200), 39600);
	CHECK_INT(zone_offset_at(zone, 1784073600), 37800);
	zone_destroy(zone);
}

TEST(fixed_and_none)
{
	struct zone *zone = zone_create_fixed(28800);

	CHECK_INT(zone_offset_at(zone, 0), 28800);
	CHECK_INT(zone_offset_of_local(zone, -5000000000), 28800);
	CHECK_INT(zone_offset_at(NULL, 0), 0);
	CHECK_INT(zone_offset_of_local(NULL, 0), 0);
	zone_destroy(zone);
	zone_destroy(NULL);
}

TEST(every_cut_is_refused)
{
	unsigned char bytes[512];
	size_t len = make(bytes, "CET-1CEST,M3.5.0,M10.5.0/3");

	for (size_t cut = 0; cut < len; cut++) {
		unsigned char *copy = malloc(cut ? cut : 1);
		struct zone *zone = NULL;
		struct error err;

		memcpy(copy, bytes, cut);
		CHECK(!zone_create(copy, cut, &zone, &err));
		CHECK(zone == NULL);
		free(copy);
	}
}

TEST(every_changed_byte_is_harmless)
{
	unsigned char bytes[512];
	size_t len = make(bytes, "CET-1CEST,M3.5.0,M10.5.0/3");
	const long most_s = 26 * 3600; /* RFC 9636 section 3.2 */

	for (size_t i = 0; i < len * 256; i++) {
		unsigned char *copy = malloc(len);
		struct zone *zone = NULL;

		memcpy(copy, bytes, len);
		copy[i / 256] = (unsigned char)i;
		if (zone_create(copy, len, &zone, NULL)) {
			CHECK(labs((long)zone_offset_at(zone, 1774746000)) <= most_s);
			CHECK(labs((long)zone_offset_of_local(zone, 1774746000)) <= most_s);
			zone_destroy(zone);
		}
		free(copy);
	}
}

static struct zone *system_zone(const char *path)
{
	static char bytes[65536];
	FILE *file = fopen(path, "rb");
	struct zone *zone = NULL;
	struct error err;
	size_t len;

	if (!file)
		return NULL;
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	CHECK(zone_create(bytes, len, &zone, &err));
	return zone;
}

TEST(shanghai_of_the_system)
{
	struct zone *zone = system_zone("/usr/share/zoneinfo/Asia/Shanghai");

	if (!zone)
		return;
	CHECK_INT(zone_offset_at(zone, 1778203800), 28800);
	/* Summer time of July 1988. */
	CHECK_INT(zone_offset_at(zone, 584236800), 32400);
	zone_destroy(zone);
}
