/* labels.c: see labels.h. */
#include "daemon/site/labels.h"

#include <string.h>

#include "daemon/site/media.h"
#include "daemon/site/notes.h"
#include "feeds/article.h"
#include "feeds/base/buf.h"

/* A name that can stand in a URL's path by itself. */
static bool is_file_name(const char *name)
{
	return name && *name && *name != '.' && !strpbrk(name, "/\n") && strlen(name) <= 200;
}

static void add_label(struct buf *labels, const char *prefix, const char *name)
{
	if (is_file_name(name))
		buf_printf(labels, "%s%s%s", labels->len ? "\n" : "", prefix, name);
}

static void add_media(struct buf *labels, const char *base_url,
	const struct media_list *list)
{
	struct buf path = {0};

	for (size_t i = 0; i < list->count; i++) {
		if (media_path(base_url, list->items[i].url, &path))
			buf_printf(labels, "%s" NOTE_MEDIA "%s", labels->len ? "\n" : "",
				buf_text(&path));
	}
	buf_finish(&path);
}

char *labels_of(const char *base_url, const struct article *article)
{
	const char *corrected = article->correction.of;
	struct buf labels = {0};

	if (article->status == STATUS_WITHDRAWAL && article->withdrawal.id &&
		!strchr(article->withdrawal.id, '\n')) {
		buf_printf(&labels, "%s%s", NOTE_KILL, article->withdrawal.id);
		return buf_take(&labels, NULL);
	}
	for (size_t i = 0; i < article->tags.count; i++)
		add_label(&labels, "tag/", article->tags.items[i]);
	for (size_t i = 0; i < article->authors.count; i++)
		add_label(&labels, "author/", article->authors.items[i].name);
	add_label(&labels, "source/", article->source);
	if (article->edition.is_set)
		add_label(&labels, "epaper/", article->edition.date);
	if (corrected && *corrected && !strchr(corrected, '\n'))
		buf_printf(&labels, "%s" NOTE_CORRECTS "%s", labels.len ? "\n" : "", corrected);
	if (article->status != STATUS_WITHDRAWN) {
		add_media(&labels, base_url, &article->images);
		add_media(&labels, base_url, &article->attachments);
	}
	return labels.len ? buf_take(&labels, NULL) : NULL;
}

bool labels_have(const char *labels, const char *label, size_t len)
{
	for (const char *at = labels; at && *at;) {
		size_t here = strcspn(at, "\n");

		if (here == len && memcmp(at, label, len) == 0)
			return true;
		at += here + (at[here] == '\n');
	}
	return false;
}
