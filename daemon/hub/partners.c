/* partners.c: see partners.h. */
#include "daemon/hub/partners.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/hub/callback.h"
#include "daemon/hub/request.h"
#include "feeds/base/error.h"

static void digest(const char *token, size_t len, uint8_t out[PARTNER_DIGEST])
{
	if (EVP_Digest(token, len, out, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

/* ---- tokens ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* RFC 6750 section 2.1: b64token; anything else could not be sent in a header. */
static bool is_token(const char *text, size_t len)
{
	static const char marks[] = "-._~+/=";

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || (c && strchr(marks, c))))
			return false;
	}
	return len > 0;
}

static bool add_token(struct partner *partner, const char *token, size_t len,
	struct error *err)
{
	if (len < PARTNER_TOKEN_LEAST || len > PARTNER_TOKEN_MOST)
		return error_set(err, "a token of %zu bytes; expected %d to %d", len,
			PARTNER_TOKEN_LEAST, PARTNER_TOKEN_MOST);
	if (!is_token(token, len))
		return error_set(err,
			"a token with characters other than letters, digits and -._~+/=");
	if (partner->token_count == PARTNER_TOKENS)
		return error_set(err, "more than %d tokens", PARTNER_TOKENS);
	digest(token, len, partner->tokens[partner->token_count++]);
	return true;
}

bool partner_read_tokens(struct partner *partner, const char *text, size_t len,
	struct error *err)
{
	partner->token_count = 0;
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len, used = line + (end ? 1 : 0);
		const char *at = text;

		while (line && is_space(*at)) {
			at++;
			line--;
		}
		while (line && is_space(at[line - 1]))
			line--;
		if (line && *at != '#' && !add_token(partner, at, line, err))
			return false;
		text += used;
		len -= used;
	}
	return partner->token_count > 0 || error_set(err, "no token in it");
}

const struct partner *partners_by_token(const struct partners *partners, const char *token,
	size_t len)
{
	const struct partner *found = NULL;
	uint8_t asked[PARTNER_DIGEST];

	digest(token, len, asked);
	for (size_t i = 0; i < partners->count; i++) {
		const struct partner *partner = &partners->items[i];

		for (size_t t = 0; t < partner->token_count; t++) {
			if (CRYPTO_memcmp(partner->tokens[t], asked, PARTNER_DIGEST) == 0)
				found = partner;
		}
	}
	return found;
}

const struct partner *partners_by_name(const struct partners *partners, const char *name,
	size_t len)
{
	for (size_t i = 0; i < partners->count; i++) {
		if (strlen(partners->items[i].name) == len &&
			memcmp(partners->items[i].name, name, len) == 0)
			return &partners->items[i];
	}
	return NULL;
}

static size_t token_of_header(const char *authorization, char *out)
{
	static const char scheme[] = "Bearer ";
	const char *at;
	size_t len;

	if (!authorization || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return 0;
	at = authorization + strlen(scheme);
	at += strspn(at, " ");
	len = strcspn(at, " ");
	if (len > PARTNER_TOKEN_MOST)
		return 0;
	memcpy(out, at, len);
	return len;
}

size_t partner_find_token(const char *authorization, const char *query, char *out)
{
	static const char name[] = "token=";
	size_t len = token_of_header(authorization, out);
	char decoded[PARTNER_TOKEN_MOST + 1];

	if (len || !query)
		return len;
	for (const char *at = query; *at; at += strcspn(at, "&"), at += *at == '&') {
		if (strncmp(at, name, strlen(name)) != 0)
			continue;
		at += strlen(name);
		len = strcspn(at, "&");
		if (len > PARTNER_TOKEN_MOST)
			return 0;
		len = request_decode(at, len, decoded);
		memcpy(out, decoded, len);
		OPENSSL_cleanse(decoded, sizeof(decoded));
		return len;
	}
	return 0;
}

/* ---- what a partner may have ---- */

bool partner_of_path(const char *path, const char **name_out, size_t *len_out)
{
	static const char prefix[] = "/p/";

	if (strncmp(path, prefix, strlen(prefix)) != 0)
		return false;
	*name_out = path + strlen(prefix);
	*len_out = strcspn(*name_out, "/");
	return *len_out > 0 && (*name_out)[*len_out] == '/';
}

bool partner_is_valid_on(const struct partner *partner, int32_t day)
{
	return (!partner->from_day || day >= partner->from_day) &&
		(!partner->until_day || day <= partner->until_day);
}

static bool is_callback_host(const struct partner *partner, const char *host_key)
{
	for (size_t i = 0; i < partner->callback_host_count; i++) {
		if (callback_is_host(host_key, partner->callback_hosts[i]))
			return true;
	}
	return false;
}

const char *partner_judge(const struct partners *partners,
	const struct partner_request *request, const struct partner **partner_out)
{
	char token[PARTNER_TOKEN_MOST];
	size_t len = partner_find_token(request->authorization, request->query, token), name_len;
	const struct partner *partner = len ? partners_by_token(partners, token, len) : NULL;
	const char *name;

	OPENSSL_cleanse(token, sizeof(token));
	*partner_out = partner;
	if (!partner)
		return len ? "The token is not valid." : "This topic needs a token.";
	/* the same words whether the other topic exists or not */
	if (!partner_of_path(request->path, &name, &name_len) ||
		partners_by_name(partners, name, name_len) != partner)
		return "The topic is not among those of this token.";
	if (!partner_is_valid_on(partner, request->day))
		return "The contract is not in force.";
	if (partner->needs_https && strncmp(request->host_key, "https:", 6) != 0)
		return "The callback must be https.";
	if (!is_callback_host(partner, request->host_key))
		return "The callback's host is not among those agreed.";
	if (partner->needs_secret && request->secret_len < PARTNER_SECRET_LEAST)
		return "hub.secret of at least 16 bytes is required.";
	if (!request->is_sha256)
		return "Only sha256 signatures are given.";
	return NULL;
}
