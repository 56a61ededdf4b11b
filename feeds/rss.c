/*
 * rss.c: RSS 2.0 with the Advisory Board's profile; what it has no element for is carried
 * by Dublin Core, dcterms, Media RSS and atom:link, never by a namespace of our own.
 */
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/render_formats.h"
#include "feeds/xmlout.h"

static void add_profile(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "<%s>", name);
	xml_profile_text(out, text);
	buf_printf(out, "</%s>\n", name);
}

/* One element with all names: readers that keep only the first or last lose nobody. */
static void add_people(struct buf *out, const char *name, const struct people *people,
	unsigned *namespaces)
{
	struct buf names = {0};

	for (size_t i = 0; i < people->count; i++) {
		if (!people->items[i].name)
			continue;
		buf_add_str(&names, names.len ? "、" : "");
		buf_add_str(&names, people->items[i].name);
	}
	if (names.len) {
		xml_element(out, name, names.bytes);
		*namespaces |= NS_DC;
	}
	buf_finish(&names);
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
	const struct strings *const lists_of[] = {&item->article->categories,
		&item->article->tags};

	if (item->channel && *item->channel)
		xml_element(out, "category", item->channel);
	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; i < lists_of[l]->count; i++) {
			const char *term = lists_of[l]->items[i];

			if ((item->channel && strcmp(term, item->channel) == 0) ||
				lists(lists_of[l], i, term) ||
				(l == 1 && lists(lists_of[0], lists_of[0]->count, term)))
				continue;
			xml_element(out, "category", term);
		}
	}
}

static bool is_enclosable(const struct media *media)
{
	return media->url && strncmp(media->url, "http", 4) == 0 && media->type;
}

/* The one enclosure that RSS allows: something to play or download first. */
static const struct media *choose_enclosure(const struct article *article)
{
	const struct media_list *const order[] = {&article->attachments, &article->images};

	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; i < order[l]->count; i++) {
			if (is_enclosable(&order[l]->items[i]))
				return &order[l]->items[i];
		}
	}
	return NULL;
}

static void add_enclosure(struct buf *out, const struct media *media)
{
	buf_add_str(out, "<enclosure url=\"");
	xml_attribute(out, media->url);
	buf_printf(out, "\" length=\"%lld\" type=\"",
		(long long)(media->length > 0 ? media->length : 0));
	xml_attribute(out, media->type);
	buf_add_str(out, "\"/>\n");
}

static void add_media_content(struct buf *out, const struct media *media,
	unsigned *namespaces)
{
	const char *type = media->type;

	buf_add_str(out, "<media:content url=\"");
	xml_attribute(out, media->url);
	buf_add_str(out, "\" type=\"");
	xml_attribute(out, type);
	buf_printf(out, "\" medium=\"%s\"", strncmp(type, "image/", 6) == 0 ? "image" :
		strncmp(type, "audio/", 6) == 0 ? "audio" :
		strncmp(type, "video/", 6) == 0 ? "video" : "document");
	if (media->length > 0)
		buf_printf(out, " fileSize=\"%lld\"", (long long)media->length);
	if (media->duration_s > 0)
		buf_printf(out, " duration=\"%d\"", media->duration_s);
	buf_add_str(out, ">");
	if (media->title || media->caption || media->alt) {
		buf_add_str(out, "<media:description type=\"plain\">");
		xml_text(out, media->caption ? media->caption :
			media->title ? media->title : media->alt);
		buf_add_str(out, "</media:description>");
	}
	buf_add_str(out, "</media:content>\n");
	*namespaces |= NS_MEDIA;
}

static void add_all_media(struct buf *out, const struct article *article,
	unsigned *namespaces)
{
	const struct media *chosen = choose_enclosure(article);
	const struct media_list *const order[] = {&article->images, &article->attachments};

	if (chosen)
		add_enclosure(out, chosen);
	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; i < order[l]->count; i++) {
			const struct media *media = &order[l]->items[i];

			if (is_enclosable(media) && media != chosen)
				add_media_content(out, media, namespaces);
		}
	}
}

static void add_atom_link(struct buf *out, const char *rel, const char *href,
	const char *type, const char *title)
{
	buf_printf(out, "<atom:link rel=\"%s\" href=\"", rel);
	xml_attribute(out, href);
	if (type) {
		buf_add_str(out, "\" type=\"");
		xml_attribute(out, type);
	}
	if (title) {
		buf_add_str(out, "\" title=\"");
		xml_attribute(out, title);
	}
	buf_add_str(out, "\"/>\n");
}

static void add_extras(struct buf *out, const struct article *article, unsigned *namespaces)
{
	const struct edition *edition = &article->edition;
	struct buf citation = {0};

	if (article->source) {
		xml_element(out, "dc:source", article->source);
		*namespaces |= NS_DC;
	}
	if (article->rights || article->notice) {
		xml_element(out, "dc:rights", article->rights ? article->rights : article->notice);
		*namespaces |= NS_DC;
	}
	if (article->mobile_url && strncmp(article->mobile_url, "http", 4) == 0) {
		add_atom_link(out, "related", article->mobile_url, "text/html", "手机版");
		*namespaces |= NS_ATOM;
	}
	if (edition->is_set && edition->url && strncmp(edition->url, "http", 4) == 0) {
		xml_element(out, "dcterms:hasFormat", edition->url);
		*namespaces |= NS_DCTERMS;
	}
	if (edition->is_set && edition->paper && edition->page) {
		buf_printf(&citation, "《%s》%s%s第%s版", edition->paper,
			edition->date ? edition->date : "", edition->date ? " " : "", edition->page);
		xml_element(out, "dcterms:bibliographicCitation", citation.bytes);
		*namespaces |= NS_DCTERMS;
	}
	buf_finish(&citation);
}

static void add_content(struct buf *out, const struct feed_item *item, unsigned *namespaces)
{
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	struct buf html = {0};

	content_notice(&html, item->article, is_withdrawn);
	if (!is_withdrawn && item->article->html)
		buf_add_str(&html, item->article->html);
	if (html.len) {
		xml_element(out, "content:encoded", html.bytes);
		*namespaces |= NS_CONTENT;
	}
	buf_finish(&html);
}

void rss_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces)
{
	const struct article *article = item->article;
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	const char *summary = is_withdrawn ? article->withdrawal.reason :
					     content_summary(article);
	struct buf title = {0};

	content_title(&title, article, is_withdrawn);
	buf_add_str(out, "<item>\n");
	add_profile(out, "title", buf_text(&title));
	xml_element(out, "link", item->url);
	buf_add_str(out, "<guid isPermaLink=\"false\">");
	xml_text(out, item->id);
	buf_add_str(out, "</guid>\n<pubDate>");
	date_rfc822(out, &item->published);
	buf_add_str(out, "</pubDate>\n");
	if (item->updated.ms != item->published.ms) {
		buf_add_str(out, "<dcterms:modified>");
		date_rfc3339(out, &item->updated);
		buf_add_str(out, "</dcterms:modified>\n");
		*namespaces |= NS_DCTERMS;
	}
	add_people(out, "dc:creator", &article->authors, namespaces);
	add_people(out, "dc:contributor", &article->editors, namespaces);
	add_categories(out, item);
	if (level >= LEVEL_SUMMARY)
		add_extras(out, article, namespaces);
	if (level >= LEVEL_SUMMARY || is_withdrawn)
		add_profile(out, "description", summary ? summary : "");
	if (level >= LEVEL_FULL || is_withdrawn)
		add_content(out, item, namespaces);
	if (level >= LEVEL_FULL_MEDIA && !is_withdrawn)
		add_all_media(out, article, namespaces);
	buf_add_str(out, "</item>\n");
	buf_finish(&title);
}

static void add_root(struct buf *out, unsigned namespaces)
{
	static const struct {
		unsigned flag;
		const char *declaration;
	} declarations[] = {
		{NS_DC, " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""},
		{NS_DCTERMS, " xmlns:dcterms=\"http://purl.org/dc/terms/\""},
		{NS_MEDIA, " xmlns:media=\"http://search.yahoo.com/mrss/\""},
		{NS_CONTENT, " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\""},
	};

	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<?xml-stylesheet type=\"text/css\" href=\"/feed.css\"?>\n"
		"<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"");
	for (size_t i = 0; i < sizeof(declarations) / sizeof(*declarations); i++) {
		if (namespaces & declarations[i].flag)
			buf_add_str(out, declarations[i].declaration);
	}
	buf_add_str(out, ">\n<channel>\n");
}

/* RSS wants the tag in lower case: zh-cn. */
static void add_language(struct buf *out, const char *language)
{
	if (!language)
		return;
	buf_add_str(out, "<language>");
	for (; *language; language++)
		buf_add_char(out, *language >= 'A' && *language <= 'Z' ?
			(char)(*language + 32) : *language);
	buf_add_str(out, "</language>\n");
}

void rss_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out)
{
	add_root(out, head->namespaces);
	add_profile(out, "title", head->title);
	xml_element(out, "link", head->home_url);
	add_profile(out, "description", head->subtitle ? head->subtitle : head->title);
	add_atom_link(out, "self", head->self_url, "application/rss+xml", NULL);
	for (size_t i = 0; i < head->hub_count; i++)
		add_atom_link(out, "hub", head->hub_urls[i], NULL, NULL);
	for (size_t i = 0; i < head->link_count; i++)
		add_atom_link(out, head->links[i].rel, head->links[i].href, head->links[i].type,
			head->links[i].title);
	add_language(out, head->language);
	add_profile(out, "copyright", head->rights);
	if (head->updated.is_set) {
		buf_add_str(out, "<lastBuildDate>");
		date_rfc822(out, &head->updated);
		buf_add_str(out, "</lastBuildDate>\n");
	}
	buf_add_str(out, "<generator>gazetted</generator>\n"
		"<docs>http://www.rssboard.org/rss-specification</docs>\n");
	for (size_t i = 0; i < count; i++)
		buf_add(out, fragments[i].bytes, fragments[i].len);
	buf_add_str(out, "</channel>\n</rss>\n");
}
