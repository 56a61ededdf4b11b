/* identity.c: see identity.h. */
#include "daemon/site/identity.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"

void identity_hash(const void *a, size_t a_len, const void *b, size_t b_len,
	char out[HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[32];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
		!EVP_DigestUpdate(context, a, a_len) ||
		(b_len && !EVP_DigestUpdate(context, b, b_len)) ||
		!EVP_DigestFinal_ex(context, digest, NULL))
		abort();
	EVP_MD_CTX_free(context);
	for (size_t i = 0; i < sizeof(digest); i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[HASH_HEX - 1] = '\0';
}

char *identity_mint(struct arena *arena, const char *authority,
	const struct instant *published, const char *path, const char *hash)
{
	time_t local = (time_t)(published->ms / 1000 + published->offset_s);
	char hex[HASH_HEX];
	struct tm day;

	gmtime_r(&local, &day);
	identity_hash(path, strlen(path) + 1, hash, strlen(hash), hex);
	return arena_printf(arena, "tag:%s,%04d-%02d-%02d:%.16s", authority,
		day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, hex);
}

const char *identity_stated(struct arena *arena, const char *authority, const char *stated)
{
	static const char *const schemes[] = {"tag:", "urn:", "https://", "http://", "info:"};
	static const char digits[] = "0123456789ABCDEF", plain[] = ";/?:@&=+$.-_!~*'()%,#";
	const char *scheme = NULL;
	char *uri, *to;

	if (!stated)
		return NULL;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		if (strncmp(stated, schemes[i], strlen(schemes[i])) == 0)
			scheme = schemes[i];
	}
	/* 2026: whoever runs this program had the name then (RFC 4151 section 2.1) */
	uri = arena_printf(arena, "%s%s%s", scheme ? "" : "tag:", scheme ? "" : authority,
		scheme ? "" : ",2026:");
	to = arena_alloc(arena, strlen(uri) + 3 * strlen(stated) + 1);
	uri = memcpy(to, uri, strlen(uri));
	for (to += strlen(to); *stated; stated++) {
		unsigned char c = (unsigned char)*stated;

		if (isascii(c) && (isalnum(c) || strchr(plain, c))) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return uri;
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!isascii(c) || (!isalnum(c) && c != '-' && c != '_'))
			return false;
	}
	return len > 0 && len <= 80;
}

/* The last name of PATH without its ending, or its directory's for index files. */
static const char *stem_of(const char *path, size_t *len_out)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, ".");

	if (len == 5 && strncasecmp(name, "index", 5) == 0 && slash) {
		const char *start = slash;

		while (start > path && start[-1] != '/')
			start--;
		*len_out = (size_t)(slash - start);
		return start;
	}
	*len_out = len;
	return name;
}

char *identity_slug(struct arena *arena, const char *stated, const char *path,
	const char *id)
{
	char hex[HASH_HEX];
	size_t len;
	const char *stem = stem_of(path, &len);

	if (stated && is_plain(stated, strlen(stated)))
		return arena_strdup(arena, stated);
	if (is_plain(stem, len))
		return arena_strndup(arena, stem, len);
	identity_hash(id, strlen(id), NULL, 0, hex);
	return arena_strndup(arena, hex, 12);
}

char *identity_slug_other(struct arena *arena, const char *slug, const char *id)
{
	char hex[HASH_HEX];

	identity_hash(id, strlen(id), NULL, 0, hex);
	return arena_printf(arena, "%s-%.6s", slug, hex);
}

char *identity_authority(struct arena *arena, const char *url)
{
	const char *start = url ? strstr(url, "://") : NULL;
	const char *end, *at;
	char *host;

	if (!start)
		return arena_strdup(arena, "localhost");
	start += 3;
	end = start + strcspn(start, "/?#");
	at = memchr(start, '@', (size_t)(end - start));
	if (at)
		start = at + 1;
	if (*start == '[')
		return arena_strdup(arena, "localhost"); /* no host name to use */
	host = arena_strndup(arena, start, strcspn(start, ":/?#"));
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return *host ? host : arena_strdup(arena, "localhost");
}

char *identity_tagging(struct arena *arena, const char *name, const char *url)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_@";
	char *lower = arena_strdup(arena, name ? name : "");

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strchr(lower, '.') && !lower[strspn(lower, allowed)])
		return lower;
	return identity_authority(arena, url);
}
