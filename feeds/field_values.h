/*
 * field_values.h: typed values out of front matter: one line of text, dates, numbers, lists,
 * people and media. What is wrong is refused with its line and column.
 */
#ifndef FEEDS_FIELD_VALUES_H
#define FEEDS_FIELD_VALUES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct diagnosis;
struct instant;
struct media_list;
struct parse_context;
struct people;
struct strings;
struct value;

/* One field being set. */
struct setting {
	struct arena *arena;
	const struct parse_context *context;
	const struct value *fields; /* the whole map, for fields of several keys */
	struct article *article;
	struct diagnosis *why;
	const char *key;            /* as the file writes it */
};

/* Writes the diagnosis at VALUE's place; returns false. */
bool value_refuse(struct setting *setting, const struct value *value, const char *class,
	const char *message, const char *hint);

/* The member KEY (case-insensitive) of MAP that is not empty, else NULL; *WRITTEN (may be
 * NULL) is the key as the file writes it. */
const struct value *value_get(const struct value *map, const char *key,
	const char **written);

/* The same at the top level or under `params:`. */
const struct value *value_lookup(const struct value *fields, const char *key,
	const char **written);

/* Text on one line (the first of a list): a line break becomes a space, between CJK
 * characters too. NULL if there is none. */
const char *value_line(struct arena *arena, const struct value *value);

/* The text of the first of KEYS (NULL ends them) in MAP, or NULL. */
const char *value_member(struct setting *setting, const struct value *map,
	const char *const *keys);
#define MEMBER(setting, map, ...)                                                         \
	value_member((setting), (map), (const char *const[]){__VA_ARGS__, NULL})

/* Fills WHY for TEXT, which is of a date's form but no date; its place stays unset. */
void impossible_date(struct arena *arena, const char *text, struct diagnosis *why);

/* False and a diagnosis if VALUE is not a date, or not a number from LEAST to MOST. */
bool value_date(struct setting *setting, const struct value *value, struct instant *out);
bool value_number(struct setting *setting, const struct value *value, long least, long most,
	long *out);

/* "true", "yes", "on", "1", "是"; and their opposites. NULL is neither. */
bool value_is_yes(const char *text);
bool value_is_no(const char *text);

/* A list, or a string split on commas if it has any, else on spaces (Jekyll). */
void value_strings(struct setting *setting, const struct value *value, struct strings *out);

/* Names, `Name <mail>` or maps {name, role, org, email}; ROLE is the default. */
void value_people(struct setting *setting, const struct value *value, const char *role,
	struct people *out);

/* Adds one or several addresses or maps {href, type, ...}; one file is one entry. */
void value_media(struct setting *setting, const struct value *value,
	struct media_list *list);

#endif
