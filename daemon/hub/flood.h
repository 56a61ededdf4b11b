/*
 * flood.h: how often something may happen for each of many names: so many a second, and
 * a burst. Anybody can make the hub ask anybody to confirm; this keeps it from being a
 * weapon. Pure: the caller says what time it is.
 */
#ifndef DAEMON_HUB_FLOOD_H
#define DAEMON_HUB_FLOOD_H

#include <stddef.h>
#include <stdint.h>

struct flood;
struct sockaddr;

struct flood_rate {
	int64_t every_ms;          /* 0 = no limit */
	int burst;
};

struct flood *flood_create(void);
/* NULL is accepted. */
void flood_destroy(struct flood *flood);

/* Takes a place for KEY: 0 = now, else in how many ms; who comes back then may go. */
int64_t flood_reserve(struct flood *flood, const char *key, struct flood_rate rate,
	int64_t now_ms);
/* The same, but takes none when it would have to wait. */
int64_t flood_try(struct flood *flood, const char *key, struct flood_rate rate,
	int64_t now_ms);

enum { FLOOD_KEY_MAX = 40 };
/* The name of the network that ADDRESS is in: its /24, or its /56 in IPv6. */
void flood_network(const struct sockaddr *address, char out[FLOOD_KEY_MAX]);
/* The name of a client by its numeric address, in IPv6 its /64; "" for anything else. */
void flood_client(const char *numeric, char out[FLOOD_KEY_MAX]);

#endif
