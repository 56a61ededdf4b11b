/*
 * markdown_shim.c: CommonMark decides whether `**` opens or closes by what stands beside
 * it, and counts full-width marks as punctuation, so that in `**注意：**请` nothing closes:
 * Chinese has no spaces. An edge goes where a person would see one. In one pass, with a
 * stack of the runs that are open; code is copied as it is.
 */
#include "feeds/markdown_shim.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "feeds/base/buf.h"
#include "feeds/text.h"

enum {
	MOST_OPEN = 64,        /* emphasis runs open in one paragraph */
	MOST_ADDRESSES = 1000, /* bare addresses in one; md4c takes quadratic time over them */
};

struct shim {
	const char *at, *end;
	struct buf *out;
	uint32_t before;  /* the character written last; '\n' at a line's start */
	struct {
		char mark;
		size_t count;
	} open[MOST_OPEN];
	size_t open_count;
	size_t address_count; /* in this paragraph */
};

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == MARKDOWN_EDGE || c == 0x3000 ||
	       c == 0xA0;
}

static bool is_punctuation(uint32_t c)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

	if (c < 0x80)
		return c > ' ' && !((c | 32) >= 'a' && (c | 32) <= 'z') &&
		       !(c >= '0' && c <= '9');
	return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

static size_t run_length(const char *at, const char *end, char c)
{
	size_t count = 0;

	while (at + count < end && at[count] == c)
		count++;
	return count;
}

static void copy(struct shim *shim, size_t len)
{
	buf_add(shim->out, shim->at, len);
	shim->at += len;
}

/* Takes the innermost open run like this one off the stack. */
static bool close_run(struct shim *shim, char mark, size_t count)
{
	for (size_t i = shim->open_count; i-- > 0;)
		if (shim->open[i].mark == mark && shim->open[i].count == count) {
			shim->open_count = i;
			return true;
		}
	return false;
}

/* A run of `*` or `~~`: an edge goes behind a closing run and before an opening one where
 * only a full-width mark keeps it from being so. */
static void copy_run(struct shim *shim, char mark)
{
	size_t count = run_length(shim->at, shim->end, mark);
	const char *behind = shim->at + count;
	uint32_t after = behind < shim->end ? text_next(&behind, shim->end) : '\n';
	uint32_t before = shim->before;
	bool closes = !is_space(before) && close_run(shim, mark, count);

	if (!closes && !is_space(after)) {
		if (is_punctuation(after) && !is_space(before) && !is_punctuation(before))
			buf_add_char(shim->out, MARKDOWN_EDGE);
		if (shim->open_count < MOST_OPEN) {
			shim->open[shim->open_count].mark = mark;
			shim->open[shim->open_count++].count = count;
		}
	}
	copy(shim, count);
	if (closes && is_punctuation(before) && !is_space(after) &&
		!is_punctuation(after))
		buf_add_char(shim->out, MARKDOWN_EDGE);
	shim->before = (uint32_t)mark;
}

/* `code`, copied whole; a run without its partner is text. The search ends at a blank
 * line and is bounded, since each run may start one. */
static void copy_code_span(struct shim *shim)
{
	enum { LONGEST = 4096 };
	size_t count = run_length(shim->at, shim->end, '`');
	const char *at = shim->at + count;
	const char *stop = shim->end - at > LONGEST ? at + LONGEST : shim->end;

	while (at < stop && !(at[0] == '\n' && at + 1 < stop && at[1] == '\n')) {
		size_t run = run_length(at, shim->end, '`');

		if (run == count) {
			copy(shim, (size_t)(at - shim->at) + run);
			shim->before = '`';
			return;
		}
		at += run ? run : 1;
	}
	copy(shim, count);
	shim->before = '`';
}

static bool starts_address(const struct shim *shim)
{
	size_t left = (size_t)(shim->end - shim->at);

	if (shim->before == '<' || shim->before == '"' ||
		(shim->before < 0x80 && !is_space(shim->before) &&
			!is_punctuation(shim->before)))
		return false;
	return (left > 7 && !strncasecmp(shim->at, "http://", 7)) ||
		(left > 8 && !strncasecmp(shim->at, "https://", 8)) ||
		(left > 4 && !strncasecmp(shim->at, "www.", 4));
}

/* A bare address, and an edge on either side where CJK text stands. The destination of a
 * link may hold CJK: it stands behind "](" or "]: ". */
static void copy_address(struct shim *shim)
{
	const struct buf *out = shim->out;
	size_t n = out->len;
	bool is_target = (n >= 2 && !memcmp(out->bytes + n - 2, "](", 2)) ||
		(n >= 3 && !memcmp(out->bytes + n - 3, "]: ", 3));
	const char *at = shim->at;

	if (!is_target && ++shim->address_count > MOST_ADDRESSES) {
		/* An edge inside its first word leaves it plain text. */
		copy(shim, 1);
		buf_add_char(shim->out, MARKDOWN_EDGE);
		shim->before = 'a';
		return;
	}
	if (!is_target && text_is_cjk(shim->before))
		buf_add_char(shim->out, MARKDOWN_EDGE);
	while (at < shim->end) {
		const char *here = at;
		uint32_t c = text_next(&at, shim->end);

		if (is_space(c) || c == '<' || c == '*' || c == '`' || c == ')' ||
			c == ']') {
			at = here;
			break;
		}
		if (!is_target && (text_is_cjk(c) || (c >= 0x2010 && c <= 0x2027))) {
			copy(shim, (size_t)(here - shim->at));
			buf_add_char(shim->out, MARKDOWN_EDGE);
			shim->before = MARKDOWN_EDGE;
			return;
		}
	}
	copy(shim, (size_t)(at - shim->at));
	shim->before = 'a';
}

/* A line that begins another block ends the emphasis that is open. */
static bool begins_block(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || strchr("\n#>|", *at))
		return true;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return end - at >= 2 && strchr("*+-.)", *at) && at[1] == ' ';
}

/* A fenced code block, copied whole; false if none begins here. */
static bool copy_fence(struct shim *shim)
{
	const char *at = shim->at;
	size_t count;
	char mark;

	while (at < shim->end && *at == ' ' && at - shim->at < 3)
		at++;
	if (at == shim->end || (*at != '`' && *at != '~'))
		return false;
	mark = *at;
	count = run_length(at, shim->end, mark);
	if (count < 3)
		return false;
	for (;;) {
		const char *newline = memchr(at, '\n', (size_t)(shim->end - at));

		if (!newline) {
			copy(shim, (size_t)(shim->end - shim->at));
			return true;
		}
		at = newline + 1;
		while (at < shim->end && *at == ' ')
			at++;
		if (run_length(at, shim->end, mark) >= count)
			break;
	}
	at += run_length(at, shim->end, mark);
	copy(shim, (size_t)(at - shim->at));
	return true;
}

static void copy_one(struct shim *shim)
{
	const char *next = shim->at;
	uint32_t c = text_next(&next, shim->end);

	if (c == '\\' && next < shim->end) {
		c = text_next(&next, shim->end);
		/* A line break is handled as one. */
		if (c == '\n')
			next--;
	}
	copy(shim, (size_t)(next - shim->at));
	shim->before = c;
}

/* Bytes up to the next that may mean something here. */
static size_t plain_length(const char *at, const char *end)
{
	static const bool special[256] = {
		['\n'] = true, ['*'] = true, ['~'] = true, ['`'] = true, ['\\'] = true,
		['h'] = true, ['H'] = true, ['w'] = true, ['W'] = true,
	};
	const char *from = at;

	while ((at = text_skip_high(at, end)) < end && !special[(unsigned char)*at])
		at++;
	return (size_t)(at - from);
}

static void copy_plain(struct shim *shim, size_t len)
{
	const char *last = shim->at + len - 1;

	while (last > shim->at && ((unsigned char)*last & 0xC0) == 0x80)
		last--;
	shim->before = text_next(&last, shim->end);
	copy(shim, len);
}

void markdown_shim(const char *text, size_t len, struct buf *out)
{
	struct shim shim = {.at = text, .end = text + len, .out = out, .before = '\n'};

	while (shim.at < shim.end) {
		bool at_line_start = shim.at == text || shim.at[-1] == '\n';
		size_t plain;

		if (at_line_start && begins_block(shim.at, shim.end))
			shim.open_count = shim.address_count = 0;
		if (at_line_start && copy_fence(&shim))
			shim.before = '\n';
		else if (*shim.at == '*' || *shim.at == '~')
			copy_run(&shim, *shim.at);
		else if (*shim.at == '`')
			copy_code_span(&shim);
		else if (strchr("hHwW", *shim.at) && *shim.at && starts_address(&shim))
			copy_address(&shim);
		else if ((plain = plain_length(shim.at, shim.end)) > 0)
			copy_plain(&shim, plain);
		else
			copy_one(&shim);
	}
}
