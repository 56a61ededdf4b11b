/*
 * article.h: the field model. An article is what one file (with its sidecar) says, as
 * plain values in one arena: no file system, no clock, no identity that the daemon mints.
 * Text is UTF-8 without any character that XML 1.0 forbids; NULL or a zero count means
 * "the file does not say".
 */
#ifndef FEEDS_ARTICLE_H
#define FEEDS_ARTICLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A point in time as it was stated: `ms` since 1970-01-01T00:00Z and the offset from UTC
 * it was written with (or the site zone's, for a bare local time). */
struct instant {
	int64_t ms;
	int32_t offset_s;
	bool is_set;
};

enum article_format {
	FORMAT_MARKDOWN,
	FORMAT_HTML,
	FORMAT_TEXT,
	FORMAT_NITF,
	FORMAT_NEWSML_G2,
	FORMAT_ATOM_ENTRY,
	FORMAT_SIDECAR, /* an image, audio or PDF file described by its sidecar */
};

/* What the file alone says; whether a future `published` makes it scheduled, or a past
 * `expires` expired, is for whoever has a clock (article_status_at). */
enum article_status {
	STATUS_PUBLISHED,
	STATUS_DRAFT,
	STATUS_SCHEDULED,
	STATUS_EMBARGOED,
	STATUS_EXPIRED,
	STATUS_WITHDRAWN,  /* this article is taken back */
	STATUS_WITHDRAWAL, /* this notice takes another article back (NITF kill) */
};

enum correction_level {
	CORRECTION_NONE,
	CORRECTION_TYPO,       /* silent */
	CORRECTION_UPDATE,
	CORRECTION_CORRECTION, /* labelled, pushed at once */
	CORRECTION_CORRECTIVE, /* a separate notice; `of` names the article it corrects */
};

struct person {
	const char *name;
	const char *role; /* 记者, 作者, 责任编辑, ... */
	const char *org;
	const char *email;
};

struct people {
	const struct person *items;
	size_t count;
};

struct strings {
	const char *const *items;
	size_t count;
};

/* An image, or something to download or play. */
struct media {
	const char *href;    /* as written in the file */
	const char *url;     /* absolute, ASCII; NULL when no base URL is known */
	const char *type;    /* media type, from the file or by the name's ending */
	const char *role;    /* "lead" for the article's picture, else NULL */
	const char *title, *caption, *alt;
	int64_t length;      /* bytes; -1 = not known (the daemon looks at local files) */
	int32_t duration_s;  /* 0 = not stated */
	int32_t width, height; /* pixels; 0 = not stated */
};

struct media_list {
	struct media *items;
	size_t count;
};

struct dateline {
	const char *agency; /* 青岑新闻网 of "青岑新闻网讯", 本报 of "本报讯" */
	const char *place;
	const char *date;   /* YYYY-MM-DD; the year comes from `published` */
	bool is_set;
};

struct edition {
	const char *paper, *date /* YYYY-MM-DD */, *page /* "03" */, *section, *url;
	bool is_set;
};

struct correction {
	enum correction_level level;
	struct instant at;
	const char *note;
	const char *of; /* id of the corrected article, for CORRECTIVE */
};

/* A withdrawal: of this article (status WITHDRAWN; id NULL or its own) or of another one
 * (status WITHDRAWAL). */
struct withdrawal {
	const char *id;
	struct instant at;
	const char *reason;
	bool is_set;
};

struct review {
	const char *stage, *by;
	struct instant at;
};

struct reviews {
	const struct review *items;
	size_t count;
};

/* Names the fields for diagnostics: `origin[FIELD_TITLE]` says where the title came from
 * ("front matter: title", "meta ArticleTitle", "h1", "directory default"). */
enum article_field {
	FIELD_TITLE, FIELD_KICKER, FIELD_SUBTITLE, FIELD_PLATFORM, FIELD_SITE_NAME,
	FIELD_CHANNEL, FIELD_CATEGORIES, FIELD_TAGS, FIELD_PUBLISHED, FIELD_UPDATED,
	FIELD_EMBARGO, FIELD_EXPIRES, FIELD_SOURCE, FIELD_SOURCE_URL, FIELD_DATELINE,
	FIELD_AUTHORS, FIELD_EDITORS, FIELD_EDITION, FIELD_SUMMARY, FIELD_LANGUAGE,
	FIELD_RIGHTS, FIELD_NOTICE, FIELD_URGENCY, FIELD_STATUS, FIELD_CORRECTION,
	FIELD_WITHDRAWAL, FIELD_ID, FIELD_SLUG, FIELD_URL, FIELD_MOBILE_URL, FIELD_IMAGES,
	FIELD_ATTACHMENTS, FIELD_EDITOR_NOTE, FIELD_REVIEWS, FIELD_BODY,
	FIELD_COUNT
};

struct article {
	enum article_format format;
	const char *encoding;          /* "UTF-8", "GB18030", "Big5", "UTF-16LE", ... */
	const char *declared_encoding; /* as the file declares it, else NULL */
	bool has_bom;
	const char *newline;           /* "LF", "CRLF" or "CR" */

	const char *title, *kicker, *subtitle; /* plain text */
	const char *platform, *site_name;
	const char *channel;           /* as stated; the directory's is the daemon's to add */
	struct strings categories, tags;
	struct instant published, updated, embargo, expires;
	const char *source, *source_url;
	struct dateline dateline;
	struct people authors, editors;
	struct edition edition;
	const char *summary;           /* as stated (plain text) */
	const char *lead;              /* derived from the body at a sentence end, never NULL
	                                * unless there is no text; at most 120 Han characters
	                                * or 280 columns of spaced script */
	const char *language;          /* BCP 47 */
	const char *rights;            /* a short statement or licence name */
	const char *notice;            /* the copyright and reprint notice of the page */
	int urgency;                   /* 1 (highest) to 9; 0 = not stated */
	enum article_status status;
	struct correction correction;
	struct withdrawal withdrawal;
	const char *id, *slug, *url, *mobile_url;
	const char *editor_note;       /* for partners only, never public */
	struct media_list images, attachments;
	struct strings links;          /* href of each <a> in the body, as written */
	struct strings paragraphs;     /* text of each leaf block, white space folded */
	struct reviews reviews;
	const char *html;              /* the body: an allow-listed HTML5 fragment */

	const char *origin[FIELD_COUNT];
};

/* The state at NOW_MS: what the file states, with SCHEDULED, EMBARGOED and EXPIRED
 * decided by the instants. */
enum article_status article_status_at(const struct article *article, int64_t now_ms);

/* The next instant after NOW_MS at which article_status_at changes; INT64_MAX = never. */
int64_t article_next_change(const struct article *article, int64_t now_ms);

/* Takes from ARTICLE all that tells what it said: text, summary, media, people. Its title,
 * identity, times and the withdrawal itself stay. */
void article_redact(struct article *article);

/* Takes from ARTICLE what nobody needs who only publishes it: where each field came from,
 * the links and the paragraphs by themselves. */
void article_trim(struct article *article);

/* "published", "draft", ...: the words of `gazettectl check`. */
const char *article_status_name(enum article_status status);
/* "markdown", "html", "text", "nitf", "newsml-g2", "atom-entry", "sidecar". */
const char *article_format_name(enum article_format format);
/* "typo", "update", "correction", "corrective"; NULL for NONE. */
const char *correction_level_name(enum correction_level level);
/* "title", "kicker", ...: keys of `gazettectl check --json`. */
const char *article_field_name(enum article_field field);

#endif
