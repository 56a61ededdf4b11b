/* show.c: see show.h. */
#include "daemon/control/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/safe.h"
#include "daemon/control/table.h"
#include "feeds/base/buf.h"

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "-";
}

static void print_safe(const char *value)
{
	struct buf out = {0};

	safe_add(&out, value);
	fputs(buf_text(&out), stdout);
	buf_finish(&out);
}

static void line(const char *label, const char *value)
{
	printf("%-15s ", label);
	print_safe(value);
	putchar('\n');
}

static void line_of(const char *label, const json_t *object, const char *key,
	enum column_kind kind)
{
	const json_t *value = json_object_get(object, key);
	char *shown;

	if (!value || json_is_null(value))
		return;
	shown = table_text(value, kind);
	printf("%-15s %s\n", label, shown);
	free(shown);
}

/* ---- status ---- */

static void size_text(long long bytes, char *out, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void show_articles(const json_t *articles)
{
	const json_t *problems = json_object_get(articles, "problems");
	const json_t *held = json_object_get(articles, "held");
	const json_t *item;
	size_t i;

	printf("%-15s %lld published, %lld waiting, %lld rejected, %lld deleted", "articles",
		number(articles, "published"), number(articles, "waiting"),
		number(articles, "rejected"), number(articles, "deleted"));
	if (number(articles, "queued"))
		printf(", %lld to be read", number(articles, "queued"));
	putchar('\n');
	line_of("next change", articles, "next_change", COLUMN_TIME);
	if (json_is_true(json_object_get(articles, "deletions_held")))
		printf("%-15s %lld articles vanished at once; they stay until the files are back "
			"or gazettectl confirm-deletes\n", "deletions held",
			number(articles, "vanishing"));
	else if (number(articles, "vanishing"))
		printf("%-15s %lld within the time of grace\n", "deletions",
			number(articles, "vanishing"));
	json_array_foreach(held, i, item)
		line("  gone", text(item, "path"));
	json_array_foreach(problems, i, item)
		line(i ? "" : "problems", json_string_value(item));
}

static void show_hub(const json_t *hub)
{
	const json_t *hosts = json_object_get(hub, "hosts"), *host;
	size_t i;

	if (json_is_null(hub)) {
		line("hub", "off");
		return;
	}
	printf("%-15s %lld subscriptions, %lld being verified\n", "hub",
		number(hub, "subscriptions"), number(hub, "verifying"));
	printf("%-15s %lld in flight, %lld fan-outs, %lld retries owed\n", "deliveries",
		number(hub, "in_flight"), number(hub, "fan_outs"), number(hub, "retries"));
	printf("%-15s %lld delivered, %lld failed, %lld given up\n", "since start",
		number(hub, "delivered"), number(hub, "failed"), number(hub, "given_up"));
	printf("%-15s %lld denied, %lld refused, %lld pings to other hubs\n", "",
		number(hub, "denied"), number(hub, "refused"), number(hub, "pings"));
	printf("%-15s %lld behind subscribers, %lld behind pollers\n", "readers",
		number(hub, "readers_pushed"), number(hub, "readers_polled"));
	json_array_foreach(hosts, i, host)
	{
		if (!number(host, "failures") && !number(host, "slow"))
			continue;
		printf("%-15s ", "  host");
		print_safe(text(host, "host"));
		printf(" %s, %lld failures in a row, %lld slow, %lld waiting\n",
			json_is_true(json_object_get(host, "dead")) ? "dead" : "in trouble",
			number(host, "failures"), number(host, "slow"), number(host, "queued"));
	}
}

static void show_http(const json_t *http)
{
	const json_t *listener;
	size_t i;

	json_array_foreach(json_object_get(http, "listeners"), i, listener)
		line(i ? "" : "listens", json_string_value(listener));
	printf("%-15s %lld requests: %lld 2xx, %lld 304, %lld 4xx, %lld 5xx\n", "http",
		number(http, "requests"), number(http, "answers_2xx"),
		number(http, "answers_304"), number(http, "answers_4xx"),
		number(http, "answers_5xx"));
	printf("%-15s %lld open, %lld workers", "connections", number(http, "connections"),
		number(http, "workers"));
	if (number(http, "silent_workers"))
		printf(", %lld of them silent", number(http, "silent_workers"));
	putchar('\n');
}

static void show_last_reload(const json_t *reload)
{
	char *at;

	if (!json_is_object(reload))
		return;
	at = table_text(json_object_get(reload, "at"), COLUMN_TIME);
	printf("%-15s %s %s: ", "last reload", at,
		json_is_true(json_object_get(reload, "ok")) ? "taken" : "refused");
	print_safe(text(reload, "text"));
	putchar('\n');
	free(at);
}

void show_status(const json_t *row)
{
	const json_t *store = json_object_get(row, "store");
	char memory[32], size[32], wal[32];

	size_text(number(row, "resident_bytes"), memory, sizeof(memory));
	size_text(number(store, "bytes"), size, sizeof(size));
	size_text(number(store, "wal_bytes"), wal, sizeof(wal));
	line("state", text(row, "state"));
	printf("%-15s %s, process %lld, %s\n", "gazetted", text(row, "version"),
		number(row, "pid"), memory);
	line_of("started", row, "started", COLUMN_TIME);
	line("site", text(row, "base_url"));
	line("directory", text(row, "directory"));
	show_last_reload(json_object_get(row, "reload"));
	show_articles(json_object_get(row, "articles"));
	printf("%-15s %lld, %lld of them topics\n", "documents", number(row, "documents"),
		number(row, "topics"));
	show_http(json_object_get(row, "http"));
	show_hub(json_object_get(row, "hub"));
	printf("%-15s ", "store");
	print_safe(text(store, "file"));
	printf(" %s, log %s%s\n", size, wal,
		json_is_true(json_object_get(store, "failing")) ? ", FAILING" : "");
	printf("%-15s main %.4g s, workers %.4g s, commits %.4g s (99 %%)\n", "loops",
		json_real_value(json_object_get(row, "loop_p99_s")),
		json_real_value(json_object_get(row, "worker_lag_p99_s")),
		json_real_value(json_object_get(store, "commit_p99_s")));
}

/* ---- the others ---- */

void show_explanation(const json_t *row)
{
	const json_t *feed, *audience;
	size_t i;

	printf("%-15s ", "state");
	print_safe(text(row, "state"));
	fputs(": ", stdout);
	print_safe(text(row, "why"));
	putchar('\n');
	line_of("decided", row, "decided", COLUMN_TIME);
	line_of("reason", row, "note", COLUMN_TEXT);
	line_of("problem", row, "problem", COLUMN_TEXT);
	line_of("title", row, "title", COLUMN_TEXT);
	line_of("file", row, "path", COLUMN_TEXT);
	line_of("id", row, "id", COLUMN_TEXT);
	line_of("page", row, "url", COLUMN_TEXT);
	line_of("version", row, "version", COLUMN_NUMBER);
	line_of("published", row, "published", COLUMN_TIME);
	line_of("updated", row, "updated", COLUMN_TIME);
	line_of("first seen", row, "first_seen", COLUMN_TIME);
	line_of("visible since", row, "visible_since", COLUMN_TIME);
	line_of("next change", row, "next_change", COLUMN_TIME);
	line_of("deletion due", row, "deletion_due", COLUMN_TIME);
	line_of("rights", row, "rule", COLUMN_TEXT);
	json_array_foreach(json_object_get(row, "audiences"), i, audience) {
		printf("%-15s ", i ? "" : "seen by");
		print_safe(text(audience, "audience"));
		printf(": %s", text(audience, "view"));
		if (strcmp(text(audience, "level"), "none") != 0)
			printf(" %s", text(audience, "level"));
		printf(" (%s)\n", text(audience, "reason"));
	}
	json_array_foreach(json_object_get(row, "feeds"), i, feed)
		line(i ? "" : json_is_true(json_object_get(row, "in_window")) ? "in feeds" :
								"in archive of",
			json_string_value(feed));
}

void show_retry(const json_t *row)
{
	printf("%lld retries are due now\n", number(row, "retries"));
}

void show_deleted(const json_t *row)
{
	printf("%lld articles deleted\n", number(row, "deleted"));
}

void show_reload(const json_t *row)
{
	print_safe(text(row, "changes"));
	putchar('\n');
}
