/* request.c: see request.h. */
#include "daemon/hub/request.h"

#include <string.h>
#include <strings.h>

#include "feeds/base/arena.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t request_decode(const char *text, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%' && len - i > 2 && hex_value(text[i + 1]) >= 0 &&
			hex_value(text[i + 2]) >= 0) {
			c = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
			i += 2;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

struct value {
	const char *text;          /* NULL = not given */
	size_t len;
};

enum field {
	MODE, TOPIC, CALLBACK, LEASE, SECRET, TOKEN, ALGORITHM, PAYLOAD, INITIAL, URL,
	FIELD_COUNT,
};

static const char *const field_names[FIELD_COUNT] = {
	[MODE] = "hub.mode",
	[TOPIC] = "hub.topic",
	[CALLBACK] = "hub.callback",
	[LEASE] = "hub.lease_seconds",
	[SECRET] = "hub.secret",
	[TOKEN] = "hub.verify_token",
	[ALGORITHM] = "hub.signature_algorithm",
	[PAYLOAD] = "hub.payload",
	[INITIAL] = "hub.initial",
	[URL] = "hub.url",
};

struct form {
	struct arena *arena;
	struct value values[FIELD_COUNT];
	const char **pings;
	size_t ping_count;
	bool has_too_many;
};

/* Repeated names, `hub.url[]` and comma lists are all in use. A comma separates only
 * where a URL begins behind it: it may stand in a path as well. */
static void add_pings(struct form *form, const char *text)
{
	while (*text) {
		const char *end = text;

		do
			end = strchrnul(end + 1, ',');
		while (*end && strncmp(end + 1, "http://", 7) != 0 &&
			strncmp(end + 1, "https://", 8) != 0);
		if (form->ping_count == REQUEST_PINGS_MAX) {
			form->has_too_many = true;
			return;
		}
		if (!form->pings)
			form->pings = arena_alloc(form->arena,
				REQUEST_PINGS_MAX * sizeof(*form->pings));
		form->pings[form->ping_count++] =
			arena_strndup(form->arena, text, (size_t)(end - text));
		text = *end ? end + 1 : end;
	}
}

static void add_field(struct form *form, const char *name, struct value value)
{
	size_t len = strlen(name);

	if (len > 2 && strcmp(name + len - 2, "[]") == 0)
		len -= 2;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strlen(field_names[i]) != len || memcmp(field_names[i], name, len) != 0)
			continue;
		form->values[i] = value;
		if (i == URL || i == TOPIC)
			add_pings(form, value.text);
	}
}

static void read_pairs(struct form *form, const char *body, size_t len)
{
	const char *end = body + len;

	while (body < end) {
		const char *stop = memchr(body, '&', (size_t)(end - body));
		const char *equals;
		struct value value;
		char *name, *text;

		if (!stop)
			stop = end;
		equals = memchr(body, '=', (size_t)(stop - body));
		if (equals) {
			name = arena_alloc(form->arena, (size_t)(equals - body) + 1);
			request_decode(body, (size_t)(equals - body), name);
			text = arena_alloc(form->arena, (size_t)(stop - equals));
			value.len = request_decode(equals + 1, (size_t)(stop - equals) - 1, text);
			value.text = text;
			add_field(form, name, value);
		}
		body = stop < end ? stop + 1 : end;
	}
}

static bool is_form(const char *content_type)
{
	static const char want[] = "application/x-www-form-urlencoded";
	size_t len = sizeof(want) - 1;

	if (!content_type)
		return false;
	content_type += strspn(content_type, " \t");
	return strncasecmp(content_type, want, len) == 0 &&
		strchr(" \t;", content_type[len]) != NULL;
}

static bool has_nul(const struct value *value)
{
	return value->text && memchr(value->text, '\0', value->len) != NULL;
}

/* A positive decimal integer of any length; it saturates. */
static bool read_lease(const char *text, int64_t *out)
{
	int64_t value = 0;

	if (!*text)
		return true;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
			__builtin_add_overflow(value, (int64_t)(*text - '0'), &value))
			value = INT64_MAX;
		if (value == INT64_MAX)
			break;
	}
	for (; *text; text++)
		if (*text < '0' || *text > '9')
			return false;
	*out = value;
	return true;
}

static bool read_method(const char *text, enum sign_method *out)
{
	static const char *const names[] = {
		[SIGN_SHA256] = "sha256",
		[SIGN_SHA1] = "sha1",
		[SIGN_SHA384] = "sha384",
		[SIGN_SHA512] = "sha512",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(text, names[i]) == 0) {
			*out = (enum sign_method)i;
			return true;
		}
	}
	return false;
}

static bool read_bool(const struct value *value, bool *out)
{
	if (!value->len)
		return true;
	*out = strcasecmp(value->text, "true") == 0 || strcmp(value->text, "1") == 0;
	return *out || strcasecmp(value->text, "false") == 0 || strcmp(value->text, "0") == 0;
}

static bool read_payload(const struct value *value, bool *wants_changes)
{
	*wants_changes = value->len && strcasecmp(value->text, "changes") == 0;
	return *wants_changes || !value->len || strcasecmp(value->text, "full") == 0;
}

static const char *check_subscription(const struct form *form, struct request *out)
{
	const struct value *values = form->values;
	const struct value *secret = &values[SECRET], *token = &values[TOKEN];

	if (!values[TOPIC].len)
		return "hub.topic is missing.";
	if (!values[CALLBACK].len)
		return "hub.callback is missing.";
	if (values[TOPIC].len > REQUEST_URL_MAX)
		return "hub.topic is longer than 4096 bytes.";
	if (values[CALLBACK].len > REQUEST_URL_MAX)
		return "hub.callback is longer than 4096 bytes.";
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (i != SECRET && has_nul(&values[i]))
			return "A parameter has a NUL byte in it.";
	if (secret->len > REQUEST_SECRET_MAX)
		return "hub.secret must be shorter than 200 bytes.";
	if (token->len > REQUEST_TOKEN_MAX)
		return "hub.verify_token is longer than 1024 bytes.";
	/* W3C WebSub 5.1: ignored on unsubscribe */
	if (out->kind == REQUEST_SUBSCRIBE && values[LEASE].text &&
		!read_lease(values[LEASE].text, &out->lease_s))
		return "hub.lease_seconds must be a positive decimal integer.";
	out->has_method = values[ALGORITHM].len > 0;
	if (out->has_method && !read_method(values[ALGORITHM].text, &out->method))
		return "hub.signature_algorithm must be sha1, sha256, sha384 or sha512.";
	out->has_payload = values[PAYLOAD].len > 0;
	if (!read_payload(&values[PAYLOAD], &out->wants_changes))
		return "hub.payload must be full or changes.";
	if (!read_bool(&values[INITIAL], &out->wants_initial))
		return "hub.initial must be true or false.";
	out->has_initial = values[INITIAL].len > 0;
	out->topic = values[TOPIC].text;
	out->callback = values[CALLBACK].text;
	out->secret = secret->len ? secret->text : NULL;
	out->secret_len = secret->len;
	out->verify_token = token->text;
	return NULL;
}

static const char *check(const struct form *form, struct request *out)
{
	const char *mode = form->values[MODE].text;

	if (!mode)
		return "hub.mode is missing: subscribe, unsubscribe or publish.";
	if (strcasecmp(mode, "publish") == 0) {
		out->kind = REQUEST_PUBLISH;
		out->pings = form->pings;
		out->ping_count = form->ping_count;
		if (form->has_too_many)
			return "More than 1000 URLs in one ping.";
		return form->ping_count ? NULL : "hub.url is missing.";
	}
	if (strcasecmp(mode, "subscribe") == 0)
		out->kind = REQUEST_SUBSCRIBE;
	else if (strcasecmp(mode, "unsubscribe") == 0)
		out->kind = REQUEST_UNSUBSCRIBE;
	else
		return "hub.mode must be subscribe, unsubscribe or publish.";
	return check_subscription(form, out);
}

bool request_parse(struct arena *arena, const char *content_type, const void *body,
	size_t len, struct request *out, int *status_out, const char **why_out)
{
	struct form form = {.arena = arena};

	*out = (struct request){.method = SIGN_SHA256};
	if (!is_form(content_type)) {
		*status_out = 415;
		*why_out = "The body must be application/x-www-form-urlencoded.";
		return false;
	}
	if (len > REQUEST_MAX) {
		*status_out = 413;
		*why_out = "The form is longer than 64 KiB.";
		return false;
	}
	if (len)
		read_pairs(&form, body, len);
	*status_out = 400;
	*why_out = check(&form, out);
	return *why_out == NULL;
}
