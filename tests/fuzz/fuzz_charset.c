/* fuzz_charset.c: any bytes decode to clean UTF-8 or are refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/charset.h"
#include "feeds/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	for (int markup = CHARSET_PLAIN; markup <= CHARSET_XML; markup++) {
		struct arena *arena = arena_create();
		struct charset charset;

		if (charset_decode(arena, bytes, len, (enum charset_markup)markup, NULL,
			    &charset)) {
			const char *clean = text_clean(arena, charset.text, charset.len);

			if (strlen(charset.text) != charset.len ||
				strcmp(clean, charset.text) != 0)
				abort();
		}
		arena_destroy(arena);
	}
	return 0;
}
