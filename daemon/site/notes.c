/* notes.c: see notes.h. */
#include "daemon/site/notes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/site/catalogue.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

struct note {
	char *label;            /* owns */
	struct entry **entries; /* owns the array */
	size_t count, cap;
};

void notes_finish(struct notes *notes)
{
	struct map_entry slot;
	size_t cursor = 0;

	while (map_next(&notes->map, &cursor, &slot)) {
		struct note *note = slot.value;

		free(note->label);
		free(note->entries);
		free(note);
	}
	map_finish(&notes->map);
}

static void add(struct notes *notes, const char *label, size_t len, struct entry *entry)
{
	struct note *note = map_get(&notes->map, label, len);

	if (!note) {
		note = mem_alloc(sizeof(*note));
		note->label = mem_strndup(label, len);
		map_put(&notes->map, note->label, len, note);
	}
	for (size_t i = 0; i < note->count; i++) {
		if (note->entries[i] == entry)
			return;
	}
	if (note->count == note->cap) {
		note->cap = note->cap ? note->cap * 2 : 1;
		note->entries = mem_resize(note->entries, note->cap, sizeof(*note->entries));
	}
	note->entries[note->count++] = entry;
}

static bool is_note(const char *label)
{
	static const char *const prefixes[] = {NOTE_MEDIA, NOTE_CORRECTS, NOTE_KILL};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (strncmp(label, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

void notes_add(struct notes *notes, struct entry *entry)
{
	for (const char *at = entry->labels; at && *at;) {
		size_t len = strcspn(at, "\n");

		if (is_note(at))
			add(notes, at, len, entry);
		at += len + (at[len] == '\n');
	}
}

const char *notes_subject(const struct entry *entry, const char *prefix)
{
	const char *at = entry->labels;

	while (at && strncmp(at, prefix, strlen(prefix)) != 0) {
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return at ? at + strlen(prefix) : NULL;
}

static bool is_on_view(const void *context, const struct entry *entry)
{
	(void)context;
	return entry->is_visible && entry->decision == DECISION_NONE;
}

static bool is_any(const void *context, const struct entry *entry)
{
	(void)context, (void)entry;
	return true;
}

struct entry *notes_find_any(const struct notes *notes, const char *prefix,
	const char *subject, bool (*accepts)(const void *context, const struct entry *entry),
	const void *context)
{
	struct buf label = {0};
	struct entry *found = NULL;
	struct note *note;

	buf_printf(&label, "%s%s", prefix, subject);
	note = map_get(&notes->map, buf_text(&label), label.len);
	for (size_t i = 0; note && i < note->count && !found; i++) {
		if (accepts(context, note->entries[i]) &&
			entry_has_label(note->entries[i], note->label))
			found = note->entries[i];
	}
	buf_finish(&label);
	return found;
}

struct entry *notes_find(const struct notes *notes, const char *prefix, const char *subject)
{
	return notes_find_any(notes, prefix, subject, is_on_view, NULL);
}

struct entry *notes_find_hidden(const struct notes *notes, const char *prefix,
	const char *subject)
{
	return notes_find_any(notes, prefix, subject, is_any, NULL);
}
