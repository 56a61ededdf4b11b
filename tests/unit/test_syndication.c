/*
 * test_syndication.c: what partners get: ninjs, NITF (read back by our own reader), and the
 * marks in feeds; and that no level gives more than it says.
 */
#include "feeds/ninjs.h"
#include "feeds/nitf_write.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/parse.h"
#include "feeds/render.h"
#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

static const char *const paragraphs[] = {"BODYTEXT one & <two>", "BODYTEXT three"};
static const struct feed_syndication plain = {.version = 3,
	.ninjs_url = "https://news.example/p/-/1.ninjs.json",
	.nitf_url = "https://news.example/p/-/1.nitf.xml"};

static struct article make_article(void)
{
	struct article article = sample_article();

	article.paragraphs = (struct strings){paragraphs, 2};
	article.html = "<p>BODYTEXT one &amp; &lt;two&gt;</p><p>BODYTEXT three</p>";
	return article;
}

static struct feed_item make_item(const struct article *article)
{
	return (struct feed_item){
		.article = article,
		.id = "tag:news.example,2026:1",
		.url = "https://news.example/a/1",
		.published = SAMPLE_PUBLISHED,
		.updated = SAMPLE_UPDATED,
		.channel = "时政",
		.rights = "© 青岑日报社",
		.license = "https://news.example/license",
		.syndication = &plain,
	};
}

static const char *text_at(const json_t *object, const char *list, size_t index)
{
	return json_string_value(
		json_object_get(json_array_get(json_object_get(object, list), index), "value"));
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static json_t *ninjs(enum text_level level, const struct feed_item *item)
{
	struct buf out = {0};
	json_t *object;

	ninjs_render(level, item, &out);
	object = json_loadb(out.bytes, out.len, JSON_REJECT_DUPLICATES, NULL);
	CHECK(object != NULL);
	buf_finish(&out);
	return object;
}

TEST(ninjs_says_everything)
{
	struct article article = make_article();
	struct feed_item item = make_item(&article);
	json_t *object = ninjs(LEVEL_FULL_MEDIA, &item), *association;

	CHECK_STR(text_of(object, "uri"), "tag:news.example,2026:1");
	CHECK_STR(text_of(object, "version"), "3");
	CHECK_STR(text_of(object, "pubstatus"), "usable");
	CHECK_STR(text_of(object, "firstcreated"), "2026-05-08T09:30:00+08:00");
	CHECK_STR(text_of(object, "representationtype"), "full");
	CHECK_STR(text_of(object, "usageterms"), "© 青岑日报社");
	CHECK_STR(text_of(json_object_get(object, "rightsinfo"), "linkedrights"),
		"https://news.example/license");
	CHECK_STR(text_at(object, "headlines", 0), article.title);
	CHECK(strstr(text_at(object, "bodies", 0), "<p>BODYTEXT three</p>") != NULL);
	CHECK_STR(text_of(object, "by"), "王<小>明、李 & 红");
	CHECK_INT(json_integer_value(json_object_get(object, "urgency")), 3);
	CHECK_INT(json_array_size(json_object_get(object, "associations")), 3);
	association = json_array_get(json_object_get(object, "associations"), 1);
	CHECK_STR(text_of(association, "type"), "picture");
	CHECK_STR(text_of(association, "uri"), "https://news.example/a.jpg");
	CHECK(!json_object_get(object, "ednote")); /* only what the syndication says */
	json_decref(object);
}

TEST(ninjs_of_early_and_withdrawn_items)
{
	struct feed_syndication early = plain;
	struct article article = make_article();
	struct feed_item item = make_item(&article);
	json_t *object;

	early.embargo = (struct instant)SAMPLE_UPDATED;
	early.editor_note = "请勿提前发布";
	item.syndication = &early;
	object = ninjs(LEVEL_FULL, &item);
	CHECK_STR(text_of(object, "embargoed"), "2026-05-08T10:00:00.001+08:00");
	CHECK_STR(text_of(object, "ednote"), "请勿提前发布");
	json_decref(object);
	item.syndication = &plain;
	item.status = STATUS_WITHDRAWN;
	object = ninjs(LEVEL_FULL, &item);
	CHECK_STR(text_of(object, "pubstatus"), "canceled");
	CHECK(!json_object_get(object, "bodies"));
	CHECK(!json_object_get(object, "by"));
	json_decref(object);
}

static struct article *read_back(struct arena *arena, const struct buf *text)
{
	struct parse_context context = {.path = "a.xml", .base_url = "https://news.example/"};
	struct parse_input in = {.bytes = text->bytes, .len = text->len};
	struct article *article = NULL;
	struct diagnosis why = {0};

	if (!article_parse(arena, &context, &in, &article, &why))
		harness_fail(__FILE__, __LINE__, "%s: %s\n%s", why.class, why.message,
			buf_text(text));
	return article;
}

TEST(nitf_is_read_back_as_it_was)
{
	struct article article = make_article(), *back;
	struct feed_item item = make_item(&article);
	struct feed_syndication noted = plain;
	struct arena *arena = arena_create();
	struct buf out = {0};

	article_parse_init();
	noted.editor_note = "EDITOR <note>";
	item.syndication = &noted;
	nitf_render(LEVEL_FULL_MEDIA, &item, &out);
	back = read_back(arena, &out);
	CHECK_STR(back->id, item.id);
	CHECK_STR(back->title, article.title);
	CHECK_STR(back->subtitle, article.subtitle);
	CHECK_STR(back->source, article.source);
	CHECK_STR(back->summary, article.summary);
	CHECK_STR(back->rights, "© 青岑日报社");
	CHECK_STR(back->editor_note, "EDITOR <note>");
	CHECK_STR(back->language, "zh-CN");
	CHECK_STR(back->channel, "时政");
	CHECK_STR(back->dateline.place, "青岑");
	CHECK_STR(back->dateline.date, "2026-05-08");
	CHECK_INT(back->published.ms, item.published.ms);
	CHECK_INT(back->urgency, 3);
	CHECK_INT(back->authors.count, 2);
	CHECK_STR(back->authors.items[0].name, "王<小>明");
	CHECK_STR(back->editors.items[0].name, "杨林");
	CHECK_INT(back->tags.count, 2);
	CHECK_STR(back->paragraphs.items[0], paragraphs[0]);
	CHECK_STR(back->paragraphs.items[1], paragraphs[1]);
	CHECK_INT(back->correction.level, CORRECTION_CORRECTION);
	CHECK_STR(back->correction.note, article.correction.note);
	CHECK_INT(back->images.count, 2);
	CHECK_INT(back->status, STATUS_PUBLISHED);
	buf_finish(&out);
	arena_destroy(arena);
}

TEST(nitf_of_early_withdrawn_and_advisory_items)
{
	struct article article = make_article(), *back;
	struct feed_item item = make_item(&article);
	struct feed_syndication changed = plain;
	struct arena *arena = arena_create();
	struct buf out = {0};

	article_parse_init();
	changed.embargo = (struct instant)SAMPLE_UPDATED;
	item.syndication = &changed;
	nitf_render(LEVEL_FULL, &item, &out);
	CHECK(strstr(buf_text(&out), "management-status=\"embargoed\"") != NULL);
	CHECK(strstr(buf_text(&out), "<date.release norm=\"20260508T100000+0800\"/>") != NULL);
	buf_finish(&out);
	item.syndication = &plain;
	item.status = STATUS_WITHDRAWN;
	nitf_render(LEVEL_FULL, &item, &out);
	back = read_back(arena, &out);
	CHECK_INT(back->status, STATUS_WITHDRAWN);
	CHECK(!strstr(buf_text(&out), "BODYTEXT"));
	buf_finish(&out);
	changed = plain;
	changed.withdraws = "tag:news.example,2026:9";
	item.syndication = &changed;
	item.status = STATUS_WITHDRAWAL;
	nitf_render(LEVEL_SUMMARY, &item, &out);
	back = read_back(arena, &out);
	CHECK_INT(back->status, STATUS_WITHDRAWAL);
	CHECK_STR(back->withdrawal.id, "tag:news.example,2026:9");
	buf_finish(&out);
	arena_destroy(arena);
}

/* ---- levels, in every format ---- */

static void render_feed_item(enum feed_format format, enum text_level level,
	const struct feed_item *item, struct buf *out)
{
	unsigned namespaces = 0;

	feed_render_item(format, level, item, out, &namespaces);
}

static void as_atom(enum text_level level, const struct feed_item *item, struct buf *out)
{
	render_feed_item(FEED_ATOM, level, item, out);
}

static void as_rss(enum text_level level, const struct feed_item *item, struct buf *out)
{
	render_feed_item(FEED_RSS, level, item, out);
}

static void as_json(enum text_level level, const struct feed_item *item, struct buf *out)
{
	render_feed_item(FEED_JSON, level, item, out);
}

static void (*const renderers[])(enum text_level level, const struct feed_item *item,
	struct buf *out) = {as_atom, as_rss, as_json, ninjs_render, nitf_render};

TEST(no_level_gives_more_than_it_says)
{
	struct article article = make_article();
	struct feed_item item = make_item(&article);

	article.summary = "SUMMARYTEXT";
	article.lead = "SUMMARYTEXT";
	for (size_t r = 0; r < sizeof(renderers) / sizeof(*renderers); r++) {
		for (int level = LEVEL_NONE; level <= LEVEL_FULL_MEDIA; level++) {
			struct buf out = {0};
			const char *text;

			renderers[r]((enum text_level)level, &item, &out);
			text = buf_text(&out);
			CHECK_INT(out.len > 0, level > LEVEL_NONE);
			CHECK_INT(strstr(text, "BODYTEXT") != NULL, level >= LEVEL_FULL);
			CHECK_INT(strstr(text, "SUMMARYTEXT") != NULL, level >= LEVEL_SUMMARY);
			CHECK_INT(strstr(text, "a.jpg") != NULL, level >= LEVEL_FULL_MEDIA);
			CHECK_INT(strstr(text, "© 青岑日报社") != NULL, level > LEVEL_NONE);
			CHECK(!strstr(text, "SECRET NOTE"));
			buf_finish(&out);
		}
	}
}

TEST(a_withdrawn_item_has_no_text_in_any_format)
{
	struct article article = make_article();
	struct feed_item item = make_item(&article);

	item.status = STATUS_WITHDRAWN;
	article.summary = article.lead = "SUMMARYTEXT";
	for (size_t r = 0; r < sizeof(renderers) / sizeof(*renderers); r++) {
		struct buf out = {0};

		renderers[r](LEVEL_FULL_MEDIA, &item, &out);
		CHECK(!strstr(buf_text(&out), "BODYTEXT"));
		CHECK(!strstr(buf_text(&out), "SUMMARYTEXT"));
		CHECK(!strstr(buf_text(&out), "a.jpg"));
		buf_finish(&out);
	}
}

TEST(feeds_mark_what_partners_must_know)
{
	static const char *const wants[] = {"<news:embargo>2026-05-08T10:00:00.001+08:00<",
		"<news:embargo>2026-05-08T10:00:00.001+08:00<",
		"\"embargo\":\"2026-05-08T10:00:00.001+08:00\""};
	struct feed_syndication early = plain;
	struct article article = make_article();
	struct feed_item item = make_item(&article);

	early.embargo = (struct instant)SAMPLE_UPDATED;
	early.editor_note = "NOTE FOR EDITORS";
	for (size_t r = 0; r < 3; r++) {
		struct buf out = {0};
		const char *text;

		item.syndication = &early;
		renderers[r](LEVEL_FULL, &item, &out);
		text = buf_text(&out);
		CHECK(strstr(text, wants[r]) != NULL);
		CHECK(strstr(text, "【未到解禁时间】") != NULL);
		CHECK(strstr(text, "NOTE FOR EDITORS") != NULL);
		CHECK(strstr(text, "1.ninjs.json") && strstr(text, "1.nitf.xml"));
		CHECK(strstr(text, "https://news.example/license") != NULL);
		buf_finish(&out);
		item.syndication = NULL;
		renderers[r](LEVEL_FULL, &item, &out);
		CHECK(!strstr(buf_text(&out), "news:") || r == 2);
		CHECK(!strstr(buf_text(&out), "NOTE FOR EDITORS"));
		buf_finish(&out);
	}
}

/* Whole documents with such items pass the check that every document must pass. */
TEST(documents_with_them_are_valid)
{
	struct feed_syndication early = plain;
	struct article article = make_article();
	struct feed_item item = make_item(&article);
	const char *hub = "https://news.example/hub";
	struct error err = {0};

	early.embargo = (struct instant)SAMPLE_UPDATED;
	early.editor_note = "x & <y>";
	item.syndication = &early;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		struct feed_head head = {.id = "https://news.example/f", .title = "t",
			.self_url = "https://news.example/f", .author = "a",
			.home_url = "https://news.example/", .hub_urls = &hub, .hub_count = 1};
		struct buf fragment = {0}, out = {0};
		struct feed_fragment bytes;

		feed_render_item((enum feed_format)f, LEVEL_FULL_MEDIA, &item, &fragment,
			&head.namespaces);
		if (f == FEED_ATOM)
			feed_render_tombstone("tag:x", (struct instant)SAMPLE_UPDATED, "why",
				&fragment, &head.namespaces);
		bytes = (struct feed_fragment){fragment.bytes, fragment.len};
		feed_render((enum feed_format)f, &head, &bytes, 1, &out);
		if (!feed_check((enum feed_format)f, out.bytes, out.len, &err))
			harness_fail(__FILE__, __LINE__, "%s", err.text);
		buf_finish(&fragment);
		buf_finish(&out);
	}
}
