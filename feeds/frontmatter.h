/*
 * frontmatter.h: structured fields of an article from YAML (front matter, sidecar,
 * directory defaults) or JSON (sidecar). All scalars are strings and get their type from
 * the key, so that `no`, `1.10` and `12:30` survive. Anchors, aliases and tags are refused.
 */
#ifndef FEEDS_FRONTMATTER_H
#define FEEDS_FRONTMATTER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct diagnosis;
struct parse_context;

/* A value as it was written; lives in the arena it was parsed into. */
struct value {
	enum value_kind { VALUE_TEXT, VALUE_LIST, VALUE_MAP } kind;
	const char *text;           /* of VALUE_TEXT */
	const char **keys;          /* of VALUE_MAP, as written */
	struct value **items;       /* of VALUE_LIST and VALUE_MAP */
	size_t count;
	int line, column;           /* where it begins, from 1 */
};

/* Where fields come from, and what they may replace. */
struct field_source {
	const char *name;   /* "front matter", "sidecar", "directory default" */
	bool is_default;    /* fills only what is not set, and only what may cascade */
};

/* YAML of at most 64 KiB, 8 levels deep; LINE is the file's line of its first. *OUT is NULL
 * for an empty document. */
bool frontmatter_parse_yaml(struct arena *arena, const char *text, size_t len, int line,
	struct value **out, struct diagnosis *why);
bool frontmatter_parse_json(struct arena *arena, const char *text, size_t len,
	struct value **out, struct diagnosis *why);

/* Sets ARTICLE's fields from the map FIELDS (NULL is accepted) by the key table. Addresses
 * stay as written. */
bool frontmatter_apply(struct arena *arena, const struct parse_context *context,
	const struct value *fields, const struct field_source *source,
	struct article *article, struct diagnosis *why);

/* The text of the first of KEYS (NULL ends them) that FIELDS has, on one line; else NULL. */
const char *frontmatter_text(struct arena *arena, const struct value *fields,
	const char *const *keys);

#endif
