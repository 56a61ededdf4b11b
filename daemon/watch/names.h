/*
 * names.h: which names in the article directory are nobody's article: hidden files,
 * editors' and downloaders' temporary files, names that are not text. Pure.
 */
#ifndef DAEMON_WATCH_NAMES_H
#define DAEMON_WATCH_NAMES_H

#include <stdbool.h>

/* True for a file or directory NAME (one component) that watching passes over: it begins
 * with a dot, or ends in ~ .swp .part .tmp or .crdownload. */
bool names_is_ignored(const char *name);

/* True when NAME is valid UTF-8 (RFC 3629: no overlong form, no surrogate). */
bool names_is_utf8(const char *name);

#endif
