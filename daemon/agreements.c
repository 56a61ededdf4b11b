/* agreements.c: see agreements.h. */
#include "daemon/agreements.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/control/log.h"
#include "daemon/site/site.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/day.h"
#include "feeds/base/error.h"
#include "feeds/sources.h"

enum { FILE_MOST = 4 * 1024 * 1024 };

static bool read_file(const char *path, struct buf *out, mode_t *mode, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status = {0};
	ssize_t got = fd < 0 ? -1 : fstat(fd, &status);

	while (got >= 0 && out->len <= FILE_MOST) {
		got = read(fd, buf_reserve(out, 4096), 4096);
		if (got <= 0)
			break;
		out->len += (size_t)got;
	}
	if (got < 0)
		error_set(err, "%s: %s", path, strerror(errno));
	else if (out->len > FILE_MOST)
		got = error_set(err, "%s: larger than %d bytes", path, FILE_MOST) ? 0 : -1;
	if (fd >= 0)
		close(fd);
	*mode = status.st_mode;
	return got >= 0;
}

static struct strings strings_of(const struct config_strings *list)
{
	return (struct strings){list->items, list->count};
}

/* ---- rules ---- */

static enum text_level level_of(const char *word)
{
	enum text_level level = LEVEL_NONE;

	if (word)
		rights_level_of(word, &level);
	return level;
}

static void fill_rule(struct arena *arena, const struct config_rule *from,
	struct rights_rule *to)
{
	struct rights_grant *grants =
		arena_alloc(arena, (from->partner_count + 1) * sizeof(*grants));

	for (size_t i = 0; i < from->partner_count; i++)
		grants[i] = (struct rights_grant){
			arena_strdup(arena, from->partners[i].partner),
			level_of(from->partners[i].level)};
	*to = (struct rights_rule){
		.name = from->name,
		.text = from->text,
		.license = from->license,
		.source = strings_of(&from->source),
		.dateline = strings_of(&from->dateline),
		.channel = strings_of(&from->channel),
		.author = strings_of(&from->author),
		.tag = strings_of(&from->tag),
		.path = strings_of(&from->path),
		.needs_all = from->match_all,
		.holds_unknown = from->unknown_source && strcmp(from->unknown_source, "hold") == 0,
		.public_level = level_of(from->public_level),
		.partners = grants,
		.partner_count = from->partner_count,
	};
}

static bool load_sources(struct agreements *agreements, const struct config *config,
	EVP_MD_CTX *digest, struct error *err)
{
	const char *path = config->articles.sources_file;
	struct source_list *list;
	struct buf text = {0};
	mode_t mode;
	bool ok;

	if (!path)
		return true;
	ok = read_file(path, &text, &mode, err);
	if (ok && !sources_parse(agreements->arena, buf_text(&text), text.len, &list, err))
		ok = error_prefix(err, "%s", path);
	if (ok) {
		agreements->policy.sources = list;
		EVP_DigestUpdate(digest, buf_text(&text), text.len);
	} else {
		error_prefix(err, "articles.sources_file");
	}
	buf_finish(&text);
	return ok;
}

/* ---- partners ---- */

static bool load_tokens(struct partner *partner, const char *token_file,
	const char *credentials, struct error *err)
{
	struct buf text = {0};
	char path[1024] = "";
	mode_t mode;
	bool ok;

	if (token_file)
		snprintf(path, sizeof(path), "%s", token_file);
	else if (credentials)
		snprintf(path, sizeof(path), "%s/partner-%s", credentials, partner->name);
	if (!*path)
		return error_set(err, "partners: %s: no token_file, and no systemd credential "
			"partner-%s", partner->name, partner->name);
	ok = read_file(path, &text, &mode, err);
	if (ok && token_file && (mode & 007))
		log_warn("partners: %s: %s can be read by everybody on this machine (mode %03o)",
			partner->name, path, (unsigned)mode & 0777);
	if (ok && !partner_read_tokens(partner, buf_text(&text), text.len, err))
		ok = error_prefix(err, "%s", path);
	if (text.bytes)
		OPENSSL_cleanse(text.bytes, text.len);
	buf_finish(&text);
	return ok || error_prefix(err, "partners: %s", partner->name);
}

static bool lists(const struct config_strings *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], word) == 0)
			return true;
	}
	return false;
}

static int32_t day_of(const char *text)
{
	return text ? day_parse(text, strlen(text)) : 0;
}

static void fill_partner(const struct config_partner *from, struct partner *to)
{
	static const struct {
		const char *word;
		enum partner_format format;
	} formats[] = {{"atom", PARTNER_ATOM}, {"rss", PARTNER_RSS}, {"json", PARTNER_JSON},
		{"ninjs", PARTNER_NINJS}, {"nitf", PARTNER_NITF}};

	*to = (struct partner){
		.name = from->name,
		.callback_hosts = from->callback_hosts.items,
		.callback_host_count = from->callback_hosts.count,
		.topics = from->topics.items,
		.topic_count = from->topics.count,
		.needs_https = lists(&from->require, "https"),
		.needs_secret = lists(&from->require, "secret"),
		.has_embargo_access = from->embargo_access,
		.lease_s = from->lease_s,
		.rate = from->rate,
		.from_day = day_of(from->valid_from),
		.until_day = day_of(from->valid_until),
	};
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (lists(&from->formats, formats[i].word))
			to->formats |= formats[i].format;
	}
}

static void fill_site_partner(const struct partner *from, struct site_partner *to)
{
	*to = (struct site_partner){
		.name = from->name,
		.formats = {[FEED_ATOM] = from->formats & PARTNER_ATOM,
			[FEED_RSS] = from->formats & PARTNER_RSS,
			[FEED_JSON] = from->formats & PARTNER_JSON},
		.has_ninjs = from->formats & PARTNER_NINJS,
		.has_nitf = from->formats & PARTNER_NITF,
		.has_embargo_access = from->has_embargo_access,
		.topics = from->topics,
		.topic_count = from->topic_count,
	};
}

/* ---- the whole ---- */

static void copy_strings(struct arena *arena, struct config_strings *list)
{
	const char **items = arena_alloc(arena, (list->count + 1) * sizeof(*items));

	for (size_t i = 0; i < list->count; i++)
		items[i] = arena_strdup(arena, list->items[i]);
	list->items = items;
}

/* The configuration is the caller's and may go away. */
static void copy_rule(struct arena *arena, struct config_rule *rule)
{
	struct config_strings *const lists[] = {&rule->source, &rule->dateline, &rule->channel,
		&rule->author, &rule->tag, &rule->path};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		copy_strings(arena, lists[i]);
	rule->name = arena_strdup(arena, rule->name);
	rule->text = arena_strdup(arena, rule->text);
	rule->license = arena_strdup(arena, rule->license);
}

static void copy_partner(struct arena *arena, struct config_partner *partner)
{
	partner->name = arena_strdup(arena, partner->name);
	copy_strings(arena, &partner->callback_hosts);
	copy_strings(arena, &partner->topics);
}

static bool load(struct agreements *agreements, const struct config *config,
	const char *credentials, EVP_MD_CTX *digest, struct error *err)
{
	struct arena *arena = agreements->arena;
	struct rights_rule *rules = arena_alloc(arena, (config->rule_count + 1) * sizeof(*rules));
	struct partner *partners =
		arena_alloc(arena, (config->partner_count + 1) * sizeof(*partners));
	struct site_partner *site_partners =
		arena_alloc(arena, (config->partner_count + 1) * sizeof(*site_partners));

	for (size_t i = 0; i < config->rule_count; i++) {
		struct config_rule rule = config->rights[i];

		copy_rule(arena, &rule);
		fill_rule(arena, &rule, &rules[i]);
	}
	for (size_t i = 0; i < config->partner_count; i++) {
		struct config_partner partner = config->partners[i];

		copy_partner(arena, &partner);
		fill_partner(&partner, &partners[i]);
		if (!load_tokens(&partners[i], partner.token_file, credentials, err))
			return false;
		fill_site_partner(&partners[i], &site_partners[i]);
	}
	agreements->site_partners = site_partners;
	agreements->policy.rules = rules;
	agreements->policy.count = config->rule_count;
	agreements->partners = (struct partners){partners, config->partner_count};
	return load_sources(agreements, config, digest, err);
}

bool agreements_load(const struct config *config, const char *credentials,
	struct agreements **out, struct error *err)
{
	struct arena *arena = arena_create();
	struct agreements *agreements = arena_alloc(arena, sizeof(*agreements));
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char bytes[32];
	char *rules;
	bool ok;

	agreements->arena = arena;
	if (!digest || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		abort();
	rules = config_dump_rights(config);
	EVP_DigestUpdate(digest, rules, strlen(rules));
	free(rules);
	ok = load(agreements, config, credentials, digest, err);
	EVP_DigestFinal_ex(digest, bytes, NULL);
	EVP_MD_CTX_free(digest);
	for (int i = 0; i < 32; i++)
		snprintf(agreements->fingerprint + 2 * i, 3, "%02x", bytes[i]);
	if (ok)
		*out = agreements;
	else
		agreements_destroy(agreements);
	return ok;
}

void agreements_destroy(struct agreements *agreements)
{
	if (agreements)
		arena_destroy(agreements->arena);
}
