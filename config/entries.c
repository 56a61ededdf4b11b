/*
 * entries.c: the two lists of mappings, `partners` and `rights`. The members of an entry
 * are tables too, with the types of the option table.
 */
#include <string.h>

#include "config/config.h"
#include "config/options.h"
#include "config/reader.h"
#include "config/suggest.h"
#include "feeds/base/arena.h"
#include "feeds/base/day.h"
#include "feeds/base/error.h"

#define PARTNER(field) offsetof(struct config_partner, field)
#define RULE(field) offsetof(struct config_rule, field)

static const char levels[] = "none|headline|summary|full|full+media";

static const struct option partner_members[] = {
	{"name", OPTION_TEXT, PARTNER(name), NULL, NULL, false},
	{"token_file", OPTION_TEXT, PARTNER(token_file), NULL, NULL, false},
	{"callback_hosts", OPTION_STRINGS, PARTNER(callback_hosts), NULL, NULL, false},
	{"topics", OPTION_STRINGS, PARTNER(topics), NULL, NULL, false},
	{"formats", OPTION_WORDS, PARTNER(formats), NULL, "atom|rss|json|ninjs|nitf", false},
	{"require", OPTION_WORDS, PARTNER(require), NULL, "https|secret", false},
	{"embargo_access", OPTION_BOOL, PARTNER(embargo_access), NULL, NULL, false},
	{"lease", OPTION_SECONDS, PARTNER(lease_s), NULL, NULL, false},
	{"rate", OPTION_INT, PARTNER(rate), NULL, NULL, false},
	{"valid_from", OPTION_TEXT, PARTNER(valid_from), NULL, NULL, false},
	{"valid_until", OPTION_TEXT, PARTNER(valid_until), NULL, NULL, false},
	{"contact", OPTION_TEXT, PARTNER(contact), NULL, NULL, false},
	{0},
};

static const struct option match_members[] = {
	{"source", OPTION_STRINGS, RULE(source), NULL, NULL, false},
	{"dateline", OPTION_STRINGS, RULE(dateline), NULL, NULL, false},
	{"channel", OPTION_STRINGS, RULE(channel), NULL, NULL, false},
	{"author", OPTION_STRINGS, RULE(author), NULL, NULL, false},
	{"tag", OPTION_STRINGS, RULE(tag), NULL, NULL, false},
	{"path", OPTION_STRINGS, RULE(path), NULL, NULL, false},
	{"all", OPTION_BOOL, RULE(match_all), NULL, NULL, false},
	{0},
};

static const struct option rule_members[] = {
	{"name", OPTION_TEXT, RULE(name), NULL, NULL, false},
	{"text", OPTION_TEXT, RULE(text), NULL, NULL, false},
	{"license", OPTION_TEXT, RULE(license), NULL, NULL, false},
	{"public", OPTION_WORD, RULE(public_level), NULL, levels, false},
	{"unknown_source", OPTION_WORD, RULE(unknown_source), NULL, "allow|hold", false},
	{0},
};

/* Reads what is not a plain member; NULL in an entry that has none. */
struct entry_kind {
	const char *what; /* "partners" */
	const struct option *members;
	bool (*read_other)(struct reader *reader, const char *key, yaml_node_t *node,
		void *base, bool *ok_out);
	const char *others[2];
	/* What one entry alone shows to be wrong; NULL = nothing. */
	bool (*check)(struct reader *reader, const yaml_node_t *node, const void *base);
};

static bool unknown_member(struct reader *reader, const yaml_node_t *node,
	const struct entry_kind *kind, const char *key)
{
	struct suggestion near = {.wanted = key};

	for (const struct option *member = kind->members; member->key; member++)
		suggestion_offer(&near, member->key, strlen(member->key));
	for (size_t i = 0; i < 2 && kind->others[i]; i++)
		suggestion_offer(&near, kind->others[i], strlen(kind->others[i]));
	return reader_fail(reader, node,
		near.best ? "%s: unknown key '%.60s'; did you mean '%s'?"
			  : "%s: unknown key '%.60s'",
		kind->what, key, near.best);
}

/* A mapping with the members of KIND into BASE. */
static bool read_members(struct reader *reader, yaml_node_t *node,
	const struct entry_kind *kind, void *base)
{
	if (node->type != YAML_MAPPING_NODE)
		return reader_fail(reader, node, "%s: expected a mapping", kind->what);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = reader_node(reader, pair->key);
		yaml_node_t *value = reader_node(reader, pair->value);
		const char *name = reader_scalar(key) ? reader_scalar(key) : "";
		const struct option *member = kind->members;
		bool ok = true;

		if (reader_is_repeated(reader, node, pair))
			return reader_fail(
				reader, key, "%s: %s is given twice", kind->what, name);
		while (member->key && strcmp(member->key, name) != 0)
			member++;
		if (member->key)
			ok = reader_take(
				reader, member, (char *)base + member->offset, value);
		else if (!kind->read_other ||
			 !kind->read_other(reader, name, value, base, &ok))
			ok = unknown_member(reader, key, kind, name);
		if (!ok)
			return false;
	}
	return true;
}

/* Partner -> level. */
static bool read_grants(
	struct reader *reader, yaml_node_t *node, struct config_rule *rule)
{
	static const struct option grant = {
		"rights.partners", OPTION_WORD, 0, NULL, levels, false};
	struct config_grant *grants;
	size_t count;

	if (node->type != YAML_MAPPING_NODE)
		return reader_fail(reader, node,
			"rights.partners: expected a mapping from partner to level");
	count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	if (count > READER_LIST_MAX)
		return reader_fail(reader, node, "rights.partners: more than %d partners",
			READER_LIST_MAX);
	grants = arena_alloc(reader->config->arena, (count + 1) * sizeof(*grants));
	for (size_t i = 0; i < count; i++) {
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
		yaml_node_t *key = reader_node(reader, pair->key);

		if (!reader_scalar(key))
			return reader_fail(
				reader, key, "rights.partners: expected a name");
		if (reader_is_repeated(reader, node, pair))
			return reader_fail(reader, key,
				"rights.partners: '%.60s' is given twice",
				reader_scalar(key));
		grants[i].partner =
			arena_strdup(reader->config->arena, reader_scalar(key));
		if (!reader_take(reader, &grant, &grants[i].level,
			    reader_node(reader, pair->value)))
			return false;
	}
	rule->partners = grants;
	rule->partner_count = count;
	return true;
}

static bool read_rule_other(struct reader *reader, const char *key, yaml_node_t *node,
	void *base, bool *ok_out)
{
	static const struct entry_kind match = {
		.what = "rights.match", .members = match_members};

	if (strcmp(key, "match") == 0)
		*ok_out = read_members(reader, node, &match, base);
	else if (strcmp(key, "partners") == 0)
		*ok_out = read_grants(reader, node, base);
	else
		return false;
	return true;
}

/* Each item of the list into ENTRIES of SIZE bytes; all kinds begin with their name. */
static bool read_entries(struct reader *reader, yaml_node_t *node,
	const struct entry_kind *kind, size_t size, void **entries_out, size_t *count_out)
{
	bool is_none = reader_is_null(node);
	char *entries;
	size_t count;

	if (!is_none && node->type != YAML_SEQUENCE_NODE)
		return reader_fail(reader, node, "%s: expected a list", kind->what);
	count = is_none ? 0
			: (size_t)(node->data.sequence.items.top -
				   node->data.sequence.items.start);
	if (count > READER_LIST_MAX)
		return reader_fail(reader, node, "%s: more than %d entries", kind->what,
			READER_LIST_MAX);
	entries = arena_alloc(reader->config->arena, (count + 1) * size);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item =
			reader_node(reader, node->data.sequence.items.start[i]);
		const char *const *name = (const void *)(entries + i * size);

		if (!read_members(reader, item, kind, entries + i * size))
			return false;
		if (!*name || !**name)
			return reader_fail(
				reader, item, "%s: an entry needs a name", kind->what);
		if (kind->check && !kind->check(reader, item, entries + i * size))
			return false;
	}
	*entries_out = entries;
	*count_out = count;
	return true;
}

_Static_assert(offsetof(struct config_partner, name) == 0, "read_entries looks there");
_Static_assert(offsetof(struct config_rule, name) == 0, "read_entries looks there");

/* The name is part of addresses. */
static bool is_partner_name(const char *name)
{
	if (strlen(name) > 64 || *name == '-' || *name == '_')
		return false;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static bool is_day(const char *text)
{
	return day_parse(text, strlen(text)) != 0;
}

static bool check_partner(
	struct reader *reader, const yaml_node_t *node, const void *base)
{
	const struct config_partner *partner = base;
	const char *from = partner->valid_from, *until = partner->valid_until;

	if (!is_partner_name(partner->name))
		return reader_fail(reader, node,
			"partners: the name '%.80s' becomes part of an address; expected "
			"small letters, digits, - and _, a letter or digit first",
			partner->name);
	if (from && !is_day(from))
		return reader_fail(reader, node,
			"partners: %s: valid_from is '%.40s'; expected a day like "
			"2026-01-31", partner->name, from);
	if (until && !is_day(until))
		return reader_fail(reader, node,
			"partners: %s: valid_until is '%.40s'; expected a day like "
			"2026-12-31", partner->name, until);
	if (from && until && strcmp(from, until) > 0)
		return reader_fail(reader, node,
			"partners: %s: valid_until %s is before valid_from %s",
			partner->name, until, from);
	return true;
}

/* What an entry does not say. */
static void complete_partners(struct config_partner *partners, size_t count)
{
	static const char *const formats[] = {"atom", "rss", "json", "ninjs", "nitf"};
	static const char *const require[] = {"https", "secret"};

	for (size_t i = 0; i < count; i++) {
		if (!partners[i].formats.items)
			partners[i].formats = (struct config_strings){formats, 5};
		if (!partners[i].require.items)
			partners[i].require = (struct config_strings){require, 2};
	}
}

bool entries_read_partners(struct reader *reader, yaml_node_t *node)
{
	static const struct entry_kind kind = {
		.what = "partners", .members = partner_members, .check = check_partner};
	void *entries;

	if (!read_entries(reader, node, &kind, sizeof(struct config_partner), &entries,
		    &reader->config->partner_count))
		return false;
	complete_partners(entries, reader->config->partner_count);
	reader->config->partners = entries;
	return true;
}

static bool matches_everything(const struct config_rule *rule)
{
	return !rule->source.count && !rule->dateline.count && !rule->channel.count &&
	       !rule->author.count && !rule->tag.count && !rule->path.count;
}

/* The last rule is the default, and no other is one: what follows it would be ignored. */
static bool check_order(struct reader *reader, const yaml_node_t *node,
	const struct config_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const yaml_node_t *item =
			reader_node(reader, node->data.sequence.items.start[i]);
		bool is_last = i + 1 == count;

		if (!is_last && matches_everything(&rules[i]))
			return reader_fail(reader, item,
				"rights: rule '%.60s' has no match and takes every "
				"article, so rule '%.60s' after it is never reached; "
				"put it last", rules[i].name, rules[i + 1].name);
		if (is_last && !matches_everything(&rules[i]))
			return reader_fail(reader, item,
				"rights: articles that match no rule have none; expected "
				"a last rule without match, for example {name: default, "
				"public: summary}");
	}
	return true;
}

bool entries_read_rights(struct reader *reader, yaml_node_t *node)
{
	static const struct entry_kind kind = {
		"rights", rule_members, read_rule_other, {"match", "partners"}, NULL};
	void *entries;

	if (!read_entries(reader, node, &kind, sizeof(struct config_rule), &entries,
		    &reader->config->rule_count) ||
		!check_order(reader, node, entries, reader->config->rule_count))
		return false;
	reader->config->rights = entries;
	return true;
}

static bool is_partner(const struct config *config, const char *name, size_t before)
{
	if (strcmp(name, "*") == 0)
		return true;
	for (size_t i = 0; i < before; i++) {
		if (strcmp(config->partners[i].name, name) == 0)
			return true;
	}
	return false;
}

bool entries_check(const struct config *config, const char *name, struct error *err)
{
	for (size_t i = 0; i < config->partner_count; i++) {
		if (is_partner(config, config->partners[i].name, i))
			return error_set(err, "%s: partners: '%s' is there twice", name,
				config->partners[i].name);
	}
	for (size_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rights[i];

		if (rule->unknown_source && strcmp(rule->unknown_source, "hold") == 0 &&
			!config->articles.sources_file)
			return error_set(err,
				"%s: rights: rule '%s' holds unknown sources, but "
				"articles.sources_file, the list of the known ones, is "
				"not set", name, rule->name);
		for (size_t j = 0; j < rule->partner_count; j++) {
			if (!is_partner(config, rule->partners[j].partner,
				    config->partner_count))
				return error_set(err,
					"%s: rights: rule '%s' names the "
					"partner '%s', which is not under partners",
					name, rule->name, rule->partners[j].partner);
		}
	}
	return true;
}

struct config_strings entries_copy_list(
	struct arena *arena, const struct config_strings *from)
{
	const char **items = arena_alloc(arena, (from->count + 1) * sizeof(*items));

	for (size_t i = 0; i < from->count; i++)
		items[i] = arena_strdup(arena, from->items[i]);
	return (struct config_strings){items, from->count};
}

/* The texts and lists that the members of a table hold, in place. */
static void copy_members(struct arena *arena, const struct option *members, void *base)
{
	for (; members->key; members++) {
		void *field = (char *)base + members->offset;
		const char **text = field;
		struct config_strings *list = field;

		if (members->type == OPTION_TEXT || members->type == OPTION_WORD)
			*text = arena_strdup(arena, *text);
		else if (members->type == OPTION_STRINGS ||
			 members->type == OPTION_WORDS)
			*list = entries_copy_list(arena, list);
	}
}

static void copy_grants(struct arena *arena, struct config_rule *rule)
{
	struct config_grant *grants =
		arena_alloc(arena, (rule->partner_count + 1) * sizeof(*grants));

	for (size_t i = 0; i < rule->partner_count; i++) {
		grants[i].partner = arena_strdup(arena, rule->partners[i].partner);
		grants[i].level = arena_strdup(arena, rule->partners[i].level);
	}
	rule->partners = grants;
}

void entries_adopt(struct config *config, const struct config *from)
{
	struct arena *arena = config->arena;
	struct config_partner *partners =
		arena_alloc(arena, (from->partner_count + 1) * sizeof(*partners));
	struct config_rule *rules =
		arena_alloc(arena, (from->rule_count + 1) * sizeof(*rules));

	for (size_t i = 0; i < from->partner_count; i++) {
		partners[i] = from->partners[i];
		copy_members(arena, partner_members, &partners[i]);
	}
	for (size_t i = 0; i < from->rule_count; i++) {
		rules[i] = from->rights[i];
		copy_members(arena, rule_members, &rules[i]);
		copy_members(arena, match_members, &rules[i]);
		copy_grants(arena, &rules[i]);
	}
	config->partners = partners;
	config->partner_count = from->partner_count;
	config->rights = rules;
	config->rule_count = from->rule_count;
}
