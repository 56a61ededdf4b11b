/* defaults.c: see defaults.h. The nearest file has the first word. */
#include "feeds/defaults.h"

#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/charset.h"
#include "feeds/frontmatter.h"
#include "feeds/parse.h"

void defaults_add(struct buf *all, const char *path, const void *text, size_t len)
{
	const void *nul = len ? memchr(text, '\0', len) : NULL;

	buf_add(all, path, strlen(path) + 1);
	buf_add(all, text, nul ? (size_t)((const char *)nul - (const char *)text) : len);
	buf_add_char(all, '\0');
}

static bool apply_file(struct arena *arena, const struct parse_context *context,
	const char *path, const char *text, struct article *article, struct diagnosis *why)
{
	static const struct field_source source = {.name = "directory default",
		.is_default = true};
	struct diagnosis found = {.message = "neither UTF-8 nor a Chinese encoding"};
	struct charset charset;
	struct value *fields;

	if (charset_decode(arena, text, strlen(text), CHARSET_PLAIN,
		    context->fallback_charset, &charset) &&
		frontmatter_parse_yaml(arena, charset.text, charset.len, 1, &fields, &found) &&
		frontmatter_apply(arena, context, fields, &source, article, &found))
		return true;
	*why = (struct diagnosis){
		.class = "channel-invalid",
		.message = arena_printf(arena, "%s:%d:%d: %s", path, found.line, found.column,
			found.message),
		.hint = found.hint ? found.hint : "mend that file; its articles wait for it",
	};
	return false;
}

bool defaults_apply(struct arena *arena, const struct parse_context *context,
	struct article *article, struct diagnosis *why)
{
	const char *all = context->channel_yaml, *end, **texts;
	size_t count = 0;

	if (!all || !context->channel_yaml_len)
		return true;
	end = all + context->channel_yaml_len;
	if (end[-1] != '\0')
		return true;
	for (const char *at = all; at < end; at += strlen(at) + 1)
		count++;
	texts = arena_alloc(arena, (count + 1) * sizeof(*texts));
	count = 0;
	for (const char *at = all; at < end; at += strlen(at) + 1)
		texts[count++] = at;
	for (; count >= 2; count -= 2)
		if (!apply_file(arena, context, texts[count - 2], texts[count - 1], article, why))
			return false;
	return true;
}
