/*
 * pages.c: from what the site knows to what its pages are made of (page_landing.h,
 * page_article.h). Pure.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/site/page_article.h"
#include "daemon/site/page_landing.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"
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
	};
}

/* An outline per format becomes a feed with its formats; the site's is the first. */
static size_t gather_feeds(const struct landing *landing, struct page_landing_feed *out)
{
	size_t count = 0;

	for (size_t i = 0; i < landing->feed_count; i++) {
		const struct outline *outline = &landing->feeds[i];

		if (i % FEED_FORMAT_COUNT == 0) {
			out[count].kind = count ? PAGE_FEED_CHANNEL : PAGE_FEED_SITE;
			out[count++].feed.title = outline->title;
		}
		out[count - 1].feed.urls[outline->format] = outline->feed_url;
	}
	return count;
}

void page_landing(
	const struct landing *landing, enum page_language language, struct buf *out)
{
	struct page_landing_feed *feeds =
		mem_alloc((landing->feed_count + 1) * sizeof(*feeds));
	struct page_headline *latest =
		mem_alloc((landing->latest_count + 1) * sizeof(*latest));
	struct page_site site = site_of(landing->config);

	for (size_t i = 0; i < landing->latest_count; i++) {
		const struct entry *entry = landing->latest[i];

		latest[i] = (struct page_headline){
			.title = entry->fragments->title,
			.url = entry->fragments->url,
			.published = entry->published,
		};
	}
	page_landing_render(
		&(struct page_landing){
			.site = &site,
			.feeds = feeds,
			.feed_count = gather_feeds(landing, feeds),
			.latest = latest,
			.latest_count = landing->latest_count,
		},
		language, out);
	free(feeds);
	free(latest);
}

enum page_language page_landing_language(const struct site_config *config)
{
	struct page_site site = site_of(config);

	return page_language_of(&site, NULL);
}

static void set_feed(struct arena *arena, const struct site_config *config,
	const char *title, const char *path, struct page_feed *out)
{
	out->title = title;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		out->urls[f] = arena_printf(arena, "%s%sfeed.%s", config->base_url, path,
			feed_format_name((enum feed_format)f));
}

void page_article(const struct site_config *config, const struct entry *entry,
	const struct article *article, const char *url, struct buf *out)
{
	struct arena *arena = arena_create();
	struct page_site site = site_of(config);
	char *directory = arena_strndup(arena, entry->path, channel_len(entry->path));
	struct page_feed feeds[2] = {{0}};

	set_feed(arena, config, config->title, "", &feeds[0]);
	if (*directory)
		set_feed(arena, config,
			arena_printf(arena, "%s · %s", config->title, directory),
			arena_printf(arena, "c/%s/", url_encode_path(arena, directory)),
			&feeds[1]);
	page_article_render(
		&(struct page_article){
			.site = &site,
			.article = article,
			.url = url,
			.published = entry->published,
			.updated = entry->updated,
			.is_withdrawn = article->status == STATUS_WITHDRAWN,
			.withdrawn = article->withdrawal.at,
			.level = config->level,
			.column.name = article->channel ? article->channel : directory,
			.feeds = feeds,
			.feed_count = *directory && (config->kinds & 1U << FEED_OF_CHANNEL) ? 2 : 1,
		},
		out);
	arena_destroy(arena);
}
