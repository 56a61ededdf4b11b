/* options.h: the table of options, for the files of config/ and its test. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_TEXT,      /* const char *; default NULL = not set */
	OPTION_BOOL,
	OPTION_INT,       /* int, 0 and more */
	OPTION_COUNT,     /* int, 1 and more */
	OPTION_AUTO,      /* int; "auto" = 0 */
	OPTION_DURATION,  /* int64_t milliseconds */
	OPTION_SECONDS,   /* int64_t seconds, written as a duration */
	OPTION_SIZE,      /* size_t bytes */
	OPTION_WORD,      /* const char *, one of `words` */
	OPTION_STRINGS,   /* struct config_strings */
	OPTION_WORDS,     /* the same, each one of `words` */
	OPTION_ADDRESSES, /* the same, each host:port or unix:/path */
	OPTION_NETWORKS,  /* the same, each an address or ADDRESS/BITS */
	OPTION_PORTS,     /* struct config_ints */
	OPTION_DURATIONS, /* struct config_durations */
};

struct option {
	const char *key;      /* "http.listen" */
	enum option_type type;
	size_t offset;        /* in struct config */
	const char *fallback; /* the default, as YAML; NULL = not set */
	const char *words;    /* "a|b|c" */
	bool is_live;         /* applies on reload */
};

extern const struct option option_table[];
extern const size_t option_count;

/* "5m", "10d", "200ms", "0s" -> milliseconds; false if it is none or too large. */
bool value_duration(const char *text, long long *out_ms);
/* "8MiB", "64KiB", "512" -> bytes. */
bool value_size(const char *text, size_t *out);
/* "host:port", "[::1]:0", "unix:/path". */
bool value_is_address(const char *text);

/* "10.0.0.0/8", "fc00::/7", "192.0.2.1". */
bool value_is_network(const char *text);

/* NULL if there is no such option. */
const struct option *option_find(const char *key);
/* Whether options begin with "KEY.". */
bool option_is_section(const char *key);

/* Writes the option or section that KEY was meant to be; false if none is near. */
bool option_suggest(const char *key, char *out, size_t size);

#endif
