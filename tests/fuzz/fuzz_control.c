/* fuzz_control.c: a request of the control socket; what is taken is made and read again. */
#include <stdlib.h>
#include <string.h>

#include "daemon/control/control_line.h"
#include "feeds/base/error.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	const char *words[CONTROL_ARGUMENTS_MAX], *verb, *again;
	const json_t *arguments, *more;
	json_t *object, *other;
	struct error err;
	size_t count;
	char *line;

	if (!control_line_parse((const char *)bytes, size, &object, &verb, &arguments, &err))
		return 0;
	count = json_array_size(arguments);
	for (size_t i = 0; i < count; i++)
		words[i] = json_string_value(json_array_get(arguments, i));
	line = control_line_make(verb, words, count);
	if (!control_line_parse(line, strlen(line), &other, &again, &more, &err) ||
		strcmp(verb, again) != 0 || json_array_size(more) != count)
		abort();
	json_decref(other);
	json_decref(object);
	free(line);
	return 0;
}
