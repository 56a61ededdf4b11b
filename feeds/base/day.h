/* day.h: a day of the calendar as people write it in a configuration. */
#ifndef FEEDS_BASE_DAY_H
#define FEEDS_BASE_DAY_H

#include <stddef.h>
#include <stdint.h>

/* "2026-01-31" -> 20260131, which orders as days do; 0 if it is no day. */
int32_t day_parse(const char *text, size_t len);

#endif
