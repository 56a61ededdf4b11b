/* control_line.c: see control_line.h. */
#include "daemon/control/control_line.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/base/error.h"

static bool are_texts(const json_t *array)
{
	size_t count = json_array_size(array);

	if (count > CONTROL_ARGUMENTS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!json_is_string(json_array_get(array, i)))
			return false;
	}
	return true;
}

bool control_line_parse(const char *line, size_t len, json_t **out, const char **verb_out,
	const json_t **arguments_out, struct error *err)
{
	json_error_t why;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);

	if (!object)
		return error_set(err, "the request is not JSON: %s", why.text);
	*verb_out = json_string_value(json_object_get(object, "verb"));
	*arguments_out = json_object_get(object, "arguments");
	if (!*verb_out || (*arguments_out && !json_is_array(*arguments_out)) ||
		!are_texts(*arguments_out)) {
		json_decref(object);
		return error_set(err, "the request needs a verb and at most %d arguments, all "
			"of them texts", CONTROL_ARGUMENTS_MAX);
	}
	*out = object;
	return true;
}

char *control_line_make(const char *verb, const char *const *arguments, size_t count)
{
	json_t *array = json_array();
	json_t *object = json_pack("{s:s, s:o}", "verb", verb, "arguments", array);
	struct buf line = {0};
	char *text;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(arguments[i]));
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	buf_add_str(&line, text ? text : "");
	buf_add_char(&line, '\n');
	free(text);
	return buf_take(&line, NULL);
}
