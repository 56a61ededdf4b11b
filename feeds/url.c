/*
 * url.c: reads what people write into href the way browsers do (white space, backslashes,
 * raw UTF-8) and gives back what RFC 3986 allows. Own code rather than libcurl's, whose
 * treatment of international hosts depends on the locale.
 */
#include "feeds/url.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/url_host.h"

enum { URL_MAX = 8192 };

static const char unreserved[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
static const char in_path[] = "!$&'()*+,;=:@/";
static const char in_query[] = "!$&'()*+,;=:@/?";

/* Slices of one reference; a NULL part is absent. */
struct slice {
	const char *at;
	size_t len;
};

struct url_parts {
	struct slice scheme, authority, path, query, fragment;
};

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static void add_encoded(struct buf *out, const char *text, size_t len, const char *allowed)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		unsigned char byte = (unsigned char)c;

		if (c && (strchr(unreserved, c) || strchr(allowed, c))) {
			buf_add_char(out, c);
		} else if (c == '%' && *allowed && i + 2 < len && is_hex(text[i + 1]) &&
			is_hex(text[i + 2])) {
			buf_add_char(out, c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, digits[byte >> 4]);
			buf_add_char(out, digits[byte & 15]);
		}
	}
}

/* Without tabs and line breaks, nor controls and spaces at the ends. */
static char *strip(struct arena *arena, const char *href)
{
	size_t len = strlen(href), kept = 0;
	char *out;

	while (len && (unsigned char)*href <= ' ') {
		href++;
		len--;
	}
	while (len && (unsigned char)href[len - 1] <= ' ')
		len--;
	if (len > URL_MAX)
		return NULL;
	out = arena_strndup(arena, href, len);
	for (size_t i = 0; i < len; i++)
		if (out[i] != '\t' && out[i] != '\n' && out[i] != '\r')
			out[kept++] = out[i];
	out[kept] = '\0';
	return out;
}

/* False if something like a scheme is there but cannot be one: "java\x01script:". */
static bool split_scheme(const char **text, struct slice *scheme)
{
	size_t end = strcspn(*text, ":/?#\\");

	if ((*text)[end] != ':')
		return true;
	if (!is_alpha(**text))
		return false;
	for (size_t i = 0; i < end; i++) {
		char c = (*text)[i];

		if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.')
			return false;
	}
	*scheme = (struct slice){*text, end};
	*text += end + 1;
	return true;
}

static bool is_scheme(struct slice scheme, const char *name)
{
	return scheme.len == strlen(name) && strncasecmp(scheme.at, name, scheme.len) == 0;
}

static bool is_web(struct slice scheme)
{
	return is_scheme(scheme, "http") || is_scheme(scheme, "https");
}

static struct slice take_until(const char **text, const char *stops)
{
	struct slice part = {*text, strcspn(*text, stops)};

	*text += part.len;
	return part;
}

/* TEXT is changed: backslashes before the query become slashes, as in browsers. */
static bool split(char *text, struct url_parts *out)
{
	const char *at = text;

	*out = (struct url_parts){0};
	if (!split_scheme(&at, &out->scheme))
		return false;
	if (!out->scheme.at || is_web(out->scheme))
		for (char *c = text + (at - text); *c && *c != '?' && *c != '#'; c++)
			if (*c == '\\')
				*c = '/';
	if (at[0] == '/' && at[1] == '/') {
		at += 2;
		out->authority = take_until(&at, "/?#");
	}
	out->path = take_until(&at, "?#");
	if (*at == '?') {
		at++;
		out->query = take_until(&at, "#");
	}
	if (*at == '#')
		out->fragment = (struct slice){at + 1, strlen(at + 1)};
	return true;
}

static bool add_port(struct buf *out, struct slice port, bool is_https)
{
	unsigned long number;

	if (port.len == 0)
		return true;
	if (port.len > 5)
		return false;
	for (size_t i = 0; i < port.len; i++)
		if (!is_digit(port.at[i]))
			return false;
	number = strtoul(port.at, NULL, 10);
	if (number > 65535)
		return false;
	if (number != (is_https ? 443 : 80))
		buf_printf(out, ":%lu", number);
	return true;
}

/* RFC 3986 section 3.2: [userinfo "@"] host [":" port]. */
static bool add_authority(struct buf *out, struct slice authority, bool is_https)
{
	const char *at = memrchr(authority.at, '@', authority.len);
	const char *end = authority.at + authority.len;
	struct slice host = authority, port = {0};
	const char *colon;

	if (at) {
		add_encoded(out, authority.at, (size_t)(at - authority.at), "!$&'()*+,;=:");
		buf_add_char(out, '@');
		host = (struct slice){at + 1, (size_t)(end - at - 1)};
	}
	colon = memrchr(host.at, ':', host.len);
	if (colon && !memchr(colon, ']', (size_t)(end - colon))) {
		port = (struct slice){colon + 1, (size_t)(end - colon - 1)};
		host.len = (size_t)(colon - host.at);
	}
	return url_host_add(out, host.at, host.len) && add_port(out, port, is_https);
}

/* "." and "..", also percent-encoded, of SEGMENT; 0 = an ordinary one. */
static size_t dots_in(const char *segment, size_t len)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; dots++) {
		if (segment[i] == '.')
			i++;
		else if (len - i >= 3 && strncasecmp(segment + i, "%2e", 3) == 0)
			i += 3;
		else
			return 0;
	}
	return dots <= 2 ? dots : 0;
}

/* RFC 3986 section 5.2.4 over a path that begins with '/' (or is empty). */
static void add_path(struct buf *out, const char *path, size_t len)
{
	size_t start = out->len;
	const char *end = path + len;

	if (!len)
		buf_add_char(out, '/');
	while (path < end) {
		const char *slash = memchr(path + 1, '/', (size_t)(end - path - 1));
		size_t segment = slash ? (size_t)(slash - path - 1) : (size_t)(end - path - 1);
		size_t dots = dots_in(path + 1, segment);

		if (dots == 2) {
			while (out->len > start && out->bytes[--out->len] != '/')
				;
		}
		if (dots == 0) {
			buf_add_char(out, '/');
			add_encoded(out, path + 1, segment, in_path);
		} else if (!slash) {
			buf_add_char(out, '/');
		}
		path += segment + 1;
	}
	if (out->bytes)
		out->bytes[out->len] = '\0';
}

static void add_query(struct buf *out, struct slice query, struct slice fragment)
{
	if (query.at) {
		buf_add_char(out, '?');
		add_encoded(out, query.at, query.len, in_query);
	}
	if (fragment.at) {
		buf_add_char(out, '#');
		add_encoded(out, fragment.at, fragment.len, in_query);
	}
}

static char *finish(struct arena *arena, struct buf *out, bool is_good)
{
	char *url = is_good ? arena_strndup(arena, buf_text(out), out->len) : NULL;

	buf_finish(out);
	return url;
}

/* mailto: and tel: have no authority; everything is data. */
static char *clean_opaque(struct arena *arena, const struct url_parts *parts)
{
	struct buf out = {0};
	bool is_mail = is_scheme(parts->scheme, "mailto");

	if ((!is_mail && !is_scheme(parts->scheme, "tel")) || parts->authority.at ||
		!parts->path.len)
		return NULL;
	buf_add_str(&out, is_mail ? "mailto:" : "tel:");
	add_encoded(&out, parts->path.at, parts->path.len, in_path);
	add_query(&out, parts->query, parts->fragment);
	return finish(arena, &out, true);
}

/* RFC 3986 section 5.2.3. */
static void merge_paths(struct buf *out, const struct url_parts *base, struct slice path)
{
	size_t keep = base->path.len;

	while (keep && base->path.at[keep - 1] != '/')
		keep--;
	if (keep)
		buf_add(out, base->path.at, keep);
	else
		buf_add_char(out, '/');
	buf_add(out, path.at, path.len);
}

/* PARTS of http or https, made absolute. */
static char *build(struct arena *arena, const struct url_parts *parts)
{
	bool is_https = is_scheme(parts->scheme, "https");
	struct buf out = {0};

	buf_add_str(&out, is_https ? "https://" : "http://");
	if (!parts->authority.len || !add_authority(&out, parts->authority, is_https))
		return finish(arena, &out, false);
	add_path(&out, parts->path.at, parts->path.len);
	add_query(&out, parts->query, parts->fragment);
	return finish(arena, &out, true);
}

char *url_resolve(struct arena *arena, const char *base, const char *href)
{
	char *text = strip(arena, href), *base_text;
	struct url_parts parts, from;
	struct buf path = {0};
	char *url;

	if (!text || !*text || !split(text, &parts))
		return NULL;
	if (parts.scheme.at)
		return is_web(parts.scheme) ? build(arena, &parts) : clean_opaque(arena, &parts);
	base_text = base ? strip(arena, base) : NULL;
	if (!base_text || !split(base_text, &from) || !from.scheme.at || !is_web(from.scheme))
		return NULL;
	parts.scheme = from.scheme;
	if (parts.authority.at)
		return build(arena, &parts);
	parts.authority = from.authority;
	if (!parts.path.len) {
		parts.path = from.path;
		if (!parts.query.at)
			parts.query = from.query;
	} else if (*parts.path.at != '/') {
		merge_paths(&path, &from, parts.path);
		parts.path = (struct slice){path.bytes, path.len};
	}
	url = build(arena, &parts);
	buf_finish(&path);
	return url;
}

char *url_clean(struct arena *arena, const char *href)
{
	char *text = strip(arena, href);
	struct url_parts parts;
	struct buf out = {0};
	bool is_good = true;

	if (!text || !*text || !split(text, &parts))
		return NULL;
	if (parts.scheme.at)
		return is_web(parts.scheme) ? build(arena, &parts) : clean_opaque(arena, &parts);
	if (parts.authority.at) {
		buf_add_str(&out, "//");
		is_good = add_authority(&out, parts.authority, true);
	}
	add_encoded(&out, parts.path.at, parts.path.len, in_path);
	add_query(&out, parts.query, parts.fragment);
	return finish(arena, &out, is_good);
}

char *url_encode_path(struct arena *arena, const char *path)
{
	struct buf out = {0};

	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		add_encoded(&out, path, (size_t)(slash - path), "");
		buf_add_char(&out, '/');
	}
	add_encoded(&out, path, strlen(path), "");
	return finish(arena, &out, true);
}

char *url_of_path(struct arena *arena, const char *base, const char *path)
{
	while (*path == '/')
		path++;
	/* "./" keeps a name with a colon from being a scheme. */
	return url_resolve(arena, base, arena_printf(arena, "./%s", url_encode_path(arena, path)));
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

char *url_local_file(struct arena *arena, const char *href)
{
	size_t len = strcspn(href, "?#");
	char *file, *to;

	if (strncmp(href, "./", 2) == 0) {
		href += 2;
		len -= 2;
	}
	if (!len || *href == '/' || memchr(href, ':', strcspn(href, "/?#")))
		return NULL;
	file = to = arena_alloc(arena, len + 1);
	for (const char *at = href, *end = href + len; at < end; at++) {
		bool is_encoded = *at == '%' && end - at > 2 && is_hex(at[1]) && is_hex(at[2]);

		*to++ = is_encoded ? (char)(hex_digit(at[1]) * 16 + hex_digit(at[2])) : *at;
		at += is_encoded ? 2 : 0;
	}
	*to = '\0';
	return strlen(file) == (size_t)(to - file) ? file : NULL;
}
