/*
 * stamp.h: instants as feeds write them, with the offset they were stated with. Years are
 * kept within 0001 to 9999, whatever the instant.
 */
#ifndef FEEDS_STAMP_H
#define FEEDS_STAMP_H

struct buf;
struct instant;

/* "2026-11-24T09:00:00+08:00", or with ".001" when there are milliseconds (RFC 3339). An
 * unset instant is 1970-01-01T00:00:00Z. */
void stamp_add_rfc3339(struct buf *out, const struct instant *instant);

/* "Tue, 24 Nov 2026 09:00:00 +0800" (RFC 822 with the four-digit year of RFC 2822), in UTC
 * where the offset is not of half hours. */
void stamp_add_rfc822(struct buf *out, const struct instant *instant);

#endif
