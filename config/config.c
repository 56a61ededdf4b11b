/* config.c: what can be done with a loaded configuration; see config.h. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/options.h"
#include "config/reader.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

void config_destroy(struct config *config)
{
	if (config)
		arena_destroy(config->arena);
}

static const void *field_of(const struct config *config, const struct option *option)
{
	return (const char *)config + option->offset;
}

/* The bytes of a character at TEXT that YAML forbids or takes for a line break, and the
 * code point (YAML 1.1 sections 5.1 and 5.4); 0 for one that may stand as it is. */
static size_t find_special(const char *text, unsigned *code_out)
{
	static const struct {
		char bytes[4];
		unsigned code;
	} specials[] = {{"\xe2\x80\xa8", 0x2028}, {"\xe2\x80\xa9", 0x2029},
		{"\xef\xbb\xbf", 0xfeff}, {"\xef\xbf\xbe", 0xfffe},
		{"\xef\xbf\xbf", 0xffff}};
	unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];

	*code_out = c == 0xc2 ? next : c;
	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && next < 0xa0)
		return 2;
	for (size_t i = 0; i < sizeof(specials) / sizeof(*specials); i++) {
		*code_out = specials[i].code;
		if (strncmp(text, specials[i].bytes, 3) == 0)
			return 3;
	}
	return 0;
}

/* A YAML double-quoted scalar; text as it is but for what needs an escape. */
static void add_quoted(struct buf *out, const char *text)
{
	unsigned code;

	buf_add_char(out, '"');
	while (*text) {
		size_t special = find_special(text, &code);

		if (special)
			buf_printf(out, "\\u%04X", code);
		else if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else
			buf_add_char(out, *text);
		text += special ? special : 1;
	}
	buf_add_char(out, '"');
}

/* The same, but the password of "scheme://user:password@host" is shown as "***". */
static void add_masked(struct buf *out, const char *text)
{
	const char *user = strstr(text, "://"), *colon, *at;
	struct buf masked = {0};

	user = user ? user + 3 : NULL;
	at = user ? memrchr(user, '@', strcspn(user, "/?#")) : NULL;
	colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
	if (!colon) {
		add_quoted(out, text);
		return;
	}
	buf_add(&masked, text, (size_t)(colon + 1 - text));
	buf_printf(&masked, "***%s", at);
	add_quoted(out, buf_text(&masked));
	buf_finish(&masked);
}

/* The largest unit that says it exactly. */
static void add_duration(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {
		{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};

	for (size_t i = 0; i < 5; i++) {
		if (ms % units[i].ms == 0 && (ms >= units[i].ms || units[i].ms == 1000)) {
			buf_printf(out, "%lld%s", (long long)(ms / units[i].ms),
				units[i].unit);
			return;
		}
	}
}

static void add_strings(struct buf *out, const struct config_strings *list)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		buf_add_str(out, i ? ", " : "");
		add_quoted(out, list->items[i]);
	}
	buf_add_char(out, ']');
}

static void add_value(struct buf *out, const struct config *config,
	const struct option *option, bool is_masked)
{
	const void *field = field_of(config, option);
	const struct config_ints *ports = field;
	const struct config_durations *durations = field;

	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_WORD:
		if (!*(const char *const *)field)
			buf_add_str(out, "null");
		else if (is_masked)
			add_masked(out, *(const char *const *)field);
		else
			add_quoted(out, *(const char *const *)field);
		break;
	case OPTION_BOOL:
		buf_add_str(out, *(const bool *)field ? "true" : "false");
		break;
	case OPTION_AUTO:
		if (*(const int *)field == 0) {
			buf_add_str(out, "auto");
			break;
		}
		buf_printf(out, "%d", *(const int *)field);
		break;
	case OPTION_INT:
	case OPTION_COUNT:
		buf_printf(out, "%d", *(const int *)field);
		break;
	case OPTION_DURATION:
		add_duration(out, *(const int64_t *)field);
		break;
	case OPTION_SECONDS:
		add_duration(out, *(const int64_t *)field * 1000);
		break;
	case OPTION_SIZE:
		buf_printf(out, "%zu", *(const size_t *)field);
		break;
	case OPTION_STRINGS:
	case OPTION_WORDS:
	case OPTION_ADDRESSES:
	case OPTION_NETWORKS:
		add_strings(out, field);
		break;
	case OPTION_PORTS:
		buf_add_char(out, '[');
		for (size_t i = 0; i < ports->count; i++)
			buf_printf(out, "%s%d", i ? ", " : "", ports->items[i]);
		buf_add_char(out, ']');
		break;
	case OPTION_DURATIONS:
		buf_add_char(out, '[');
		for (size_t i = 0; i < durations->count; i++) {
			buf_add_str(out, i ? ", " : "");
			add_duration(out, durations->ms[i]);
		}
		buf_add_char(out, ']');
		break;
	}
}

/* "a.b.c" as nested mappings: opens the sections that PREVIOUS was not in. */
static void add_key(struct buf *out, const char *previous, const char *key)
{
	int depth = 0;

	for (const char *at = key, *dot; (dot = strchr(at, '.')); at = dot + 1, depth++) {
		size_t upto = (size_t)(dot + 1 - key);

		if (strncmp(previous, key, upto) != 0)
			buf_printf(out, "%*s%.*s:\n", depth * 2, "", (int)(dot - at), at);
	}
	buf_printf(out, "%*s%s: ", depth * 2, "", strrchr(key, '.') + 1);
}

static void add_text_member(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "    %s: ", key);
	add_quoted(out, text);
	buf_add_char(out, '\n');
}

static void add_list_member(
	struct buf *out, const char *key, const struct config_strings *list)
{
	if (!list->count)
		return;
	buf_printf(out, "    %s: ", key);
	add_strings(out, list);
	buf_add_char(out, '\n');
}

static void add_partners(struct buf *out, const struct config *config)
{
	buf_add_str(out, config->partner_count ? "partners:\n" : "");
	for (size_t i = 0; i < config->partner_count; i++) {
		const struct config_partner *partner = &config->partners[i];

		buf_add_str(out, "  -\n");
		add_text_member(out, "name", partner->name);
		add_text_member(out, "token_file", partner->token_file);
		add_list_member(out, "callback_hosts", &partner->callback_hosts);
		add_list_member(out, "topics", &partner->topics);
		add_list_member(out, "formats", &partner->formats);
		buf_add_str(out, "    require: ");
		add_strings(out, &partner->require);
		buf_printf(out, "\n    embargo_access: %s\n",
			partner->embargo_access ? "true" : "false");
		if (partner->lease_s)
			buf_printf(out, "    lease: %llds\n", (long long)partner->lease_s);
		if (partner->rate)
			buf_printf(out, "    rate: %d\n", partner->rate);
		add_text_member(out, "valid_from", partner->valid_from);
		add_text_member(out, "valid_until", partner->valid_until);
		add_text_member(out, "contact", partner->contact);
	}
}

static void add_rule(struct buf *out, const struct config_rule *rule)
{
	const struct {
		const char *key;
		const struct config_strings *list;
	} matches[] = {{"source", &rule->source}, {"dateline", &rule->dateline},
		{"channel", &rule->channel}, {"author", &rule->author},
		{"tag", &rule->tag}, {"path", &rule->path}};
	size_t n = 0;

	buf_add_str(out, "  -\n");
	add_text_member(out, "name", rule->name);
	buf_add_str(out, "    match: {");
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		if (!matches[i].list->count)
			continue;
		buf_printf(out, "%s%s: ", n++ ? ", " : "", matches[i].key);
		add_strings(out, matches[i].list);
	}
	if (rule->match_all)
		buf_printf(out, "%sall: true", n ? ", " : "");
	buf_add_str(out, "}\n");
	add_text_member(out, "unknown_source", rule->unknown_source);
	add_text_member(out, "text", rule->text);
	add_text_member(out, "license", rule->license);
	add_text_member(out, "public", rule->public_level);
	buf_add_str(out, "    partners: {");
	for (size_t i = 0; i < rule->partner_count; i++) {
		buf_add_str(out, i ? ", " : "");
		add_quoted(out, rule->partners[i].partner);
		buf_add_str(out, ": ");
		add_quoted(out, rule->partners[i].level);
	}
	buf_add_str(out, "}\n");
}

static void add_rules(struct buf *out, const struct config *config)
{
	buf_add_str(out, config->rule_count ? "rights:\n" : "");
	for (size_t i = 0; i < config->rule_count; i++)
		add_rule(out, &config->rights[i]);
}

char *config_dump(const struct config *config)
{
	const char *previous = "";
	struct buf out = {0};

	for (size_t i = 0; i < option_count; i++) {
		add_key(&out, previous, option_table[i].key);
		add_value(&out, config, &option_table[i], true);
		buf_add_char(&out, '\n');
		previous = option_table[i].key;
	}
	add_partners(&out, config);
	add_rules(&out, config);
	return buf_take(&out, NULL);
}

char *config_dump_rights(const struct config *config)
{
	struct buf out = {0};

	add_rules(&out, config);
	return buf_take(&out, NULL);
}

static bool is_same(
	const struct config *a, const struct config *b, const struct option *option)
{
	struct buf a_text = {0}, b_text = {0};
	bool same;

	add_value(&a_text, a, option, false);
	add_value(&b_text, b, option, false);
	same = strcmp(buf_text(&a_text), buf_text(&b_text)) == 0;
	buf_finish(&a_text);
	buf_finish(&b_text);
	return same;
}

static bool is_same_list(const struct config *a, const struct config *b,
	void (*add)(struct buf *out, const struct config *config))
{
	struct buf a_text = {0}, b_text = {0};
	bool same;

	add(&a_text, a);
	add(&b_text, b);
	same = strcmp(buf_text(&a_text), buf_text(&b_text)) == 0;
	buf_finish(&a_text);
	buf_finish(&b_text);
	return same;
}

static void add_change(struct buf *out, const char *key, bool is_live)
{
	buf_printf(out, "%s%s %s", out->len ? "; " : "", key,
		is_live ? "now" : "at the next start");
}

char *config_diff(const struct config *before, const struct config *after)
{
	struct buf out = {0};

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (!is_same(before, after, option))
			add_change(&out, option->key, option->is_live);
	}
	if (!is_same_list(before, after, add_partners))
		add_change(&out, "partners", true);
	if (!is_same_list(before, after, add_rules))
		add_change(&out, "rights", true);
	return buf_take(&out, NULL);
}

static struct config_durations copy_durations(struct arena *arena,
	const struct config_durations *from)
{
	size_t bytes = from->count * sizeof(*from->ms);
	int64_t *ms = arena_alloc(arena, bytes + sizeof(*ms));

	memcpy(ms, from->ms, bytes);
	return (struct config_durations){ms, from->count};
}

void config_adopt_live(struct config *config, const struct config *from)
{
	entries_adopt(config, from);
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];
		char *to = (char *)config + option->offset;

		if (!option->is_live)
			continue;
		switch (option->type) {
		case OPTION_TEXT:
		case OPTION_WORD:
			*(const char **)(void *)to = arena_strdup(config->arena,
				*(const char *const *)field_of(from, option));
			break;
		case OPTION_BOOL:
			*(bool *)to = *(const bool *)field_of(from, option);
			break;
		case OPTION_INT:
		case OPTION_COUNT:
		case OPTION_AUTO:
			*(int *)(void *)to = *(const int *)field_of(from, option);
			break;
		case OPTION_DURATION:
		case OPTION_SECONDS:
			*(int64_t *)(void *)to = *(const int64_t *)field_of(from, option);
			break;
		case OPTION_STRINGS:
			*(struct config_strings *)(void *)to = entries_copy_list(config->arena,
				field_of(from, option));
			break;
		case OPTION_DURATIONS:
			*(struct config_durations *)(void *)to = copy_durations(config->arena,
				field_of(from, option));
			break;
		case OPTION_SIZE:
		case OPTION_WORDS:
		case OPTION_ADDRESSES:
		case OPTION_NETWORKS:
		case OPTION_PORTS:
			break; /* none of these is live; the table's test says so */
		}
	}
}
