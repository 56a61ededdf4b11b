/* test_charset.c: the order of detection, strictness, and short texts. */
#include "feeds/charset.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "tests/unit/harness.h"

static const char simplified[] =
	"全市夏季供水保障工作会议提出，要提前检修管网和泵站，确保高温时段供水平稳。"
	"会议要求各单位分片巡查老旧小区，公布停水信息和抢修电话，为高层住户加装设备。";
static const char traditional[] =
	"全市夏季供水保障工作會議提出，要提前檢修管網和泵站，確保高溫時段供水平穩。"
	"會議要求各單位分片巡查老舊小區，公布停水信息和搶修電話，為高層住戶加裝設備。";

static size_t encode(
	const char *text, size_t len, const char *encoding, char *out, size_t room)
{
	iconv_t converter = iconv_open(encoding, "UTF-8");
	char *in = (char *)(uintptr_t)text;
	size_t left = room;

	CHECK(converter != (iconv_t)-1);
	CHECK(iconv(converter, &in, &len, &out, &left) != (size_t)-1);
	iconv_close(converter);
	return room - left;
}

static void check_text(
	const char *text, size_t len, const char *encoding, const char *shown)
{
	struct arena *arena = arena_create();
	struct charset charset;
	char bytes[1024];
	size_t size = encode(text, len, encoding, bytes, sizeof(bytes));
	char *wanted = strndup(text, len);

	CHECK(charset_decode(arena, bytes, size, CHARSET_PLAIN, NULL, &charset));
	CHECK_STR(charset.encoding, shown);
	CHECK_STR(charset.text, wanted);
	free(wanted);
	arena_destroy(arena);
}

TEST(whole_texts)
{
	check_text(simplified, strlen(simplified), "UTF-8", "UTF-8");
	check_text(simplified, strlen(simplified), "GB18030", "GB18030");
	check_text(traditional, strlen(traditional), "BIG5-HKSCS", "Big5");
	check_text(simplified, strlen(simplified), "UTF-16LE", "UTF-16LE");
	check_text(simplified, strlen(simplified), "UTF-16BE", "UTF-16BE");
	check_text("plain ASCII text", 16, "UTF-8", "UTF-8");
}

/* Windows of 12 characters: nearly all are told apart. */
static int count_right(
	const char *text, const char *encoding, const char *shown, int *total)
{
	enum { CHARS = 12, BYTES = CHARS * 3 };
	size_t len = strlen(text);
	int right = 0;

	for (size_t at = 0; at + BYTES <= len; at += 3) {
		struct arena *arena = arena_create();
		struct charset charset;
		char bytes[256];
		size_t size = encode(text + at, BYTES, encoding, bytes, sizeof(bytes));

		++*total;
		right += charset_decode(
				 arena, bytes, size, CHARSET_PLAIN, NULL, &charset) &&
			 !strcmp(charset.encoding, shown);
		arena_destroy(arena);
	}
	return right;
}

TEST(short_texts)
{
	int total = 0;
	int right = count_right(simplified, "GB18030", "GB18030", &total) +
		count_right(traditional, "BIG5-HKSCS", "Big5", &total);

	if (right * 100 < total * 97)
		harness_fail(__FILE__, __LINE__, "%d of %d right", right, total);
	total = 0;
	right = count_right(simplified, "UTF-16LE", "UTF-16LE", &total) +
		count_right(simplified, "UTF-16BE", "UTF-16BE", &total);
	if (right * 100 < total * 80)
		harness_fail(__FILE__, __LINE__, "UTF-16: %d of %d right", right, total);
}

static void check_bytes(const char *bytes, size_t len, enum charset_markup markup,
	const char *encoding, const char *text)
{
	struct arena *arena = arena_create();
	struct charset charset;

	if (!charset_decode(arena, bytes, len, markup, NULL, &charset)) {
		CHECK_STR(NULL, encoding);
	} else {
		CHECK_STR(charset.encoding, encoding);
		CHECK_STR(charset.text, text);
	}
	arena_destroy(arena);
}

#define CHECK_BYTES(bytes, markup, encoding, text)                                        \
	check_bytes(bytes, sizeof(bytes) - 1, markup, encoding, text)

TEST(marks_and_declarations)
{
	CHECK_BYTES("\xEF\xBB\xBF" "a", CHARSET_PLAIN, "UTF-8", "a");
	CHECK_BYTES("\xFF\xFE" "a\0", CHARSET_PLAIN, "UTF-16LE", "a");
	CHECK_BYTES("\xFE\xFF\0a", CHARSET_PLAIN, "UTF-16BE", "a");
	CHECK_BYTES("<meta charset=gbk>\xD6\xD0", CHARSET_HTML, "GB18030",
		"<meta charset=gbk>中");
	CHECK_BYTES("<META http-equiv=x content='text/html; charset=big5'>\xA4\xA4",
		CHARSET_HTML, "Big5",
		"<META http-equiv=x content='text/html; charset=big5'>中");
	CHECK_BYTES("<?xml version='1.0' encoding='GB2312'?>\xD6\xD0", CHARSET_XML,
		"GB18030", "<?xml version='1.0' encoding='GB2312'?>中");
	/* A declaration that the bytes refute. */
	CHECK_BYTES("<meta charset=gbk>\xE4\xB8\xAD", CHARSET_HTML, "UTF-8",
		"<meta charset=gbk>中");
	CHECK_BYTES("<meta charset=iso-8859-1>\xE4\xB8\xAD", CHARSET_HTML, "UTF-8",
		"<meta charset=iso-8859-1>中");
	CHECK_BYTES("<meta charset=iso-8859-1>caf\xE9", CHARSET_HTML, "windows-1252",
		"<meta charset=iso-8859-1>café");
	/* Only markup declares. */
	CHECK_BYTES("<meta charset=iso-8859-1>\xD6\xD0\xCE\xC4", CHARSET_PLAIN, "GB18030",
		"<meta charset=iso-8859-1>中文");
}

TEST(refuses_what_fits_nothing)
{
	struct arena *arena = arena_create();
	struct charset charset;

	CHECK(!charset_decode(arena, "a\nb\xFF\xFF\n", 6, CHARSET_PLAIN, NULL, &charset));
	CHECK_INT(charset.bad_line, 2);
	CHECK(charset_decode(
		arena, "a\nb\xFF\xFF\n", 6, CHARSET_PLAIN, "iso-8859-1", &charset));
	CHECK_STR(charset.encoding, "windows-1252");
	arena_destroy(arena);
}

static const char *newline_of(struct arena *arena, const char *text)
{
	struct charset charset;

	CHECK(charset_decode(arena, text, strlen(text), CHARSET_PLAIN, NULL, &charset));
	CHECK(!strchr(charset.text, '\r'));
	return charset.newline;
}

TEST(newlines)
{
	struct arena *arena = arena_create();

	CHECK_STR(newline_of(arena, "a"), "LF");
	CHECK_STR(newline_of(arena, "a\nb"), "LF");
	CHECK_STR(newline_of(arena, "a\r\nb\r\n"), "CRLF");
	CHECK_STR(newline_of(arena, "a\rb"), "CR");
	CHECK_STR(newline_of(arena, "a\rb\n"), "mixed");
	arena_destroy(arena);
}

TEST(tables_ascend)
{
	for (int i = 1; i < CHARSET_COMMON_COUNT; i++) {
		CHECK(charset_common_simplified[i - 1] < charset_common_simplified[i]);
		CHECK(charset_common_traditional[i - 1] < charset_common_traditional[i]);
	}
}

TEST(every_cut)
{
	char bytes[1024];
	size_t len =
		encode(simplified, strlen(simplified), "GB18030", bytes, sizeof(bytes));

	for (size_t cut = 0; cut <= len; cut++) {
		struct arena *arena = arena_create();
		char *copy = malloc(cut + 1);
		struct charset charset;

		memcpy(copy, bytes, cut);
		(void)charset_decode(arena, copy, cut, CHARSET_HTML, NULL, &charset);
		free(copy);
		arena_destroy(arena);
	}
}
