/* fuzz_frontmatter.c: YAML and JSON to fields; a refusal always says what and where. */
#include <stdint.h>
#include <stdlib.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/frontmatter.h"
#include "feeds/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct field_source source = {.name = "front matter"};
	const char *text = (const char *)bytes;

	for (int is_json = 0; is_json <= 1; is_json++) {
		struct parse_context context = {.path = "a.md"};
		struct arena *arena = arena_create();
		struct article article = {0};
		struct diagnosis why = {0};
		struct value *fields;
		bool ok =
			is_json ? frontmatter_parse_json(arena, text, len, &fields, &why)
				: frontmatter_parse_yaml(
					  arena, text, len, 1, &fields, &why);

		if (ok)
			ok = frontmatter_apply(
				arena, &context, fields, &source, &article, &why);
		if (!ok && (!why.class || !why.message))
			abort();
		arena_destroy(arena);
	}
	return 0;
}
