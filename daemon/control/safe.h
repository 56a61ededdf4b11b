/* safe.h: text from outside for a terminal. Pure. */
#ifndef DAEMON_CONTROL_SAFE_H
#define DAEMON_CONTROL_SAFE_H

struct buf;

/* Appends TEXT with control characters as \xNN: nothing in it moves the cursor. */
void safe_add(struct buf *out, const char *text);

#endif
