/*
 * url_host.c: libcurl does this only in a UTF-8 locale, and pure code must not depend on
 * one. The mapping is utf8proc's compatibility folding, which is UTS 46 but for its few
 * deviation characters.
 */
#include "feeds/url_host.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "feeds/base/buf.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

/* RFC 3492 section 5. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72,
	INITIAL_N = 128 };

static uint32_t adapt_bias(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
	return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

static void add_number(struct buf *out, uint32_t number, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

		if (number < t)
			break;
		buf_add_char(out, digit(t + (number - t) % (BASE - t)));
		number = (number - t) / (BASE - t);
	}
	buf_add_char(out, digit(number));
}

/* RFC 3492 section 6.3. At most LABEL_MAX code points, so nothing overflows. */
static void add_punycode(struct buf *out, const int32_t *points, size_t count)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = 0, basic;

	for (size_t i = 0; i < count; i++)
		if (points[i] < 0x80) {
			buf_add_char(out, (char)points[i]);
			done++;
		}
	basic = done;
	if (basic)
		buf_add_char(out, '-');
	while (done < count) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < count; i++)
			if ((uint32_t)points[i] >= n && (uint32_t)points[i] < next)
				next = (uint32_t)points[i];
		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			if ((uint32_t)points[i] < n)
				delta++;
			if ((uint32_t)points[i] != n)
				continue;
			add_number(out, delta, bias);
			bias = adapt_bias(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
}

static bool is_host_char(int32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool add_label(struct buf *out, const int32_t *points, size_t count)
{
	size_t start = out->len;
	bool is_ascii = true;

	if (count == 0 || count > LABEL_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		is_ascii &= points[i] < 0x80;
		if (points[i] < 0x80 && !is_host_char(points[i]))
			return false;
	}
	if (is_ascii) {
		for (size_t i = 0; i < count; i++)
			buf_add_char(out, (char)points[i]);
	} else {
		buf_add_str(out, "xn--");
		add_punycode(out, points, count);
	}
	return out->len - start <= LABEL_MAX;
}

/* "[2001:db8::1]"; the digits are not read. */
static bool add_ip_literal(struct buf *out, const char *host, size_t len)
{
	if (len < 4 || len > 48 || host[len - 1] != ']')
		return false;
	buf_add_char(out, '[');
	for (size_t i = 1; i + 1 < len; i++) {
		char c = host[i] >= 'A' && host[i] <= 'F' ? (char)(host[i] + 32) : host[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.'))
			return false;
		buf_add_char(out, c);
	}
	buf_add_char(out, ']');
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A host may be percent-encoded UTF-8 (RFC 3986 section 3.2.2). */
static bool decode(const char *host, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = host[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_value(host[i + 1]) : -1;
			int low = i + 2 < len ? hex_value(host[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return false;
		buf_add_char(out, c);
	}
	return true;
}

static bool is_dot(int32_t c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

static bool add_labels(struct buf *out, const int32_t *points, size_t count)
{
	size_t first = 0;

	for (size_t i = 0; i <= count; i++) {
		if (i < count && !is_dot(points[i]))
			continue;
		if (i == count && first == count)
			return count > 0; /* a dot at the end */
		if (!add_label(out, points + first, i - first))
			return false;
		if (i < count)
			buf_add_char(out, '.');
		first = i + 1;
	}
	return true;
}

bool url_host_add(struct buf *out, const char *host, size_t len)
{
	const utf8proc_option_t options = UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STABLE;
	int32_t points[HOST_MAX * 3 + 3];
	struct buf text = {0};
	utf8proc_ssize_t count;
	size_t start = out->len;
	bool is_good = false;

	if (len == 0 || len > (size_t)HOST_MAX * 9)
		return false;
	if (*host == '[')
		return add_ip_literal(out, host, len);
	if (decode(host, len, &text)) {
		count = utf8proc_decompose((const uint8_t *)text.bytes, (utf8proc_ssize_t)text.len,
			points, sizeof(points) / sizeof(points[0]), options);
		if (count > 0 && (size_t)count <= sizeof(points) / sizeof(points[0]))
			count = utf8proc_normalize_utf32(points, count, options);
		else
			count = 0;
		is_good = count > 0 && add_labels(out, points, (size_t)count) &&
			out->len - start <= HOST_MAX;
	}
	buf_finish(&text);
	return is_good;
}
