/* parse.c: see parse.h. */
#include "daemon/http/parse.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* tchar of RFC 9110 section 5.6.2. */
static bool is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char((unsigned char)s.at[i]))
			return false;
	}
	return s.len > 0;
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

size_t http_head_len(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;

	/* one blank line before a request is forgiven (RFC 9112 section 2.2) */
	if (len >= 2 && at[0] == '\r' && at[1] == '\n')
		at += 2;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			return 0;
		if (newline == at || (newline == at + 1 && *at == '\r'))
			return (size_t)(newline + 1 - bytes);
		at = newline + 1;
	}
	return 0;
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
	for (size_t i = 0; i < value.len;) {
		size_t start = i, end;

		while (i < value.len && value.at[i] != ',')
			i++;
		end = i++;
		while (start < end && (value.at[start] == ' ' || value.at[start] == '\t'))
			start++;
		while (end > start && (value.at[end - 1] == ' ' || value.at[end - 1] == '\t'))
			end--;
		if (slice_is((struct slice){value.at + start, end - start}, "close"))
			out->keep_alive = false;
		else if (out->minor == 0 &&
			slice_is((struct slice){value.at + start, end - start}, "keep-alive"))
			out->keep_alive = true;
	}
}

/* Fields that are only remembered: the first of each. */
static void remember(struct slice name, struct slice value, struct http_head *out)
{
	const struct {
		const char *name;
		struct slice *to;
	} fields[] = {
		{"if-none-match", &out->if_none_match},
		{"if-modified-since", &out->if_modified_since},
		{"accept-encoding", &out->accept_encoding},
		{"content-type", &out->content_type},
		{"authorization", &out->authorization},
		{"user-agent", &out->user_agent},
		{"sec-fetch-dest", &out->sec_fetch_dest},
		{"x-forwarded-for", &out->forwarded_for},
		{"forwarded", &out->forwarded},
		{"accept", &out->accept},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (!slice_is(name, fields[i].name))
			continue;
		if (!fields[i].to->at)
			*fields[i].to = value;
		return;
	}
}

static int parse_field(struct slice line, struct http_head *out)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct slice name, value;

	if (!colon)
		return 400;
	name = (struct slice){line.at, (size_t)(colon - line.at)};
	value = (struct slice){colon + 1, line.len - name.len - 1};
	if (!is_token(name)) /* an empty name, a folded line, a space before the colon */
		return 400;
	while (value.len && (*value.at == ' ' || *value.at == '\t'))
		value.at++, value.len--;
	while (value.len && strchr(" \t", value.at[value.len - 1]))
		value.len--;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return 400;
	}
	if (slice_is(name, "host")) {
		if (out->host.at)
			return 400;
		out->host = value;
	} else if (slice_is(name, "content-length")) {
		return parse_length(value, out);
	} else if (slice_is(name, "transfer-encoding")) {
		if (out->is_chunked || out->minor == 0)
			return 400;
		if (!slice_is(value, "chunked"))
			return 501;
		out->is_chunked = true;
	} else if (slice_is(name, "connection")) {
		parse_connection(value, out);
	} else if (slice_is(name, "expect")) {
		if (!slice_is(value, "100-continue"))
			return 417;
		out->expects_continue = out->minor >= 1;
	} else {
		remember(name, value, out);
	}
	return 0;
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
	if (len > HTTP_HEAD_MAX)
		return 431;
	if (memchr(bytes, '\0', len))
		return 400;
	if (len >= 2 && at[0] == '\r' && at[1] == '\n')
		at += 2;
	if (!take_line(&at, end, &line))
		return 400;
	status = parse_request_line(line, out);
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
	return 0;
}

/* ---- chunked bodies ---- */

static int hex_value(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A chunk-size line at BYTES; its length, 0 = not all there, -1 = malformed. */
static int parse_chunk_size(const char *bytes, size_t len, size_t *size)
{
	size_t i = 0;

	for (*size = 0; i < len && hex_value((unsigned char)bytes[i]) >= 0; i++) {
		if (i >= 8)
			return -1;
		*size = *size * 16 + (size_t)hex_value((unsigned char)bytes[i]);
	}
	if (i == len)
		return 0;
	if (i == 0 || (bytes[i] != ';' && bytes[i] != '\r'))
		return -1;
	for (; i < len && bytes[i] != '\r'; i++) {
		if (i > 256 || (unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return -1;
	}
	if (i + 1 >= len)
		return 0;
	return bytes[i + 1] == '\n' ? (int)i + 2 : -1;
}

/* The trailer section: lines up to a blank one; not used. */
static int skip_trailer(const char *bytes, size_t len, size_t at, size_t *used)
{
	size_t start = at;

	for (;;) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		size_t line_len;

		if (len - start > HTTP_HEAD_MAX)
			return -1;
		if (!newline)
			return 0;
		line_len = (size_t)(newline - bytes) - at;
		if (!line_len || newline[-1] != '\r')
			return -1;
		at += line_len + 1;
		if (line_len == 1) {
			*used = at;
			return 1;
		}
	}
}

int http_decode_chunked(char *bytes, size_t len, size_t most, size_t *used, size_t *content)
{
	size_t at = 0, total = 0, size = 0;
	int line = 0;

	/* first look whether all of it is there and sound, then move */
	for (;;) {
		line = parse_chunk_size(bytes + at, len - at, &size);
		if (line <= 0)
			return line;
		at += (size_t)line;
		if (!size)
			break;
		total += size;
		if (total > most)
			return -2;
		if (len - at < size + 2)
			return 0;
		if (memcmp(bytes + at + size, "\r\n", 2) != 0)
			return -1;
		at += size + 2;
	}
	line = skip_trailer(bytes, len, at, used);
	if (line <= 0)
		return line;
	*content = total;
	for (size_t from = 0, to = 0; to < total; to += size) {
		from += (size_t)parse_chunk_size(bytes + from, len - from, &size);
		memmove(bytes + to, bytes + from, size);
		from += size + 2;
	}
	return 1;
}

/* ---- targets ---- */

/* Leaves the path of an absolute-form target, if its authority is HOST. */
static bool strip_authority(struct slice *target, struct slice host)
{
	const char *slashes = NULL, *end = target->at + target->len, *path;
	struct slice authority;

	if (target->len > 7 && strncasecmp(target->at, "http://", 7) == 0)
		slashes = target->at + 7;
	else if (target->len > 8 && strncasecmp(target->at, "https://", 8) == 0)
		slashes = target->at + 8;
	if (!slashes)
		return false;
	for (path = slashes; path < end && *path != '/' && *path != '?'; path++)
		;
	authority = (struct slice){slashes, (size_t)(path - slashes)};
	if (host.at && (authority.len != host.len ||
			strncasecmp(authority.at, host.at, host.len) != 0))
		return false;
	*target = path < end && *path == '/' ? (struct slice){path, (size_t)(end - path)} :
					       (struct slice){"/", 1};
	return true;
}

/* "/a/./b/../c" -> "/a/c"; false when it climbs above the root. */
static bool remove_dots(char *path)
{
	char *to = path;

	for (const char *from = path; *from;) {
		size_t len = strcspn(from + 1, "/") + 1; /* "/segment" */

		if (len == 2 && from[1] == '.') {
			if (!from[len])
				*to++ = '/';
		} else if (len == 3 && from[1] == '.' && from[2] == '.') {
			if (to == path)
				return false;
			while (to > path && *--to != '/')
				;
			if (!from[len])
				*to++ = '/';
		} else {
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
	return to > path;
}

int http_normalise(struct slice target, struct slice host, char *out, struct slice *query)
{
	const char *mark;
	size_t len = 0;

	*query = (struct slice){0};
	if (*target.at != '/' && !strip_authority(&target, host))
		return 400;
	mark = memchr(target.at, '?', target.len);
	if (mark) {
		*query = (struct slice){mark + 1, target.len - (size_t)(mark + 1 - target.at)};
		target.len = (size_t)(mark - target.at);
	}
	for (size_t i = 0; i < target.len; i++) {
		int high, low, c = (unsigned char)target.at[i];

		if (c == '#')
			return 400;
		if (c == '%') {
			if (i + 2 >= target.len)
				return 400;
			high = hex_value((unsigned char)target.at[i + 1]);
			low = hex_value((unsigned char)target.at[i + 2]);
			if (high < 0 || low < 0)
				return 400;
			c = high * 16 + low;
			i += 2;
			if (c < ' ' || c == 0x7f)
				return 400;
		}
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return remove_dots(out) ? 0 : 400;
}
