/*
 * export_file.h: files in one directory, by names relative to it, each replaced in one step.
 * No name leads out of it: it is walked part by part, and no symbolic link is followed.
 */
#ifndef DAEMON_HTTP_EXPORT_FILE_H
#define DAEMON_HTTP_EXPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { EXPORT_NAME_MAX = 1024 };

/* The file of the document at PATH ("/c/news/feed.atom" -> "c/news/feed.atom", "/" ->
 * "index.html"); false when it can have none. */
bool export_name(const char *path, char out[EXPORT_NAME_MAX]);

/* Makes NAME these bytes, for all to read, last changed at MODIFIED_S (0 = now). What is
 * equal is left alone. */
bool export_write(int directory, const char *name, const void *bytes, size_t len,
	int64_t modified_s, struct error *err);

/* Whether NAME is a file with these bytes. */
bool export_has(int directory, const char *name, const void *bytes, size_t len);

/* Removes NAME if it is there, and the directories that are empty then. */
bool export_remove(int directory, const char *name, struct error *err);

#endif
