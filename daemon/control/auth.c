/* auth.c: see auth.h. Digests are compared, so that not even the length shows. */
#include "daemon/control/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/control/file.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

static const char blank[] = " \t\r\n";

static bool take_token(struct auth *auth, const char *path, char *text, struct error *err)
{
	char *token = text + strspn(text, blank);
	size_t len = strcspn(token, blank);

	if (token[len + strspn(token + len, blank)])
		return error_set(err, "%s: expected one word", path);
	if (len < AUTH_TOKEN_MIN)
		return error_set(err, "%s: the token has %zu bytes; expected at least %d", path,
			len, AUTH_TOKEN_MIN);
	SHA256((const unsigned char *)token, len, auth->token);
	auth->has_token = true;
	return true;
}

bool auth_init(struct auth *auth, const char *path, struct error *err)
{
	struct buf text = {0};
	unsigned char secret[32];
	bool ok;

	*auth = (struct auth){.has_token = false};
	if (RAND_bytes(secret, sizeof(secret)) != 1)
		abort();
	for (size_t i = 0; i < sizeof(secret); i++)
		snprintf(auth->form + 2 * i, 3, "%02x", secret[i]);
	if (!path)
		return true;
	ok = file_read(path, AUTH_TOKEN_MAX, &text, err);
	if (ok && memchr(buf_text(&text), '\0', text.len))
		ok = error_set(err, "%s: expected text", path);
	ok = ok && take_token(auth, path, text.bytes ? text.bytes : (char[]){""}, err);
	if (text.bytes)
		OPENSSL_cleanse(text.bytes, text.len);
	buf_finish(&text);
	return ok;
}

static bool is_token(const struct auth *auth, const char *text, size_t len)
{
	unsigned char digest[32];

	SHA256((const unsigned char *)text, len, digest);
	return CRYPTO_memcmp(digest, auth->token, sizeof(digest)) == 0;
}

/* base64(USER:PASSWORD), RFC 7617. */
static bool check_basic(const struct auth *auth, const char *text)
{
	unsigned char plain[AUTH_TOKEN_MAX * 2];
	size_t len = strcspn(text, blank);
	const char *colon;
	int decoded;

	if (len == 0 || len % 4 || len / 4 * 3 >= sizeof(plain))
		return false;
	decoded = EVP_DecodeBlock(plain, (const unsigned char *)text, (int)len);
	if (decoded < 0)
		return false;
	for (size_t i = len; i > 0 && text[i - 1] == '='; i--)
		decoded--; /* the decoder counts the padding in */
	if (decoded < 0)
		return false;
	plain[decoded] = '\0';
	colon = memchr(plain, ':', (size_t)decoded);
	return colon && is_token(auth, colon + 1,
				(size_t)decoded - (size_t)(colon + 1 - (const char *)plain));
}

bool auth_check(const struct auth *auth, const char *authorization)
{
	const char *value;

	if (!auth->has_token || !authorization)
		return false;
	value = authorization + strcspn(authorization, " ");
	value += strspn(value, " ");
	if (strncasecmp(authorization, "Bearer ", 7) == 0)
		return is_token(auth, value, strcspn(value, blank));
	return strncasecmp(authorization, "Basic ", 6) == 0 && check_basic(auth, value);
}

bool auth_check_form(const struct auth *auth, const char *body, size_t len)
{
	static const char name[] = "form=";
	const size_t name_len = sizeof(name) - 1, secret_len = sizeof(auth->form) - 1;

	for (size_t at = 0; at + name_len + secret_len <= len;) {
		const char *end = memchr(body + at, '&', len - at);
		size_t field_len = end ? (size_t)(end - body) - at : len - at;

		if (field_len == name_len + secret_len &&
			memcmp(body + at, name, name_len) == 0 &&
			CRYPTO_memcmp(body + at + name_len, auth->form, secret_len) == 0)
			return true;
		at += field_len + 1;
	}
	return false;
}
