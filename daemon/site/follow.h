/*
 * follow.h: the site of a node that does not publish: it shows what the store says was
 * published.
 */
#ifndef DAEMON_SITE_FOLLOW_H
#define DAEMON_SITE_FOLLOW_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct site;

/* A part of struct site. */
struct follow {
	int64_t docs_seq, rows_seq; /* the store is known up to these publications */
	bool is_running, is_wanted; /* a round */
	bool is_full, is_full_wanted; /* it reads the rows of all articles */
	bool is_lead_wanted;       /* after it */
	bool is_listed;            /* all that changed is known; `reading` rows are to come */
	size_t found, reading;
	size_t held;               /* documents of the pass that are not what was published */
	int unlike;                /* passes in a row that had such */
	uint64_t rounds;
	int64_t done_ms;           /* monotonic: the end of the last round */
	ev_timer again;
};

void follow_init(struct site *site);
void follow_finish(struct site *site);
/* Reads what changed in the store, or does so again after the round that is running. */
void follow_round(struct site *site);
/* The same in a moment. */
void follow_again(struct site *site);
/* Ends the round before leading. */
void follow_lead(struct site *site);
/* The document at PATH, as it was made here, is not what was published: it is made again
 * after the next round. Patience ends when that helps no more. */
void follow_hold(struct site *site, const char *path);
bool follow_is_patient(const struct site *site);
/* A pass has been shown, but for what was held. */
void follow_shown(struct site *site);
/* Whether what was published can be shown. */
bool follow_is_caught_up(const struct site *site);

#endif
