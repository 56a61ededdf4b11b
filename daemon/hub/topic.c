/* topic.c: see topic.h. */
#include "daemon/hub/topic.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "feeds/base/buf.h"

/* A URL cut into what counts for the comparison; all borrowed from it. */
struct parts {
	const char *host;
	size_t host_len;
	const char *port;          /* digits; len 0 = the scheme's default */
	size_t port_len;
	const char *path;          /* from the slash on, or "" */
};

static bool is_port(const char *digits, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(digits, want, len) == 0;
}

static bool cut(const char *url, struct parts *out)
{
	bool is_https = strncasecmp(url, "https://", 8) == 0;
	const char *end, *colon;

	if (!is_https && strncasecmp(url, "http://", 7) != 0)
		return false;
	out->host = url + (is_https ? 8 : 7);
	end = out->host + strcspn(out->host, "/?#");
	if (memchr(out->host, '@', (size_t)(end - out->host)))
		return false;
	colon = memrchr(out->host, ':', (size_t)(end - out->host));
	if (colon && memchr(colon, ']', (size_t)(end - colon)))
		colon = NULL;
	out->host_len = (size_t)((colon ? colon : end) - out->host);
	out->port = colon ? colon + 1 : end;
	out->port_len = (size_t)(end - out->port);
	if (is_port(out->port, out->port_len, is_https ? "443" : "80"))
		out->port_len = 0;
	out->path = end;
	return out->host_len > 0;
}

static bool is_unreserved(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

/* As the paths of documents are: every escape decoded (RFC 3986 section 6.2.2.2) but those
 * that would make a path another one, which are written in capitals. */
static void add_decoded(struct buf *out, const char *path)
{
	for (; *path; path++) {
		int value = -1;

		if (*path == '%' && hex_value(path[1]) >= 0 && hex_value(path[2]) >= 0)
			value = hex_value(path[1]) * 16 + hex_value(path[2]);
		if (value < 0) {
			buf_add_char(out, *path);
			continue;
		}
		path += 2;
		if (value == 0 || value == '/')
			buf_printf(out, "%%%02X", (unsigned)value);
		else
			buf_add_char(out, (char)value);
	}
}

/* The other way: what may not stand in a URL's path is encoded. */
static void add_encoded(struct buf *out, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (is_unreserved(c) || strchr("/!$&'()*+,;=:@", c))
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "%%%02X", (unsigned)c);
	}
}

static bool try_path(struct buf *out, const char *path, size_t len, topic_exists *exists,
	void *context)
{
	size_t before = out->len;

	buf_add(out, path, len);
	if (exists(context, out->bytes + before))
		return true;
	out->len = before;
	out->bytes[before] = '\0';
	return false;
}

static bool try_slashes(struct buf *out, const char *path, topic_exists *exists,
	void *context)
{
	struct buf slashed = {0};
	size_t len = strlen(path);
	bool is_found;

	if (try_path(out, path, len, exists, context))
		return true;
	if (len > 1 && path[len - 1] == '/')
		return try_path(out, path, len - 1, exists, context);
	buf_add(&slashed, path, len);
	buf_add_char(&slashed, '/');
	is_found = try_path(out, buf_text(&slashed), slashed.len, exists, context);
	buf_finish(&slashed);
	return is_found;
}

bool topic_find(const char *base_url, const char *url, topic_exists *exists, void *context,
	struct buf *out)
{
	struct parts base, asked;
	struct buf prefix = {0}, path = {0};
	bool is_found = false;

	if (!cut(base_url, &base) || !cut(url, &asked) || strpbrk(asked.path, "?#"))
		return false;
	if (base.host_len != asked.host_len || base.port_len != asked.port_len ||
		strncasecmp(base.host, asked.host, base.host_len) != 0 ||
		memcmp(base.port, asked.port, base.port_len) != 0)
		return false;
	add_decoded(&prefix, base.path);
	while (prefix.len && prefix.bytes[prefix.len - 1] == '/')
		prefix.bytes[--prefix.len] = '\0';
	add_decoded(&path, *asked.path ? asked.path : "/");
	if (strncmp(buf_text(&path), buf_text(&prefix), prefix.len) == 0 &&
		path.bytes[prefix.len] == '/')
		is_found = try_slashes(out, path.bytes + prefix.len, exists, context);
	buf_finish(&prefix);
	buf_finish(&path);
	return is_found;
}

void topic_add_url(const char *base_url, const char *path, struct buf *out)
{
	size_t len = strlen(base_url);

	while (len && base_url[len - 1] == '/')
		len--;
	buf_add(out, base_url, len);
	add_encoded(out, path);
}

bool topic_is_private(const char *path)
{
	return strncmp(path, "/p/", 3) == 0;
}
