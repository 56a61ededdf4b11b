/*
 * entitlement.c: see entitlement.h. The number: the rules' fingerprint (32 bits), a digest
 * of what the rule shows the public (16), the rule counted from 1 (15), and whether the
 * article waits because its source is not known (1).
 */
#include "daemon/site/entitlement.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/loop/loop.h"
#include "daemon/site/site_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"
#include "feeds/rights.h"

enum { RULE_MOST = 0x7fff };

static uint16_t look_of(const struct rights_rule *rule, enum text_level level)
{
	struct buf text = {0};
	uint64_t hash;

	buf_printf(&text, "%d\n%s\n%s", (int)level, rule && rule->text ? rule->text : "",
		rule && rule->license ? rule->license : "");
	hash = map_hash(text.bytes, text.len);
	buf_finish(&text);
	return (uint16_t)hash;
}

static enum text_level public_level(const struct site *site, const struct rights_match *match)
{
	enum text_level level = match->is_held ? LEVEL_NONE : rights_level(match->rule, NULL);

	return level < site->config.level ? level : site->config.level;
}

static void set(struct site *site, struct entry *entry, int64_t rights)
{
	struct rights_match match;

	if (entry->rights != rights)
		catalogue_touch(&site->catalogue, entry);
	entry->rights = rights;
	match = entitlement_of(site, entry);
	entry->level = public_level(site, &match);
	if (entry->is_unentitled) {
		entry->is_unentitled = false;
		site->unentitled--;
	}
}

/* YYYYMMDD of the site's day: sources are known for a time. */
static int32_t day_of(const struct site *site, const struct instant *at)
{
	time_t local = (time_t)(at->ms / 1000 + site->config.offset_s);
	struct tm tm;

	if (!at->is_set || !gmtime_r(&local, &tm))
		return 0;
	return (int32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

bool entitle(struct site *site, struct entry *entry, const struct article *article)
{
	char *directory = mem_strndup(entry->path, channel_len(entry->path));
	struct rights_subject subject = {article, entry->path, directory,
		day_of(site, &article->published)};
	struct rights_match match = rights_find(&site->config.rules, &subject);
	uint16_t look = look_of(match.rule, public_level(site, &match));
	uint64_t rule = match.rule && match.index < RULE_MOST ? match.index + 1 : 0;
	bool was_known = entry->rights != 0;
	bool is_new = (uint16_t)((uint64_t)entry->rights >> 16) != look;

	free(directory);
	set(site, entry, (int64_t)((uint64_t)site->config.rules_print << 32 |
				   (uint64_t)look << 16 | rule << 1 | match.is_held));
	return was_known && is_new;
}

void entitle_load(struct site *site, struct entry *entry, int64_t rights)
{
	entry->rights = rights;
	if ((uint32_t)((uint64_t)rights >> 32) == site->config.rules_print) {
		set(site, entry, rights);
		return;
	}
	if (entry->is_unentitled || entry->presence == GONE || !entry->id)
		return;
	entry->is_unentitled = true;
	entry->next_change_ms = 0;
	site->unentitled++;
}

void entitle_nobody(struct site *site, struct entry *entry)
{
	set(site, entry, (int64_t)((uint64_t)site->config.rules_print << 32 | 1));
}

void entitle_all(struct site *site)
{
	for (size_t i = 0; i < site->catalogue.count; i++)
		entitle_load(site, site->catalogue.entries[i],
			site->catalogue.entries[i]->rights);
	site_set_alarm(site);
	site_schedule(site);
}

struct rights_match entitlement_of(const struct site *site, const struct entry *entry)
{
	size_t rule = (size_t)((uint64_t)entry->rights >> 1 & RULE_MOST);
	struct rights_match match = {.is_held = entry->rights & 1};

	if (rule && rule <= site->config.rules.count) {
		match.index = rule - 1;
		match.rule = &site->config.rules.rules[rule - 1];
	} else if (site->config.rules.count) {
		match.is_held = true;
	}
	return match;
}
