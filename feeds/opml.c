/* opml.c: OPML 2.0, the list of feeds for a reader's import. */
#include "feeds/base/buf.h"
#include "feeds/render.h"
#include "feeds/xmlout.h"

static void add_attribute(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	buf_printf(out, " %s=\"", name);
	xml_attribute(out, text);
	buf_add_char(out, '"');
}

void opml_render(const char *title, const struct outline *items, size_t count,
	struct buf *out)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n"
		"<head>\n");
	xml_element(out, "title", title);
	buf_add_str(out, "</head>\n<body>\n");
	for (size_t i = 0; i < count; i++) {
		/* readers know feeds of every format by this type */
		buf_add_str(out, "<outline type=\"rss\"");
		add_attribute(out, "text", items[i].title);
		add_attribute(out, "title", items[i].title);
		add_attribute(out, "xmlUrl", items[i].feed_url);
		add_attribute(out, "htmlUrl", items[i].page_url);
		add_attribute(out, "language", items[i].language);
		buf_add_str(out, "/>\n");
	}
	buf_add_str(out, "</body>\n</opml>\n");
}
