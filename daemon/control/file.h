/*
 * file.h: a whole small file into memory, for the programs' own beginnings (a configuration,
 * a file to check). The daemon's articles are read elsewhere, below their directory only.
 */
#ifndef DAEMON_CONTROL_FILE_H
#define DAEMON_CONTROL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/base/error.h"

struct buf;

/* Appends the bytes of PATH to OUT. False and ERR ("open PATH: why") when it cannot be read
 * or holds more than MAX bytes. */
MUST_CHECK bool file_read(const char *path, size_t max, struct buf *out, struct error *err);

#endif
