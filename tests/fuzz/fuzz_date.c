/* fuzz_date.c: what date_find finds, date_parse reads as the same instant. */
#include <stdint.h>
#include <stdlib.h>

#include "feeds/article.h"
#include "feeds/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct instant found, parsed;
	size_t at, used;

	(void)date_parse(text, len, NULL, &parsed);
	if (date_find(text, len, NULL, &found, &at, &used) != DATE_OK)
		return 0;
	if (at > len || used > len - at || !used)
		abort();
	if (date_parse(text + at, used, NULL, &parsed) != DATE_OK ||
		parsed.ms != found.ms)
		abort();
	return 0;
}
