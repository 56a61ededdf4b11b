/* test_hub_sign.c: RFC 4231 and RFC 2202 vectors, and that the cache never mixes up. */
#include <string.h>

#include "daemon/hub/sign.h"
#include "tests/unit/harness.h"

static const char body[] = "what do ya want for nothing?";

TEST(vectors)
{
	static const struct {
		enum sign_method method;
		const char *want;
	} cases[] = {
		{SIGN_SHA1, "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{SIGN_SHA256, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964"
			"ec3843"},
		{SIGN_SHA384, "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec37363"
			"22445e8e2240ca5e69e2c78b3239ecfab21649"},
		{SIGN_SHA512, "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea"
			"2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
	};
	struct sign_cache *cache = sign_cache_create();

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			char text[SIGN_TEXT_MAX];

			sign_body(cache, 1, body, strlen(body), "Jefe", 4, cases[i].method, text);
			CHECK_STR(text, cases[i].want);
		}
	}
	sign_cache_destroy(cache);
}

TEST(cache_tells_bodies_and_secrets_apart)
{
	struct sign_cache *cache = sign_cache_create(), *fresh;

	for (unsigned i = 0; i < 2000; i++) {
		char secret[8] = {(char)('a' + i % 23), (char)('a' + i % 7), 'x'};
		char got[SIGN_TEXT_MAX], want[SIGN_TEXT_MAX];
		size_t len = 1 + i % 3;
		uint64_t id = 1 + i % 5;

		sign_body(cache, id, body, (size_t)id, secret, len, SIGN_SHA1, got);
		fresh = sign_cache_create();
		sign_body(fresh, id, body, (size_t)id, secret, len, SIGN_SHA1, want);
		CHECK_STR(got, want);
		sign_cache_destroy(fresh);
	}
	sign_cache_destroy(cache);
}

TEST(empty_body_and_longest_secret)
{
	struct sign_cache *cache = sign_cache_create();
	char secret[199], text[SIGN_TEXT_MAX];

	memset(secret, 'k', sizeof(secret));
	sign_body(cache, 9, "", 0, secret, sizeof(secret), SIGN_SHA512, text);
	CHECK_INT(strlen(text), 7 + 128);
	sign_cache_destroy(cache);
}
