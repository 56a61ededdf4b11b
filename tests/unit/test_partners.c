/* test_partners.c: tokens, whose paths are whose, and every reason to refuse. */
#include "daemon/hub/partner_rate.h"
#include "daemon/hub/partners.h"

#include <string.h>

#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static const char county_tokens[] =
	"# since May\r\n"
	"county-token-0001\r\n"
	"\n"
	"  county-token-0002  \n";
static const char portal_token[] = "portal-token-0001";

static struct partner items[2];
static const struct partners partners = {items, 2};
static const char *const hosts[] = {"media.example", "*.cdn.example"};
static const char *const topics[] = {"news", "政务公开"};

static void open_partners(void)
{
	struct error err = {0};

	items[0] = (struct partner){.name = "county", .callback_hosts = hosts,
		.callback_host_count = 2, .topics = topics, .topic_count = 2,
		.needs_https = true, .needs_secret = true,
		.from_day = 20260101, .until_day = 20261231};
	items[1] = (struct partner){.name = "portal"};
	CHECK(partner_read_tokens(&items[0], county_tokens, strlen(county_tokens), &err));
	CHECK(partner_read_tokens(&items[1], portal_token, strlen(portal_token), &err));
}

static const struct partner *who(const char *token)
{
	return partners_by_token(&partners, token, strlen(token));
}

TEST(two_tokens_are_valid_at_a_time)
{
	open_partners();
	CHECK_INT(items[0].token_count, 2);
	CHECK(who("county-token-0001") == &items[0]);
	CHECK(who("county-token-0002") == &items[0]);
	CHECK(who("portal-token-0001") == &items[1]);
	CHECK(!who("county-token-0003"));
	CHECK(!who("county-token-000"));
	CHECK(!who("county-token-00011"));
	CHECK(!who(""));
	CHECK(!who("# since May"));
}

TEST(a_partner_without_token_is_nobody)
{
	static const struct partner none = {.name = "x"};
	const struct partners alone = {&none, 1};

	CHECK(!partners_by_token(&alone, "", 0));
	CHECK(!partners_by_token(&alone, "\0", 1));
}

TEST(token_files_with_mistakes)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "no token in it"},
		{"\n# only this\n", "no token in it"},
		{"short", "a token of 5 bytes; expected 16 to 512"},
		{"a token with spaces", "a token with characters other than letters, digits and "
					"-._~+/="},
		{"aaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbb\ncccccccccccccccc\n",
			"more than 2 tokens"},
	};
	struct partner partner = {.name = "x"};
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(!partner_read_tokens(&partner, cases[i].text, strlen(cases[i].text), &err));
		CHECK_STR(err.text, cases[i].why);
	}
}

TEST(tokens_of_requests)
{
	static const struct {
		const char *authorization, *query, *token;
	} cases[] = {
		{"Bearer abc", NULL, "abc"}, {"bearer   abc", NULL, "abc"},
		{"Bearer abc", "token=other", "abc"}, {NULL, "token=a%2Bb", "a+b"},
		{NULL, "x=1&token=abc&y=2", "abc"}, {"Basic abc", NULL, ""},
		{"Basic abc", "token=abc", "abc"}, {NULL, NULL, ""}, {NULL, "tokens=abc", ""},
		{NULL, "xtoken=abc", ""}, {"Bearer", NULL, ""}, {"Bearer ", "", ""},
		{NULL, "token=", ""},
	};
	char long_query[PARTNER_TOKEN_MOST + 64], out[PARTNER_TOKEN_MOST];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = partner_find_token(cases[i].authorization, cases[i].query, out);

		CHECK_INT(len, strlen(cases[i].token));
		CHECK(memcmp(out, cases[i].token, len) == 0);
	}
	memset(long_query, 'a', sizeof(long_query));
	memcpy(long_query, "token=", 6);
	long_query[sizeof(long_query) - 1] = '\0';
	CHECK_INT(partner_find_token(NULL, long_query, out), 0);
	memcpy(long_query, "Bearer ", 7);
	CHECK_INT(partner_find_token(long_query, NULL, out), 0);
}

TEST(paths)
{
	const char *name;
	size_t len;

	CHECK(partner_of_path("/p/county/feed.atom", &name, &len));
	CHECK_INT(len, 6);
	CHECK(strncmp(name, "county", 6) == 0);
	CHECK(!partner_of_path("/p/county", &name, &len));
	CHECK(!partner_of_path("/p//feed.atom", &name, &len));
	CHECK(!partner_of_path("/feed.atom", &name, &len));
	CHECK(!partner_of_path("/px/county/feed.atom", &name, &len));
}

TEST(days)
{
	open_partners();
	CHECK(!partner_is_valid_on(&items[0], 20251231));
	CHECK(partner_is_valid_on(&items[0], 20260101));
	CHECK(partner_is_valid_on(&items[0], 20261231));
	CHECK(!partner_is_valid_on(&items[0], 20270101));
	CHECK(partner_is_valid_on(&items[1], 20270101));
}

/* Each field of a request that would be accepted, made wrong. */
TEST(every_reason_to_refuse)
{
	const struct partner_request good = {.path = "/p/county/feed.atom",
		.authorization = "Bearer county-token-0001",
		.host_key = "https://media.example:443",
		.secret_len = 16, .is_sha256 = true, .day = 20260601};
	struct partner_request request = good;
	const struct partner *partner;

	open_partners();
	CHECK_STR(partner_judge(&partners, &request, &partner), NULL);
	CHECK(partner == &items[0]);
	request.host_key = "https://a.b.cdn.example:8443";
	CHECK_STR(partner_judge(&partners, &request, &partner), NULL);
	request.authorization = NULL;
	request.query = "token=county-token-0002";
	CHECK_STR(partner_judge(&partners, &request, &partner), NULL);
	request.query = NULL;
	CHECK_STR(partner_judge(&partners, &request, &partner), "This topic needs a token.");
	CHECK(!partner);
	request.authorization = "Bearer county-token-9999";
	CHECK_STR(partner_judge(&partners, &request, &partner), "The token is not valid.");
	request = good;
	request.path = "/p/portal/feed.atom";
	CHECK_STR(partner_judge(&partners, &request, &partner),
		"The topic is not among those of this token.");
	request.path = "/p/nobody/feed.atom";
	CHECK_STR(partner_judge(&partners, &request, &partner),
		"The topic is not among those of this token.");
	request = good;
	request.day = 20270101;
	CHECK_STR(partner_judge(&partners, &request, &partner), "The contract is not in force.");
	request = good;
	request.host_key = "http://media.example:80";
	CHECK_STR(partner_judge(&partners, &request, &partner), "The callback must be https.");
	request.host_key = "https://evil.example:443";
	CHECK_STR(partner_judge(&partners, &request, &partner),
		"The callback's host is not among those agreed.");
	request = good;
	request.secret_len = 15;
	CHECK_STR(partner_judge(&partners, &request, &partner),
		"hub.secret of at least 16 bytes is required.");
	request = good;
	request.is_sha256 = false;
	CHECK_STR(partner_judge(&partners, &request, &partner),
		"Only sha256 signatures are given.");
	items[0].needs_https = items[0].needs_secret = false;
	request = good;
	request.host_key = "http://media.example:80";
	request.secret_len = 0;
	CHECK_STR(partner_judge(&partners, &request, &partner), NULL);
}

TEST(each_has_a_rate_of_its_own)
{
	struct partner_rates rates = {0};
	int64_t now = 1000000;
	int wait_s = 0, allowed = 0;

	CHECK(partner_rates_allow(&rates, "any", 0, now, &wait_s));
	while (partner_rates_allow(&rates, "county", 2, now, &wait_s))
		allowed++;
	CHECK_INT(allowed, 2 * PARTNER_BURST_S);
	CHECK_INT(wait_s, 1);
	CHECK(partner_rates_allow(&rates, "portal", 2, now, &wait_s));
	CHECK(!partner_rates_allow(&rates, "county", 2, now + 400, &wait_s));
	CHECK(partner_rates_allow(&rates, "county", 2, now + 500, &wait_s));
	CHECK(!partner_rates_allow(&rates, "county", 2, now + 500, &wait_s));
	/* a rate that a reload raises counts at once */
	CHECK(partner_rates_allow(&rates, "county", 1000, now + 1000, &wait_s));
	allowed = 0;
	now += 3600 * 1000;
	while (partner_rates_allow(&rates, "county", 2, now, &wait_s))
		allowed++;
	CHECK_INT(allowed, 2 * PARTNER_BURST_S);
	partner_rates_finish(&rates);
}
