/*
 * render.c: one model, a table of formats -> writers. What an item shows is decided in
 * item_parts.c; how it is written, in atom.c, rss.c and jsonfeed.c.
 */
#include "feeds/render.h"

#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/stamp.h"
#include "feeds/writers.h"
#include "feeds/xmlout.h"

#include <assert.h>
#include <string.h>

struct format {
	const char *name, *media_type;
	const char *separator; /* between fragments */
	void (*add_item)(
		const struct item_parts *parts, struct buf *out, unsigned *namespaces);
	void (*add_head)(const struct feed_head *head, struct buf *out);
	void (*add_foot)(struct buf *out);
};

static const struct format formats[FEED_FORMAT_COUNT] = {
	[FEED_ATOM] = {"atom", "application/atom+xml; charset=utf-8", "", atom_add_item,
		atom_add_head, atom_add_foot},
	[FEED_RSS] = {"rss", "application/rss+xml; charset=utf-8", "", rss_add_item,
		rss_add_head, rss_add_foot},
	[FEED_JSON] = {"json", "application/feed+json; charset=utf-8", ",\n",
		jsonfeed_add_item, jsonfeed_add_head, jsonfeed_add_foot},
};

static const struct {
	enum feed_namespace bit;
	const char *attribute, *uri;
} namespaces_known[] = {
	{NS_DC, "xmlns:dc", "http://purl.org/dc/elements/1.1/"},
	{NS_DCTERMS, "xmlns:dcterms", "http://purl.org/dc/terms/"},
	{NS_MEDIA, "xmlns:media", "http://search.yahoo.com/mrss/"},
	{NS_CONTENT, "xmlns:content", "http://purl.org/rss/1.0/modules/content/"},
	{NS_AT, "xmlns:at", "http://purl.org/atompub/tombstones/1.0"},
	{NS_NEWS, "xmlns:news", "urn:gazetted:syndication"},
};

void render_add_namespaces(unsigned mask, struct buf *out)
{
	for (size_t i = 0; i < sizeof(namespaces_known) / sizeof(*namespaces_known);
		i++) {
		if (mask & namespaces_known[i].bit)
			xmlout_add_attribute(out, namespaces_known[i].attribute,
				namespaces_known[i].uri);
	}
}

static bool is_complete(const struct feed_link *link)
{
	return !escape_is_blank(link->rel) && !escape_is_blank(link->href);
}

bool render_has_link(const struct feed_head *head, size_t index)
{
	const struct feed_link *link = &head->links[index];
	const char *type = item_parts_either(link->type, "");

	if (!is_complete(link) || strcmp(link->rel, "alternate") != 0)
		return is_complete(link);
	if (head->home_url && strcmp(type, "text/html") == 0)
		return false;
	for (size_t i = 0; i < index; i++) {
		const struct feed_link *other = &head->links[i];

		if (is_complete(other) && strcmp(other->rel, "alternate") == 0 &&
			strcmp(item_parts_either(other->type, ""), type) == 0)
			return false;
	}
	return true;
}

void feed_render_item(enum feed_format format, enum text_level level,
	const struct feed_item *item, struct buf *out, unsigned *namespaces)
{
	struct item_parts parts;

	assert(format < FEED_FORMAT_COUNT);
	if (level == LEVEL_NONE)
		return;
	item_parts_init(&parts, level, item);
	formats[format].add_item(&parts, out, namespaces);
	item_parts_finish(&parts);
}

void feed_render_tombstone(const char *id, struct instant when, const char *reason,
	struct buf *out, unsigned *namespaces)
{
	struct buf date = {0};

	*namespaces |= NS_AT;
	stamp_add_rfc3339(&date, &when);
	buf_add_str(out, "<at:deleted-entry");
	xmlout_add_attribute(out, "ref", id);
	xmlout_add_attribute(out, "when", buf_text(&date));
	buf_add_str(out, ">\n");
	xmlout_add_element(out, "at:comment", reason);
	buf_add_str(out, "</at:deleted-entry>\n");
	buf_finish(&date);
}

void feed_render(enum feed_format format, const struct feed_head *head,
	const struct feed_fragment *fragments, size_t count, struct buf *out)
{
	const char *separator = "";

	assert(format < FEED_FORMAT_COUNT);
	formats[format].add_head(head, out);
	for (size_t i = 0; i < count; i++) {
		if (fragments[i].len == 0)
			continue; /* LEVEL_NONE */
		buf_add_str(out, separator);
		buf_add(out, fragments[i].bytes, fragments[i].len);
		separator = formats[format].separator;
	}
	formats[format].add_foot(out);
}

const char *feed_media_type(enum feed_format format)
{
	assert(format < FEED_FORMAT_COUNT);
	return formats[format].media_type;
}

const char *feed_format_name(enum feed_format format)
{
	assert(format < FEED_FORMAT_COUNT);
	return formats[format].name;
}
