/*
 * opml.c: OPML 2.0, the list of feeds for a reader's import. type="rss" is what readers
 * look for whatever the format; version says more only where the specification has a
 * word.
 */
#include "feeds/base/buf.h"
#include "feeds/item_parts.h"
#include "feeds/xmlout.h"

static void add_outline(const struct outline *outline, struct buf *out)
{
	const char *title = item_parts_either(outline->title, outline->feed_url);

	if (!outline->feed_url || !*outline->feed_url)
		return; /* xmlUrl is required */
	buf_add_str(out, "<outline type=\"rss\"");
	xmlout_add_attribute(out, "text", title);
	xmlout_add_attribute(out, "title", title);
	xmlout_add_attribute(out, "xmlUrl", outline->feed_url);
	xmlout_add_attribute(out, "htmlUrl", outline->page_url);
	if (xmlout_is_language(outline->language))
		xmlout_add_attribute(out, "language", outline->language);
	if (outline->format == FEED_RSS)
		xmlout_add_attribute(out, "version", "RSS2");
	buf_add_str(out, "/>\n");
}

void opml_render(
	const char *title, const struct outline *items, size_t count, struct buf *out)
{
	xmlout_add_declaration(out, false);
	buf_add_str(out, "<opml version=\"2.0\">\n<head>\n");
	xmlout_add_element(out, "title", title);
	buf_add_str(out, "</head>\n<body>\n");
	for (size_t i = 0; i < count; i++)
		add_outline(&items[i], out);
	buf_add_str(out, "</body>\n</opml>\n");
}
