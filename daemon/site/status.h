/*
 * status.h: the site as an operator sees it: how many articles are in which state, which
 * topics there are, what is wrong, and why one article is out or not.
 */
#ifndef DAEMON_SITE_STATUS_H
#define DAEMON_SITE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct histogram;
struct site;

struct site_status {
	bool is_ready;
	size_t published;          /* in the feeds */
	size_t waiting;            /* good, but not out: draft, scheduled, embargoed, expired */
	size_t rejected;           /* files that are wrong now (some with a good version out) */
	size_t deleted;            /* whose file is gone, for good */
	size_t vanishing;          /* whose file is gone, still out for the time of grace */
	size_t decided;            /* held or killed by an operator or a notice */
	bool is_held;              /* the vanishing are too many and wait for a confirmation */
	size_t queued;             /* files to be read or parsed */
	size_t documents, topics;
	uint64_t versions;         /* accepted since the start */
	uint64_t refusals;         /* files refused since the start */
	int64_t next_change_ms;    /* when a state changes next by itself; INT64_MAX = never */
	const struct histogram *publish; /* from a good version to its documents; borrows */
};
void site_get_status(const struct site *site, struct site_status *out);

/* Calls TELL for each topic, in order of their paths. */
void site_each_topic(const struct site *site,
	void (*tell)(void *context, const char *path, int64_t modified_s), void *context);

/* Calls TELL for files that are refused now ("PATH:LINE:COLUMN: what; hint [class]"), at
 * most MOST. */
void site_each_problem(const struct site *site, size_t most,
	void (*tell)(void *context, const char *path, const char *problem), void *context);

/* Calls TELL for articles whose deletion waits, at most MOST. */
void site_each_vanishing(const struct site *site, size_t most,
	void (*tell)(void *context, const char *path, const char *id, int64_t due_ms),
	void *context);

/* An article that is held or killed. */
struct site_decision_row {
	const char *path, *id, *title, *note; /* the last two may be NULL */
	bool is_killed;            /* else held */
	int64_t at_ms;
};
/* Calls TELL for each of them, at most MOST. */
void site_each_decision(const struct site *site, size_t most,
	void (*tell)(void *context, const struct site_decision_row *row), void *context);

/* What an audience sees of an article: words of feeds/rights.h. */
struct site_audience {
	const char *name, *view, *level, *reason;
};

/* Everything borrowed, texts may be NULL. */
struct site_explanation {
	const char *path, *id, *slug, *title, *url;
	const char *state;         /* "published", "draft", "rejected", "deleted", ... */
	const char *why;           /* one sentence */
	const char *note;          /* of the decision about it */
	int64_t decided_ms;        /* 0 = nothing was decided */
	const char *problem;       /* of a file that is refused, with its line */
	int64_t first_seen_ms, visible_ms, published_ms, updated_ms; /* 0 = never */
	int64_t next_change_ms;    /* 0 = none */
	int64_t delete_ms;         /* when its deletion becomes true; 0 = it is not deleted */
	int version;
	bool is_visible, is_in_window;
	const char *const *feeds;  /* paths of the feeds that have it */
	size_t feed_count;
	const char *rule;          /* "rule own: source X matches Y"; NULL: not read yet */
	const struct site_audience *audiences; /* the public, then each partner */
	size_t audience_count;
};

/* Explains the article with this id, slug or path; DONE is called later, from the loop, with
 * NULL when there is none. */
void site_explain(struct site *site, const char *name,
	void (*done)(void *context, const struct site_explanation *explanation), void *context);

#endif
