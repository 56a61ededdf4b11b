/*
 * rights.c: see rights.h. What no rule grants is not given: a partner that a rule does not
 * name, a rule that says nothing of the public, an element that no level knows.
 */
#include "feeds/rights.h"

#include <assert.h>
#include <string.h>

#include "feeds/base/buf.h"
#include "feeds/escape.h"
#include "feeds/sources.h"

/* ---- patterns ---- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* The end of the UTF-8 character at TEXT. */
static const char *next_character(const char *text)
{
	text++;
	while (((unsigned char)*text & 0xc0) == 0x80)
		text++;
	return text;
}

/* Goes back to the last `*` only, which is enough: time is at most the product of the
 * lengths. */
bool rights_pattern_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?') {
			pattern++;
			text = next_character(text);
		} else if (lower(*pattern) == lower(*text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = resume = next_character(resume);
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* ---- matching ---- */

/* The first hit is the one to show. */
static void note(struct rights_match *match, const char *field, const char *value,
	const char *pattern)
{
	if (match->field)
		return;
	match->field = field;
	match->value = value;
	match->pattern = pattern;
}

/* One question of a rule: does one of PATTERNS match VALUE? */
static bool hits(struct rights_match *match, const char *field,
	const struct strings *patterns, const char *value)
{
	for (size_t i = 0; !escape_is_blank(value) && i < patterns->count; i++) {
		if (!rights_pattern_matches(patterns->items[i], value))
			continue;
		note(match, field, value, patterns->items[i]);
		return true;
	}
	return false;
}

/* The stated channel, the directory, and every directory above it: a rule for `news` is
 * one for `news/local`. */
static bool hits_channel(struct rights_match *match, const struct strings *patterns,
	const struct rights_subject *subject)
{
	const char *directory = subject->directory ? subject->directory : "";

	if (hits(match, "channel", patterns, subject->article->channel) ||
		hits(match, "channel", patterns, directory))
		return true;
	for (size_t i = 0; i < patterns->count; i++) {
		size_t len = strlen(patterns->items[i]);

		if (!len || strncmp(directory, patterns->items[i], len) != 0 ||
			directory[len] != '/')
			continue;
		note(match, "channel", directory, patterns->items[i]);
		return true;
	}
	return false;
}

static bool hits_author(struct rights_match *match, const struct strings *patterns,
	const struct people *authors)
{
	for (size_t i = 0; i < authors->count; i++) {
		if (hits(match, "author", patterns, authors->items[i].name))
			return true;
	}
	return false;
}

static bool hits_tag(struct rights_match *match, const struct strings *patterns,
	const struct strings *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (hits(match, "tag", patterns, tags->items[i]))
			return true;
	}
	return false;
}

static bool rule_matches(const struct rights_rule *rule, const struct rights_subject *subject,
	struct rights_match *match)
{
	const struct article *article = subject->article;
	const struct strings *lists[] = {&rule->source, &rule->dateline, &rule->channel,
		&rule->author, &rule->tag, &rule->path};
	enum { ASKED = sizeof(lists) / sizeof(*lists) };
	const bool answers[ASKED] = {
		hits(match, "source", &rule->source, article->source),
		hits(match, "dateline", &rule->dateline, article->dateline.agency),
		hits_channel(match, &rule->channel, subject),
		hits_author(match, &rule->author, &article->authors),
		hits_tag(match, &rule->tag, &article->tags),
		hits(match, "path", &rule->path, subject->path),
	};
	size_t asked = 0, yes = 0;

	for (size_t i = 0; i < ASKED; i++) {
		asked += lists[i]->count > 0;
		yes += answers[i];
	}
	return asked == 0 || (rule->needs_all ? yes == asked : yes > 0);
}

struct rights_match rights_find(const struct rights_policy *policy,
	const struct rights_subject *subject)
{
	const struct article *article = subject->article;

	for (size_t i = 0; i < policy->count; i++) {
		struct rights_match match = {.rule = &policy->rules[i], .index = i};

		if (!rule_matches(match.rule, subject, &match))
			continue;
		match.is_held = match.rule->holds_unknown &&
			!(policy->sources && sources_know(policy->sources, article->source,
				article->source_url, subject->day));
		return match;
	}
	/* with rules, the last one matches everything; should it not, nobody gets it */
	return (struct rights_match){.is_held = policy->count > 0};
}

/* ---- deciding ---- */

enum text_level rights_level(const struct rights_rule *rule, const char *partner)
{
	enum text_level others = LEVEL_NONE;

	if (!rule)
		return partner ? LEVEL_NONE : LEVEL_FULL_MEDIA;
	if (!partner)
		return rule->public_level;
	for (size_t i = 0; i < rule->partner_count; i++) {
		if (strcmp(rule->partners[i].partner, partner) == 0)
			return rule->partners[i].level;
		if (strcmp(rule->partners[i].partner, "*") == 0)
			others = rule->partners[i].level;
	}
	return others;
}

static struct rights_decision hidden(enum rights_reason reason)
{
	return (struct rights_decision){VIEW_NONE, LEVEL_NONE, reason};
}

/* A tombstone for whoever had it, which is whoever the rule gives it to. */
static struct rights_decision taken_back(enum text_level level, enum rights_reason reason)
{
	return (struct rights_decision){level > LEVEL_NONE ? VIEW_TOMBSTONE : VIEW_NONE,
		LEVEL_NONE, reason};
}

struct rights_decision rights_decide(const struct rights_match *match,
	const struct rights_state *state, const struct rights_audience *audience)
{
	enum text_level level = rights_level(match->rule, audience->partner);
	struct rights_decision shown = {
		level > LEVEL_NONE ? VIEW_ARTICLE : VIEW_NONE, level, REASON_RULE};

	if (state->status == STATUS_DRAFT)
		return hidden(REASON_DRAFT);
	if (match->is_held)
		return hidden(REASON_UNKNOWN_SOURCE);
	if (state->is_killed)
		return taken_back(level, REASON_KILLED);
	if (state->is_held)
		return hidden(REASON_HELD);
	switch (state->status) {
	case STATUS_DRAFT:
	case STATUS_SCHEDULED:
		return hidden(REASON_SCHEDULED);
	case STATUS_EMBARGOED:
		if (!audience->partner || !audience->has_embargo_access ||
			level == LEVEL_NONE)
			return hidden(REASON_EMBARGOED);
		return (struct rights_decision){VIEW_EARLY, level, REASON_EMBARGOED};
	case STATUS_EXPIRED:
		return hidden(REASON_EXPIRED);
	case STATUS_WITHDRAWN:
		return taken_back(level, REASON_WITHDRAWN);
	case STATUS_WITHDRAWAL:
		return (struct rights_decision){
			audience->partner ? VIEW_ADVISORY : VIEW_NONE, LEVEL_NONE,
			REASON_NOTICE};
	case STATUS_PUBLISHED:
		break;
	}
	return shown;
}

/* ---- words ---- */

static const char *const level_names[] = {[LEVEL_NONE] = "none", [LEVEL_HEADLINE] = "headline",
	[LEVEL_SUMMARY] = "summary", [LEVEL_FULL] = "full", [LEVEL_FULL_MEDIA] = "full+media"};
enum { LEVELS = sizeof(level_names) / sizeof(*level_names) };
static_assert(LEVELS == LEVEL_FULL_MEDIA + 1, "a name for each level");

const char *rights_level_name(enum text_level level)
{
	return level_names[level];
}

bool rights_level_of(const char *word, enum text_level *out)
{
	for (int i = 0; i < LEVELS; i++) {
		if (strcmp(level_names[i], word) == 0) {
			*out = (enum text_level)i;
			return true;
		}
	}
	return false;
}

const char *rights_view_name(enum rights_view view)
{
	static const char *const names[] = {
		[VIEW_NONE] = "none",
		[VIEW_ARTICLE] = "article",
		[VIEW_EARLY] = "early",
		[VIEW_TOMBSTONE] = "tombstone",
		[VIEW_ADVISORY] = "advisory",
	};

	return names[view];
}

const char *rights_reason_name(enum rights_reason reason)
{
	static const char *const names[] = {
		[REASON_RULE] = "rule",
		[REASON_DRAFT] = "draft",
		[REASON_SCHEDULED] = "scheduled",
		[REASON_EMBARGOED] = "embargoed",
		[REASON_EXPIRED] = "expired",
		[REASON_WITHDRAWN] = "withdrawn",
		[REASON_KILLED] = "killed",
		[REASON_HELD] = "held",
		[REASON_UNKNOWN_SOURCE] = "unknown source",
		[REASON_NOTICE] = "notice",
	};

	return names[reason];
}

void rights_describe(const struct rights_match *match, struct buf *out)
{
	if (!match->rule) {
		buf_add_str(out, "no rights rules");
		return;
	}
	buf_printf(out, "rule %s", match->rule->name);
	if (match->field)
		buf_printf(out, ": %s %s matches %s", match->field, match->value,
			match->pattern);
	else
		buf_add_str(out, ": matches everything");
	if (match->is_held)
		buf_add_str(out, "; held: the source is not among the known ones");
}
