/* atom.c: Atom 1.0 (RFC 4287), with tombstones (RFC 6721) for partner documents. */
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/render_formats.h"
#include "feeds/xmlout.h"

static void add_date(struct buf *out, const char *name, const struct instant *at)
{
	buf_printf(out, "<%s>", name);
	date_rfc3339(out, at);
	buf_printf(out, "</%s>\n", name);
}

static void add_link(struct buf *out, const char *rel, const char *href, const char *type,
	const char *title, int64_t length)
{
	buf_printf(out, "<link rel=\"%s\" href=\"", rel);
	xml_attribute(out, href);
	buf_add_char(out, '"');
	if (type) {
		buf_add_str(out, " type=\"");
		xml_attribute(out, type);
		buf_add_char(out, '"');
	}
	if (title) {
		buf_add_str(out, " title=\"");
		xml_attribute(out, title);
		buf_add_char(out, '"');
	}
	if (length >= 0)
		buf_printf(out, " length=\"%lld\"", (long long)length);
	buf_add_str(out, "/>\n");
}

/* A plain text construct; as HTML where a reader could take it for markup. */
static void add_text(struct buf *out, const char *name, const char *text)
{
	struct buf once = {0};

	if (!text)
		return;
	if (!strpbrk(text, "<&")) {
		xml_element(out, name, text);
		return;
	}
	xml_text(&once, text);
	buf_printf(out, "<%s type=\"html\">", name);
	xml_text(out, buf_text(&once));
	buf_printf(out, "</%s>\n", name);
	buf_finish(&once);
}

static void add_people(struct buf *out, const char *name, const struct people *people)
{
	for (size_t i = 0; i < people->count; i++) {
		if (!people->items[i].name)
			continue;
		buf_printf(out, "<%s>", name);
		xml_element(out, "name", people->items[i].name);
		xml_element(out, "email", people->items[i].email);
		buf_printf(out, "</%s>\n", name);
	}
}

static void add_category(struct buf *out, const char *term)
{
	if (!term || !*term)
		return;
	buf_add_str(out, "<category term=\"");
	xml_attribute(out, term);
	buf_add_str(out, "\"/>\n");
}

static bool lists(const struct strings *list, size_t upto, const char *text)
{
	for (size_t i = 0; i < upto && i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static void add_categories(struct buf *out, const struct feed_item *item)
{
	const struct article *article = item->article;

	add_category(out, item->channel);
	for (size_t i = 0; i < article->categories.count; i++) {
		const char *term = article->categories.items[i];

		if ((!item->channel || strcmp(term, item->channel) != 0) &&
			!lists(&article->categories, i, term))
			add_category(out, term);
	}
	for (size_t i = 0; i < article->tags.count; i++) {
		const char *term = article->tags.items[i];

		if ((!item->channel || strcmp(term, item->channel) != 0) &&
			!lists(&article->categories, article->categories.count, term) &&
			!lists(&article->tags, i, term))
			add_category(out, term);
	}
}

static void add_media(struct buf *out, const struct media_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct media *media = &list->items[i];

		if (media->url && strncmp(media->url, "http", 4) == 0)
			add_link(out, "enclosure", media->url, media->type, media->title, media->length);
	}
}

static void add_content(struct buf *out, const struct feed_item *item)
{
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	struct buf html = {0};

	content_notice(&html, item->article, is_withdrawn);
	if (!is_withdrawn && item->article->html)
		buf_add_str(&html, item->article->html);
	if (html.len) {
		buf_add_str(out, "<content type=\"html\">");
		xml_text(out, html.bytes);
		buf_add_str(out, "</content>\n");
	}
	buf_finish(&html);
}

static void add_extras(struct buf *out, const struct article *article, unsigned *namespaces)
{
	if (article->source) {
		xml_element(out, "dc:source", article->source);
		*namespaces |= NS_DC;
	}
	if (article->edition.is_set && article->edition.url &&
		strncmp(article->edition.url, "http", 4) == 0)
		add_link(out, "related", article->edition.url, NULL, "电子报", -1);
	if (article->mobile_url && strncmp(article->mobile_url, "http", 4) == 0)
		add_link(out, "related", article->mobile_url, "text/html", "手机版", -1);
	if (article->rights || article->notice)
		add_text(out, "rights", article->rights ? article->rights : article->notice);
}

void atom_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces)
{
	const struct article *article = item->article;
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	struct buf title = {0};

	content_title(&title, article, is_withdrawn);
	buf_add_str(out, "<entry");
	if (article->language) {
		buf_add_str(out, " xml:lang=\"");
		xml_attribute(out, article->language);
		buf_add_char(out, '"');
	}
	buf_add_str(out, ">\n");
	xml_element(out, "id", item->id);
	add_text(out, "title", buf_text(&title));
	add_link(out, "alternate", item->url, "text/html", NULL, -1);
	add_date(out, "published", &item->published);
	add_date(out, "updated", &item->updated);
	add_people(out, "author", &article->authors);
	add_people(out, "contributor", &article->editors);
	add_categories(out, item);
	if (level >= LEVEL_SUMMARY) {
		add_extras(out, article, namespaces);
		if (!is_withdrawn)
			add_text(out, "summary", content_summary(article));
	}
	if (level >= LEVEL_FULL || is_withdrawn)
		add_content(out, item);
	if (level >= LEVEL_FULL_MEDIA && !is_withdrawn) {
		add_media(out, &article->images);
		add_media(out, &article->attachments);
	}
	buf_add_str(out, "</entry>\n");
	buf_finish(&title);
}

void feed_render_tombstone(const char *id, struct instant when, const char *reason,
	struct buf *out, unsigned *namespaces)
{
	buf_add_str(out, "<at:deleted-entry ref=\"");
	xml_attribute(out, id);
	buf_add_str(out, "\" when=\"");
	date_rfc3339(out, &when);
	buf_add_str(out, "\">\n");
	xml_element(out, "at:comment", reason);
	buf_add_str(out, "</at:deleted-entry>\n");
	*namespaces |= NS_AT;
}

static void add_root(struct buf *out, const struct feed_head *head)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<?xml-stylesheet type=\"text/css\" href=\"/feed.css\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\"");
	if (head->namespaces & NS_DC)
		buf_add_str(out, " xmlns:dc=\"http://purl.org/dc/elements/1.1/\"");
	if (head->namespaces & NS_AT)
		buf_add_str(out, " xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"");
	if (head->is_archive)
		buf_add_str(out, " xmlns:fh=\"http://purl.org/syndication/history/1.0\"");
	if (head->language) {
		buf_add_str(out, " xml:lang=\"");
		xml_attribute(out, head->language);
		buf_add_char(out, '"');
	}
	buf_add_str(out, ">\n");
}

void atom_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out)
{
	struct instant epoch = {0, 0, true};

	add_root(out, head);
	xml_element(out, "id", head->id);
	add_text(out, "title", head->title);
	add_text(out, "subtitle", head->subtitle);
	add_date(out, "updated", head->updated.is_set ? &head->updated : &epoch);
	add_link(out, "self", head->self_url, "application/atom+xml", NULL, -1);
	add_link(out, "alternate", head->home_url, "text/html", NULL, -1);
	for (size_t i = 0; i < head->hub_count; i++)
		add_link(out, "hub", head->hub_urls[i], NULL, NULL, -1);
	for (size_t i = 0; i < head->link_count; i++)
		add_link(out, head->links[i].rel, head->links[i].href, head->links[i].type,
			head->links[i].title, -1);
	buf_add_str(out, "<author>");
	xml_element(out, "name", head->author);
	buf_add_str(out, "</author>\n");
	add_text(out, "rights", head->rights);
	xml_element(out, "icon", head->icon);
	xml_element(out, "logo", head->logo);
	buf_add_str(out, "<generator>gazetted</generator>\n");
	if (head->is_archive)
		buf_add_str(out, "<fh:archive/>\n");
	for (size_t i = 0; i < count; i++)
		buf_add(out, fragments[i].bytes, fragments[i].len);
	buf_add_str(out, "</feed>\n");
}
