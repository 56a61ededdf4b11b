/* version.h: what `--version` prints. */
#ifndef DAEMON_CONTROL_VERSION_H
#define DAEMON_CONTROL_VERSION_H

struct buf;

/* "gazetted 0.1.0" and a line with the libraries in use, as found at run time. */
void version_describe(struct buf *out);

#endif
