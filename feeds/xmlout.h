/*
 * xmlout.h: XML text as every reader understands it: escapes instead of CDATA, references
 * where a parser would normalise. Characters that XML forbids are left out.
 */
#ifndef FEEDS_XMLOUT_H
#define FEEDS_XMLOUT_H

#include <stddef.h>

#include "feeds/article.h"

struct buf;

/* Escaped character data. */
void xml_text(struct buf *out, const char *text);
/* The same for an attribute in double quotes. */
void xml_attribute(struct buf *out, const char *text);
/* The RSS profile's form for plain text that a reader may take for HTML: & and < as
 * &#x26; and &#x3C;. */
void xml_profile_text(struct buf *out, const char *text);

/* <NAME>TEXT</NAME> and a line end; nothing for NULL. */
void xml_element(struct buf *out, const char *name, const char *text);

/* RFC 3339 with the offset as stated, a fraction only where there is one. */
void date_rfc3339(struct buf *out, const struct instant *at);
/* RFC 822 as RSS wants it: "Tue, 24 Nov 2026 09:00:00 +0800". */
void date_rfc822(struct buf *out, const struct instant *at);

/* What an article says first in its content: its correction's note or its withdrawal's
 * reason, as escaped HTML; "" if nothing. */
void content_notice(struct buf *out, const struct article *article, bool is_withdrawn);

/* The title as shown: marked when the article is withdrawn. */
void content_title(struct buf *out, const struct article *article, bool is_withdrawn);

/* The summary to show at a level of SUMMARY and more: stated, else derived; may be NULL. */
const char *content_summary(const struct article *article);

#endif
