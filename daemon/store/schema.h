/* schema.h: what marks a database as ours, for those who only look at the file. */
#ifndef DAEMON_STORE_SCHEMA_H
#define DAEMON_STORE_SCHEMA_H

#include <stdint.h>

enum { SCHEMA_APPLICATION_ID = 0x677a7464 }; /* "gztd" */

/* The newest schema version (PRAGMA user_version) that this program knows. */
int64_t schema_newest(void);

#endif
