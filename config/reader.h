/* reader.h: YAML nodes to values, for load.c and entries.c only. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct arena;
struct config;
struct config_strings;
struct error;
struct option;

/* Where a value was written. */
struct place {
	const char *name;    /* the file, or "-o KEY"; NULL = it is the default */
	size_t line, column; /* from 1; 0 = none (not a file) */
};

struct reader {
	struct config *config;
	const char *name; /* the file, or "-o KEY" */
	bool is_file;
	yaml_document_t document;
	struct place *places; /* of each option, in the table's order; borrows */
	struct error *err;
};

enum { READER_LIST_MAX = 1000 };

/* Writes `file:line:column: ` and the message, and returns false. */
bool reader_fail(struct reader *reader, const yaml_node_t *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The text of a scalar; NULL for anything else, and for a text with a NUL in it. */
const char *reader_scalar(const yaml_node_t *node);
bool reader_is_null(const yaml_node_t *node);
yaml_node_t *reader_node(struct reader *reader, int index);

/* Whether a key of MAPPING before PAIR is the same as its key. */
bool reader_is_repeated(struct reader *reader, const yaml_node_t *mapping,
	const yaml_node_pair_t *pair);

/* Reads NODE into FIELD by the type of OPTION. */
bool reader_take(struct reader *reader, const struct option *option, void *field,
	yaml_node_t *node);

/* `partners` and `rights` (entries.c). */
bool entries_read_partners(struct reader *reader, yaml_node_t *node);
bool entries_read_rights(struct reader *reader, yaml_node_t *node);
/* Takes partners and rights from FROM (copied); both apply live. */
void entries_adopt(struct config *config, const struct config *from);
/* FROM with its texts, in ARENA. */
struct config_strings entries_copy_list(struct arena *arena,
	const struct config_strings *from);
/* Names are unique, and rules name partners that exist. */
bool entries_check(const struct config *config, const char *name, struct error *err);

#endif
