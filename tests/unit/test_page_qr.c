/* test_page_qr.c: the path that is drawn is the code, module for module. */
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_qr.h"
#include "feeds/base/buf.h"
#include "tests/unit/harness.h"
#include "tests/unit/page_check.h"

enum { SIZE_MAX_MODULES = 200 };

/* Follows the pen over GRID; the size of a side in modules, with the margin. */
static int draw(const char *svg, char grid[SIZE_MAX_MODULES][SIZE_MAX_MODULES])
{
	int size = atoi(strstr(svg, "viewBox=\"0 0 ") + 13), x, y;
	const char *at = strstr(svg, "stroke=\"#000\" d=\"M");
	char *end;

	CHECK(at != NULL && size < SIZE_MAX_MODULES);
	memset(grid, 0, SIZE_MAX_MODULES * SIZE_MAX_MODULES);
	x = (int)strtol(at + strlen("stroke=\"#000\" d=\"M"), &end, 10);
	y = (int)strtol(end, &end, 10);
	CHECK(strncmp(end, ".5", 2) == 0);
	end += 2;
	while (*end != '"') {
		char command = *end++;
		int n = (int)strtol(end, &end, 10);

		CHECK(command == 'm' || command == 'h');
		for (int i = 0; i < n && command == 'h'; i++)
			grid[y][x + i] = 1;
		x += n;
		if (command == 'm')
			y += (int)strtol(end, &end, 10);
	}
	return size;
}

static void check_code(const char *text, QRecLevel level)
{
	static char grid[SIZE_MAX_MODULES][SIZE_MAX_MODULES];
	QRcode *code = QRcode_encodeString8bit(text, 0, level);
	struct buf out = {0};
	int size;

	CHECK(page_qr_add(&out, text, "<label>"));
	page_check(buf_text(&out));
	HAS(buf_text(&out), "role=\"img\" aria-label=\"&lt;label&gt;\"");
	size = draw(buf_text(&out), grid);
	CHECK_INT(size, code->width + 8);
	for (int y = 0; y < size; y++) {
		for (int x = 0; x < size; x++) {
			bool is_inside = x >= 4 && y >= 4 && x < size - 4 && y < size - 4;
			int want = is_inside
					   ? code->data[(y - 4) * code->width + x - 4] & 1
					   : 0;

			if (grid[y][x] != want)
				harness_fail(__FILE__, __LINE__, "module %d,%d of %s", x,
					y, text);
		}
	}
	QRcode_free(code);
	buf_finish(&out);
}

TEST(the_path_is_the_code)
{
	char *longest = malloc(2401);

	check_code("x", QR_ECLEVEL_M);
	check_code("https://news.example/a/2026-05-13-metro-station", QR_ECLEVEL_M);
	check_code("https://新闻.example/文章?a=1&b=2", QR_ECLEVEL_M);
	memset(longest, 'a', 2400);
	longest[2400] = '\0';
	check_code(longest, QR_ECLEVEL_L); /* too long for M */
	free(longest);
}

TEST(what_no_code_holds_is_left_out)
{
	char *text = malloc(3001);
	struct buf out = {0};

	memset(text, 'a', 3000);
	text[3000] = '\0';
	CHECK(!page_qr_add(&out, text, "l"));
	CHECK(!page_qr_add(&out, "", "l"));
	CHECK_INT(out.len, 0);
	free(text);
}
