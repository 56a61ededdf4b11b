/*
 * page_epaper.c: see page_epaper.h. Pages are in the order of their numbers, whatever the
 * width ("2" before "03" before "A1"), and a section is said once per page.
 */
#include "daemon/site/page_epaper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_words.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/escape.h"

bool page_is_day(const char *date)
{
	static const char shape[] = "0000-00-00";
	size_t i = 0;

	for (; date && date[i] && shape[i]; i++) {
		if (shape[i] == '-' ? date[i] != '-' : date[i] < '0' || date[i] > '9')
			return false;
	}
	return date && !date[i] && !shape[i];
}

/* Pages without a letter first, by number; then by letter; what has no page last. */
static int compare_pages(const char *a, const char *b)
{
	size_t a_letters, b_letters;
	unsigned long a_number, b_number;

	if (escape_is_blank(a) || escape_is_blank(b))
		return escape_is_blank(a) - escape_is_blank(b);
	a_letters = strcspn(a, "0123456789");
	b_letters = strcspn(b, "0123456789");
	if (a_letters != b_letters || strncmp(a, b, a_letters) != 0) {
		int order = strncmp(a, b, a_letters < b_letters ? a_letters : b_letters);

		return order ? order : a_letters < b_letters ? -1 : 1;
	}
	a_number = strtoul(a + a_letters, NULL, 10);
	b_number = strtoul(b + b_letters, NULL, 10);
	return a_number != b_number ? (a_number < b_number ? -1 : 1) : strcmp(a, b);
}

static int compare_items(const void *a_ptr, const void *b_ptr)
{
	const struct page_epaper_item *const *a = a_ptr, *const *b = b_ptr;
	int order = compare_pages((*a)->page, (*b)->page);

	return order ? order : *a < *b ? -1 : *a > *b; /* one array: its order is kept */
}

static bool is_same_page(
	const struct page_epaper_item *a, const struct page_epaper_item *b)
{
	return compare_pages(a->page, b->page) == 0;
}

/* "第03版" or "Page 3". */
static void add_page_name(struct buf *out, const char *page, enum page_language language)
{
	if (escape_is_blank(page)) {
		page_put(out, "$", page_word(language, WORD_NO_PAGE));
		return;
	}
	page_put(out, "$$$", page_word(language, WORD_PAGE_BEFORE), page,
		page_word(language, WORD_PAGE_AFTER));
}

/* DATE NULL: to the list of days. */
static void add_day_link(struct buf *out, const struct page_site *site, const char *date,
	const char *rel, const char *label)
{
	size_t len;
	const char *root = page_root(site, &len);

	buf_add_str(out, "<a href=\"");
	escape_add_len(out, ESCAPE_XML_ATTRIBUTE, root, len);
	buf_add_str(out, "epaper/");
	if (date)
		page_put(out, "$/", date);
	buf_add_str(out, "\"");
	if (rel)
		page_put(out, " rel=\"$\"", rel);
	page_put(out, ">$", label);
	if (date)
		page_put(out, " <time datetime=\"$\">$</time>", date, date);
	buf_add_str(out, "</a>");
}

static void add_neighbours(
	struct buf *out, const struct page_epaper_day *day, enum page_language language)
{
	page_put(out, "<nav class=\"days\" aria-label=\"$\">\n<ul>\n",
		page_word(language, WORD_ALL_DAYS));
	if (day->previous) {
		buf_add_str(out, "<li>");
		add_day_link(out, day->site, day->previous, "prev",
			page_word(language, WORD_PREVIOUS_DAY));
		buf_add_str(out, "</li>\n");
	}
	buf_add_str(out, "<li>");
	add_day_link(out, day->site, NULL, NULL, page_word(language, WORD_ALL_DAYS));
	buf_add_str(out, "</li>\n");
	if (day->next) {
		buf_add_str(out, "<li>");
		add_day_link(out, day->site, day->next, "next",
			page_word(language, WORD_NEXT_DAY));
		buf_add_str(out, "</li>\n");
	}
	buf_add_str(out, "</ul>\n</nav>\n");
}

static void add_contents(struct buf *out, const struct page_epaper_item *const *items,
	size_t count, enum page_language language)
{
	size_t group = 0;

	page_put(out, "<nav class=\"pages\" aria-label=\"$\">\n<ul>\n",
		page_word(language, WORD_PAGES));
	for (size_t i = 0; i < count; i++) {
		if (i && is_same_page(items[i - 1], items[i]))
			continue;
		buf_printf(out, "<li><a href=\"#page-%zu\">", ++group);
		add_page_name(out, items[i]->page, language);
		if (!escape_is_blank(items[i]->section))
			page_put(out, " <span>$</span>", items[i]->section);
		buf_add_str(out, "</a></li>\n");
	}
	buf_add_str(out, "</ul>\n</nav>\n");
}

static void add_item(struct buf *out, const struct page_site *site,
	const struct page_epaper_item *item)
{
	buf_add_str(out, "<li>");
	if (!escape_is_blank(item->kicker))
		page_put(out, "<p class=\"kicker\">$</p>\n", item->kicker);
	page_put(out, "<a href=\"$\">$</a>\n", page_local(site, item->url), item->title);
	if (!escape_is_blank(item->summary))
		page_put(out, "<p>$</p>\n", item->summary);
	if (!escape_is_blank(item->byline))
		page_put(out, "<p class=\"meta\">$</p>\n", item->byline);
	buf_add_str(out, "</li>\n");
}

/* The section of a page as part of its heading; where it changes within, a line of its
 * own. */
static void add_pages(struct buf *out, const struct page_epaper_day *day,
	const struct page_epaper_item *const *items, enum page_language language)
{
	size_t group = 0;

	for (size_t i = 0; i < day->count; i++) {
		bool is_new = i == 0 || !is_same_page(items[i - 1], items[i]);
		const char *section = items[i]->section ? items[i]->section : "";
		const char *before =
			i && items[i - 1]->section ? items[i - 1]->section : "";

		if (is_new) {
			buf_add_str(out, i ? "</ol>\n</section>\n" : "");
			group++;
			buf_printf(out,
				"<section class=\"paper\" aria-labelledby=\"page-%zu\">\n"
				"<h2 id=\"page-%zu\">",
				group, group);
			add_page_name(out, items[i]->page, language);
			if (*section)
				page_put(out, " <span>$</span>", section);
			buf_add_str(out, "</h2>\n<ol class=\"headlines\">\n");
		} else if (*section && strcmp(section, before) != 0) {
			page_put(out, "</ol>\n<h3>$</h3>\n<ol class=\"headlines\">\n",
				section);
		}
		add_item(out, day->site, items[i]);
	}
	if (day->count)
		buf_add_str(out, "</ol>\n</section>\n");
}

static void add_feed_links(
	struct buf *out, const struct page_feed *feed, enum page_language language)
{
	static const char *const labels[] = {"Atom", "RSS", "JSON"};
	bool is_first = true;

	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		if (!feed->urls[f])
			continue;
		if (is_first)
			page_put(out, "<p class=\"follow\">$$",
				page_word(language, WORD_SUBSCRIBE),
				page_word(language, WORD_COLON));
		is_first = false;
		page_put(out, " <a href=\"$\">$</a>", feed->urls[f], labels[f]);
	}
	if (!is_first)
		buf_add_str(out, "</p>\n");
}

static void begin(struct buf *out, const struct page_site *site,
	enum page_language language, const char *title, const struct page_feed *feed)
{
	struct buf full = {0};

	buf_printf(&full, "%s - %s", title, site->title);
	page_begin(out, site, language, buf_text(&full));
	page_add_autodiscovery(out, feed);
	page_put(out, "<meta name=\"SiteName\" content=\"$\">\n", site->title);
	page_begin_body(out, site, language, false);
	buf_finish(&full);
}

void page_epaper_render_day(const struct page_epaper_day *day, struct buf *out)
{
	enum page_language language = page_language_of(day->site, NULL);
	const struct page_epaper_item **items =
		mem_alloc((day->count + 1) * sizeof(*items));
	const char *paper =
		day->paper ? day->paper : page_word(language, WORD_EPAPER_TITLE);
	struct buf title = {0};

	for (size_t i = 0; i < day->count; i++)
		items[i] = &day->items[i];
	qsort(items, day->count, sizeof(*items), compare_items);
	buf_printf(&title, "%s %s", paper, day->date);
	begin(out, day->site, language, buf_text(&title), &day->feed);
	page_put(out, "<h1>$ <time datetime=\"$\">$</time></h1>\n", paper, day->date,
		day->date);
	add_neighbours(out, day, language);
	add_contents(out, items, day->count, language);
	add_pages(out, day, items, language);
	add_feed_links(out, &day->feed, language);
	page_end(out, day->site, language, NULL);
	buf_finish(&title);
	free(items);
}

/* Ten years are some thousand days: a month can be closed, and only the newest is open. */
static void begin_month(struct buf *out, const char *date, bool is_first)
{
	char month[sizeof("2026-05")];

	snprintf(month, sizeof(month), "%.7s", date);
	page_put(out, is_first ? "<details open>\n<summary><h2>$</h2></summary>\n"
				 "<ol class=\"editions\">\n"
			       : "</ol>\n</details>\n<details>\n<summary><h2>$</h2>"
				 "</summary>\n<ol class=\"editions\">\n",
		month);
}

static void add_edition(struct buf *out, const struct page_epaper_list *list, size_t index,
	enum page_language language)
{
	const struct page_epaper_entry *entry = &list->days[index];
	char count[32];

	if (!index || strncmp(entry->date, list->days[index - 1].date, 7) != 0)
		begin_month(out, entry->date, !index);
	snprintf(count, sizeof(count), "%zu", entry->count);
	buf_add_str(out, "<li>");
	add_day_link(out, list->site, entry->date, NULL,
		escape_is_blank(entry->paper) ? page_word(language, WORD_EPAPER_TITLE)
					      : entry->paper);
	page_put(out, " <span class=\"meta\">$ $</span></li>\n", count,
		page_word(language, WORD_ARTICLES));
}

void page_epaper_render_list(const struct page_epaper_list *list, struct buf *out)
{
	enum page_language language = page_language_of(list->site, NULL);

	begin(out, list->site, language, page_word(language, WORD_EPAPER_TITLE),
		&list->feed);
	page_put(out, "<h1>$</h1>\n<p class=\"lede\">$</p>\n",
		page_word(language, WORD_EPAPER_TITLE),
		page_word(language, WORD_DAYS_TEXT));
	for (size_t i = 0; i < list->count; i++)
		add_edition(out, list, i, language);
	if (list->count)
		buf_add_str(out, "</ol>\n</details>\n");
	add_feed_links(out, &list->feed, language);
	page_end(out, list->site, language, NULL);
}
