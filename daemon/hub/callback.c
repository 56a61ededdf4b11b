/* callback.c: see callback.h. */
#include "daemon/hub/callback.h"

#include <string.h>
#include <strings.h>

#include "feeds/base/buf.h"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* RFC 3986 section 2: anything else (spaces, controls, quotes, backslashes, UTF-8) must
 * come percent-encoded, so that every reader of the URL sees the same parts. */
static bool has_only_url_characters(const char *url)
{
	for (; *url; url++)
		if (!is_alnum(*url) && !strchr("-._~:/?[]@!$&'()*+,;=%", *url))
			return false;
	return true;
}

/* The port behind the colon in DIGITS; -1 when it is none. */
static int read_port(const char *digits, size_t len)
{
	int port = 0;

	if (len == 0 || len > 5)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		port = port * 10 + (digits[i] - '0');
	}
	return port > 0 && port < 65536 ? port : -1;
}

static bool is_host(const char *host, size_t len)
{
	bool is_literal = len > 2 && host[0] == '[';

	if (len == 0 || len > 253)
		return false;
	if (is_literal) {
		if (host[len - 1] != ']')
			return false;
		host++;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(host[i]) && !strchr(is_literal ? ":." : "-._", host[i]))
			return false;
	return true;
}

static bool has_port(const int *ports, size_t count, int port)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return count == 0;
}

bool callback_check(const char *url, const int *ports, size_t port_count,
	struct buf *host_key, const char **why_out)
{
	bool is_https = strncasecmp(url, "https://", 8) == 0;
	const char *host, *end, *colon;
	int port = is_https ? 443 : 80;

	*why_out = "hub.callback must be an http or https URL.";
	if (!is_https && strncasecmp(url, "http://", 7) != 0)
		return false;
	*why_out = "hub.callback must not have a fragment (#).";
	if (strchr(url, '#'))
		return false;
	*why_out = "hub.callback has characters that must be percent-encoded.";
	if (!has_only_url_characters(url))
		return false;
	host = url + (is_https ? 8 : 7);
	end = host + strcspn(host, "/?");
	*why_out = "hub.callback must not have a user name or password.";
	if (memchr(host, '@', (size_t)(end - host)))
		return false;
	colon = memrchr(host, ':', (size_t)(end - host));
	if (colon && memchr(colon, ']', (size_t)(end - colon)))
		colon = NULL;
	*why_out = "hub.callback has no valid host.";
	if (!is_host(host, (size_t)((colon ? colon : end) - host)))
		return false;
	if (colon)
		port = read_port(colon + 1, (size_t)(end - colon) - 1);
	*why_out = "hub.callback names a port that this hub does not deliver to.";
	if (port < 0 || !has_port(ports, port_count, port))
		return false;
	buf_add_str(host_key, is_https ? "https://" : "http://");
	for (const char *c = host; c < (colon ? colon : end); c++)
		buf_add_char(host_key, lower(*c));
	buf_printf(host_key, ":%d", port);
	*why_out = NULL;
	return true;
}

bool callback_is_host(const char *host_key, const char *name)
{
	const char *host = strstr(host_key, "://");
	const char *colon = strrchr(host_key, ':');
	size_t len, want = strlen(name);

	if (!host || colon <= host)
		return false;
	host += 3;
	len = (size_t)(colon - host);
	if (strncmp(name, "*.", 2) != 0)
		return len == want && strncasecmp(host, name, len) == 0;
	name++;
	want--;
	return len > want && strncasecmp(host + len - want, name, want) == 0;
}

void callback_add_parameter(struct buf *out, const char *name, const char *value)
{
	const char *query = strchr(buf_text(out), '?');

	if (!query)
		buf_add_char(out, '?');
	else if (query[1])
		buf_add_char(out, '&');
	buf_add_str(out, name);
	buf_add_char(out, '=');
	for (; *value; value++) {
		if (is_alnum(*value) || strchr("-._~", *value))
			buf_add_char(out, *value);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*value);
	}
}
