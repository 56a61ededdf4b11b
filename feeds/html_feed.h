/*
 * html_feed.h: bodies (fragments of our own serializer, feeds/html_write.h) as feeds carry
 * them. Pure.
 */
#ifndef FEEDS_HTML_FEED_H
#define FEEDS_HTML_FEED_H

struct buf;

/* Appends HTML without img, figure, picture, audio and video. */
void html_add_without_media(struct buf *out, const char *html);

/* Appends HTML with its players as readers want them: without `controls`, which they set
 * themselves and the validator calls a risk, and with a link to what is played behind each,
 * since many readers show no players. */
void html_add_for_feed(struct buf *out, const char *html);

#endif
