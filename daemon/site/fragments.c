/* fragments.c: see fragments.h. */
#include "daemon/site/fragments.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/log.h"
#include "daemon/site/entitlement.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/render.h"
#include "feeds/rights.h"

enum { DOCUMENT_MOST = 2 * 1024 * 1024 };

static void finish_facts(struct fragment_facts *facts)
{
	char **texts[] = {&facts->title, &facts->url, &facts->channel, &facts->language,
		&facts->kicker, &facts->byline, &facts->paper, &facts->page, &facts->section};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(*texts[i]);
}

void fragments_destroy(struct fragments *fragments)
{
	if (!fragments)
		return;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++)
		buf_finish(&fragments->formats[f]);
	finish_facts(&fragments->facts);
	free(fragments->problem);
	free(fragments);
}

char *fragments_url(const struct site *site, const struct entry *entry,
	const struct article *article)
{
	struct buf url = {0};

	if (article->url && strstr(article->url, "://"))
		return mem_strdup(article->url);
	buf_printf(&url, "%sa/%s", site->config.base_url, entry->slug);
	return buf_take(&url, NULL);
}

static char *join_names(const struct people *people)
{
	struct buf names = {0};

	for (size_t i = 0; i < people->count; i++)
		buf_printf(&names, "%s%s", i ? "、" : "", people->items[i].name);
	return names.len ? buf_take(&names, NULL) : NULL;
}

static void take_facts(const struct site *site, const struct entry *entry,
	const struct feed_item *item, struct fragment_facts *facts)
{
	const struct article *article = item->article;

	facts->title = mem_strdup(article->title);
	facts->url = fragments_url(site, entry, article);
	facts->channel = mem_strdup(item->channel);
	facts->language = mem_strdup(article->language);
	facts->is_withdrawn = item->status == STATUS_WITHDRAWN;
	if (facts->is_withdrawn || entry->level < LEVEL_SUMMARY)
		return;
	facts->kicker = mem_strdup(article->kicker);
	facts->byline = join_names(&article->authors);
	if (!article->edition.is_set)
		return;
	facts->paper = mem_strdup(article->edition.paper);
	facts->page = mem_strdup(article->edition.page);
	facts->section = mem_strdup(article->edition.section);
}

static void close_fragment(struct fragments *fragments, enum feed_format format)
{
	struct buf *bytes = &fragments->formats[format];
	struct error err;

	if (!EVP_Digest(bytes->bytes ? bytes->bytes : "", bytes->len,
		    fragments->digests[format], NULL, EVP_sha256(), NULL))
		abort();
	if (bytes->len && !fragments->problem &&
		!feed_check_item(format, fragments->namespaces[format], bytes->bytes,
			bytes->len, &err))
		fragments->problem = mem_strdup(err.text);
}

void fragments_make(struct site *site, struct entry *entry, const struct article *article)
{
	struct fragments *fragments = mem_alloc(sizeof(*fragments));
	char *directory = mem_strndup(entry->path, channel_len(entry->path));
	const struct rights_rule *rule = entitlement_of(site, entry).rule;
	struct feed_item item = {
		.article = article,
		.rights = rule ? rule->text : NULL,
		.license = rule ? rule->license : NULL,
		.id = entry->id,
		.published = entry->published,
		.updated = entry->updated,
		.status = article->status == STATUS_WITHDRAWN ? STATUS_WITHDRAWN : STATUS_PUBLISHED,
		.channel = article->channel ? article->channel : *directory ? directory : NULL,
	};

	take_facts(site, entry, &item, &fragments->facts);
	item.url = fragments->facts.url;
	if (item.updated.ms < item.published.ms)
		item.updated = item.published;
	for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
		feed_render_item((enum feed_format)f, entry->level, &item,
			&fragments->formats[f], &fragments->namespaces[f]);
		close_fragment(fragments, (enum feed_format)f);
	}
	if (fragments->problem)
		log_error("feed: an item would be invalid path=%s id=%s: %s", entry->path,
			entry->id, fragments->problem);
	fragments_destroy(entry->fragments);
	entry->fragments = fragments;
	free(directory);
}

void fragments_drop(struct entry *entry)
{
	if (entry->window_refs)
		return;
	fragments_destroy(entry->fragments);
	entry->fragments = NULL;
}

bool fragments_want(struct site *site, struct entry *const *window, size_t count)
{
	bool ok = true;

	for (size_t i = 0; i < count; i++) {
		if (!window[i]->fragments && !window[i]->is_loading)
			site_with_article(site, window[i], fragments_make);
		ok = ok && window[i]->fragments;
	}
	return ok;
}

size_t fragments_fit(struct entry *const *window, size_t count)
{
	size_t used[FEED_FORMAT_COUNT] = {0};

	for (size_t i = 0; i < count; i++) {
		for (int f = 0; f < FEED_FORMAT_COUNT; f++) {
			used[f] += window[i]->fragments->formats[f].len;
			if (used[f] > DOCUMENT_MOST && i > 0)
				return i;
		}
	}
	return count;
}
