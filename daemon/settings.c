/* settings.c: see settings.h. */
#include "daemon/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/agreements.h"
#include "daemon/site/feed_index.h"
#include "daemon/site/identity.h"
#include "feeds/base/arena.h"

enum { BODY_MAX = 64 * 1024 }; /* of a POST to the hub */

size_t settings_workers(const struct config *config, size_t most)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	long count = config->http.workers > 0 ? config->http.workers : cores;

	return count < 1 ? 1 : (size_t)count > most ? most : (size_t)count;
}

struct http_limits settings_http(const struct config *config, size_t workers)
{
	return (struct http_limits){
		.idle_ms = config->http.idle_timeout_ms,
		.header_ms = config->http.header_timeout_ms,
		.body_ms = config->http.header_timeout_ms,
		.send_ms = config->http.idle_timeout_ms,
		.max_connections = config->http.max_connections / (int)workers + 1,
		.rate = config->http.rate,
		.max_body = BODY_MAX,
		.trusted_proxies = config->http.trusted_proxies.items,
		.trusted_count = config->http.trusted_proxies.count,
		.proxy_protocol = config->http.proxy_protocol,
	};
}

/* PER_SECOND shared by WORKERS; ten seconds' worth may come at once. */
static struct flood_rate rate_of(int per_second, int workers)
{
	int burst = 10 * per_second / workers;

	return (struct flood_rate){
		.every_ms = per_second > 0 ? 1000 * workers / per_second : 0,
		.burst = burst > 0 ? burst : 1,
	};
}

struct transfer_policy settings_transfers(const struct config *config, struct arena *arena,
	const char *base_url, size_t workers)
{
	return (struct transfer_policy){
		.deny_private = config->hub.callbacks.deny_private,
		.allow = config->hub.callbacks.allow.items,
		.allow_count = config->hub.callbacks.allow.count,
		.user_agent = arena_printf(arena, "gazetted/%s (+%s)", GAZETTED_VERSION,
			base_url),
		.in_flight = (config->hub.in_flight + (int)workers - 1) / (int)workers,
		.per_host = config->hub.per_host,
		.ca_file = config->hub.ca_file,
		.verify_network = rate_of(config->hub.verify.per_network, (int)workers),
	};
}

static struct hub_list list_of(const struct config_strings *list)
{
	return (struct hub_list){list->items, list->count};
}

struct hub_policy settings_hub(const struct config *config, const char *base_url,
	const char *hub_url)
{
	return (struct hub_policy){
		.base_url = base_url,
		.hub_url = hub_url,
		.external = list_of(&config->hub.external),
		.lease_default_s = config->hub.lease.default_s,
		.lease_min_s = config->hub.lease.min_s,
		.lease_max_s = config->hub.lease.max_s,
		.retry_first_ms = config->hub.retry.first_ms,
		.retry_max_ms = config->hub.retry.max_ms,
		.retry_give_up_ms = config->hub.retry.give_up_ms,
		.connect_ms = config->hub.timeout.connect_ms,
		.soft_ms = config->hub.timeout.soft_ms,
		.total_ms = config->hub.timeout.total_ms,
		.chunk = config->hub.chunk,
		.in_flight = config->hub.in_flight,
		.per_host = config->hub.per_host,
		.ports = config->hub.callbacks.ports.items,
		.port_count = config->hub.callbacks.ports.count,
		.signed_by = {
			[SIGN_SHA1] = list_of(&config->hub.signature.sha1),
			[SIGN_SHA384] = list_of(&config->hub.signature.sha384),
			[SIGN_SHA512] = list_of(&config->hub.signature.sha512),
		},
		.verify_host = rate_of(config->hub.verify.per_host, 1),
		.verify_client = rate_of(config->hub.verify.per_client, 1),
		.gives_initial = config->hub.initial,
	};
}

static enum text_level level_of(const char *content)
{
	return strcmp(content, "headline") == 0 ? LEVEL_HEADLINE :
	       strcmp(content, "summary") == 0	? LEVEL_SUMMARY :
						  LEVEL_FULL_MEDIA;
}

static bool lists(const struct config_strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

/* An e-paper day has its feed whenever there are such articles. */
static unsigned feed_kinds(const struct config_strings *by)
{
	static const struct {
		const char *word;
		enum feed_kind kind;
	} words[] = {{"channel", FEED_OF_CHANNEL}, {"tag", FEED_OF_TAG},
		{"author", FEED_OF_AUTHOR}, {"source", FEED_OF_SOURCE}};
	unsigned kinds = 1U << FEED_OF_SITE | 1U << FEED_OF_EDITION;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		kinds |= (unsigned)lists(by, words[i].word) << words[i].kind;
	return kinds;
}

uint32_t settings_rights_print(const struct agreements *agreements)
{
	return (uint32_t)strtoul(agreements->fingerprint + 56, NULL, 16);
}

struct site_config settings_site(const struct config *config, struct arena *arena,
	const char *base_url, const char *hub_url, int32_t offset_s,
	const struct agreements *agreements)
{
	const char *authority = config->site.authority;

	return (struct site_config){
		.title = config->site.title ? config->site.title :
			identity_authority(arena, base_url),
		.subtitle = config->site.subtitle,
		.base_url = base_url,
		.hub_url = hub_url,
		.external_hubs = config->hub.external.items,
		.external_count = config->hub.external.count,
		.language = config->site.language,
		.authority = authority ? authority :
			identity_authority(arena, base_url),
		.rights = config->site.rights,
		.rules = agreements->policy,
		.rules_print = settings_rights_print(agreements),
		.partners = agreements->site_partners,
		.partner_count = agreements->partners.count,
		.icon = config->site.icon,
		.logo = config->site.logo,
		.mobile_url = config->site.mobile_url,
		.id_code = config->site.id_code,
		.offset_s = offset_s,
		.window = config->feeds.window,
		.kinds = feed_kinds(&config->feeds.by),
		.level = level_of(config->feeds.content),
		.max_size = (int64_t)config->articles.max_size,
		.delete_grace_ms = config->articles.delete_grace_ms,
		.mass_delete_limit = config->articles.mass_delete_limit,
		.withdrawn_keep_ms = config->articles.withdrawn_keep_ms,
		.max_age_s = (int)(config->http.max_age_ms / 1000),
	};
}

enum log_level settings_log_level(const struct config *config)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (int i = 0; i < 4; i++) {
		if (strcmp(config->log.level, names[i]) == 0)
			return (enum log_level)i;
	}
	return LOG_LEVEL_INFO;
}
