/*
 * fuzz_article.c: whole files of every format, as the parser process gets them. The first
 * byte chooses the name. With its high bit the rest is a sidecar, NUL, a `_channel.yaml`,
 * NUL, and the file.
 */
#include "feeds/parse.h"
#include "tests/fuzz/article_check.h"

/* The part of *AT up to a NUL, which is passed; without one, nothing. */
static const char *take_part(const char **at, const char *end, size_t *len)
{
	const char *part = *at, *nul = memchr(part, '\0', (size_t)(end - part));

	*len = nul ? (size_t)(nul - part) : 0;
	*at = nul ? nul + 1 : part;
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char *const paths[] = {"a.md", "n/a.txt", "n/a.html", "a.xml",
		"2026-05-08-a.en.md", "p/content/202605/11/a.htm", "n/a.png", "n/a.mp3"};
	const char *at = (const char *)bytes + 1, *end = at + len - 1;
	struct parse_context context = {.base_url = "https://e.example/"};
	struct buf channels = {0};
	struct parse_input in = {0};
	struct article *article;
	struct diagnosis why;
	struct arena *arena;

	if (!len)
		return 0;
	article_parse_init();
	arena = arena_create();
	context.path = paths[bytes[0] % 8];
	if (bytes[0] & 0x80) {
		in.sidecar = take_part(&at, end, &in.sidecar_len);
		in.sidecar_is_json = in.sidecar_len && *(const char *)in.sidecar == '{';
		buf_add_str(&channels, "n/_channel.yaml");
		buf_add_char(&channels, '\0');
		context.channel_yaml = take_part(&at, end, &context.channel_yaml_len);
		buf_add(&channels, context.channel_yaml, context.channel_yaml_len);
		buf_add_char(&channels, '\0');
		context.channel_yaml = channels.bytes;
		context.channel_yaml_len = channels.len;
	}
	in.bytes = at;
	in.len = (size_t)(end - at);
	if (article_parse(arena, &context, &in, &article, &why)) {
		if (article->status != STATUS_WITHDRAWAL &&
			(!article->title || !article->published.is_set))
			abort();
		check_article(arena, article, true);
	} else if (!why.class || !why.message) {
		abort();
	}
	buf_finish(&channels);
	arena_destroy(arena);
	return 0;
}
