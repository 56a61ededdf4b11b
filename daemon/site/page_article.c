/*
 * page_article.c: see page_article.h. The body comes sanitised from feeds/; everything
 * else is text and escaped here.
 */
#include "daemon/site/page_article.h"

#include <assert.h>
#include <string.h>

#include "daemon/site/page_ld.h"
#include "daemon/site/page_meta.h"
#include "daemon/site/page_qr.h"
#include "daemon/site/page_words.h"
#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/item_parts.h"
#include "feeds/text.h"
#include "feeds/xmlout.h"

/* One page being written. */
struct writing {
	const struct page_article *page;
	const struct article *article;
	enum page_language language;
	struct buf *out;
};

static const char *word(const struct writing *w, enum page_word name)
{
	return page_word(w->language, name);
}

/* <p class="CLASS">TEXT</p>, nothing for a blank text. */
static void add_line(const struct writing *w, const char *class, const char *text)
{
	if (!escape_is_blank(text))
		page_put(w->out, "<p class=\"$\">$</p>\n", class, text);
}

/* TEXT, as a link if URL is one. */
static void add_link(const struct writing *w, const char *url, const char *text)
{
	if (xmlout_is_web_url(url))
		page_put(w->out, "<a href=\"$\">$</a>", page_local(w->page->site, url),
			text);
	else
		page_put(w->out, "$", text);
}

/* ---- above the text ---- */

static void add_where(const struct writing *w)
{
	const char *column = page_column_name(w->page);
	bool has_platform = !escape_is_blank(w->article->platform);

	if (!has_platform && !column)
		return;
	buf_add_str(w->out, "<p class=\"where\">");
	if (has_platform)
		page_put(w->out, "<span class=\"platform\">$</span>",
			w->article->platform);
	if (has_platform && column)
		buf_add_str(w->out, " <span aria-hidden=\"true\">/</span> ");
	if (column)
		add_link(w, w->page->column.url, column);
	buf_add_str(w->out, "</p>\n");
}

static void add_headline(const struct writing *w)
{
	buf_add_str(w->out, "<header class=\"headline\">\n");
	add_where(w);
	if (!w->page->is_withdrawn && page_has_details(w->page))
		add_line(w, "kicker", w->article->kicker);
	page_put(w->out, "<h1>$</h1>\n",
		item_parts_either(w->article->title, w->page->url));
	if (!w->page->is_withdrawn && page_has_details(w->page))
		add_line(w, "subtitle", w->article->subtitle);
}

/* "青岑日报记者 林示例、周样本 通讯员 王": a role is said once for those who share it. */
static void add_people(const struct writing *w, const struct people *people,
	const char *plain_role, enum page_word plain_word)
{
	for (size_t i = 0; i < people->count; i++) {
		const struct person *person = &people->items[i],
				    *last = i ? person - 1 : NULL;
		bool is_plain = escape_is_blank(person->role) ||
				text_is_same(person->role, plain_role);

		if (last && text_is_same(last->role, person->role) &&
			text_is_same(last->org, person->org)) {
			page_put(w->out, "$$", word(w, WORD_COMMA), person->name);
			continue;
		}
		if (last)
			buf_add_str(w->out, " ");
		if (is_plain && escape_is_blank(person->org))
			page_put(w->out, "$", word(w, plain_word));
		else
			page_put(
				w->out, "$$ ", person->org, is_plain ? "" : person->role);
		page_put(w->out, "<span class=\"person\">$</span>", person->name);
	}
}

/* At full length the text itself begins with it. */
static void add_dateline(const struct writing *w)
{
	const struct dateline *dateline = &w->article->dateline;
	const char *parts[] = {dateline->agency, dateline->place, dateline->date};

	if (!dateline->is_set || w->page->level >= LEVEL_FULL)
		return;
	buf_add_str(w->out, "<span class=\"dateline\">");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!escape_is_blank(parts[i]))
			page_put(w->out, i ? " $" : "$", parts[i]);
	}
	buf_add_str(w->out, "</span>\n");
}

static void add_facts(const struct writing *w)
{
	buf_add_str(w->out, "<p class=\"meta\"><span class=\"published\">");
	page_add_time(w->out, w->page->site, &w->page->published);
	buf_add_str(w->out, "</span>\n");
	if (!escape_is_blank(w->article->source)) {
		page_put(w->out, "<span class=\"source\">$$", word(w, WORD_SOURCE),
			word(w, WORD_COLON));
		add_link(w, w->article->source_url, w->article->source);
		buf_add_str(w->out, "</span>\n");
	}
	if (page_has_details(w->page)) {
		add_dateline(w);
		if (w->article->authors.count) {
			buf_add_str(w->out, "<span class=\"byline\">");
			add_people(w, &w->article->authors, "作者", WORD_AUTHOR);
			buf_add_str(w->out, "</span>\n");
		}
	}
	buf_add_str(w->out, "</p>\n</header>\n");
}

static void add_phone(const struct writing *w)
{
	struct buf url = {0}, code = {0};

	page_mobile_url(w->page->site, w->article->mobile_url, w->page->url, &url);
	if (page_qr_add(&code, buf_text(&url), word(w, WORD_QR_LABEL))) {
		page_put(w->out, "<figure class=\"phone\">\n<a href=\"$\">",
			buf_text(&url));
		buf_add(w->out, code.bytes, code.len);
		page_put(w->out, "</a>\n<figcaption>$</figcaption>\n</figure>\n",
			word(w, WORD_READ_ON_PHONE));
	}
	buf_finish(&url);
	buf_finish(&code);
}

/* ---- notes on the text ---- */

static void begin_note(const struct writing *w, const char *class, enum page_word label)
{
	page_put(w->out,
		"<section class=\"note $\" aria-label=\"$\">\n<p><strong>$</strong> ",
		class, word(w, label), word(w, label));
}

static void end_note(const struct writing *w, const struct instant *at)
{
	if (at->is_set) {
		buf_add_str(w->out, " ");
		page_add_time(w->out, w->page->site, at);
	}
	buf_add_str(w->out, "</p>\n</section>\n");
}

static void add_link_note(
	const struct writing *w, enum page_word label, const struct page_link *link)
{
	if (!xmlout_is_web_url(link->url))
		return;
	page_put(w->out, "<section class=\"note correction\" aria-label=\"$\">\n<p>$$",
		word(w, label), word(w, label), word(w, WORD_COLON));
	add_link(w, link->url, item_parts_either(link->title, link->url));
	buf_add_str(w->out, "</p>\n</section>\n");
}

/* A slip mended is silent; an update is said; a correction is labelled as one. */
static void add_correction(const struct writing *w)
{
	const struct correction *correction = &w->article->correction;
	bool has_note = !escape_is_blank(correction->note);

	switch (correction->level) {
	case CORRECTION_NONE:
	case CORRECTION_TYPO:
		break;
	case CORRECTION_UPDATE:
		if (!has_note)
			break;
		begin_note(w, "update", WORD_UPDATE);
		page_put(w->out, "$", correction->note);
		end_note(w, &correction->at);
		break;
	case CORRECTION_CORRECTION:
	case CORRECTION_CORRECTIVE:
		begin_note(w, "correction",
			correction->level == CORRECTION_CORRECTIVE ? WORD_CORRECTIVE
								   : WORD_CORRECTION);
		page_put(w->out, "$", has_note ? correction->note : "");
		end_note(w, &correction->at);
	}
	add_link_note(w, WORD_CORRECTS, &w->page->corrects);
	add_link_note(w, WORD_CORRECTED_BY, &w->page->corrected_by);
}

static void add_withdrawal(const struct writing *w)
{
	struct instant at = w->page->withdrawn;

	begin_note(w, "withdrawal", WORD_WITHDRAWN);
	page_put(w->out, "$</p>\n", word(w, WORD_WITHDRAWN_TEXT));
	add_line(w, "reason", w->article->withdrawal.reason);
	if (at.is_set) {
		page_put(w->out, "<p class=\"meta\">$$", word(w, WORD_WITHDRAWN_AT),
			word(w, WORD_COLON));
		/* when we learned of it, as often as not: said in our zone */
		at.offset_s = w->page->site->offset_s;
		page_add_time(w->out, w->page->site, &at);
		buf_add_str(w->out, "</p>\n");
	}
	buf_add_str(w->out, "</section>\n");
}

/* ---- the text ---- */

/* Whether TAG, behind its '<', has one of COUNT NAMES. */
static bool is_tag(const char *tag, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(tag, names[i], len) == 0 && strchr(" >", tag[len]))
			return true;
	}
	return false;
}

static bool is_medium(const char *tag)
{
	static const char *const names[] = {
		"img", "audio", "/audio", "video", "/video", "source"};

	return is_tag(tag, names, sizeof(names) / sizeof(*names));
}

static bool is_named(const char *tag, const char *name)
{
	return is_tag(tag, &name, 1);
}

/* The sanitiser wrote HTML: '<' begins a tag, '>' ends it, and neither is elsewhere. What
 * may be wider than the page scrolls by itself, and can therefore have the focus. */
static void add_body(const struct writing *w, const char *html, bool has_media)
{
	while (*html) {
		size_t run = strcspn(html, "<");

		buf_add(w->out, html, run);
		html += run;
		if (!*html)
			break;
		run = strcspn(html, ">");
		run += html[run] == '>';
		if (is_named(html + 1, "table"))
			page_put(w->out,
				"<div class=\"scroll\" role=\"group\" aria-label=\"$\" "
				"tabindex=\"0\">",
				word(w, WORD_TABLE));
		if (is_named(html + 1, "pre"))
			buf_add_str(w->out, "<pre tabindex=\"0\">");
		else if (has_media || !is_medium(html + 1))
			buf_add(w->out, html, run);
		if (is_named(html + 1, "/table"))
			buf_add_str(w->out, "</div>");
		html += run;
	}
}

static bool is_in_text(const struct writing *w, const char *url)
{
	struct buf escaped = {0};
	bool is_there;

	page_put(&escaped, "\"$\"", url);
	is_there = w->article->html && strstr(w->article->html, buf_text(&escaped));
	buf_finish(&escaped);
	return is_there;
}

/* Pictures that the text does not show itself. */
static void add_pictures(const struct writing *w)
{
	const struct media_list *images = &w->article->images;

	for (size_t i = 0; i < images->count; i++) {
		const struct media *image = &images->items[i];
		const char *caption = item_parts_either(image->caption, image->title);

		if (!xmlout_is_web_url(image->url) || is_in_text(w, image->url))
			continue;
		page_put(w->out, "<figure>\n<img src=\"$\" alt=\"$\">\n", image->url,
			item_parts_either(image->alt, caption));
		if (!escape_is_blank(caption))
			page_put(w->out, "<figcaption>$</figcaption>\n", caption);
		buf_add_str(w->out, "</figure>\n");
	}
}

static void add_original(const struct writing *w)
{
	const char *canonical = page_canonical(w->page);

	if (strcmp(canonical, w->page->url) != 0)
		page_put(w->out,
			"<p class=\"original\"><a rel=\"bookmark\" "
			"href=\"$\">$</a></p>\n",
			page_local(w->page->site, canonical),
			word(w, WORD_READ_ORIGINAL));
}

static void add_text(const struct writing *w)
{
	const char *html = w->article->html, *summary = page_summary(w->page);

	buf_add_str(w->out, "<div class=\"text\">\n");
	if (w->page->level >= LEVEL_FULL_MEDIA)
		add_pictures(w);
	if (w->page->level >= LEVEL_FULL && !escape_is_blank(html))
		add_body(w, html, w->page->level >= LEVEL_FULL_MEDIA);
	else if (summary)
		page_put(w->out, "<p>$</p>\n", summary);
	buf_add_str(w->out, "\n</div>\n");
	if (w->page->level == LEVEL_SUMMARY)
		add_line(w, "meta", word(w, WORD_ONLY_SUMMARY));
	add_original(w);
}

/* ---- below the text ---- */

/* Rounded up, as file managers do. */
static void add_size(struct buf *out, int64_t bytes)
{
	long long kilobytes = (bytes + 999) / 1000, tenths = (bytes + 99999) / 100000;

	buf_add_str(out, " <span class=\"meta\">");
	if (bytes < 1000000)
		buf_printf(out, "%lld KB", kilobytes);
	else
		buf_printf(out, "%lld.%lld MB", tenths / 10, tenths % 10);
	buf_add_str(out, "</span>");
}

static void add_attachment(const struct writing *w, const struct media *media)
{
	const char *medium = item_parts_medium(media), *slash = strrchr(media->url, '/');
	const char *name = slash && slash[1] ? slash + 1 : media->url;
	bool is_player = strcmp(medium, "audio") == 0 || strcmp(medium, "video") == 0;

	page_put(w->out, "<li><a href=\"$\" type=\"$\">$</a>",
		page_local(w->page->site, media->url), item_parts_media_type(media),
		item_parts_either(item_parts_either(media->title, media->caption), name));
	if (media->length > 0)
		add_size(w->out, media->length);
	if (is_player && !is_in_text(w, media->url)) {
		buf_printf(w->out, "\n<%s controls preload=\"none\" src=\"", medium);
		page_put(w->out, "$\"></", media->url);
		buf_printf(w->out, "%s>", medium);
	}
	buf_add_str(w->out, "</li>\n");
}

static void add_attachments(const struct writing *w)
{
	const struct media_list *list = &w->article->attachments;
	bool is_first = true;

	for (size_t i = 0; i < list->count; i++) {
		if (!xmlout_is_web_url(list->items[i].url))
			continue;
		if (is_first)
			page_put(w->out, "<h2>$</h2>\n<ul class=\"attachments\">\n",
				word(w, WORD_ATTACHMENTS));
		is_first = false;
		add_attachment(w, &list->items[i]);
	}
	if (!is_first)
		buf_add_str(w->out, "</ul>\n");
}

static void add_edition(const struct writing *w)
{
	struct buf citation = {0};

	if (!w->article->edition.is_set)
		return;
	item_parts_citation(w->article, &citation);
	page_put(w->out, "<p class=\"edition\">$$", word(w, WORD_PRINTED),
		word(w, WORD_COLON));
	add_link(w, w->page->edition_url, buf_text(&citation));
	if (xmlout_is_web_url(w->article->edition.url))
		page_put(w->out, " <a rel=\"related\" href=\"$\">$</a>",
			w->article->edition.url, word(w, WORD_EPAPER));
	buf_add_str(w->out, "</p>\n");
	buf_finish(&citation);
}

static void add_tags(const struct writing *w)
{
	const struct strings *tags = &w->article->tags;

	if (!tags->count)
		return;
	page_put(w->out, "<ul class=\"tags\" aria-label=\"$\">\n", word(w, WORD_TAGGED));
	for (size_t i = 0; i < tags->count; i++)
		page_put(w->out, "<li>$</li>\n", tags->items[i]);
	buf_add_str(w->out, "</ul>\n");
}

static void add_rights(const struct writing *w)
{
	const char *rights = w->page->rights ? w->page->rights : w->article->rights;

	if (escape_is_blank(rights))
		return;
	buf_add_str(w->out, "<p class=\"rights\">");
	if (xmlout_is_web_url(w->page->license))
		page_put(w->out, "<a rel=\"license\" href=\"$\">$</a>", w->page->license,
			rights);
	else
		page_put(w->out, "$", rights);
	buf_add_str(w->out, "</p>\n");
}

/* Nothing at all where nobody is to be credited. */
static void add_credits(const struct writing *w)
{
	struct buf inside = {0};
	const struct writing v = {w->page, w->article, w->language, &inside};

	if (w->page->level >= LEVEL_FULL_MEDIA)
		add_attachments(&v);
	if (w->article->editors.count) {
		buf_add_str(&inside, "<p class=\"editor\">");
		add_people(&v, &w->article->editors, "责任编辑", WORD_EDITOR);
		buf_add_str(&inside, "</p>\n");
	}
	add_edition(&v);
	add_tags(&v);
	add_line(&v, "notice", w->article->notice);
	add_rights(&v);
	if (inside.len)
		buf_printf(w->out, "<footer class=\"credits\">\n%s</footer>\n",
			buf_text(&inside));
	buf_finish(&inside);
}

static void add_head(const struct writing *w)
{
	struct buf title = {0};

	buf_printf(&title, "%s - %s", item_parts_either(w->article->title, w->page->url),
		w->page->site->title);
	page_begin(w->out, w->page->site, w->language, buf_text(&title));
	page_meta_add(w->out, w->page);
	page_ld_add(w->out, w->page);
	page_begin_body(w->out, w->page->site, w->language, false);
	buf_finish(&title);
}

void page_article_render(const struct page_article *page, struct buf *out)
{
	struct writing w = {page, page->article,
		page_language_of(page->site, page->article->language), out};
	const char *tag = page->article->language;

	assert(page->is_withdrawn || page->level > LEVEL_NONE);
	add_head(&w);
	page_put(out, "<article class=\"story\" lang=\"$\">\n",
		xmlout_is_language(tag)
			? tag
			: page_language_tag(page->site->language, w.language));
	add_headline(&w);
	add_facts(&w);
	if (page->is_withdrawn) {
		add_withdrawal(&w);
	} else {
		add_phone(&w);
		add_correction(&w);
		add_text(&w);
		if (page_has_details(page))
			add_credits(&w);
	}
	buf_add_str(out, "</article>\n");
	page_end(out, page->site, w.language, NULL);
}

void page_notice_render(const struct page_site *site, enum page_language language,
	enum page_word title, enum page_word text, struct buf *out)
{
	page_begin(out, site, language, page_word(language, title));
	buf_add_str(out, "<meta name=\"robots\" content=\"noindex\">\n");
	page_begin_body(out, site, language, false);
	page_put(out, "<h1>$</h1>\n<p>$</p>\n", page_word(language, title),
		page_word(language, text));
	page_end(out, site, language, NULL);
}

void page_gone_render(const struct page_site *site, struct buf *out)
{
	page_notice_render(site, page_language_of(site, NULL), WORD_GONE, WORD_GONE_TEXT, out);
}
