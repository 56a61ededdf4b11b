/* former.c: see former.h. */
#include "daemon/site/former.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/site/labels.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum { FORMER_MOST = 64, PREFIX = sizeof(NOTE_FORMER) - 1 };

static const char channel[] = "c/";
static const char *const feeds[] = {"c/", "tag/", "author/", "source/", "epaper/"};

/* Lines of labels: AT moves on; false at the end. */
static bool next_line(const char **at, const char **line, size_t *len)
{
	if (!*at || !**at)
		return false;
	*line = *at;
	*len = strcspn(*at, "\n");
	*at += *len + ((*at)[*len] == '\n');
	return true;
}

static bool is_former(const char *line, size_t len)
{
	return len > PREFIX && memcmp(line, NOTE_FORMER, PREFIX) == 0;
}

static bool is_feed(const char *line)
{
	for (size_t i = 0; i < sizeof(feeds) / sizeof(*feeds); i++) {
		if (strncmp(line, feeds[i], strlen(feeds[i])) == 0)
			return true;
	}
	return false;
}

static bool has_former(const char *labels, const char *key, size_t len)
{
	const char *line;
	size_t line_len;

	while (next_line(&labels, &line, &line_len)) {
		if (is_former(line, line_len) && line_len == PREFIX + len &&
			memcmp(line + PREFIX, key, len) == 0)
			return true;
	}
	return false;
}

static void add(struct buf *out, const char *prefix, const char *text, size_t len)
{
	if (out->len)
		buf_add_char(out, '\n');
	buf_add_str(out, prefix);
	buf_add(out, text, len);
}

static void add_former(struct buf *out, const char *key, size_t len, int *count)
{
	if (*count >= FORMER_MOST || has_former(buf_text(out), key, len))
		return;
	add(out, NOTE_FORMER, key, len);
	++*count;
}

static char *take(struct buf *out)
{
	return out->len ? buf_take(out, NULL) : NULL;
}

char *former_add_path(const char *labels, const char *path)
{
	const char *line = labels, *slash = path ? strrchr(path, '/') : NULL;
	struct buf out = {0}, key = {0};
	size_t len;
	int count = 0;

	while (next_line(&labels, &line, &len)) {
		add(&out, "", line, len);
		count += is_former(line, len);
	}
	for (; slash; slash = memrchr(path, '/', (size_t)(slash - path))) {
		buf_clear(&key);
		buf_printf(&key, "%s%.*s", channel, (int)(slash - path), path);
		add_former(&out, buf_text(&key), key.len, &count);
	}
	buf_finish(&key);
	return take(&out);
}

char *former_carry(const char *before, const char *fresh)
{
	const char *at = fresh, *line;
	struct buf out = {0};
	size_t len;
	int count = 0;

	while (next_line(&at, &line, &len))
		add(&out, "", line, len);
	while (next_line(&before, &line, &len)) {
		bool was_former = is_former(line, len);
		const char *key = was_former ? line + PREFIX : line;
		size_t key_len = was_former ? len - PREFIX : len;

		if ((was_former || is_feed(line)) && !labels_have(fresh, key, key_len))
			add_former(&out, key, key_len, &count);
	}
	return take(&out);
}

bool former_is_above(const char *key, const char *path)
{
	size_t len = strlen(key), prefix = sizeof(channel) - 1;

	return strncmp(key, channel, prefix) == 0 && len > prefix &&
		strncmp(path, key + prefix, len - prefix) == 0 && path[len - prefix] == '/';
}

char *former_apply(const char *labels, const char *path, bool is_taken_back,
	bool (*is_over)(void *context, const char *key), void *context)
{
	const char *at = labels, *line;
	struct buf out = {0};
	size_t len;

	while (next_line(&at, &line, &len)) {
		if (!has_former(labels, line, len))
			add(&out, "", line, len);
	}
	at = labels;
	while (is_taken_back && next_line(&at, &line, &len)) {
		char *key = is_former(line, len) ? mem_strndup(line + PREFIX, len - PREFIX) : NULL;

		if (key && !former_is_above(key, path) && !is_over(context, key))
			add(&out, "", key, len - PREFIX);
		free(key);
	}
	return take(&out);
}
