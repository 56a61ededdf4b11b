/*
 * rights.h: who may have how much of an article. An ordered list of rules, of which the
 * first that matches decides, for the public and for each partner: the level of text, the
 * rights statement and the licence. Pure: the state of the article and the time are the
 * caller's to know.
 */
#ifndef FEEDS_RIGHTS_H
#define FEEDS_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "feeds/article.h"
#include "feeds/render.h"

struct buf;
struct source_list;

/* A partner's level; the partner "*" is every one that is not named. */
struct rights_grant {
	const char *partner;
	enum text_level level;
};

/* All borrowed. A pattern is a text in which `*` stands for any run of characters and `?`
 * for one; ASCII letters match in either case. */
struct rights_rule {
	const char *name, *text, *license; /* text and license may be NULL */
	/* What is asked of the article. One hit in one list is enough, because "all works
	 * with our dateline or our source" is one rule; with needs_all each list that is not
	 * empty needs a hit. All empty: matches everything. */
	struct strings source, dateline, channel, author, tag, path;
	bool needs_all;
	bool holds_unknown; /* an article whose source is not in the list waits */
	enum text_level public_level;
	const struct rights_grant *partners; /* none given: LEVEL_NONE */
	size_t partner_count;
};

struct rights_policy {
	const struct rights_rule *rules; /* the last one matches everything */
	size_t count;                    /* 0: all for the public, nothing for partners */
	const struct source_list *sources; /* for holds_unknown; NULL: all are unknown */
};

struct rights_subject {
	const struct article *article;
	const char *path;      /* below the article directory */
	const char *directory; /* its channel by place, "" at the top */
	int32_t day;           /* YYYYMMDD, for sources that are known for a time */
};

/* Which rule matched, and by what. Borrows from policy and subject. */
struct rights_match {
	const struct rights_rule *rule; /* NULL without rules */
	size_t index;                   /* of the rule */
	const char *field, *value, *pattern; /* NULL where the rule has no lists */
	bool is_held;                   /* the source is unknown: nobody gets it */
};

struct rights_match rights_find(const struct rights_policy *policy,
	const struct rights_subject *subject);

/* Who asks: PARTNER NULL is the public. */
struct rights_audience {
	const char *partner;
	bool has_embargo_access;
};

/* By the rule alone, whatever the article's state. RULE NULL: the public's FULL_MEDIA. */
enum text_level rights_level(const struct rights_rule *rule, const char *partner);

/* What the audience sees of an article now. */
enum rights_view {
	VIEW_NONE,
	VIEW_ARTICLE,   /* at the level */
	VIEW_EARLY,     /* under embargo, to one who may: marked, at the level */
	VIEW_TOMBSTONE, /* had it and must know that it is taken back */
	VIEW_ADVISORY,  /* a notice to partners that takes another article back */
};

/* Why it is so, for `explain`. */
enum rights_reason {
	REASON_RULE, REASON_DRAFT, REASON_SCHEDULED, REASON_EMBARGOED, REASON_EXPIRED,
	REASON_WITHDRAWN, REASON_KILLED, REASON_HELD, REASON_UNKNOWN_SOURCE, REASON_NOTICE,
};

struct rights_state {
	enum article_status status; /* now: article_status_at */
	bool is_killed;             /* by a notice or by the operator */
	bool is_held;               /* by the operator */
};

struct rights_decision {
	enum rights_view view;
	enum text_level level;      /* LEVEL_NONE unless the view is an article */
	enum rights_reason reason;
};

struct rights_decision rights_decide(const struct rights_match *match,
	const struct rights_state *state, const struct rights_audience *audience);

/* "none", "headline", ... as the configuration writes them; false for another word. */
const char *rights_level_name(enum text_level level);
bool rights_level_of(const char *word, enum text_level *out);
/* "article", "early", "tombstone", ... and "rule", "draft", "unknown source", ... */
const char *rights_view_name(enum rights_view view);
const char *rights_reason_name(enum rights_reason reason);

/* "rule own: source 青岑日报 matches 青岑*", for people. */
void rights_describe(const struct rights_match *match, struct buf *out);

/* Whether TEXT matches PATTERN whole. */
bool rights_pattern_matches(const char *pattern, const char *text);

#endif
