/*
 * parse.c: which reader for which file, and what every format has in common: the charset,
 * the sidecar's word over the file's, then the file name, the directory's and the site's
 * defaults, and the fields without which nothing can be published.
 */
#include "feeds/parse.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <string.h>
#include <strings.h>

#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/charset.h"
#include "feeds/date.h"
#include "feeds/defaults.h"
#include "feeds/frontmatter.h"
#include "feeds/html.h"
#include "feeds/layout.h"
#include "feeds/markdown.h"
#include "feeds/text.h"
#include "feeds/url.h"
#include "feeds/xml.h"

enum {
	LARGEST_INPUT = 8 * 1024 * 1024,
	LONGEST_ID = 1024,     /* bytes; as a URI it may be three times as long */
	LONGEST_LANGUAGE = 11, /* of a file name's infix: "zh-Hant-TW" */
	DATE_LEN = 10,         /* YYYY-MM-DD */
};

enum reader { READ_NONE, READ_MARKDOWN, READ_HTML, READ_TEXT, READ_XML, READ_MEDIA };

static const struct {
	const char *ending;
	enum reader reader;
} endings[] = {
	{".md", READ_MARKDOWN},
	{".markdown", READ_MARKDOWN},
	{".html", READ_HTML},
	{".htm", READ_HTML},
	{".shtml", READ_HTML},
	{".txt", READ_TEXT},
	{".xml", READ_XML},
};

/* One call of article_parse. */
struct job {
	struct arena *arena;
	const struct parse_context *context;
	const struct parse_input *in;
	struct article *article;
	struct diagnosis *why;
	const struct value *sidecar; /* NULL = none */
	const char *page_url;        /* what relative addresses resolve against */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_ending(const char *name, const char *ending)
{
	size_t len = strlen(name), ending_len = strlen(ending);

	return len > ending_len && !strcasecmp(name + len - ending_len, ending);
}

static bool is_media(const char *path)
{
	const char *type = media_type_of(path);

	return type && (!strncmp(type, "image/", 6) || !strncmp(type, "audio/", 6) ||
		!strncmp(type, "video/", 6) || !strcmp(type, "application/pdf"));
}

static enum reader reader_of(const char *path)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (has_ending(name, endings[i].ending))
			return endings[i].reader;
	return is_media(path) ? READ_MEDIA : READ_NONE;
}

static bool has_hidden_part(const char *path)
{
	return *path == '.' || strstr(path, "/.") != NULL;
}

bool article_is_candidate(const char *path, bool has_sidecar)
{
	static const char *const never[] = {"~", ".part", ".swp", ".tmp", ".meta.yaml",
		".meta.json"};
	const char *name = base_name(path);
	enum reader reader = reader_of(path);

	if (has_hidden_part(path) || !strcasecmp(name, "_channel.yaml"))
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (has_ending(name, never[i]))
			return false;
	return reader == READ_MEDIA ? has_sidecar : reader != READ_NONE;
}

static bool refuse(struct job *job, const char *class, int line, const char *message,
	const char *hint)
{
	*job->why = (struct diagnosis){
		.class = class, .line = line, .message = message, .hint = hint,
	};
	return false;
}

static bool decode(struct job *job, const void *bytes, size_t len,
	enum charset_markup markup, struct charset *out)
{
	if (charset_decode(
		    job->arena, bytes, len, markup, job->context->fallback_charset, out))
		return true;
	return refuse(job, "charset-unknown", (int)out->bad_line,
		"neither UTF-8 nor a Chinese encoding that decodes without errors",
		"save the file as UTF-8");
}

static bool read_sidecar(struct job *job, struct charset *charset)
{
	const struct parse_input *in = job->in;
	struct value *fields;
	bool ok;

	if (in->sidecar_len > LARGEST_INPUT)
		return refuse(job, "too-large", 0, "sidecar: more than 8 MiB", NULL);
	if (!decode(job, in->sidecar, in->sidecar_len, CHARSET_PLAIN, charset))
		return false;
	ok = in->sidecar_is_json ? frontmatter_parse_json(job->arena, charset->text,
					   charset->len, &fields, job->why)
				 : frontmatter_parse_yaml(job->arena, charset->text,
					   charset->len, 1, &fields, job->why);
	if (!ok)
		job->why->message =
			arena_printf(job->arena, "sidecar: %s", job->why->message);
	job->sidecar = ok ? fields : NULL;
	return ok;
}

static size_t line_length(const char *text)
{
	return strcspn(text, "\n");
}

/* Whether the line at TEXT is MARK and nothing but white space behind it. */
static bool line_is(const char *text, const char *mark)
{
	size_t len = strlen(mark);

	return !strncmp(text, mark, len) &&
		len + strspn(text + len, " \t") == line_length(text);
}

/* Splits off the front matter; *BODY is what follows. */
static bool read_front_matter(struct job *job, const char *text, const char **body)
{
	static const struct field_source source = {.name = "front matter"};
	const char *start, *end;
	struct value *fields;

	*body = text;
	if (line_is(text, "+++"))
		return refuse(job, "toml-unsupported", 1,
			"TOML front matter is not supported, use YAML",
			"begin and end with ---");
	if (!line_is(text, "---"))
		return true;
	start = end = text + line_length(text) + (text[line_length(text)] == '\n');
	while (*end && !line_is(end, "---") && !line_is(end, "..."))
		end += line_length(end) + (end[line_length(end)] == '\n');
	if (!*end)
		return refuse(job, "front-matter-unterminated", 1,
			"the front matter has no end", "end it with a line ---");
	*body = end + line_length(end);
	return frontmatter_parse_yaml(
		       job->arena, start, (size_t)(end - start), 2, &fields, job->why) &&
	       frontmatter_apply(
		       job->arena, job->context, fields, &source, job->article, job->why);
}

/* What Markdown says of the pictures goes to those that the front matter names too. */
static void complete_images(struct article *article, const struct media_list *found)
{
	for (size_t i = 0; i < found->count; i++)
		for (size_t j = 0; j < article->images.count; j++) {
			struct media *image = &article->images.items[j];

			if (strcmp(image->href, found->items[i].href) != 0)
				continue;
			if (!image->alt)
				image->alt = found->items[i].alt;
			if (!image->caption)
				image->caption = found->items[i].caption;
		}
}

/* A first line "# Title" is the title where no field is. */
static const char *take_heading(struct job *job, const char *body)
{
	const char *at = body + strspn(body, "\n \t");
	size_t len = line_length(at);

	if (job->article->title || at[0] != '#' || at[1] != ' ')
		return body;
	job->article->title = text_fold(job->arena, at + 2, len - 2);
	job->article->origin[FIELD_TITLE] = "first heading";
	return at + len;
}

static bool read_markdown(struct job *job, const char *text)
{
	struct article *article = job->article;
	struct media_list images = {0};
	struct markdown markdown;
	const char *body;

	article->format = FORMAT_MARKDOWN;
	if (!read_front_matter(job, text, &body))
		return false;
	body = take_heading(job, body);
	if (!markdown_render(job->arena, body, strlen(body), &markdown, &images))
		return refuse(
			job, "markdown-failed", 0, "the text could not be read", NULL);
	if (markdown.more && !article->summary) {
		article->summary = html_plain(job->arena, markdown.html, markdown.more);
		article->origin[FIELD_SUMMARY] = "text before <!--more-->";
	}
	if (!html_body(job->arena, markdown.html, markdown.len, job->page_url, article,
		    job->why))
		return false;
	article->origin[FIELD_BODY] = "Markdown";
	complete_images(article, &images);
	return true;
}

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buf_add_str(out, "&lt;");
		else if (*text == '&')
			buf_add_str(out, "&amp;");
		else
			buf_add_char(out, *text);
	}
}

/* The file itself is the story; its caption is the body. */
static void read_media(struct job *job)
{
	static const char *const caption_keys[] = {"caption", "图注", "说明", NULL};
	struct article *article = job->article;
	const char *type = media_type_of(job->context->path);
	struct media *medium = arena_alloc(job->arena, sizeof(*medium));
	const char *caption = frontmatter_text(job->arena, job->sidecar, caption_keys);
	bool is_image = !strncmp(type, "image/", 6);
	struct buf html = {0};

	*medium = (struct media){
		.href = arena_strdup(job->arena, base_name(job->context->path)),
		.type = type,
		.role = is_image ? "lead" : NULL,
		.caption = caption,
		.length = job->in->len ? (int64_t)job->in->len : -1,
	};
	article->format = FORMAT_SIDECAR;
	*(is_image ? &article->images : &article->attachments) =
		(struct media_list){.items = medium, .count = 1};
	if (!caption)
		return;
	buf_add_str(&html, "<p>");
	add_escaped(&html, caption);
	buf_add_str(&html, "</p>");
	/* escaped text: never too complex */
	(void)html_body(job->arena, buf_text(&html), html.len, job->page_url, article,
		job->why);
	article->origin[FIELD_BODY] = "sidecar: caption";
	buf_finish(&html);
}

static bool read_file(struct job *job, enum reader reader)
{
	static const enum charset_markup markups[] = {
		[READ_NONE] = CHARSET_PLAIN, [READ_MARKDOWN] = CHARSET_PLAIN,
		[READ_HTML] = CHARSET_HTML, [READ_TEXT] = CHARSET_PLAIN,
		[READ_XML] = CHARSET_XML, [READ_MEDIA] = CHARSET_PLAIN,
	};
	struct article *article = job->article;
	struct charset charset;

	if (!decode(job, job->in->bytes, job->in->len, markups[reader], &charset))
		return false;
	if (!charset.text[strspn(charset.text, " \t\n")])
		return refuse(job, "empty-file", 0, "the file is empty", NULL);
	article->encoding = charset.encoding;
	article->declared_encoding = charset.declared;
	article->has_bom = charset.has_bom;
	article->newline = charset.newline;
	switch (reader) {
	case READ_MARKDOWN:
		return read_markdown(job, charset.text);
	case READ_HTML:
		article->format = FORMAT_HTML;
		return html_article(job->arena, job->context, charset.text, charset.len,
			article, job->why);
	case READ_TEXT:
		article->format = FORMAT_TEXT;
		return layout_article(job->arena, job->context, charset.text, charset.len,
			article, job->why);
	case READ_XML:
		return xml_article(job->arena, job->context, charset.text, charset.len,
			article, job->why);
	case READ_NONE:
	case READ_MEDIA:
		break;
	}
	return refuse(job, "format-unknown", 0, "no reader for files of this name", NULL);
}

/* `YYYY-MM-DD-` at the start of the name, or of the directory of an index file. */
static void date_from_name(struct job *job)
{
	const char *name = base_name(job->context->path);
	struct instant instant;

	if (job->article->published.is_set || strlen(name) <= DATE_LEN ||
			name[4] != '-' || name[7] != '-' || name[DATE_LEN] != '-')
		return;
	if (date_parse(name, DATE_LEN, job->context->zone, &instant) != DATE_OK)
		return;
	job->article->published = instant;
	job->article->origin[FIELD_PUBLISHED] = "file name";
}

/* "guide.en.md", "guide.zh-Hant.md". */
static void language_from_name(struct job *job)
{
	const char *name = base_name(job->context->path);
	const char *last = strrchr(name, '.');
	const char *first = last;
	size_t len, letters = 0;

	if (job->article->language || !last)
		return;
	while (first > name && first[-1] != '.')
		first--;
	if (first == name)
		return;
	len = (size_t)(last - first);
	while (letters < len &&
		((first[letters] | 32) >= 'a' && (first[letters] | 32) <= 'z'))
		letters++;
	if (letters != 2 || len > LONGEST_LANGUAGE || (len > 2 && first[2] != '-'))
		return;
	job->article->language = arena_strndup(job->arena, first, len);
	job->article->origin[FIELD_LANGUAGE] = "file name";
}

/* A channel is a category and the first category a channel, where only one is stated. */
static void complete_channel(struct job *job)
{
	struct article *article = job->article;

	if (!article->channel && article->categories.count) {
		article->channel = article->categories.items[0];
		article->origin[FIELD_CHANNEL] = article->origin[FIELD_CATEGORIES];
	} else if (article->channel && !article->categories.count) {
		strings_add(job->arena, &article->categories, article->channel);
		article->origin[FIELD_CATEGORIES] = article->origin[FIELD_CHANNEL];
	}
}

/* A story in Markdown may have a dateline too; authors that a field names stay. */
static void read_dateline(struct job *job)
{
	struct article *article = job->article;
	struct people authors = article->authors;
	const char *origin = article->origin[FIELD_AUTHORS];

	if (article->format != FORMAT_MARKDOWN || !article->paragraphs.count)
		return;
	text_dateline(job->arena, article->paragraphs.items[0], article);
	if (authors.count) {
		article->authors = authors;
		article->origin[FIELD_AUTHORS] = origin;
	}
}

static void complete_media(struct job *job, struct media_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct media *medium = &list->items[i];

		if (!medium->url)
			medium->url =
				url_resolve(job->arena, job->page_url, medium->href);
		if (!medium->type)
			medium->type = media_type_of(medium->href);
	}
}

/* A relative one, or what is no address, stays as it was written: no feed shows it. */
static void complete_address(struct job *job, const char **address)
{
	const char *url = *address ? url_resolve(job->arena, NULL, *address) : NULL;

	if (url)
		*address = url;
}

static bool complete(struct job *job)
{
	struct article *article = job->article;

	date_from_name(job);
	read_dateline(job);
	complete_channel(job);
	language_from_name(job);
	if (!defaults_apply(job->arena, job->context, article, job->why))
		return false;
	if (!article->language && job->context->language) {
		article->language = arena_strdup(job->arena, job->context->language);
		article->origin[FIELD_LANGUAGE] = "site default";
	}
	if (article->url && job->page_url)
		article->url = url_resolve(job->arena, job->page_url, article->url);
	if (article->mobile_url && job->page_url)
		article->mobile_url =
			url_resolve(job->arena, job->page_url, article->mobile_url);
	complete_address(job, &article->source_url);
	complete_address(job, &article->edition.url);
	complete_media(job, &article->images);
	complete_media(job, &article->attachments);
	article->lead = text_lead(job->arena, &article->paragraphs);
	return true;
}

/* A notice that takes another article back needs neither title nor date, and one that
 * takes itself back is heard whatever else it lacks. */
static bool check(struct job *job)
{
	struct article *article = job->article;

	if (article->id && strlen(article->id) > LONGEST_ID)
		return refuse(job, "value-invalid", 0, "the id is longer than 1024 bytes",
			"shorten it, or leave it out: a permanent one is made then");
	if (article->status == STATUS_WITHDRAWAL)
		return true;
	if (article->status == STATUS_WITHDRAWN && !article->title)
		article->title = article->id;
	if (article->status == STATUS_WITHDRAWN && !article->published.is_set)
		article->published = article->updated;
	if (!article->title || !*article->title)
		return refuse(job, "title-missing", 0, "the article has no title",
			article->format == FORMAT_TEXT ?
				"write the title on the line above the date" :
				"add a line `title: ...`");
	if (article->published.is_set)
		return true;
	/* what a reader said of a date that cannot be */
	if (job->why->class)
		return false;
	return refuse(job, "date-missing", 0,
		article->format == FORMAT_TEXT ?
			"no information line with a date in the first 12 lines" :
			"the article has no date of publication",
		article->format == FORMAT_TEXT ?
			"write a line such as `2026-05-08 09:30 来源：...` below the title" :
			"add a line `date: 2026-05-08T09:30:00+08:00`");
}

/* The file that describes a directory: its title, and its description as the summary. */
static bool read_channel(struct job *job)
{
	static const char *const titles[] = {"title", "标题", "名称", NULL};
	static const char *const descriptions[] = {"description", "summary", "简介", "摘要", NULL};
	struct charset charset;
	struct value *fields;

	if (!decode(job, job->in->bytes, job->in->len, CHARSET_PLAIN, &charset) ||
		!frontmatter_parse_yaml(job->arena, charset.text, charset.len, 1, &fields,
			job->why))
		return false;
	job->article->title = fields ? frontmatter_text(job->arena, fields, titles) : NULL;
	job->article->summary = fields ? frontmatter_text(job->arena, fields, descriptions) : NULL;
	return true;
}

static bool is_channel(const char *path)
{
	return strcmp(base_name(path), "_channel.yaml") == 0;
}

static bool parse(struct job *job)
{
	static const struct field_source source = {.name = "sidecar"};
	enum reader reader = reader_of(job->context->path);
	struct charset charset;

	if (is_channel(job->context->path))
		return read_channel(job);
	if (reader == READ_MEDIA && !job->in->sidecar)
		return refuse(job, "sidecar-missing", 0,
			"a media file needs a sidecar to be published",
			"write its title and date into FILE.meta.yaml");
	if (reader != READ_MEDIA && job->in->len > LARGEST_INPUT)
		return refuse(job, "too-large", 0, "more than 8 MiB", NULL);
	if (reader != READ_MEDIA && !job->in->len)
		return refuse(job, "empty-file", 0, "the file is empty", NULL);
	if (job->in->sidecar && !read_sidecar(job, &charset))
		return false;
	if (reader == READ_MEDIA) {
		job->article->encoding = charset.encoding;
		job->article->has_bom = charset.has_bom;
		job->article->newline = charset.newline;
		read_media(job);
	} else if (!read_file(job, reader)) {
		return false;
	}
	if (!frontmatter_apply(job->arena, job->context, job->sidecar, &source,
		    job->article, job->why)) {
		job->why->message =
			arena_printf(job->arena, "sidecar: %s", job->why->message);
		return false;
	}
	return complete(job) && check(job);
}

bool article_parse(struct arena *arena, const struct parse_context *context,
	const struct parse_input *in, struct article **out, struct diagnosis *why)
{
	struct job job = {.arena = arena, .context = context, .in = in, .why = why};

	*why = (struct diagnosis){0};
	job.article = arena_alloc(arena, sizeof(*job.article));
	job.page_url = url_of_path(arena, context->base_url, context->path);
	if (!parse(&job))
		return false;
	*out = job.article;
	return true;
}

/* libxml2 prints encoding errors to stderr whatever the parser's flags say. */
static void stay_silent(void *context, const char *message, ...)
{
	(void)context;
	(void)message;
}

void article_parse_init(void)
{
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, stay_silent);
	charset_init();
}
