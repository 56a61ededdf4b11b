/*
 * jsonfeed.c: JSON Feed 1.1, streamed. What the format has no key for is under one key of
 * our own, "_gazetted", beside the standard ones.
 */
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/stamp.h"
#include "feeds/writers.h"
#include "feeds/xmlout.h"

#include <string.h>

/* ---- a writer: commas follow from what was written last ---- */

static void add_comma(struct buf *out)
{
	char last = out->len > 0 ? out->bytes[out->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':')
		buf_add_char(out, ',');
}

static void add_string(struct buf *out, const char *text)
{
	add_comma(out);
	buf_add_char(out, '"');
	escape_add(out, ESCAPE_JSON, text);
	buf_add_char(out, '"');
}

static void add_key(struct buf *out, const char *key)
{
	add_string(out, key);
	buf_add_char(out, ':');
}

/* Nothing when TEXT is NULL or blank. */
static void add_member(struct buf *out, const char *key, const char *text)
{
	if (escape_is_blank(text))
		return;
	add_key(out, key);
	add_string(out, text);
}

/* Nothing when VALUE is not positive: not stated. */
static void add_number(struct buf *out, const char *key, int64_t value)
{
	if (value <= 0)
		return;
	add_key(out, key);
	buf_printf(out, "%lld", (long long)value);
}

static void add_date(struct buf *out, const char *key, const struct instant *instant)
{
	struct buf date = {0};

	if (!instant->is_set)
		return;
	stamp_add_rfc3339(&date, instant);
	add_member(out, key, buf_text(&date));
	buf_finish(&date);
}

/* Opens an array or object; close_group takes it back, key and all, if nothing came in.
 */
struct group {
	size_t start, inside;
};

static struct group open_group(struct buf *out, const char *key, char bracket)
{
	struct group group = {.start = out->len};

	if (key)
		add_key(out, key);
	else
		add_comma(out);
	buf_add_char(out, bracket);
	group.inside = out->len;
	return group;
}

static void close_group(struct buf *out, struct group group, char bracket)
{
	if (out->len > group.inside) {
		buf_add_char(out, bracket);
		return;
	}
	out->len = group.start;
	if (out->bytes)
		out->bytes[out->len] = '\0';
}

/* ---- items ---- */

static void add_names(struct buf *out, const struct people *people)
{
	struct group list = open_group(out, "authors", '[');

	for (size_t i = 0; i < people->count; i++) {
		struct group person = open_group(out, NULL, '{');

		add_member(out, "name", people->items[i].name);
		close_group(out, person, '}');
	}
	close_group(out, list, ']');
}

/* Name, role and organisation: what authors[] has no keys for. */
static void add_people(struct buf *out, const char *key, const struct people *people)
{
	struct group list = open_group(out, key, '[');

	for (size_t i = 0; i < people->count; i++) {
		struct group person = open_group(out, NULL, '{');

		add_member(out, "name", people->items[i].name);
		add_member(out, "role", people->items[i].role);
		add_member(out, "org", people->items[i].org);
		close_group(out, person, '}');
	}
	close_group(out, list, ']');
}

static bool has_roles(const struct people *people)
{
	for (size_t i = 0; i < people->count; i++) {
		if (people->items[i].role || people->items[i].org)
			return true;
	}
	return false;
}

static void add_tags(struct buf *out, const struct item_parts *parts)
{
	struct group list = open_group(out, "tags", '[');

	for (size_t i = 0; i < parts->category_count; i++)
		add_string(out, parts->categories[i]);
	if (parts->is_withdrawn)
		add_string(out, "withdrawn");
	if (parts->is_advisory)
		add_string(out, "advisory");
	if (parts->is_early)
		add_string(out, "embargoed");
	close_group(out, list, ']');
}

static void add_attachments(struct buf *out, const struct item_parts *parts)
{
	struct group list = open_group(out, "attachments", '[');

	for (size_t i = 0; i < parts->media_count; i++) {
		const struct media *media = parts->media[i];
		struct group object = open_group(out, NULL, '{');

		add_member(out, "url", media->url);
		add_member(out, "mime_type", item_parts_media_type(media));
		add_member(out, "title", item_parts_either(media->title, media->caption));
		add_number(out, "size_in_bytes", media->length);
		add_number(out, "duration_in_seconds", media->duration_s);
		close_group(out, object, '}');
	}
	close_group(out, list, ']');
}

/* The article's picture: the lead, which stands before the other images. */
static void add_image(struct buf *out, const struct item_parts *parts)
{
	for (size_t i = 0; i < parts->media_count; i++) {
		if (strcmp(item_parts_medium(parts->media[i]), "image") == 0) {
			add_member(out, "image", parts->media[i]->url);
			return;
		}
	}
}

static void add_dateline(struct buf *out, const struct dateline *dateline)
{
	struct group object = open_group(out, "dateline", '{');

	if (dateline->is_set) {
		add_member(out, "agency", dateline->agency);
		add_member(out, "place", dateline->place);
		add_member(out, "date", dateline->date);
	}
	close_group(out, object, '}');
}

static void add_edition(struct buf *out, const struct edition *edition)
{
	struct group object = open_group(out, "edition", '{');

	if (edition->is_set) {
		add_member(out, "paper", edition->paper);
		add_member(out, "date", edition->date);
		add_member(out, "page", edition->page);
		add_member(out, "section", edition->section);
		add_member(out, "url", edition->url);
	}
	close_group(out, object, '}');
}

static void add_correction(struct buf *out, const struct item_parts *parts)
{
	const struct correction *correction = &parts->article->correction;
	struct group object = open_group(out, "correction", '{');

	if (parts->correction) {
		add_member(out, "level", parts->correction);
		add_date(out, "at", &correction->at);
		add_member(out, "note", correction->note);
		add_member(out, "of", correction->of);
	}
	close_group(out, object, '}');
}

/* What only partners see. */
static void add_syndication(struct buf *out, const struct item_parts *parts)
{
	const struct feed_syndication *syndication = parts->syndication;

	if (!syndication)
		return;
	add_number(out, "version", syndication->version);
	add_date(out, "embargo", &syndication->embargo);
	add_member(out, "editor_note", syndication->editor_note);
	add_member(out, "ninjs_url", syndication->ninjs_url);
	add_member(out, "nitf_url", syndication->nitf_url);
	add_member(out, "withdraws", syndication->withdraws);
}

static void add_own(struct buf *out, const struct item_parts *parts)
{
	const struct article *article = parts->article;
	struct group own = open_group(out, "_gazetted", '{');

	if (parts->is_withdrawn) {
		add_member(out, "status", "withdrawn");
	} else if (parts->has_details) {
		add_member(out, "platform", article->platform);
		add_member(out, "kicker", article->kicker);
		add_member(out, "subtitle", article->subtitle);
		add_member(out, "source", article->source);
		add_member(out, "source_url", article->source_url);
		add_dateline(out, &article->dateline);
		if (has_roles(&article->authors))
			add_people(out, "authors", &article->authors);
		add_people(out, "editors", &article->editors);
		add_edition(out, &article->edition);
		add_member(out, "rights", parts->rights);
		add_member(out, "mobile_url", article->mobile_url);
		add_number(out, "urgency", article->urgency);
		add_correction(out, parts);
	}
	if (!parts->has_details)
		add_member(out, "rights", parts->rights);
	add_member(out, "license", parts->license_url);
	add_syndication(out, parts);
	close_group(out, own, '}');
}

/* content_html or content_text is required. */
static void add_texts(struct buf *out, const struct item_parts *parts)
{
	add_member(out, "title", buf_text(&parts->title));
	add_member(out, "summary", buf_text(&parts->summary));
	if (parts->html.len > 0)
		add_member(out, "content_html", buf_text(&parts->html));
	else
		add_member(out, "content_text", item_parts_summary(parts));
}

void jsonfeed_add_item(
	const struct item_parts *parts, struct buf *out, unsigned *namespaces)
{
	struct buf object = {0}; /* so that commas do not look at what OUT ends with */
	const struct article *article = parts->article;

	(void)namespaces;
	buf_add_char(&object, '{');
	add_member(&object, "id", parts->id);
	add_member(&object, "url", parts->url);
	add_texts(&object, parts);
	add_image(&object, parts);
	add_date(&object, "date_published", &parts->published);
	add_date(&object, "date_modified", &parts->updated);
	if (parts->has_details)
		add_names(&object, &article->authors);
	add_tags(&object, parts);
	if (xmlout_is_language(article->language))
		add_member(&object, "language", article->language);
	add_attachments(&object, parts);
	add_own(&object, parts);
	buf_add_char(&object, '}');
	buf_add(out, object.bytes, object.len);
	buf_finish(&object);
}

/* ---- the document ---- */

static void add_hubs(struct buf *out, const struct feed_head *head)
{
	struct group list = open_group(out, "hubs", '[');

	for (size_t i = 0; i < head->hub_count; i++) {
		struct group hub;

		if (!head->hub_urls[i])
			continue;
		hub = open_group(out, NULL, '{');
		add_member(out, "type", "WebSub");
		add_member(out, "url", head->hub_urls[i]);
		close_group(out, hub, '}');
	}
	close_group(out, list, ']');
}

static void add_author(struct buf *out, const char *name)
{
	struct person person = {.name = name};
	struct people people = {&person, 1};

	add_names(out, &people);
}

void jsonfeed_add_head(const struct feed_head *head, struct buf *out)
{
	struct group own;
	struct buf object = {0};

	buf_add_char(&object, '{');
	add_member(&object, "version", "https://jsonfeed.org/version/1.1");
	add_member(&object, "title",
		item_parts_either(item_parts_either(head->title, head->home_url), "-"));
	add_member(&object, "home_page_url", head->home_url);
	add_member(&object, "feed_url", head->self_url);
	add_member(&object, "description", head->subtitle);
	for (size_t i = 0; i < head->link_count; i++) {
		if (render_has_link(head, i) && strcmp(head->links[i].rel, "next") == 0) {
			add_member(&object, "next_url", head->links[i].href);
			break;
		}
	}
	if (xmlout_is_web_url(head->logo))
		add_member(&object, "icon", head->logo);
	if (xmlout_is_web_url(head->icon))
		add_member(&object, "favicon", head->icon);
	add_author(&object, head->author);
	if (xmlout_is_language(head->language))
		add_member(&object, "language", head->language);
	add_hubs(&object, head);
	own = open_group(&object, "_gazetted", '{');
	add_member(&object, "rights", head->rights);
	close_group(&object, own, '}');
	add_key(&object, "items");
	buf_add_str(&object, "[\n");
	buf_add(out, object.bytes, object.len);
	buf_finish(&object);
}

void jsonfeed_add_foot(struct buf *out)
{
	buf_add_str(out, "\n]}\n");
}
