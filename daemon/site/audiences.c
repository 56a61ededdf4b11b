/*
 * audiences.c: which rule decided about an article, and what each audience sees of it now,
 * for whoever asks why.
 */
#include "daemon/site/audiences.h"

#include <string.h>

#include "daemon/site/entitlement.h"
#include "daemon/site/partner_docs.h"
#include "daemon/site/site_internal.h"
#include "daemon/site/status.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/rights.h"

/* The rules are asked again, for what it was that matched. */
static const char *describe(struct arena *arena, const struct site *site,
	const struct entry *entry, const struct article *article)
{
	const char *directory = arena_strndup(arena, entry->path, channel_len(entry->path));
	struct rights_subject subject = {article, entry->path, directory, 0};
	struct rights_match match = entitlement_of(site, entry), found;
	struct buf text = {0};
	const char *copy;

	found = rights_find(&site->config.rules, &subject);
	/* held or not is as it was decided: the day of publication counts there */
	if (found.rule == match.rule)
		found.is_held = match.is_held;
	rights_describe(&found, &text);
	copy = arena_strdup(arena, buf_text(&text));
	buf_finish(&text);
	return copy;
}

static struct site_audience audience_of(const char *name, struct rights_decision decision)
{
	return (struct site_audience){name, rights_view_name(decision.view),
		rights_level_name(decision.level), rights_reason_name(decision.reason)};
}

/* The public's is what is out: never more than feeds.content. */
static struct rights_decision decide_public(const struct site *site, const struct entry *entry)
{
	static const struct site_partner nobody = {.name = NULL};
	struct rights_decision decision = partner_desk_decide(site, &nobody, entry);

	if (decision.level > entry->level)
		decision.level = entry->level;
	return decision;
}

void audiences_explain(struct arena *arena, const struct site *site,
	const struct entry *entry, const struct article *article, struct site_explanation *out)
{
	size_t count = site->config.partner_count;
	struct site_audience *list = arena_alloc(arena, (count + 1) * sizeof(*list));

	list[0] = audience_of("public", decide_public(site, entry));
	for (size_t p = 0; p < count; p++) {
		const struct site_partner *partner = &site->config.partners[p];

		list[p + 1] = audience_of(partner->name, partner_desk_decide(site, partner, entry));
	}
	out->rule = article ? describe(arena, site, entry, article) : NULL;
	out->audiences = list;
	out->audience_count = count + 1;
}
