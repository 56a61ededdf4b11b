/*
 * settings.h: the configuration in the terms of each part. Texts are borrowed from the
 * configuration, or made in the arena that is given.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/control/log.h"
#include "daemon/http/server.h"
#include "daemon/hub/hub.h"
#include "daemon/hub/transfer.h"
#include "daemon/site/site.h"

struct agreements;
struct arena;
struct config;

/* How many workers: as configured, else one per core. */
size_t settings_workers(const struct config *config, size_t most);

/* Limits of one of WORKERS workers. */
struct http_limits settings_http(const struct config *config, size_t workers);
struct transfer_policy settings_transfers(const struct config *config, struct arena *arena,
	const char *base_url, size_t workers);

struct hub_policy settings_hub(const struct config *config, const char *base_url,
	const char *hub_url);

/* OFFSET_S: the site zone's. HUB_URL NULL = there is no hub. */
struct site_config settings_site(const struct config *config, struct arena *arena,
	const char *base_url, const char *hub_url, int32_t offset_s,
	const struct agreements *agreements);

/* A short form of what decides about an article. */
uint32_t settings_rights_print(const struct agreements *agreements);

enum log_level settings_log_level(const struct config *config);

#endif
