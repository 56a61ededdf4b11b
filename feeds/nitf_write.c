/*
 * nitf_write.c: see nitf_write.h. The body goes as one paragraph for each of the article's:
 * NITF has no place for HTML that its own reader would not refuse.
 */
#include "feeds/nitf_write.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/xmlout.h"

const char nitf_media_type[] = "application/nitf+xml; charset=utf-8";

/* <NAME ATTRIBUTE="VALUE"/>; nothing without a value. */
static void add_empty(struct buf *out, const char *name, const char *attribute,
	const char *value)
{
	if (escape_is_blank(value))
		return;
	buf_printf(out, "<%s", name);
	xmlout_add_attribute(out, attribute, value);
	buf_add_str(out, "/>\n");
}

/* 20260514T063000+0800: the basic format of ISO 8601, as NITF has it. */
static void add_date(struct buf *out, const char *name, const struct instant *instant)
{
	time_t local = (time_t)(instant->ms / 1000 + instant->offset_s);
	int minutes = instant->offset_s / 60;
	char text[64];
	struct tm tm;

	if (!instant->is_set || !gmtime_r(&local, &tm))
		return;
	snprintf(text, sizeof(text), "%04d%02d%02dT%02d%02d%02d%c%02d%02d", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		minutes < 0 ? '-' : '+', (minutes < 0 ? -minutes : minutes) / 60,
		(minutes < 0 ? -minutes : minutes) % 60);
	add_empty(out, name, "norm", text);
}

static const char *status_of(const struct item_parts *parts)
{
	return parts->is_withdrawn || parts->is_advisory ? "canceled" :
	       parts->is_early				 ? "embargoed" :
							   "usable";
}

static void add_correction(struct buf *out, const struct item_parts *parts)
{
	const struct correction *correction = &parts->article->correction;

	if (!parts->correction)
		return;
	buf_add_str(out, "<correction");
	xmlout_add_attribute(out, "info", correction->note);
	xmlout_add_attribute(out, "id-string", item_parts_either(correction->of, parts->id));
	buf_add_str(out, "/>\n");
}

static void add_docdata(struct buf *out, const struct item_parts *parts)
{
	const struct feed_syndication *syndication = parts->syndication;
	char number[16];

	buf_printf(out, "<docdata management-status=\"%s\"", status_of(parts));
	xmlout_add_attribute(out, "management-doc-idref", syndication->withdraws);
	buf_add_str(out, ">\n");
	add_correction(out, parts);
	add_empty(out, "doc-id", "id-string", parts->id);
	snprintf(number, sizeof(number), "%d", parts->article->urgency);
	add_empty(out, "urgency", "ed-urg", parts->article->urgency ? number : NULL);
	add_date(out, "date.issue", &parts->updated);
	add_date(out, "date.release", parts->is_early ? &syndication->embargo : &parts->published);
	add_date(out, "date.expire", &parts->article->expires);
	snprintf(number, sizeof(number), "%d", syndication->version);
	buf_add_str(out, "<du-key");
	xmlout_add_attribute(out, "version", number);
	buf_add_str(out, "/>\n");
	add_empty(out, "ed-msg", "info", syndication->editor_note);
	if (parts->has_details && parts->article->tags.count) {
		buf_add_str(out, "<key-list>\n");
		for (size_t i = 0; i < parts->article->tags.count; i++)
			add_empty(out, "keyword", "key", parts->article->tags.items[i]);
		buf_add_str(out, "</key-list>\n");
	}
	buf_add_str(out, "</docdata>\n");
}

static void add_byline(struct buf *out, const struct people *authors)
{
	if (!authors->count)
		return;
	buf_add_str(out, "<byline>\n");
	for (size_t i = 0; i < authors->count; i++)
		xmlout_add_element(out, "person", authors->items[i].name);
	buf_add_str(out, "</byline>\n");
}

static void add_dateline(struct buf *out, const struct dateline *dateline)
{
	if (!dateline->is_set)
		return;
	buf_add_str(out, "<dateline>\n");
	xmlout_add_element(out, "location", dateline->place);
	if (dateline->date && strlen(dateline->date) == 10)
		buf_printf(out, "<story.date norm=\"%.4s%.2s%.2s\"/>\n", dateline->date,
			dateline->date + 5, dateline->date + 8);
	buf_add_str(out, "</dateline>\n");
}

static void add_body_head(struct buf *out, const struct item_parts *parts)
{
	const struct article *article = parts->article;

	buf_add_str(out, "<body.head>\n<hedline>\n");
	xmlout_add_element(out, "hl1", buf_text(&parts->title));
	if (parts->has_details)
		xmlout_add_element(out, "hl2", article->subtitle);
	buf_add_str(out, "</hedline>\n");
	xmlout_add_element(out, "rights", parts->rights);
	if (parts->has_details) {
		add_byline(out, &article->authors);
		xmlout_add_element(out, "distributor", article->source);
		add_dateline(out, &article->dateline);
	}
	if (parts->summary.len) {
		buf_add_str(out, "<abstract>\n");
		xmlout_add_element(out, "p", buf_text(&parts->summary));
		buf_add_str(out, "</abstract>\n");
	}
	buf_add_str(out, "</body.head>\n");
}

static void add_media(struct buf *out, const struct media *media)
{
	const char *kind = item_parts_medium(media);

	if (strcmp(kind, "document") == 0)
		kind = "other";
	buf_printf(out, "<media media-type=\"%s\">\n<media-reference", kind);
	xmlout_add_attribute(out, "source", media->url);
	xmlout_add_attribute(out, "mime-type", item_parts_media_type(media));
	xmlout_add_attribute(out, "alternate-text", media->alt);
	buf_add_str(out, "/>\n<media-caption>");
	escape_add(out, ESCAPE_XML_TEXT, item_parts_either(media->caption, media->title));
	buf_add_str(out, "</media-caption>\n</media>\n");
}

/* Whether the tag at NAME ends a paragraph. */
static bool is_block(const char *name)
{
	static const char *const inline_names[] = {"a", "b", "code", "em", "i", "img", "rp",
		"rt", "ruby", "s", "strong", "sub", "sup", "u"};
	size_t len;

	name += *name == '/';
	len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	for (size_t i = 0; i < sizeof(inline_names) / sizeof(*inline_names); i++) {
		if (strlen(inline_names[i]) == len && strncmp(inline_names[i], name, len) == 0)
			return false;
	}
	return true;
}

static void flush(struct buf *out, struct buf *paragraph)
{
	const char *text = buf_text(paragraph);

	if (!escape_is_blank(text))
		buf_printf(out, "<p>%s</p>\n", text + strspn(text, " \t\n"));
	buf_clear(paragraph);
}

/* The text of each block of HTML, which our serializer wrote: it is escaped as XML wants it,
 * and '>' ends a tag. */
static void add_paragraphs(struct buf *out, const char *html)
{
	struct buf paragraph = {0};

	while (html && *html) {
		size_t run = strcspn(html, "<");

		buf_add(&paragraph, html, run);
		html += run;
		if (!*html)
			break;
		if (is_block(html + 1))
			flush(out, &paragraph);
		html += strcspn(html, ">");
		html += *html == '>';
	}
	flush(out, &paragraph);
	buf_finish(&paragraph);
}

static void add_content(struct buf *out, enum text_level level, const struct item_parts *parts)
{
	buf_add_str(out, "<body.content>\n");
	if (parts->has_details && level >= LEVEL_FULL)
		add_paragraphs(out, parts->article->html);
	for (size_t i = 0; i < parts->media_count; i++)
		add_media(out, parts->media[i]);
	buf_add_str(out, "</body.content>\n");
}

/* Read back from here: the editors in charge, as the trade writes them. */
static void add_body_end(struct buf *out, const struct item_parts *parts)
{
	const struct people *editors = &parts->article->editors;

	if (!parts->has_details || !editors->count)
		return;
	buf_add_str(out, "<body.end>\n<tagline>（责任编辑：");
	for (size_t i = 0; i < editors->count; i++) {
		buf_add_str(out, i ? "、" : "");
		escape_add(out, ESCAPE_XML_TEXT, editors->items[i].name);
	}
	buf_add_str(out, "）</tagline>\n</body.end>\n");
}

void nitf_render(enum text_level level, const struct feed_item *item, struct buf *out)
{
	const char *section = item->channel;
	struct item_parts parts;

	if (level == LEVEL_NONE)
		return;
	item_parts_init(&parts, level, item);
	xmlout_add_declaration(out, false);
	buf_add_str(out, "<nitf xmlns=\"http://iptc.org/std/NITF/2006-10-18/\" "
		"version=\"-//IPTC//DTD NITF 3.6//EN\"");
	if (xmlout_is_language(parts.article->language))
		xmlout_add_attribute(out, "baselang", parts.article->language);
	buf_add_str(out, ">\n<head>\n");
	xmlout_add_element(out, "title", buf_text(&parts.title));
	add_docdata(out, &parts);
	if (parts.has_details)
		add_empty(out, "pubdata", "position.section", section);
	buf_add_str(out, "</head>\n<body>\n");
	add_body_head(out, &parts);
	add_content(out, level, &parts);
	add_body_end(out, &parts);
	buf_add_str(out, "</body>\n</nitf>\n");
	item_parts_finish(&parts);
}
