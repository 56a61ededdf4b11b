/*
 * xmlout.h: the few shapes of XML that feeds are made of. Elements end their line. A name
 * is a constant of the caller; text is escaped here, never CDATA.
 */
#ifndef FEEDS_XMLOUT_H
#define FEEDS_XMLOUT_H

#include <stdbool.h>

struct buf;
struct feed_syndication;
struct instant;

/* <NAME>TEXT</NAME>, plain text; nothing when TEXT is NULL or blank. */
void xmlout_add_element(struct buf *out, const char *name, const char *text);

/* The same with one attribute (see xmlout_add_attribute). */
void xmlout_add_attributed(struct buf *out, const char *name, const char *attribute,
	const char *value, const char *text);

/* The same for HTML and for readers of other kinds, who know `&amp;`. */
void xmlout_add_escaped(struct buf *out, const char *name, const char *attribute,
	const char *value, const char *text);

/* Plain TEXT in an element that readers take for HTML: RSS's description. */
void xmlout_add_text_as_html(struct buf *out, const char *name, const char *text);

/* An Atom text construct (RFC 4287 section 3.1): type="html" and escaped twice when TEXT
 * holds something that looks like markup, plain otherwise. */
void xmlout_add_construct(struct buf *out, const char *name, const char *text);

/* " NAME="VALUE""; nothing when VALUE is NULL or blank. */
void xmlout_add_attribute(struct buf *out, const char *name, const char *value);

/* <NAME>2026-11-24T09:00:00+08:00</NAME>; an unset instant is 1970. */
void xmlout_add_date(struct buf *out, const char *name, const struct instant *instant);

/* The news: elements that only partners see (NS_NEWS). */
void xmlout_add_syndication(struct buf *out, const struct feed_syndication *syndication);

/* The XML declaration and, for feeds, the stylesheet for people. */
void xmlout_add_declaration(struct buf *out, bool has_stylesheet);

/* True for an absolute http or https address in the characters RFC 3986 allows. */
bool xmlout_is_web_url(const char *url);

/* The same, at a named host and without a password: RSS's enclosures must be so. */
bool xmlout_is_public_url(const char *url);

/* True for the shape of a language tag (BCP 47), a media type, and a mail address. */
bool xmlout_is_language(const char *tag);
bool xmlout_is_media_type(const char *type);
bool xmlout_is_email(const char *address);

#endif
