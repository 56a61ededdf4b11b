/* parse.c: see parse.h. */
#include "daemon/http/parse.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_LEN = HTTP_TARGET_MAX + 64 }; /* of the request line */

/* tchar of RFC 9110 section 5.6.2. */
static const bool is_token_char[256] = {
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true,
	['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true,
	['`'] = true, ['|'] = true, ['~'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
	['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true,
	['9'] = true, ['A'] = true, ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true,
	['F'] = true, ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true, ['K'] = true,
	['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true, ['P'] = true, ['Q'] = true,
	['R'] = true, ['S'] = true, ['T'] = true, ['U'] = true, ['V'] = true, ['W'] = true,
	['X'] = true, ['Y'] = true, ['Z'] = true, ['a'] = true, ['b'] = true, ['c'] = true,
	['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true,
	['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true, ['n'] = true, ['o'] = true,
	['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true,
	['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true, ['z'] = true,
};

static const char *skip_token(const char *at, const char *end)
{
	while (at < end && is_token_char[(unsigned char)*at])
		at++;
	return at;
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
	while (s.len && is_blank(*s.at))
		s.at++, s.len--;
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Length of the one that is forgiven before a request (RFC 9112 section 2.2). */
static size_t blank_line(const char *bytes, size_t len)
{
	return len >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;
}

size_t http_head_len(const char *bytes, size_t len, size_t seen)
{
	size_t start = blank_line(bytes, len);
	const char *at = bytes + start, *end = bytes + len;

	if (len > start && *at == '\n')
		return start + 1;
	if (len >= start + 2 && at[0] == '\r' && at[1] == '\n')
		return start + 2;
	if (seen > start + 3)
		at = bytes + seen - 3;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline || end - newline < 2)
			return 0;
		if (newline[1] == '\n')
			return (size_t)(newline + 2 - bytes);
		if (end - newline >= 3 && newline[1] == '\r' && newline[2] == '\n')
			return (size_t)(newline + 3 - bytes);
		at = newline + 1;
	}
	return 0;
}

/* A head that is too long; that its request line alone is has a status of its own. */
static int judge_size(const char *bytes, size_t len)
{
	if (len > LINE_MAX_LEN && !memchr(bytes, '\n', LINE_MAX_LEN + 1))
		return 414;
	return len > HTTP_HEAD_MAX ? 431 : 0;
}

int http_judge_start(const char *bytes, size_t len)
{
	size_t start = blank_line(bytes, len);

	/* a TLS greeting, for one, which would wait for an answer until its time is over */
	if (len > start && !is_token_char[(unsigned char)bytes[start]] &&
		bytes[start] != '\r' && bytes[start] != '\n')
		return 400;
	return judge_size(bytes + start, len - start);
}

static int parse_version(const char *at, struct http_head *out)
{
	if (memcmp(at, "HTTP/", 5) != 0 || at[6] != '.' || at[5] < '0' || at[5] > '9' ||
		at[7] < '0' || at[7] > '9' || at[8] != '\r' || at[9] != '\n')
		return 400;
	if (at[5] != '1')
		return 505;
	out->minor = at[7] - '0';
	out->keep_alive = out->minor >= 1;
	return 0;
}

/* Takes "METHOD SP TARGET SP HTTP/N.N CRLF". */
static int parse_request_line(const char **at, const char *end, struct http_head *out)
{
	const char *c = skip_token(*at, end);

	out->method = (struct slice){*at, (size_t)(c - *at)};
	if (!out->method.len || c == end || *c != ' ')
		return 400;
	out->target.at = ++c;
	while (c < end && (unsigned char)*c > ' ' && (unsigned char)*c < 0x7f)
		c++;
	out->target.len = (size_t)(c - out->target.at);
	if (out->target.len > HTTP_TARGET_MAX)
		return 414;
	if (!out->target.len || end - c < 11 || *c != ' ')
		return 400;
	*at = c + 11;
	return parse_version(c + 1, out);
}

/* A tab behind a value is blank (RFC 9110 section 5.6.3), but to some a part of it, which
 * must not be where it says how long the body is. */
static bool is_before_tab(struct slice value)
{
	const char *at = value.at + value.len; /* a comma or CR is behind the blanks */

	while (*at == ' ')
		at++;
	return *at == '\t';
}

static int parse_length(struct slice value, struct http_head *out)
{
	size_t length = 0;

	if (out->has_length || !value.len || value.len > 15 || is_before_tab(value))
		return 400;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return 400;
		length = length * 10 + (size_t)(value.at[i] - '0');
	}
	out->has_length = true;
	out->length = length;
	return 0;
}

/* Comma-separated options; only close and keep-alive mean something here. */
static void parse_connection(struct slice value, struct http_head *out)
{
	while (value.len) {
		const char *comma = memchr(value.at, ',', value.len);
		size_t len = comma ? (size_t)(comma - value.at) : value.len;
		struct slice option = trim((struct slice){value.at, len});

		if (slice_is(option, "close"))
			out->has_close = true;
		else if (slice_is(option, "keep-alive") && !is_before_tab(option))
			out->keep_alive = true;
		len += comma != NULL;
		value = (struct slice){value.at + len, value.len - len};
	}
}

bool http_is_authority(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		/* what a token may have and a host may not, and the other way round */
		if (is_token_char[c] ? memchr("#^`|", c, 4) != NULL : !memchr(":[]();=,", c, 8))
			return false;
	}
	return true;
}

/* Empty is allowed (RFC 9112 section 3.2). */
static int parse_host(struct slice value, struct http_head *out)
{
	if (out->host.at || !http_is_authority(value))
		return 400;
	out->host = value;
	return 0;
}

static int parse_coding(struct slice value, struct http_head *out)
{
	if (out->is_chunked || out->minor == 0 || is_before_tab(value))
		return 400;
	if (!slice_is(value, "chunked"))
		return 501;
	out->is_chunked = true;
	return 0;
}

static int parse_expect(struct slice value, struct http_head *out)
{
	if (!slice_is(value, "100-continue"))
		return 417;
	out->expects_continue = out->minor >= 1;
	return 0;
}

static int remember_first(struct slice value, struct slice *to)
{
	if (!to->at)
		*to = value;
	return 0;
}

/* Whether NAME, a token of the same length of at least 4, is LOWER: eight bytes at a time,
 * the last of them twice. Bit 5 makes a letter small and no other token character another. */
static inline bool is_name(struct slice name, const char *lower)
{
	const uint64_t small = 0x2020202020202020u;
	size_t step = name.len < 8 ? 4 : 8;

	for (size_t i = 0; i < name.len; i += step) {
		size_t at = name.len - i < step ? name.len - step : i;
		uint64_t theirs = 0, ours = 0;

		memcpy(&theirs, name.at + at, step);
		memcpy(&ours, lower + at, step);
		if ((theirs | small) != (ours | small))
			return false;
	}
	return true;
}

static int use_field(struct slice name, struct slice value, struct http_head *out)
{
	switch (name.len) {
	case 4:
		if (is_name(name, "host"))
			return parse_host(value, out);
		break;
	case 6:
		if (is_name(name, "accept"))
			return remember_first(value, &out->accept);
		if (is_name(name, "expect"))
			return parse_expect(value, out);
		break;
	case 9:
		if (is_name(name, "forwarded"))
			out->forwarded = value;
		break;
	case 10:
		if (is_name(name, "connection"))
			parse_connection(value, out);
		else if (is_name(name, "user-agent"))
			return remember_first(value, &out->user_agent);
		break;
	case 12:
		if (is_name(name, "content-type"))
			return remember_first(value, &out->content_type);
		break;
	case 13:
		if (is_name(name, "if-none-match"))
			out->if_none_match = value;
		else if (is_name(name, "authorization"))
			return remember_first(value, &out->authorization);
		break;
	case 14:
		if (is_name(name, "content-length"))
			return parse_length(value, out);
		if (is_name(name, "sec-fetch-dest"))
			return remember_first(value, &out->sec_fetch_dest);
		break;
	case 15:
		if (is_name(name, "accept-encoding"))
			return remember_first(value, &out->accept_encoding);
		if (is_name(name, "x-forwarded-for"))
			out->forwarded_for = value;
		break;
	case 17:
		if (is_name(name, "if-modified-since"))
			return remember_first(value, &out->if_modified_since);
		if (is_name(name, "transfer-encoding"))
			return parse_coding(value, out);
		break;
	}
	return 0;
}

static bool is_control(unsigned char c)
{
	return (c < ' ' && c != '\t') || c == 0x7f;
}

/* Where a value ends: at the first control character, which should be the CR of its line.
 * Eight bytes at a time; the lowest mark is exact, those above it may be its echo. */
static const char *skip_value(const char *at, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;

	while (end - at >= 8) {
		uint64_t word, deleted, marks;

		memcpy(&word, at, 8);
		word = le64toh(word);
		deleted = word ^ (0x7f * ones);
		marks = (((word - 0x20 * ones) & ~word) | ((deleted - ones) & ~deleted)) & tops;
		if (!marks) {
			at += 8;
			continue;
		}
		at += __builtin_ctzll(marks) / 8;
		if (is_control((unsigned char)*at))
			return at;
		at++; /* a tab */
	}
	while (at < end && !is_control((unsigned char)*at))
		at++;
	return at;
}

/* Takes "NAME: VALUE CRLF". What is no token before the colon is an empty name, a folded
 * line, or a space where two readers might differ. */
static int parse_field(const char **at, const char *end, struct http_head *out)
{
	const char *colon = skip_token(*at, end), *stop;
	struct slice name = {*at, (size_t)(colon - *at)}, value;

	if (!name.len || colon == end || *colon != ':')
		return 400;
	value.at = colon + 1;
	while (value.at < end && is_blank(*value.at))
		value.at++;
	stop = skip_value(value.at, end);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return 400;
	*at = stop + 2;
	while (stop > value.at && is_blank(stop[-1]))
		stop--;
	value.len = (size_t)(stop - value.at);
	return use_field(name, value, out);
}

/* Takes a head with its blank line, as far as it is well formed. */
static int parse_lines(const char **at, const char *end, struct http_head *out)
{
	int status, fields = 0;

	*out = (struct http_head){0};
	status = parse_request_line(at, end, out);
	out->fields.at = *at;
	while (!status) {
		out->fields.len = (size_t)(*at - out->fields.at);
		if (end - *at >= 2 && (*at)[0] == '\r' && (*at)[1] == '\n')
			break;
		if (++fields > HTTP_FIELDS_MAX)
			return 431;
		status = parse_field(at, end, out);
	}
	if (status)
		return status;
	*at += 2;
	if ((out->is_chunked && out->has_length) || (out->minor >= 1 && !out->host.at))
		return 400;
	if (out->has_close)
		out->keep_alive = false;
	return 0;
}

int http_parse_head(const char *bytes, size_t len, struct http_head *out)
{
	const char *at = bytes + blank_line(bytes, len);
	int status = judge_size(at, (size_t)(bytes + len - at));

	return status ? status : parse_lines(&at, bytes + len, out);
}

size_t http_take_head(const char *bytes, size_t len, struct http_head *out)
{
	const char *at = bytes + blank_line(bytes, len);

	if (len > HTTP_HEAD_MAX)
		len = HTTP_HEAD_MAX;
	if (parse_lines(&at, bytes + len, out) || out->fields.at - bytes > LINE_MAX_LEN)
		return 0;
	return (size_t)(at - bytes);
}

bool http_field_before(const struct http_head *head, const char *name, struct slice *value)
{
	size_t name_len = strlen(name);
	const char *line = value->at;

	if (!head->fields.at)
		return false;
	while (line > head->fields.at && line[-1] != '\n')
		line--;
	while (line > head->fields.at) {
		const char *end = line - 2; /* at its CRLF */

		for (line = end; line > head->fields.at && line[-1] != '\n'; line--)
			;
		if ((size_t)(end - line) <= name_len || line[name_len] != ':' ||
			strncasecmp(line, name, name_len) != 0)
			continue;
		line += name_len + 1;
		*value = trim((struct slice){line, (size_t)(end - line)});
		return true;
	}
	return false;
}

/* ---- chunked bodies ---- */

enum {
	STATE_SIZE,         /* hexadecimal digits */
	STATE_NAME_START,   /* of an extension, behind its semicolon */
	STATE_NAME,
	STATE_VALUE_START,  /* behind the equals sign */
	STATE_VALUE,
	STATE_QUOTED,
	STATE_QUOTED_PAIR,  /* behind a backslash */
	STATE_QUOTED_END,   /* behind the second quote */
	STATE_SIZE_LF,
	STATE_CONTENT,
	STATE_CONTENT_CR,
	STATE_CONTENT_LF,
	STATE_TRAILER,      /* at the start of a trailer line */
	STATE_TRAILER_NAME,
	STATE_TRAILER_LINE, /* behind its colon */
	STATE_TRAILER_LF,
	STATE_LAST_LF,
	STATE_DONE,
	STATE_MALFORMED,
	STATE_TOO_LARGE,
};

/* Of a whole body: nobody needs more, and many small chunks would multiply it. */
enum { SIZE_DIGITS_MAX = 8, EXTENSION_MAX = 1024, TRAILER_MAX = HTTP_HEAD_MAX };

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int take_size(struct chunk_decoder *decoder, char c)
{
	int digit = hex_value(c);

	if (digit >= 0) {
		decoder->left = decoder->left * 16 + (size_t)digit;
		return ++decoder->digits <= SIZE_DIGITS_MAX ? STATE_SIZE : STATE_MALFORMED;
	}
	if (decoder->digits && c == ';')
		return STATE_NAME_START;
	return decoder->digits && c == '\r' ? STATE_SIZE_LF : STATE_MALFORMED;
}

/* What may follow an extension: another one, or the end of the line. */
static int end_extension(char c)
{
	return c == ';' ? STATE_NAME_START : c == '\r' ? STATE_SIZE_LF : STATE_MALFORMED;
}

/* ";" name [ "=" value ], without the blanks that nobody may send (section 7.1.1). */
static int take_extension(int state, char c)
{
	bool is_token = is_token_char[(unsigned char)c];

	switch (state) {
	case STATE_NAME_START:
		return is_token ? STATE_NAME : STATE_MALFORMED;
	case STATE_NAME:
		return is_token ? STATE_NAME : c == '=' ? STATE_VALUE_START : end_extension(c);
	case STATE_VALUE_START:
		return is_token ? STATE_VALUE : c == '"' ? STATE_QUOTED : STATE_MALFORMED;
	case STATE_VALUE:
		return is_token ? STATE_VALUE : end_extension(c);
	case STATE_QUOTED:
		if (is_control((unsigned char)c))
			return STATE_MALFORMED;
		return c == '"'	 ? STATE_QUOTED_END :
		       c == '\\' ? STATE_QUOTED_PAIR : STATE_QUOTED;
	case STATE_QUOTED_PAIR:
		return is_control((unsigned char)c) ? STATE_MALFORMED : STATE_QUOTED;
	}
	return end_extension(c);
}

/* A byte of a trailer's value. */
static int take_trailer(struct chunk_decoder *decoder, char c)
{
	if (c == '\r')
		return STATE_TRAILER_LF;
	return is_control((unsigned char)c) || ++decoder->other > TRAILER_MAX ?
		STATE_MALFORMED : STATE_TRAILER_LINE;
}

static int take_name(struct chunk_decoder *decoder, char c)
{
	return is_token_char[(unsigned char)c] && ++decoder->other <= TRAILER_MAX ?
		STATE_TRAILER_NAME : STATE_MALFORMED;
}

static int take_byte(struct chunk_decoder *decoder, char c)
{
	switch (decoder->state) {
	case STATE_SIZE:
		return take_size(decoder, c);
	case STATE_NAME_START:
	case STATE_NAME:
	case STATE_VALUE_START:
	case STATE_VALUE:
	case STATE_QUOTED:
	case STATE_QUOTED_PAIR:
	case STATE_QUOTED_END:
		return ++decoder->other <= EXTENSION_MAX ? take_extension(decoder->state, c) :
							   STATE_MALFORMED;
	case STATE_SIZE_LF:
		decoder->digits = 0;
		if (c != '\n')
			return STATE_MALFORMED;
		if (decoder->left)
			return STATE_CONTENT;
		decoder->other = 0;
		return STATE_TRAILER;
	case STATE_CONTENT_CR:
		return c == '\r' ? STATE_CONTENT_LF : STATE_MALFORMED;
	case STATE_CONTENT_LF:
		return c == '\n' ? STATE_SIZE : STATE_MALFORMED;
	case STATE_TRAILER:
		if (c == '\r')
			return STATE_LAST_LF;
		return take_name(decoder, c);
	case STATE_TRAILER_NAME:
		return c == ':' ? STATE_TRAILER_LINE : take_name(decoder, c);
	case STATE_TRAILER_LINE:
		return take_trailer(decoder, c);
	case STATE_TRAILER_LF:
		return c == '\n' ? STATE_TRAILER : STATE_MALFORMED;
	case STATE_LAST_LF:
		return c == '\n' ? STATE_DONE : STATE_MALFORMED;
	}
	return STATE_MALFORMED;
}

enum chunk_result chunk_decode(struct chunk_decoder *decoder, const char *in, size_t len,
	char *out, size_t most, size_t *used, size_t *content)
{
	size_t at = 0, moved = 0;

	while (at < len && decoder->state < STATE_DONE) {
		size_t part;

		if (decoder->state != STATE_CONTENT) {
			decoder->state = take_byte(decoder, in[at++]);
			if (decoder->state == STATE_CONTENT &&
				decoder->left > most - decoder->total)
				decoder->state = STATE_TOO_LARGE;
			continue;
		}
		part = decoder->left < len - at ? decoder->left : len - at;
		memmove(out + moved, in + at, part);
		at += part;
		moved += part;
		decoder->total += part;
		decoder->left -= part;
		if (!decoder->left)
			decoder->state = STATE_CONTENT_CR;
	}
	*used = at;
	*content = moved;
	switch (decoder->state) {
	case STATE_DONE:
		return CHUNK_DONE;
	case STATE_MALFORMED:
		return CHUNK_MALFORMED;
	case STATE_TOO_LARGE:
		return CHUNK_TOO_LARGE;
	}
	return CHUNK_MORE;
}
