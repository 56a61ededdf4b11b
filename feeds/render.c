/* render.c: the table of feed formats; see render.h. */
#include "feeds/render.h"

#include "feeds/base/buf.h"
#include "feeds/render_formats.h"

static const struct feed_writer writers[FEED_FORMAT_COUNT] = {
	[FEED_ATOM] = {"atom", "application/atom+xml; charset=utf-8", atom_item, atom_document},
	[FEED_RSS] = {"rss", "application/rss+xml; charset=utf-8", rss_item, rss_document},
	[FEED_JSON] = {"json", "application/feed+json; charset=utf-8", json_item, json_document},
};

void feed_render_item(enum feed_format format, enum text_level level,
	const struct feed_item *item, struct buf *out, unsigned *namespaces)
{
	if (level > LEVEL_NONE)
		writers[format].item(level, item, out, namespaces);
}

void feed_render(enum feed_format format, const struct feed_head *head,
	const struct feed_fragment *fragments, size_t count, struct buf *out)
{
	writers[format].document(head, fragments, count, out);
}

const char *feed_media_type(enum feed_format format)
{
	return writers[format].media_type;
}

const char *feed_format_name(enum feed_format format)
{
	return writers[format].name;
}
