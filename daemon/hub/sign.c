/*
 * sign.c: see sign.h. One MAC context per method is kept: fetching the implementation
 * costs more than a small HMAC. The cache is direct-mapped; the hash only picks the
 * slot, body, method and secret are compared.
 */
#include "daemon/hub/sign.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/map.h"
#include "feeds/base/mem.h"

enum { SLOTS = 64, SECRET_MAX = 199, METHODS = SIGN_METHODS };

static const char *const method_names[METHODS] = {
	[SIGN_SHA256] = "sha256",
	[SIGN_SHA1] = "sha1",
	[SIGN_SHA384] = "sha384",
	[SIGN_SHA512] = "sha512",
};

struct slot {
	uint64_t body_id;
	enum sign_method method;
	size_t secret_len;         /* 0 = empty */
	unsigned char secret[SECRET_MAX];
	char text[SIGN_TEXT_MAX];
};

struct sign_cache {
	EVP_MAC *hmac;             /* owns */
	EVP_MAC_CTX *contexts[METHODS]; /* owns; made when first needed */
	struct slot slots[SLOTS];
};

struct sign_cache *sign_cache_create(void)
{
	struct sign_cache *cache = mem_alloc(sizeof(*cache));

	cache->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!cache->hmac)
		abort();
	return cache;
}

void sign_cache_destroy(struct sign_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < METHODS; i++)
		EVP_MAC_CTX_free(cache->contexts[i]);
	EVP_MAC_free(cache->hmac);
	OPENSSL_cleanse(cache->slots, sizeof(cache->slots));
	free(cache);
}

static EVP_MAC_CTX *context_of(struct sign_cache *cache, enum sign_method method)
{
	char name[8];
	OSSL_PARAM params[2];

	if (cache->contexts[method])
		return cache->contexts[method];
	cache->contexts[method] = EVP_MAC_CTX_new(cache->hmac);
	memcpy(name, method_names[method], strlen(method_names[method]) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (!cache->contexts[method] ||
		!EVP_MAC_CTX_set_params(cache->contexts[method], params))
		abort();
	return cache->contexts[method];
}

static void compute(struct sign_cache *cache, const void *body, size_t len,
	const struct slot *slot, char out[SIGN_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	EVP_MAC_CTX *context = context_of(cache, slot->method);
	unsigned char digest[64];
	size_t digest_len, at = strlen(method_names[slot->method]);

	if (!EVP_MAC_init(context, slot->secret, slot->secret_len, NULL) ||
		!EVP_MAC_update(context, body, len) ||
		!EVP_MAC_final(context, digest, &digest_len, sizeof(digest)))
		abort();
	memcpy(out, method_names[slot->method], at);
	out[at++] = '=';
	for (size_t i = 0; i < digest_len; i++) {
		out[at++] = digits[digest[i] >> 4];
		out[at++] = digits[digest[i] & 15];
	}
	out[at] = '\0';
}

void sign_body(struct sign_cache *cache, uint64_t body_id, const void *body, size_t len,
	const void *secret, size_t secret_len, enum sign_method method,
	char out[SIGN_TEXT_MAX])
{
	uint64_t hash = map_hash(secret, secret_len) + body_id * 31 + (uint64_t)method;
	struct slot *slot = &cache->slots[hash % SLOTS];

	assert(secret_len > 0 && secret_len <= SECRET_MAX);
	if (slot->body_id != body_id || slot->method != method ||
		slot->secret_len != secret_len ||
		CRYPTO_memcmp(slot->secret, secret, secret_len) != 0) {
		slot->body_id = body_id;
		slot->method = method;
		slot->secret_len = secret_len;
		memcpy(slot->secret, secret, secret_len);
		compute(cache, body, len, slot, slot->text);
	}
	memcpy(out, slot->text, SIGN_TEXT_MAX);
}
