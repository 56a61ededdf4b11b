/*
 * jsonfeed.c: JSON Feed 1.1, written straight into the buffer: a document of two megabytes
 * is put together from finished fragments, which a tree would first take apart again. What
 * the format has no member for is under "_gazetted".
 */
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/render_formats.h"
#include "feeds/xmlout.h"

static void add_string(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_add_str(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

/* ,"NAME": after what is there already. */
static void add_name(struct buf *out, const char *name)
{
	char last = out->len ? out->bytes[out->len - 1] : '{';

	if (last != '{' && last != '[')
		buf_add_char(out, ',');
	add_string(out, name);
	buf_add_char(out, ':');
}

static void add_member(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	add_name(out, name);
	add_string(out, text);
}

static void add_date(struct buf *out, const char *name, const struct instant *at)
{
	add_name(out, name);
	buf_add_char(out, '"');
	date_rfc3339(out, at);
	buf_add_char(out, '"');
}

static void open_element(struct buf *out, char bracket)
{
	char last = out->bytes[out->len - 1];

	if (last != '[' && last != ':')
		buf_add_char(out, ',');
	buf_add_char(out, bracket);
}

static void add_people(struct buf *out, const char *name, const struct people *people)
{
	if (!people->count)
		return;
	add_name(out, name);
	buf_add_char(out, '[');
	for (size_t i = 0; i < people->count; i++) {
		open_element(out, '{');
		add_member(out, "name", people->items[i].name);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

static bool lists(const struct strings *list, size_t upto, const char *text)
{
	for (size_t i = 0; i < upto && i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static void add_tag(struct buf *out, const char *tag)
{
	if (out->bytes[out->len - 1] != '[')
		buf_add_char(out, ',');
	add_string(out, tag);
}

static void add_tags(struct buf *out, const struct feed_item *item)
{
	const struct strings *const lists_of[] = {&item->article->categories,
		&item->article->tags};

	if (!item->channel && !lists_of[0]->count && !lists_of[1]->count)
		return;
	add_name(out, "tags");
	buf_add_char(out, '[');
	if (item->channel)
		add_tag(out, item->channel);
	for (int l = 0; l < 2; l++) {
		for (size_t i = 0; i < lists_of[l]->count; i++) {
			const char *tag = lists_of[l]->items[i];

			if ((!item->channel || strcmp(tag, item->channel) != 0) &&
				!lists(lists_of[l], i, tag) &&
				!(l == 1 && lists(lists_of[0], lists_of[0]->count, tag)))
				add_tag(out, tag);
		}
	}
	buf_add_char(out, ']');
}

static void add_attachment(struct buf *out, const struct media *media)
{
	if (!media->url || !media->type || strncmp(media->url, "http", 4) != 0)
		return;
	open_element(out, '{');
	add_member(out, "url", media->url);
	add_member(out, "mime_type", media->type);
	add_member(out, "title", media->title);
	if (media->length > 0)
		buf_printf(out, ",\"size_in_bytes\":%lld", (long long)media->length);
	if (media->duration_s > 0)
		buf_printf(out, ",\"duration_in_seconds\":%d", media->duration_s);
	buf_add_char(out, '}');
}

static void add_media(struct buf *out, const struct article *article)
{
	if (article->images.count && article->images.items[0].url &&
		strncmp(article->images.items[0].url, "http", 4) == 0)
		add_member(out, "image", article->images.items[0].url);
	if (!article->attachments.count)
		return;
	add_name(out, "attachments");
	buf_add_char(out, '[');
	for (size_t i = 0; i < article->attachments.count; i++)
		add_attachment(out, &article->attachments.items[i]);
	buf_add_char(out, ']');
}

static void add_own(struct buf *out, const struct feed_item *item, enum text_level level)
{
	const struct article *article = item->article;
	size_t start;

	add_name(out, "_gazetted");
	buf_add_char(out, '{');
	start = out->len;
	add_member(out, "source", article->source);
	add_people(out, "editors", &article->editors);
	add_member(out, "rights", article->rights ? article->rights : article->notice);
	if (level >= LEVEL_SUMMARY) {
		add_member(out, "kicker", article->kicker);
		add_member(out, "subtitle", article->subtitle);
		add_member(out, "mobile_url", article->mobile_url);
		add_member(out, "dateline", article->dateline.agency);
		add_member(out, "correction", article->correction.note);
	}
	if (item->status == STATUS_WITHDRAWN)
		add_member(out, "status", "withdrawn");
	if (article->urgency)
		add_name(out, "urgency"), buf_printf(out, "%d", article->urgency);
	if (out->len > start) {
		buf_add_char(out, '}');
		return;
	}
	out->len = start - strlen(",\"_gazetted\":{");
	out->bytes[out->len] = '\0';
}

static void add_content(struct buf *out, const struct feed_item *item)
{
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	struct buf html = {0};

	content_notice(&html, item->article, is_withdrawn);
	if (!is_withdrawn && item->article->html)
		buf_add_str(&html, item->article->html);
	add_member(out, "content_html", buf_text(&html));
	buf_finish(&html);
}

void json_item(enum text_level level, const struct feed_item *item, struct buf *out,
	unsigned *namespaces)
{
	const struct article *article = item->article;
	bool is_withdrawn = item->status == STATUS_WITHDRAWN;
	bool is_full = level >= LEVEL_FULL || is_withdrawn;
	const char *summary = is_withdrawn ? NULL : content_summary(article);
	struct buf title = {0};

	(void)namespaces;
	content_title(&title, article, is_withdrawn);
	buf_add_char(out, '{');
	add_member(out, "id", item->id);
	add_member(out, "url", item->url);
	add_member(out, "title", buf_text(&title));
	if (level >= LEVEL_SUMMARY)
		add_member(out, "summary", summary);
	if (is_full)
		add_content(out, item);
	else /* an item needs content of some kind */
		add_member(out, "content_text", level >= LEVEL_SUMMARY && summary ? summary :
			buf_text(&title));
	add_date(out, "date_published", &item->published);
	add_date(out, "date_modified", &item->updated);
	add_people(out, "authors", &article->authors);
	add_tags(out, item);
	add_member(out, "language", article->language);
	if (level >= LEVEL_FULL_MEDIA && !is_withdrawn)
		add_media(out, article);
	add_own(out, item, level);
	buf_add_char(out, '}');
	buf_finish(&title);
}

void json_document(const struct feed_head *head, const struct feed_fragment *fragments,
	size_t count, struct buf *out)
{
	buf_add_char(out, '{');
	add_member(out, "version", "https://jsonfeed.org/version/1.1");
	add_member(out, "title", head->title);
	add_member(out, "description", head->subtitle);
	add_member(out, "home_page_url", head->home_url);
	add_member(out, "feed_url", head->self_url);
	add_member(out, "icon", head->icon);
	add_member(out, "language", head->language);
	add_name(out, "authors");
	buf_add_str(out, "[{");
	add_member(out, "name", head->author);
	buf_add_str(out, "}]");
	if (head->hub_count) {
		add_name(out, "hubs");
		buf_add_char(out, '[');
		for (size_t i = 0; i < head->hub_count; i++) {
			open_element(out, '{');
			add_member(out, "type", "WebSub");
			add_member(out, "url", head->hub_urls[i]);
			buf_add_char(out, '}');
		}
		buf_add_char(out, ']');
	}
	add_name(out, "items");
	buf_add_str(out, "[\n");
	for (size_t i = 0; i < count; i++) {
		buf_add_str(out, i ? ",\n" : "");
		buf_add(out, fragments[i].bytes, fragments[i].len);
	}
	buf_add_str(out, "\n]}\n");
}
