/* html_media.c: see html_media.h. */
#include "feeds/html_media.h"

#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/text.h"
#include "feeds/url.h"

enum { TINY_PX = 20, PIXELS_MAX = 100000, LOOK_BACK = 64 };

char *html_attribute(struct arena *arena, const xmlNode *node, const char *name)
{
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const xmlNode *value = a->children;

		if (strcmp((const char *)a->name, name) != 0)
			continue;
		if (!value)
			return arena_strdup(arena, "");
		if (value->type == XML_TEXT_NODE && !value->next)
			return text_clean(arena, (const char *)value->content,
				strlen((const char *)value->content));
		return NULL;
	}
	return NULL;
}

void media_begin(struct media_builder *builder, struct arena *arena,
	const struct media_list *list)
{
	builder->arena = arena;
	builder->count = list->count;
	builder->cap = list->count + 4;
	builder->items = arena_alloc(arena, builder->cap * sizeof(struct media));
	if (list->count)
		memcpy(builder->items, list->items, list->count * sizeof(struct media));
}

static bool is_same(const struct media *a, const struct media *b)
{
	if (a->url && b->url)
		return strcmp(a->url, b->url) == 0;
	return a->href && b->href && strcmp(a->href, b->href) == 0;
}

static void fill_gaps(struct media *to, const struct media *from)
{
	to->href = from->href;
	to->url = to->url ? to->url : from->url;
	to->type = to->type ? to->type : from->type;
	to->title = to->title ? to->title : from->title;
	to->caption = to->caption ? to->caption : from->caption;
	to->alt = to->alt ? to->alt : from->alt;
	to->width = to->width ? to->width : from->width;
	to->height = to->height ? to->height : from->height;
}

size_t media_add(struct media_builder *builder, const struct media *item)
{
	for (size_t i = 0; i < builder->count && i < LOOK_BACK; i++)
		if (is_same(&builder->items[i], item)) {
			fill_gaps(&builder->items[i], item);
			return i;
		}
	if (builder->count == builder->cap) {
		struct media *items;

		builder->cap *= 2;
		items = arena_alloc(builder->arena, builder->cap * sizeof(*items));
		memcpy(items, builder->items, builder->count * sizeof(*items));
		builder->items = items;
	}
	builder->items[builder->count] = *item;
	return builder->count++;
}

char *media_address(struct arena *arena, const char *base_url, const char *href)
{
	return base_url ? url_resolve(arena, base_url, href) : url_clean(arena, href);
}

/* "80", "80px"; 0 if not stated or not in pixels, -1 for a stated zero. */
static int32_t read_pixels(struct arena *arena, const xmlNode *node, const char *name)
{
	const char *text = html_attribute(arena, node, name);
	char *end;
	long value;

	if (!text || !*text)
		return 0;
	value = strtol(text, &end, 10);
	if (end == text || value < 0 || value > PIXELS_MAX || (*end && strcmp(end, "px") != 0))
		return 0;
	return value ? (int32_t)value : -1;
}

/* A picture can only come over the web, or from beside the article. */
static bool is_picture_address(const char *url)
{
	return url && strncmp(url, "mailto:", 7) != 0 && strncmp(url, "tel:", 4) != 0;
}

bool media_read_image(struct arena *arena, const xmlNode *node, const char *base_url,
	struct media *out)
{
	/* What lazy loading and content systems hide the real address in comes first. */
	static const char *const places[] = {
		"orisrc", "data-src", "data-original", "src", "oldsrc"};

	*out = (struct media){.length = -1};
	out->width = read_pixels(arena, node, "width");
	out->height = read_pixels(arena, node, "height");
	if ((out->width && out->width <= TINY_PX) || (out->height && out->height <= TINY_PX))
		return false;
	out->alt = html_attribute(arena, node, "alt");
	if (out->alt) {
		out->alt = text_fold(arena, out->alt, strlen(out->alt));
		out->alt = *out->alt ? out->alt : NULL;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !out->href; i++) {
		const char *href = html_attribute(arena, node, places[i]);
		char *url = href && *href ? media_address(arena, base_url, href) : NULL;

		if (!is_picture_address(url))
			continue;
		out->href = href;
		out->url = url;
	}
	out->type = out->href ? media_type_of(out->href) : NULL;
	return true;
}

bool media_is_attachment(const char *type)
{
	if (!type)
		return false;
	if (strncmp(type, "audio/", 6) == 0 || strncmp(type, "video/", 6) == 0)
		return true;
	return strcmp(type, "text/csv") == 0 ||
		(strncmp(type, "application/", 12) == 0 && strcmp(type, "application/xml") != 0 &&
			strcmp(type, "application/json") != 0);
}
