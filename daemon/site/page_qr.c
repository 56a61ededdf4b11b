/*
 * page_qr.c: see page_qr.h. The modules are one stroked path, a dash per run, with
 * relative moves: a third of the size of a rectangle each.
 */
#include "daemon/site/page_qr.h"

#include <qrencode.h>
#include <string.h>

#include "daemon/site/page.h"
#include "feeds/base/buf.h"

enum { QUIET = 4 }; /* modules of margin that scanners need */

/* The better correction survives a screen's glare; a very long address gets the lesser.
 */
static QRcode *encode(const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	return code ? code : QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
}

static bool is_dark(const QRcode *code, int x, int y)
{
	return code->data[y * code->width + x] & 1;
}

/* `h` draws and `m` moves from where the pen is. */
static void add_path(struct buf *out, const QRcode *code)
{
	int pen_x = 0, pen_y = 0;

	buf_printf(out, "M%d %d.5", QUIET, QUIET);
	for (int y = 0; y < code->width; y++) {
		for (int x = 0; x < code->width; x++) {
			int from = x;

			while (x < code->width && is_dark(code, x, y))
				x++;
			if (x == from)
				continue;
			if (from != pen_x || y != pen_y)
				buf_printf(out, "m%d %d", from - pen_x, y - pen_y);
			buf_printf(out, "h%d", x - from);
			pen_x = x;
			pen_y = y;
		}
	}
}

bool page_qr_add(struct buf *out, const char *text, const char *label)
{
	QRcode *code = *text ? encode(text) : NULL;
	int size;

	if (!code)
		return false;
	size = code->width + 2 * QUIET;
	buf_printf(out,
		"<svg class=\"qr\" width=\"128\" height=\"128\" viewBox=\"0 0 %d %d\" "
		"role=\"img\" aria-label=\"",
		size, size);
	page_put(out, "$", label);
	buf_printf(out,
		"\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 "
		"0h%dv%dH0z\"/>"
		"<path stroke=\"#000\" d=\"",
		size, size);
	add_path(out, code);
	buf_add_str(out, "\"/></svg>\n");
	QRcode_free(code);
	return true;
}
