/*
 * zone.h: a time zone read from TZif bytes (RFC 8536), so that local times can be turned
 * into instants without the process's environment.
 */
#ifndef FEEDS_ZONE_H
#define FEEDS_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct zone;

/* Parses the content of a zoneinfo file (version 1 to 4; the POSIX footer is used after
 * the last transition). The caller owns *OUT and ends it with zone_destroy. */
bool zone_create(const void *bytes, size_t len, struct zone **out, struct error *err);

/* A zone with one offset (seconds east of UTC). */
struct zone *zone_create_fixed(int32_t offset_s);
void zone_destroy(struct zone *zone);

/* The offset at the instant UTC_S (seconds since 1970 in UTC). NULL zone = UTC. */
int32_t zone_offset_at(const struct zone *zone, int64_t utc_s);

/* The offset for a local wall-clock time LOCAL_S (seconds as if it were UTC). In a gap
 * the offset before it, in an overlap the earlier instant. */
int32_t zone_offset_of_local(const struct zone *zone, int64_t local_s);

#endif
