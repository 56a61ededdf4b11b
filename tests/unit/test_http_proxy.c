/* test_http_proxy.c: the PROXY protocol's two versions, cut at every place. */
#include "daemon/http/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* Whatever is cut off is MORE, and what follows the header is none of its business. */
static enum proxy_result parse(const char *bytes, size_t len, struct proxy_header *out)
{
	struct proxy_header part;
	enum proxy_result result = proxy_parse(bytes, len, out);

	for (size_t cut = 0; cut < len; cut++) {
		char *exact = malloc(cut + 1);
		enum proxy_result early;

		CHECK(exact != NULL);
		memcpy(exact, bytes, cut);
		early = proxy_parse(exact, cut, &part);
		free(exact);
		CHECK(early == PROXY_MORE || early == result);
		if (result == PROXY_DONE)
			CHECK_INT(early, cut < out->len ? PROXY_MORE : PROXY_DONE);
	}
	return result;
}

static void check_client(const struct proxy_header *header, const char *want)
{
	struct address address;

	CHECK(header->has_client && address_from_text(want, &address));
	CHECK(memcmp(&address, &header->client, sizeof(address)) == 0);
}

TEST(version_2)
{
	static const char v4[] = SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x07\x0a\x00\x00\x01"
		"\x12\x67\x00\x50GET";
	static const char v6[] = SIGNATURE "\x21\x21\x00\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
		"\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x00\x50";
	static const char with_tlv[] = SIGNATURE "\x21\x11\x00\x13\xc0\x00\x02\x07\x0a\x00\x00\x01"
		"\x12\x67\x00\x50\x01\x00\x04name";
	static const char local[] = SIGNATURE "\x20\x00\x00\x00GET";
	static const char of_unix[] = SIGNATURE "\x21\x31\x00\x02\x00\x00";
	struct proxy_header header;

	CHECK_INT(parse(v4, sizeof(v4) - 1, &header), PROXY_DONE);
	CHECK_INT(header.len, 28);
	check_client(&header, "192.0.2.7");
	CHECK_INT(parse(v6, sizeof(v6) - 1, &header), PROXY_DONE);
	check_client(&header, "2001:db8::7");
	CHECK_INT(parse(with_tlv, sizeof(with_tlv) - 1, &header), PROXY_DONE);
	CHECK_INT(header.len, sizeof(with_tlv) - 1);
	check_client(&header, "192.0.2.7");
	CHECK_INT(parse(local, sizeof(local) - 1, &header), PROXY_DONE);
	CHECK_INT(header.len, 16);
	CHECK(!header.has_client);
	CHECK_INT(parse(of_unix, sizeof(of_unix) - 1, &header), PROXY_DONE);
	CHECK(!header.has_client);
}

TEST(version_1)
{
	static const char *const none[] = {"PROXY UNKNOWN\r\n",
		"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET"};
	static const char v4[] = "PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\nGET / HTTP/1.1\r\n";
	static const char v6[] = "PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n";
	struct proxy_header header;

	CHECK_INT(parse(v4, sizeof(v4) - 1, &header), PROXY_DONE);
	CHECK(strncmp(v4 + header.len, "GET /", 5) == 0);
	check_client(&header, "192.0.2.7");
	CHECK_INT(parse(v6, sizeof(v6) - 1, &header), PROXY_DONE);
	check_client(&header, "2001:db8::7");
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(parse(none[i], strlen(none[i]), &header), PROXY_DONE);
		CHECK(!header.has_client);
	}
}

TEST(malformed)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define CASE(text) {text, sizeof(text) - 1}
		CASE("GET / HTTP/1.1\r\n"), CASE("\r\nGET"), CASE("\x16\x03\x01"), CASE("PROXX"),
		CASE(SIGNATURE "\x11\x11\x00\x0c"), CASE(SIGNATURE "\x22\x11\x00\x0c"),
		CASE(SIGNATURE "\x21\x11\x00\x0b\xc0\x00\x02\x07\x0a\x00\x00\x01\x12\x67\x00"),
		CASE(SIGNATURE "\x21\x21\x00\x0c\xc0\x00\x02\x07\x0a\x00\x00\x01\x12\x67\x00\x50"),
		CASE(SIGNATURE "\x21\x11\xff\xff"),
		CASE("PROXY \r\n"), CASE("PROXY TCP4\r\n"),
		CASE("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 4711 80 1\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\n"),
		CASE("PROXY TCP4 192.0.2.7  10.0.0.1 4711 80\r\n"),
		CASE("PROXY TCP4 192.0.2.256 10.0.0.1 4711 80\r\n"),
		CASE("PROXY TCP4 2001:db8::7 2001:db8::1 4711 80\r\n"),
		CASE("PROXY TCP6 192.0.2.7 10.0.0.1 4711 80\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 65536 80\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 -1 80\r\n"),
		CASE("PROXY TCP4 192.0.2.7 10.0.0.1 x 80\r\n"),
		CASE("PROXY UNKNOWN 34567890123456789012345678901234567890123456789012345678901234"
		     "567890123456789012345678901234567890\r\n"),
	};
	struct proxy_header header;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (parse(cases[i].bytes, cases[i].len, &header) != PROXY_MALFORMED)
			harness_fail(__FILE__, __LINE__, "taken: case %zu %s", i, cases[i].bytes);
	}
}
