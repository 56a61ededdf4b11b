/* safe.c: see safe.h. */
#include "daemon/control/safe.h"

#include <stdbool.h>

#include "feeds/base/buf.h"

void safe_add(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_c1 = c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
			     (unsigned char)text[1] < 0xa0;

		if (c < 0x20 || c == 0x7f || is_c1)
			buf_printf(out, "\\x%02x", is_c1 ? (unsigned char)*++text : c);
		else
			buf_add_char(out, (char)c);
	}
}
