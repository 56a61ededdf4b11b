/*
 * priority.h: how urgent what is new in a document is, for the order of deliveries: a kill
 * before a correction before what the file calls urgent. Pure.
 */
#ifndef DAEMON_SITE_PRIORITY_H
#define DAEMON_SITE_PRIORITY_H

#include "daemon/store/store.h"

struct article;
struct catalogue;
struct entry;

/* Of a new version. */
enum store_priority priority_of(const struct article *article);

/* What is new of ENTRY is at least so urgent, until it is committed. */
void priority_raise(struct entry *entry, enum store_priority priority);

/* Sets the priority of each feed from its entries whose rows the store has not got. */
void priority_spread(struct catalogue *catalogue);

#endif
