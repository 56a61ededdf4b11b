/*
 * parse.h: bytes of a file in, an article or a diagnosis out. Pure: no descriptor, clock,
 * environment or log; the same bytes and context always give the same answer.
 */
#ifndef FEEDS_PARSE_H
#define FEEDS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct article;
struct zone;

/* What the daemon knows about a file besides its bytes. All borrowed. */
struct parse_context {
	const char *path;          /* below the article directory: "news/a.md" */
	const struct zone *zone;   /* for bare local times; NULL = UTC */
	const char *base_url;      /* "https://www.example/": the site's; may be NULL */
	const char *language;      /* default when the file does not say; may be NULL */
	const char *fallback_charset; /* when nothing else fits; NULL = refuse */
	const char *body_selector; /* operator's "#id", ".class" or "tag" for HTML; or NULL */
	const char *channel_yaml;  /* of the directories above it (defaults.h); may be NULL */
	size_t channel_yaml_len;
};

/* The bytes; a sidecar (`FILE.meta.yaml` or `.meta.json`) is optional. For an image,
 * audio or PDF file the bytes are not needed (bytes NULL, len its size). */
struct parse_input {
	const void *bytes;
	size_t len;
	const void *sidecar;
	size_t sidecar_len;
	bool sidecar_is_json;
};

/* One thing wrong with a file. `class` is a stable word ("title-missing", "yaml-syntax",
 * "date-invalid", ...), line and column count from 1 (0 = whole file), columns in
 * characters. Texts live in the arena given to article_parse. */
struct diagnosis {
	const char *class;
	int line, column;
	const char *message; /* what was found */
	const char *hint;    /* what to do; may be NULL */
};

/* Whether PATH can be an article by its name: "yes" for .md .markdown .html .htm .shtml
 * .txt .xml; media files only when HAS_SIDECAR; sidecars, `_channel.yaml`, dot-files and
 * temporary names never. */
bool article_is_candidate(const char *path, bool has_sidecar);

/*
 * Parses IN (of a `_channel.yaml` the title and, as the summary, the description).
 * True and *OUT (in ARENA) on success. False and *WHY when the file is
 * refused: one diagnosis, the first that a person would have to mend. Bounds: 8 MiB of
 * input, see spec of each format; never more than linear work, but libxml2 may take
 * seconds on hostile input, so the daemon runs this in a child with a deadline.
 */
bool article_parse(struct arena *arena, const struct parse_context *context,
	const struct parse_input *in, struct article **out, struct diagnosis *why);

/* Once per process, before the first article_parse: silences libxml2 and fixes its
 * allocation. */
void article_parse_init(void);

#endif
