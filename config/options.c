/* options.c: the table, the single source of every option; see options.h. */
#include "config/options.h"

#include "config/config.h"
#include "config/suggest.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct config, field)

const struct option option_table[] = {
	{"site.title", OPTION_TEXT, AT(site.title), NULL, NULL, false},
	{"site.subtitle", OPTION_TEXT, AT(site.subtitle), NULL, NULL, false},
	{"site.base_url", OPTION_TEXT, AT(site.base_url), NULL, NULL, false},
	{"site.language", OPTION_TEXT, AT(site.language), "zh-CN", NULL, false},
	{"site.timezone", OPTION_TEXT, AT(site.timezone), "Asia/Shanghai", NULL, false},
	{"site.authority", OPTION_TEXT, AT(site.authority), NULL, NULL, false},
	{"site.rights", OPTION_TEXT, AT(site.rights), NULL, NULL, false},
	{"site.icon", OPTION_TEXT, AT(site.icon), NULL, NULL, false},
	{"site.logo", OPTION_TEXT, AT(site.logo), NULL, NULL, false},
	{"site.mobile_url", OPTION_TEXT, AT(site.mobile_url), NULL, NULL, false},
	{"site.id_code", OPTION_TEXT, AT(site.id_code), NULL, NULL, false},
	{"site.css", OPTION_TEXT, AT(site.css), NULL, NULL, false},
	{"site.header", OPTION_TEXT, AT(site.header), NULL, NULL, false},
	{"site.footer", OPTION_TEXT, AT(site.footer), NULL, NULL, false},
	{"articles.directory", OPTION_TEXT, AT(articles.directory), NULL, NULL, false},
	{"articles.settle", OPTION_DURATION, AT(articles.settle_ms), "200ms", NULL,
		false},
	{"articles.poll", OPTION_DURATION, AT(articles.poll_ms), "0s", NULL, false},
	{"articles.max_size", OPTION_SIZE, AT(articles.max_size), "8MiB", NULL, false},
	{"articles.delete_grace", OPTION_DURATION, AT(articles.delete_grace_ms), "60s",
		NULL, false},
	{"articles.mass_delete_limit", OPTION_INT, AT(articles.mass_delete_limit), "20",
		NULL, false},
	{"articles.withdrawn_keep", OPTION_DURATION, AT(articles.withdrawn_keep_ms), "30d",
		NULL, false},
	{"articles.fallback_charset", OPTION_TEXT, AT(articles.fallback_charset), NULL,
		NULL, false},
	{"articles.body_selector", OPTION_TEXT, AT(articles.body_selector), NULL, NULL,
		false},
	{"articles.sources_file", OPTION_TEXT, AT(articles.sources_file), NULL, NULL,
		true},
	{"feeds.window", OPTION_COUNT, AT(feeds.window), "50", NULL, false},
	{"feeds.by", OPTION_WORDS, AT(feeds.by), "[channel]",
		"channel|tag|author|source", false},
	{"feeds.content", OPTION_WORD, AT(feeds.content), "full", "full|summary|headline",
		false},
	{"http.listen", OPTION_ADDRESSES, AT(http.listen), "['127.0.0.1:8080']", NULL,
		false},
	{"http.workers", OPTION_AUTO, AT(http.workers), "auto", NULL, false},
	{"http.max_age", OPTION_DURATION, AT(http.max_age_ms), "300s", NULL, false},
	{"http.idle_timeout", OPTION_DURATION, AT(http.idle_timeout_ms), "60s", NULL,
		true},
	{"http.header_timeout", OPTION_DURATION, AT(http.header_timeout_ms), "10s", NULL,
		true},
	{"http.max_connections", OPTION_COUNT, AT(http.max_connections), "20000", NULL,
		true},
	{"http.rate", OPTION_INT, AT(http.rate), "20", NULL, true},
	{"http.trusted_proxies", OPTION_NETWORKS, AT(http.trusted_proxies), "[]", NULL,
		false},
	{"http.proxy_protocol", OPTION_BOOL, AT(http.proxy_protocol), "false", NULL,
		false},
	{"http.export", OPTION_TEXT, AT(http.export), NULL, NULL, false},
	{"hub.enabled", OPTION_BOOL, AT(hub.enabled), "true", NULL, false},
	{"hub.external", OPTION_STRINGS, AT(hub.external), "[]", NULL, false},
	{"hub.lease.default", OPTION_SECONDS, AT(hub.lease.default_s), "10d", NULL, true},
	{"hub.lease.min", OPTION_SECONDS, AT(hub.lease.min_s), "1d", NULL, true},
	{"hub.lease.max", OPTION_SECONDS, AT(hub.lease.max_s), "30d", NULL, true},
	{"hub.chunk", OPTION_COUNT, AT(hub.chunk), "200", NULL, true},
	{"hub.callbacks.allow", OPTION_NETWORKS, AT(hub.callbacks.allow), "[]", NULL,
		false},
	{"hub.callbacks.deny_private", OPTION_BOOL, AT(hub.callbacks.deny_private),
		"true", NULL, false},
	{"hub.callbacks.ports", OPTION_PORTS, AT(hub.callbacks.ports),
		"[80, 443, 8080, 8443]", NULL, false},
	{"hub.signature.sha1", OPTION_STRINGS, AT(hub.signature.sha1), "[]", NULL, false},
	{"hub.signature.sha384", OPTION_STRINGS, AT(hub.signature.sha384), "[]", NULL,
		false},
	{"hub.signature.sha512", OPTION_STRINGS, AT(hub.signature.sha512), "[]", NULL,
		false},
	{"hub.ca_file", OPTION_TEXT, AT(hub.ca_file), NULL, NULL, false},
	{"hub.verify.per_host", OPTION_INT, AT(hub.verify.per_host), "1", NULL, true},
	{"hub.verify.per_network", OPTION_INT, AT(hub.verify.per_network), "10", NULL,
		false},
	{"hub.verify.per_client", OPTION_INT, AT(hub.verify.per_client), "5", NULL, true},
	{"hub.initial", OPTION_BOOL, AT(hub.initial), "false", NULL, true},
	{"hub.retry.first", OPTION_DURATION, AT(hub.retry.first_ms), "10s", NULL, true},
	{"hub.retry.max", OPTION_DURATION, AT(hub.retry.max_ms), "1h", NULL, true},
	{"hub.retry.give_up", OPTION_DURATION, AT(hub.retry.give_up_ms), "24h", NULL,
		true},
	{"hub.timeout.connect", OPTION_DURATION, AT(hub.timeout.connect_ms), "5s", NULL,
		false},
	{"hub.timeout.soft", OPTION_DURATION, AT(hub.timeout.soft_ms), "500ms", NULL,
		false},
	{"hub.timeout.total", OPTION_DURATION, AT(hub.timeout.total_ms), "10s", NULL,
		false},
	{"hub.per_host", OPTION_COUNT, AT(hub.per_host), "64", NULL, true},
	{"hub.in_flight", OPTION_COUNT, AT(hub.in_flight), "256", NULL, true},
	{"recalls.escalate", OPTION_DURATIONS, AT(recalls.escalate), "[15m, 1h]", NULL,
		true},
	{"recalls.command", OPTION_STRINGS, AT(recalls.command), "[]", NULL, true},
	{"recalls.timeout", OPTION_DURATION, AT(recalls.timeout_ms), "30s", NULL, true},
	{"store.uri", OPTION_TEXT, AT(store.uri), "sqlite:gazetted.db", NULL, false},
	{"store.directory", OPTION_TEXT, AT(store.directory), NULL, NULL, false},
	{"store.key_file", OPTION_TEXT, AT(store.key_file), NULL, NULL, false},
	{"store.ledger_keep", OPTION_SECONDS, AT(store.ledger_keep_s), "0s", NULL, true},
	{"admin.socket", OPTION_TEXT, AT(admin.socket), NULL, NULL, false},
	{"admin.listen", OPTION_ADDRESSES, AT(admin.listen), "[]", NULL, false},
	{"admin.token_file", OPTION_TEXT, AT(admin.token_file), NULL, NULL, false},
	{"log.level", OPTION_WORD, AT(log.level), "info", "error|warn|info|debug", true},
};
const size_t option_count = sizeof(option_table) / sizeof(*option_table);

const struct option *option_find(const char *key)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].key, key) == 0)
			return &option_table[i];
	}
	return NULL;
}

bool option_is_section(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < option_count; i++) {
		if (strncmp(option_table[i].key, key, len) == 0 &&
			option_table[i].key[len] == '.')
			return true;
	}
	return false;
}

/* An option of another section with the name that KEY ends in: "listen", "hub.rate". */
static const char *find_elsewhere(const char *key)
{
	const char *dot = strrchr(key, '.');
	const char *last = dot ? dot + 1 : key;

	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(strrchr(option_table[i].key, '.') + 1, last) == 0)
			return option_table[i].key;
	}
	return NULL;
}

bool option_suggest(const char *key, char *out, size_t size)
{
	struct suggestion near = {.wanted = key};
	const char *elsewhere;

	suggestion_offer(&near, "partners", strlen("partners"));
	suggestion_offer(&near, "rights", strlen("rights"));
	for (size_t i = 0; i < option_count; i++) {
		const char *name = option_table[i].key;

		for (const char *dot = name; (dot = strchr(dot, '.')); dot++)
			suggestion_offer(&near, name, (size_t)(dot - name));
		suggestion_offer(&near, name, strlen(name));
	}
	/* one wrong letter is a slip; more is less likely than the right name in the
	 * wrong section */
	elsewhere = near.best && near.distance == 1 ? NULL : find_elsewhere(key);
	if (elsewhere)
		snprintf(out, size, "%s", elsewhere);
	else if (near.best)
		snprintf(out, size, "%.*s", (int)near.best_len, near.best);
	return elsewhere || near.best;
}
