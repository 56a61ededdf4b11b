/* test_auth.c: who may use the admin page. */
#include <stdio.h>
#include <string.h>

#include "daemon/control/auth.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static struct auth auth;
static struct error err;

static void write_file(const char *text)
{
	FILE *file = fopen("token", "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

TEST(the_token_as_bearer_or_as_a_password)
{
	write_file("  0123456789abcdef\n");
	CHECK(auth_init(&auth, "token", &err));
	CHECK(auth_check(&auth, "Bearer 0123456789abcdef"));
	CHECK(auth_check(&auth, "bearer  0123456789abcdef "));
	/* "x:0123456789abcdef", "operator:..." and ":..." */
	CHECK(auth_check(&auth, "Basic eDowMTIzNDU2Nzg5YWJjZGVm"));
	CHECK(auth_check(&auth, "Basic b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZg=="));
	CHECK(auth_check(&auth, "basic OjAxMjM0NTY3ODlhYmNkZWY="));
}

TEST(anything_else_is_refused)
{
	static const char *const wrong[] = {"", "Bearer", "Bearer ", "Bearer 0123456789abcdee",
		"Bearer 0123456789abcdef0", "Bearer 0123456789abcde", "0123456789abcdef",
		"Digest 0123456789abcdef", "Basic", "Basic MDEyMzQ1Njc4OWFiY2RlZg==",
		"Basic eDowMTIz", "Basic ====", "Basic eDo", "Basic !!!!", "Basic ="};
	char long_one[4096] = "Basic ";

	write_file("0123456789abcdef");
	CHECK(auth_init(&auth, "token", &err));
	CHECK(!auth_check(&auth, NULL));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!auth_check(&auth, wrong[i]));
	memset(long_one + 6, 'A', sizeof(long_one) - 7);
	CHECK(!auth_check(&auth, long_one));
	CHECK(auth_init(&auth, NULL, &err));
	CHECK(!auth_check(&auth, "Bearer "));
	CHECK(!auth_check(&auth, "Bearer 0123456789abcdef"));
}

TEST(a_file_that_is_no_token)
{
	CHECK(!auth_init(&auth, "none", &err));
	CHECK_STR(err.text, "open none: No such file or directory");
	write_file("short");
	CHECK(!auth_init(&auth, "token", &err));
	CHECK_STR(err.text, "token: the token has 5 bytes; expected at least 16");
	write_file("");
	CHECK(!auth_init(&auth, "token", &err));
	write_file("0123456789abcdef and more\n");
	CHECK(!auth_init(&auth, "token", &err));
	CHECK_STR(err.text, "token: expected one word");
}

TEST(a_form_carries_the_secret)
{
	char body[128];

	CHECK(auth_init(&auth, NULL, &err));
	CHECK_INT(strlen(auth.form), 64);
	snprintf(body, sizeof(body), "action=retry&form=%s", auth.form);
	CHECK(auth_check_form(&auth, body, strlen(body)));
	CHECK(!auth_check_form(&auth, body, strlen(body) - 1));
	snprintf(body, sizeof(body), "form=%s&action=retry", auth.form);
	CHECK(auth_check_form(&auth, body, strlen(body)));
	snprintf(body, sizeof(body), "xform=%s&action=retry", auth.form);
	CHECK(!auth_check_form(&auth, body, strlen(body)));
	snprintf(body, sizeof(body), "form=%s0", auth.form);
	CHECK(!auth_check_form(&auth, body, strlen(body)));
	CHECK(!auth_check_form(&auth, "", 0));
	CHECK(!auth_check_form(&auth, NULL, 0));
}
