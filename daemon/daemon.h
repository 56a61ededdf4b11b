/*
 * daemon.h: the composition root: makes every part, joins them, runs the main loop.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config;
struct error;

struct daemon_options {
	struct config *config;        /* the daemon owns it from now on */
	const char *config_path;      /* NULL without -c */
	const char *const *overrides; /* the -o options */
	size_t override_count;
	const char *directory;        /* the DIRECTORY argument, or NULL */
	/* Reads the configuration again for SIGHUP; false and ERR leave everything as it is. */
	bool (*reload)(const struct daemon_options *options, struct config **out,
		struct error *err);
};

/* Runs until SIGTERM or SIGINT; returns the exit status (0, or 1 after one clear line). */
int daemon_run(const struct daemon_options *options);

/* For `-t`: a line to OUT for each directory, file and zone that CONFIG names and that cannot
 * be read here and now. Opens no listener and no database, and changes nothing. */
void daemon_rehearse(const struct config *config, FILE *out);

#endif
