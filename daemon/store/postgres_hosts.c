/* postgres_hosts.c: see postgres_hosts.h. */
#include "daemon/store/postgres_hosts.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/error.h"

enum { HOSTS_MOST = 16, KEYWORDS_MOST = 64 };

struct pg_hosts {
	struct arena *arena;       /* owns; holds this too */
	const char *name;
	const char *keywords[KEYWORDS_MOST];
	const char *values[HOSTS_MOST][KEYWORDS_MOST];
	size_t count;              /* of the hosts */
	size_t first, tried;       /* of this round */
	int rounds;                /* without an answer */
	int64_t not_before_ms;
};

/* What is added where the URI does not say it. A silent host must be noticed. */
static const struct {
	const char *keyword, *value;
} defaults[] = {
	{"target_session_attrs", "read-write"}, {"tcp_user_timeout", "4000"},
	{"keepalives", "1"}, {"keepalives_idle", "5"}, {"keepalives_interval", "2"},
	{"keepalives_count", "3"}, {"application_name", "gazetted"},
	{"client_encoding", "UTF8"},
};

/* Item I of the list TEXT ("a,b,c"); a list of one is for all. */
static const char *item(struct arena *arena, const char *text, size_t i, size_t count)
{
	const char *end;

	if (!text)
		return NULL;
	if (!strchr(text, ',') && count > 1)
		i = 0;
	for (; i > 0 && (end = strchr(text, ',')) != NULL; i--)
		text = end + 1;
	if (i > 0)
		return NULL;
	end = strchr(text, ',');
	return end ? arena_strndup(arena, text, (size_t)(end - text)) : arena_strdup(arena, text);
}

static size_t count_items(const char *text)
{
	size_t count = 1;

	for (; text && (text = strchr(text, ',')) != NULL; text++)
		count++;
	return count;
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return options->val && *options->val ? options->val : NULL;
	}
	return NULL;
}

static bool is_list(const char *keyword)
{
	return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
		strcmp(keyword, "port") == 0;
}

static const char *default_of(const char *keyword, const char *password)
{
	if (strcmp(keyword, "password") == 0)
		return password;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (strcmp(defaults[i].keyword, keyword) == 0)
			return defaults[i].value;
	}
	return NULL;
}

static void set_values(struct pg_hosts *hosts, const PQconninfoOption *options,
	const char *password)
{
	size_t count = 0;

	for (; options->keyword && count + 1 < KEYWORDS_MOST; options++) {
		const char *value = options->val && *options->val
			? options->val
			: default_of(options->keyword, password);

		if (!value)
			continue;
		hosts->keywords[count] = arena_strdup(hosts->arena, options->keyword);
		for (size_t i = 0; i < hosts->count; i++)
			hosts->values[i][count] = is_list(options->keyword)
				? item(hosts->arena, value, i, hosts->count)
				: arena_strdup(hosts->arena, value);
		count++;
	}
}

static void set_name(struct pg_hosts *hosts, const PQconninfoOption *options)
{
	const char *host = value_of(options, "host"), *port = value_of(options, "port");
	const char *database = value_of(options, "dbname");

	if (!host)
		host = value_of(options, "hostaddr");
	if (hosts->count > 1)
		port = NULL;
	hosts->name = arena_printf(hosts->arena, "%s%s%s/%s", host ? host : "localhost",
		port ? ":" : "", port ? port : "", database ? database : "");
}

bool pg_hosts_parse(const char *uri, const char *password, struct pg_hosts **out,
	struct error *err)
{
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(uri, &why);
	struct arena *arena;
	struct pg_hosts *hosts;
	size_t count;

	if (!options) {
		/* the text would repeat the password */
		error_set(err, "store.uri: expected postgresql://USER@HOST[,HOST]/DATABASE");
		PQfreemem(why);
		return false;
	}
	count = count_items(value_of(options, "host"));
	if (count_items(value_of(options, "hostaddr")) > count)
		count = count_items(value_of(options, "hostaddr"));
	if (count > HOSTS_MOST) {
		PQconninfoFree(options);
		return error_set(err, "store.uri: more than %d hosts", (int)HOSTS_MOST);
	}
	arena = arena_create();
	hosts = arena_alloc(arena, sizeof(*hosts));
	hosts->arena = arena;
	hosts->count = count;
	set_values(hosts, options, password);
	set_name(hosts, options);
	PQconninfoFree(options);
	*out = hosts;
	return true;
}

void pg_hosts_destroy(struct pg_hosts *hosts)
{
	if (hosts)
		arena_destroy(hosts->arena);
}

const char *pg_hosts_name(const struct pg_hosts *hosts)
{
	return hosts->name;
}

static int64_t pause_of(int rounds)
{
	int64_t pause = PG_PAUSE_FIRST_MS;

	for (int i = 1; i < rounds && pause < PG_PAUSE_MOST_MS; i++)
		pause *= 2;
	return pause < PG_PAUSE_MOST_MS ? pause : PG_PAUSE_MOST_MS;
}

const char *const *pg_hosts_next(struct pg_hosts *hosts, int64_t now_ms,
	const char *const **values, int64_t *wait_ms)
{
	if (hosts->tried == hosts->count) {
		hosts->tried = 0;
		hosts->rounds++;
		hosts->not_before_ms = now_ms + pause_of(hosts->rounds);
	}
	if (now_ms < hosts->not_before_ms) {
		*wait_ms = hosts->not_before_ms - now_ms;
		return NULL;
	}
	*values = hosts->values[(hosts->first + hosts->tried++) % hosts->count];
	return hosts->keywords;
}

void pg_hosts_good(struct pg_hosts *hosts)
{
	hosts->first = (hosts->first + hosts->tried + hosts->count - 1) % hosts->count;
	hosts->tried = 0;
	hosts->rounds = 0;
	hosts->not_before_ms = 0;
}
