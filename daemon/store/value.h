/* value.h: a parameter of a statement, for every engine. */
#ifndef DAEMON_STORE_VALUE_H
#define DAEMON_STORE_VALUE_H

#include <stddef.h>
#include <stdint.h>

struct value {
	enum { VALUE_INT, VALUE_TEXT, VALUE_BLOB } type;
	int64_t number;
	const void *bytes;         /* borrows until the statement ends; NULL binds NULL */
	size_t len;
};
static inline struct value value_int(int64_t number)
{
	return (struct value){VALUE_INT, number, NULL, 0};
}
static inline struct value value_text(const char *text)
{
	return (struct value){VALUE_TEXT, 0, text, 0};
}
static inline struct value value_blob(const void *bytes, size_t len)
{
	return (struct value){VALUE_BLOB, 0, bytes, len};
}
#define VALUES(...)                                                                       \
	(const struct value[]){__VA_ARGS__},                                              \
		sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)

#endif
