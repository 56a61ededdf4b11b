/* parse.c: see parse.h. */
#include "daemon/http/parse.h"

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

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char[(unsigned char)s.at[i]])
			return false;
	}
	return s.len > 0;
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

size_t http_head_len(const char *bytes, size_t len, size_t seen)
{
	/* one blank line before a request is forgiven (RFC 9112 section 2.2) */
	size_t start = len >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;
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
	size_t start = len >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;

	/* a TLS greeting, for one, which would wait for an answer until its time is over */
	if (len > start && !is_token_char[(unsigned char)bytes[start]] &&
		bytes[start] != '\r' && bytes[start] != '\n')
		return 400;
	return judge_size(bytes + start, len - start);
}

static int parse_version(struct slice s, struct http_head *out)
{
	if (s.len != 8 || memcmp(s.at, "HTTP/", 5) != 0 || s.at[6] != '.' || s.at[5] < '0' ||
		s.at[5] > '9' || s.at[7] < '0' || s.at[7] > '9')
		return 400;
	if (s.at[5] != '1')
		return 505;
	out->minor = s.at[7] - '0';
	out->keep_alive = out->minor >= 1;
	return 0;
}

static int parse_request_line(struct slice line, struct http_head *out)
{
	const char *end = line.at + line.len;
	const char *first = memchr(line.at, ' ', line.len);
	const char *second;

	if (!first)
		return 400;
	out->method = (struct slice){line.at, (size_t)(first - line.at)};
	second = memchr(first + 1, ' ', (size_t)(end - first - 1));
	if (!second || !is_token(out->method))
		return 400;
	out->target = (struct slice){first + 1, (size_t)(second - first - 1)};
	if (out->target.len > HTTP_TARGET_MAX)
		return 414;
	for (size_t i = 0; i < out->target.len; i++) {
		unsigned char c = (unsigned char)out->target.at[i];

		if (c <= ' ' || c >= 0x7f)
			return 400;
	}
	if (!out->target.len)
		return 400;
	return parse_version((struct slice){second + 1, (size_t)(end - second - 1)}, out);
}

static int parse_length(struct slice value, struct http_head *out)
{
	size_t length = 0;

	if (out->has_length || !value.len || value.len > 15)
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
		else if (slice_is(option, "keep-alive"))
			out->keep_alive = true;
		len += comma != NULL;
		value = (struct slice){value.at + len, value.len - len};
	}
}

/* uri-host [ ":" port ] by its characters; empty is allowed (RFC 9112 section 3.2). */
static int parse_host(struct slice value, struct http_head *out)
{
	if (out->host.at)
		return 400;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (!is_token_char[c] && !strchr(":[]();=,", c))
			return 400;
	}
	out->host = value;
	return 0;
}

static int parse_coding(struct slice value, struct http_head *out)
{
	if (out->is_chunked || out->minor == 0)
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

static int use_field(struct slice name, struct slice value, struct http_head *out)
{
	switch (name.len) {
	case 4:
		if (slice_is(name, "host"))
			return parse_host(value, out);
		break;
	case 6:
		if (slice_is(name, "accept"))
			return remember_first(value, &out->accept);
		if (slice_is(name, "expect"))
			return parse_expect(value, out);
		break;
	case 9:
		if (slice_is(name, "forwarded"))
			out->forwarded = value;
		break;
	case 10:
		if (slice_is(name, "connection"))
			parse_connection(value, out);
		else if (slice_is(name, "user-agent"))
			return remember_first(value, &out->user_agent);
		break;
	case 12:
		if (slice_is(name, "content-type"))
			return remember_first(value, &out->content_type);
		break;
	case 13:
		if (slice_is(name, "if-none-match"))
			out->if_none_match = value;
		else if (slice_is(name, "authorization"))
			return remember_first(value, &out->authorization);
		break;
	case 14:
		if (slice_is(name, "content-length"))
			return parse_length(value, out);
		if (slice_is(name, "sec-fetch-dest"))
			return remember_first(value, &out->sec_fetch_dest);
		break;
	case 15:
		if (slice_is(name, "accept-encoding"))
			return remember_first(value, &out->accept_encoding);
		if (slice_is(name, "x-forwarded-for"))
			out->forwarded_for = value;
		break;
	case 17:
		if (slice_is(name, "if-modified-since"))
			return remember_first(value, &out->if_modified_since);
		if (slice_is(name, "transfer-encoding"))
			return parse_coding(value, out);
		break;
	}
	return 0;
}

static bool is_control(unsigned char c)
{
	return (c < ' ' && c != '\t') || c == 0x7f;
}

/* Eight bytes at a time: most values have no byte that needs a closer look. */
static bool has_control(struct slice s)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; s.len - i >= 8; i += 8) {
		uint64_t word, deleted;

		memcpy(&word, s.at + i, 8);
		deleted = word ^ (0x7f * ones);
		if (!((((word - 0x20 * ones) & ~word) | ((deleted - ones) & ~deleted)) & tops))
			continue;
		for (size_t k = i; k < i + 8; k++) {
			if (is_control((unsigned char)s.at[k]))
				return true;
		}
	}
	for (; i < s.len; i++) {
		if (is_control((unsigned char)s.at[i]))
			return true;
	}
	return false;
}

static int parse_field(struct slice line, struct http_head *out)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct slice name, value;

	if (!colon)
		return 400;
	name = (struct slice){line.at, (size_t)(colon - line.at)};
	value = trim((struct slice){colon + 1, line.len - name.len - 1});
	/* not a token: an empty name, a folded line, a space before the colon */
	if (!is_token(name) || has_control(value))
		return 400;
	return use_field(name, value, out);
}

/* Takes a line without its CRLF; false for a bare CR or LF in or behind it. */
static bool take_line(const char **at, const char *end, struct slice *out)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));

	if (!newline || newline == *at || newline[-1] != '\r')
		return false;
	*out = (struct slice){*at, (size_t)(newline - 1 - *at)};
	*at = newline + 1;
	return !memchr(out->at, '\r', out->len);
}

int http_parse_head(const char *bytes, size_t len, struct http_head *out)
{
	const char *at = bytes, *end = bytes + len;
	struct slice line;
	int status, fields = 0;

	*out = (struct http_head){0};
	if (len >= 2 && at[0] == '\r' && at[1] == '\n')
		at += 2;
	status = judge_size(at, (size_t)(end - at));
	if (status)
		return status;
	if (!take_line(&at, end, &line))
		return 400;
	status = parse_request_line(line, out);
	out->fields = (struct slice){at, (size_t)(end - at)};
	while (!status) {
		if (!take_line(&at, end, &line))
			return 400;
		if (!line.len)
			break;
		if (++fields > HTTP_FIELDS_MAX)
			return 431;
		status = parse_field(line, out);
	}
	if (status)
		return status;
	if ((out->is_chunked && out->has_length) || (out->minor >= 1 && !out->host.at))
		return 400;
	if (out->has_close)
		out->keep_alive = false;
	return 0;
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
	STATE_EXTENSION,    /* until CR */
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
		return STATE_EXTENSION;
	return decoder->digits && c == '\r' ? STATE_SIZE_LF : STATE_MALFORMED;
}

/* A byte of an extension or a trailer: GO_ON, or the end of the line. */
static int take_other(struct chunk_decoder *decoder, char c, size_t most, int go_on, int end)
{
	if (c == '\r')
		return end;
	return is_control((unsigned char)c) || ++decoder->other > most ? STATE_MALFORMED : go_on;
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
	case STATE_EXTENSION:
		return take_other(decoder, c, EXTENSION_MAX, STATE_EXTENSION, STATE_SIZE_LF);
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
		return take_other(decoder, c, TRAILER_MAX, STATE_TRAILER_LINE,
			STATE_TRAILER_LF);
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
