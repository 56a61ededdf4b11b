/* numbers.h: which publication changed each article last, as the store knows it. */
#ifndef DAEMON_SITE_NUMBERS_H
#define DAEMON_SITE_NUMBERS_H

struct site;

/* Brings `changed_seq` of all entries up to date, then calls DONE, later from the loop. The
 * first call ever reads the numbers of all articles, later ones those of the new. */
void numbers_read(struct site *site, void (*done)(void *context), void *context);

#endif
