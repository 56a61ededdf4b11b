/*
 * test_opml.c: the list of feeds, parsed back.
 */
#include "tests/unit/harness.h"

#include "feeds/base/buf.h"
#include "feeds/render.h"

#include <libxml/parser.h>
#include <string.h>

static xmlNode *child(const xmlNode *parent, const char *name, int index)
{
	CHECK(parent != NULL);
	for (xmlNode *node = parent->children; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE &&
			strcmp((const char *)node->name, name) == 0 && index-- == 0)
			return node;
	}
	return NULL;
}

static void check_attribute(xmlNode *node, const char *name, const char *want)
{
	xmlChar *value;

	CHECK(node != NULL);
	value = xmlGetProp(node, (const xmlChar *)name);
	CHECK_STR((const char *)value, want);
	xmlFree(value);
}

static xmlDoc *render(const char *title, const struct outline *items, size_t count)
{
	struct buf out = {0};
	xmlDoc *document;

	opml_render(title, items, count, &out);
	document = xmlReadMemory(out.bytes, (int)out.len, NULL, NULL, XML_PARSE_NONET);
	CHECK(document != NULL);
	buf_finish(&out);
	return document;
}

TEST(feeds_are_outlines)
{
	static const struct outline items[] = {
		{"时政 & <b> \"x\"", "https://e.example/c/a/feed.rss?a&b",
			"https://e.example/", "zh-CN", FEED_RSS},
		{NULL, "https://e.example/feed.atom", NULL, NULL, FEED_ATOM},
		{"no address", NULL, NULL, NULL, FEED_ATOM},
	};
	xmlDoc *document = render("青岑 & 网", items, 3);
	xmlNode *opml = xmlDocGetRootElement(document), *body = child(opml, "body", 0);
	xmlChar *title = xmlNodeGetContent(child(child(opml, "head", 0), "title", 0));

	check_attribute(opml, "version", "2.0");
	CHECK_STR((const char *)title, "青岑 & 网");
	xmlFree(title);
	check_attribute(child(body, "outline", 0), "type", "rss");
	check_attribute(child(body, "outline", 0), "text", items[0].title);
	check_attribute(child(body, "outline", 0), "title", items[0].title);
	check_attribute(child(body, "outline", 0), "xmlUrl", items[0].feed_url);
	check_attribute(child(body, "outline", 0), "htmlUrl", items[0].page_url);
	check_attribute(child(body, "outline", 0), "language", "zh-CN");
	check_attribute(child(body, "outline", 0), "version", "RSS2");
	check_attribute(child(body, "outline", 1), "text", items[1].feed_url);
	check_attribute(child(body, "outline", 1), "version", NULL);
	CHECK(child(body, "outline", 2) == NULL);
	xmlFreeDoc(document);
}

TEST(no_feeds)
{
	xmlFreeDoc(render(NULL, NULL, 0));
}
