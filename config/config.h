/*
 * config.h: the configuration as values. Pure: the caller reads the file. One table
 * (options.c) is the source of the parser, the defaults, the dump and the manual page's
 * test. Everything a configuration holds lives in its arena.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct error;

struct config_strings {
	const char *const *items;
	size_t count;
};

struct config_ints {
	const int *items;
	size_t count;
};

struct config_durations {
	const int64_t *ms;
	size_t count;
};

/* A partner, and the topics it may have. */
struct config_partner {
	const char *name, *token_file, *contact;
	struct config_strings callback_hosts, topics;
	struct config_strings formats; /* atom, rss, json, ninjs, nitf */
	struct config_strings require; /* of its callbacks: https, secret */
	const char *valid_from, *valid_until; /* days, both included; NULL = no bound */
	int64_t lease_s; /* most; 0 = the hub's */
	int rate;        /* deliveries a second; 0 = no limit */
	bool embargo_access;
};

struct config_grant {
	const char *partner, *level;
};

/* A rights rule: the first that matches decides. Without any list it matches everything;
 * else one hit is enough, or one in each list with match_all. */
struct config_rule {
	const char *name, *text, *license, *public_level, *unknown_source;
	struct config_strings source, dateline, channel, author, tag, path;
	bool match_all;
	const struct config_grant *partners;
	size_t partner_count;
};

struct config {
	struct arena *arena; /* owns everything below */
	struct {
		const char *title, *subtitle, *base_url, *language, *timezone, *authority,
			*rights, *icon, *logo, *mobile_url, *id_code, *css, *header,
			*footer;
	} site;
	struct {
		const char *directory, *fallback_charset, *body_selector, *sources_file;
		int64_t settle_ms, poll_ms, delete_grace_ms, withdrawn_keep_ms;
		size_t max_size;
		int mass_delete_limit;
	} articles;
	struct {
		int window;
		struct config_strings by;
		const char *content;
	} feeds;
	struct {
		struct config_strings listen, trusted_proxies;
		int workers; /* 0 = one per core */
		int64_t max_age_ms, idle_timeout_ms, header_timeout_ms;
		int max_connections, rate;
		bool proxy_protocol;
		const char *export;
	} http;
	struct {
		bool enabled, initial;
		struct config_strings external;
		const char *ca_file;
		struct {
			int64_t default_s, min_s, max_s;
		} lease;
		int chunk, per_host, in_flight;
		struct {
			struct config_strings allow;
			bool deny_private;
			struct config_ints ports; /* empty = any */
		} callbacks;
		struct {
			struct config_strings sha1, sha384, sha512; /* callback hosts */
		} signature;
		struct {
			int per_host, per_network, per_client; /* a second; 0 = no limit */
		} verify;
		struct {
			int64_t first_ms, max_ms, give_up_ms;
		} retry;
		struct {
			int64_t connect_ms, soft_ms, total_ms;
		} timeout;
	} hub;
	struct {
		struct config_durations escalate; /* rising ages */
		struct config_strings command;
		int64_t timeout_ms;
	} recalls;
	struct {
		const char *uri, *directory, *key_file;
		int64_t ledger_keep_s; /* 0 = for ever */
	} store;
	struct {
		const char *socket, *token_file;
		struct config_strings listen;
	} admin;
	struct {
		const char *level;
	} log;
	const struct config_partner *partners;
	size_t partner_count;
	const struct config_rule *rights;
	size_t rule_count;
};

/* Where a configuration comes from; all borrowed. */
struct config_source {
	const char *name;          /* of the file, for messages; NULL = there is none */
	const char *text;
	size_t len;
	const char *const *overrides; /* KEY=VALUE, the value in YAML; win over the file */
	size_t override_count;
	const char *directory;     /* the DIRECTORY argument, or NULL */
	const char *state_directory; /* default for store.directory, or NULL */
};

/* The caller owns *OUT and ends it with config_destroy (NULL is accepted). False and ERR
 * (`file:line:column: what was found; what was expected`) on a mistake. */
bool config_load(const struct config_source *source, struct config **out, struct error *err);
void config_destroy(struct config *config);

/* The whole as YAML that config_load takes, every option, a password in an address shown as
 * `***`; the caller frees. */
char *config_dump(const struct config *config);

/* The rights rules alone, in the same form; the caller frees. */
char *config_dump_rights(const struct config *config);

/* Names what differs: "log.level now; http.listen at the next start"; "" for nothing. The
 * caller frees. */
char *config_diff(const struct config *before, const struct config *after);

/* Takes the options that apply live from FROM into CONFIG (copied). */
void config_adopt_live(struct config *config, const struct config *from);

#endif
