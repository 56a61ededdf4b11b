/*
 * pages.c: from what the site knows to what its pages are made of (page_landing.h,
 * page_article.h). Pure.
 */
#include "daemon/site/pages.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/site/fragments.h"
#include "daemon/site/page_article.h"
#include "daemon/site/page_epaper.h"
#include "daemon/site/page_landing.h"
#include "daemon/site/page_words.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"
#include "feeds/url.h"

static struct page_site site_of(const struct site_config *config)
{
	return (struct page_site){
		.title = config->title,
		.subtitle = config->subtitle,
		.base_url = config->base_url,
		.language = config->language,
		.hub_url = config->hub_url,
		.authority = config->authority,
		.rights = config->rights,
		.icon = config->icon,
		.logo = config->logo,
		.id_code = config->id_code,
		.mobile_url = config->mobile_url,
		.offset_s = config->offset_s,
		.header = config->header,
		.footer = config->footer,
		.overview = config->overview,
	};
}

void page_landing(
	const struct landing *landing, enum page_language language, struct buf *out)
{
	struct page_headline *latest =
		mem_alloc((landing->latest_count + 1) * sizeof(*latest));
	struct page_site site = site_of(landing->config);

	for (size_t i = 0; i < landing->latest_count; i++) {
		const struct entry *entry = landing->latest[i];

		latest[i] = (struct page_headline){
			.title = entry->fragments->facts.title,
			.url = entry->fragments->facts.url,
			.channel = entry->fragments->facts.channel,
			.language = entry->fragments->facts.language,
			.is_withdrawn = entry->fragments->facts.is_withdrawn,
			.published = entry->published,
		};
	}
	page_landing_render(
		&(struct page_landing){
			.site = &site,
			.feeds = landing->feeds,
			.feed_count = landing->feed_count,
			.latest = latest,
			.latest_count = landing->latest_count,
			.has_partners = landing->config->partner_count > 0,
		},
		language, out);
	free(latest);
}

enum page_language page_landing_language(const struct site_config *config)
{
	struct page_site site = site_of(config);

	return page_language_of(&site, NULL);
}

void page_edition(
	const struct site_config *config, struct page_epaper_day *day, struct buf *out)
{
	struct page_site site = site_of(config);

	day->site = &site;
	page_epaper_render_day(day, out);
	day->site = NULL;
}

void page_editions(
	const struct site_config *config, struct page_epaper_list *list, struct buf *out)
{
	struct page_site site = site_of(config);

	list->site = &site;
	page_epaper_render_list(list, out);
	list->site = NULL;
}

/* Of ENTRY's page. */
static char *page_address(
	struct arena *arena, const struct site_config *config, const struct entry *entry)
{
	return arena_printf(
		arena, "%sa/%s", config->base_url, url_encode_path(arena, entry->slug));
}

/* NULL when the article was in no edition. */
static const char *edition_url(struct arena *arena, const struct site_config *config,
	const struct article *article)
{
	if (!article->edition.is_set || !page_is_day(article->edition.date))
		return NULL;
	return arena_printf(arena, "%sepaper/%s/", config->base_url, article->edition.date);
}

static void set_feed(struct arena *arena, const struct site_config *config,
	const char *title, const char *path, struct page_feed *out)
{
	out->title = title;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		out->urls[f] = arena_printf(arena, "%s%sfeed.%s", config->base_url, path,
			feed_format_name((enum feed_format)f));
}

/* The feeds that the article in DIRECTORY is in, whose channel people call NAME, for
 * autodiscovery. */
static size_t list_feeds(struct arena *arena, const struct site_config *config,
	const char *directory, const char *name, struct page_feed out[2])
{
	set_feed(arena, config, config->title, "", &out[0]);
	if (!*directory || !(config->kinds & 1U << FEED_OF_CHANNEL))
		return 1;
	set_feed(arena, config, arena_printf(arena, "%s · %s", config->title, name),
		arena_printf(arena, "c/%s/", url_encode_path(arena, directory)), &out[1]);
	return 2;
}

static char *directory_of(struct arena *arena, const struct entry *entry)
{
	return arena_strndup(arena, entry->path, channel_len(entry->path));
}

static void set_link(struct arena *arena, const struct site_config *config,
	const struct entry *entry, struct page_link *out)
{
	if (entry && entry->title)
		*out = (struct page_link){entry->title, page_address(arena, config, entry)};
}

void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const struct page_relations *relations,
	struct buf *out)
{
	struct arena *arena = arena_create();
	struct page_site site = site_of(config);
	char *directory = directory_of(arena, entry);
	struct page_feed feeds[2] = {{0}};
	struct page_article page = {
		.site = &site,
		.article = article,
		.url = page_address(arena, config, entry),
		.published = entry->published,
		.updated = entry->updated,
		.is_withdrawn = article->status == STATUS_WITHDRAWN,
		.withdrawn = article->withdrawal.at,
		.level = config->level,
		.license = relations->license,
		.column.name = article->channel ? article->channel : relations->channel,
		.column.description = article->channel ? NULL : relations->channel_description,
		.edition_url = edition_url(arena, config, article),
		.feeds = feeds,
		.feed_count = list_feeds(arena, config, directory, relations->channel, feeds),
	};

	set_link(arena, config, relations->corrects, &page.corrects);
	set_link(arena, config, relations->corrected_by, &page.corrected_by);
	page_article_render(&page, out);
	arena_destroy(arena);
}

char *page_article_links(
	struct arena *arena, const struct site_config *config, const struct entry *entry)
{
	struct page_feed feeds[2] = {{0}};
	char *directory = directory_of(arena, entry);
	size_t count = list_feeds(arena, config, directory, directory, feeds);
	char *links = arena_strdup(arena, "");

	for (size_t i = 0; i < count; i++)
		links = arena_printf(arena,
			"%s%s<%s>; rel=\"alternate\"; type=\"application/atom+xml\"", links,
			i ? ", " : "", feeds[i].urls[FEED_ATOM]);
	return links;
}

void page_gone(const struct site_config *config, struct buf *out)
{
	struct page_site site = site_of(config);

	page_gone_render(&site, out);
}

static const struct {
	int status;
	enum page_word title, text;
} errors[] = {
	{404, WORD_MISSING, WORD_MISSING_TEXT},
	{405, WORD_NOT_TAKEN, WORD_NOT_TAKEN_TEXT},
	{410, WORD_FEED_ENDED, WORD_FEED_ENDED_TEXT},
	{429, WORD_TOO_MANY, WORD_WAIT_TEXT},
	{503, WORD_NOT_NOW, WORD_WAIT_TEXT},
};

int page_error(const struct site_config *config, enum page_language language, size_t which,
	struct buf *out)
{
	struct page_site site = site_of(config);

	if (which >= sizeof(errors) / sizeof(*errors))
		return 0;
	page_notice_render(&site, language, errors[which].title, errors[which].text, out);
	return errors[which].status;
}
