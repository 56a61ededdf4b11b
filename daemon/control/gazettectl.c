/*
 * gazettectl.c: the operator's program. Most verbs ask the daemon (ask.c); `check` looks at
 * article files by itself, so that a CMS or an editor can ask before publishing.
 */
#include <jansson.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "config/suggest.h"
#include "daemon/control/ask.h"
#include "daemon/control/backup.h"
#include "daemon/control/check.h"
#include "daemon/control/check_run.h"
#include "daemon/control/client.h"
#include "daemon/control/evidence.h"
#include "daemon/control/file.h"
#include "daemon/control/move.h"
#include "daemon/control/progress.h"
#include "daemon/store/store.h"
#include "feeds/article.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"
#include "feeds/date.h"

enum {
	EXIT_USAGE = 2,
	CONFIG_MAX = 1024 * 1024,
};

#define SYNOPSIS "usage: gazettectl [-c FILE] [-s SOCKET] [--json] VERB [ARGUMENT]...\n"

static const char usage[] = SYNOPSIS
	"\n"
	"The daemon:\n"
	"  status              health at a glance\n"
	"  topics              what can be subscribed to, and how many have\n"
	"  subscribers [TOPIC] who has subscribed\n"
	"  deliveries [SUB]    the last attempts, of one subscription or of all\n"
	"  retry               try everything that is owed now\n"
	"  explain ID          why an article is out or not (an id, slug or path)\n"
	"  hold ID             keep an article back, or out of the feeds\n"
	"  release ID          undo hold and kill\n"
	"  kill ID [--substitute ID] [REASON]\n"
	"                      take an article back: a notice in its place, which names\n"
	"                      what there is instead\n"
	"  confirm-deletes     delete the articles whose files vanished all at once\n"
	"  nodes               who shares the database, and who publishes\n"
	"  reload              read the configuration again\n"
	"  backup FILE         copy the database while the daemon runs\n"
	"\n"
	"Files, without a daemon:\n"
	"  check [--at TIME] FILE|DIRECTORY...\n"
	"                      show the fields of articles, where each came from, and what\n"
	"                      is wrong with them; of a directory, what is wrong below it\n"
	"  ledger verify       look for changed, removed and moved rows of the ledger\n"
	"  who-has ID          who received an article, which version, when\n"
	"  receipt PARTNER ID  the same of one partner, signed\n"
	"  recalls             who has an article that was taken back and does not know\n"
	"  store copy sqlite:FILE postgresql://...\n"
	"                      move the database of a daemon that is stopped\n"
	"\n"
	"  -c FILE    take the socket, time zone and the rest from the daemon's configuration\n"
	"  -s SOCKET  where the daemon listens: the socket, or the directory that has it\n"
	"  --json     print JSON\n"
	"  --at TIME  the status at that time instead of now\n"
	"  --version  print the version and exit\n"
	"  --help     print this\n"
	"\n"
	"See gazettectl(8).\n";

struct arguments {
	const char *config_path, *socket, *at, *verb, *substitute;
	const char **words; /* what follows the verb; borrows */
	size_t word_count;
	bool is_json, is_version, is_help;
};

static bool complain(const char *what, const char *argument)
{
	fprintf(stderr, "gazettectl: %s%s%s\n" SYNOPSIS "gazettectl --help lists the verbs.\n",
		what, argument ? ": " : "", argument ? argument : "");
	return false;
}

static void complain_of_verb(const char *verb)
{
	static const char *const others[] = {
		"check", "ledger", "who-has", "receipt", "recalls", "backup", "store"};
	struct suggestion near = {.wanted = verb};
	char text[200];

	ask_suggest(&near);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		suggestion_offer(&near, others[i], strlen(others[i]));
	snprintf(text, sizeof(text), near.best ? "%.80s; did you mean '%.*s'?" : "%.80s", verb,
		(int)near.best_len, near.best);
	complain("unknown verb", text);
}

/* The value after the option at *I: "-cFILE", or the next word. */
static bool take_value(int argc, char **argv, int *i, size_t attached, const char **out)
{
	if (argv[*i][attached])
		*out = argv[*i] + attached;
	else if (*i + 1 < argc)
		*out = argv[++*i];
	else
		return complain("this option needs a value", argv[*i]);
	return true;
}

static bool parse_option(int argc, char **argv, int *i, struct arguments *out)
{
	const char *option = argv[*i];

	if (strcmp(option, "--json") == 0)
		return out->is_json = true;
	if (strcmp(option, "--version") == 0)
		return out->is_version = true;
	if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
		return out->is_help = true;
	if (strcmp(option, "--at") == 0)
		return take_value(argc, argv, i, strlen(option), &out->at);
	if (strcmp(option, "--substitute") == 0)
		return take_value(argc, argv, i, strlen(option), &out->substitute);
	if (strncmp(option, "-s", 2) == 0)
		return take_value(argc, argv, i, 2, &out->socket);
	if (strncmp(option, "-c", 2) == 0)
		return take_value(argc, argv, i, 2, &out->config_path);
	return complain("unknown option", option);
}

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0)
			only_words = true;
		else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(argc, argv, &i, out))
				return false;
		} else if (!out->verb)
			out->verb = argv[i];
		else
			out->words[out->word_count++] = argv[i];
	}
	return true;
}

static bool load_config(const char *path, struct config **out, struct error *err)
{
	struct config_source source = {.name = path, .directory = path ? NULL : "."};
	struct buf text = {0};
	bool ok = !path || file_read(path, CONFIG_MAX, &text, err);

	source.text = path ? buf_text(&text) : NULL;
	source.len = text.len;
	ok = ok && config_load(&source, out, err);
	buf_finish(&text);
	return ok;
}

static int run_check(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct check check = {0};
	struct instant at = {.ms = (int64_t)time(NULL) * 1000};
	struct error err;
	int status = EXIT_USAGE;

	if (arguments->word_count == 0) {
		complain("check needs a FILE or DIRECTORY", NULL);
		return EXIT_USAGE;
	}
	article_parse_init();
	if (!load_config(arguments->config_path, &config, &err) ||
		!check_init(&check, config, at.ms, &err))
		fprintf(stderr, "%s\n", err.text);
	else if (arguments->at && date_parse(arguments->at, strlen(arguments->at),
					  check.zone, &at) != DATE_OK)
		complain("--at: not a date", arguments->at);
	else {
		check.now_ms = at.ms;
		status = check_run(&check, arguments->words, arguments->word_count,
			arguments->is_json);
	}
	check_finish(&check);
	config_destroy(config);
	return status;
}

/* ---- backup ---- */

static void on_pages(void *context, int64_t done, int64_t total)
{
	progress_set(context, done, total);
}

static void on_status(void *context, json_t *row)
{
	const json_t *store = json_object_get(row, "store");

	snprintf(context, PATH_MAX, "%s", json_string_value(json_object_get(store, "file")));
}

/* NAME: a URI, or what a daemon calls its store. */
static bool is_of_server(const char *name)
{
	return *name && *name != '/' && *name != ':' && strncmp(name, "sqlite:", 7) != 0;
}

/* What brings any moment back is the server's own, and its operator has it for all else. */
static bool refuse_backup(const char *name, struct error *err)
{
	if (!is_of_server(name))
		return error_set(err, "store.uri: %s: expected sqlite:FILE", name);
	return error_set(err, "the store is in PostgreSQL, whose own tools make the backup: "
		"pg_dump --format=custom --schema=gazetted, or base backups with an archive of "
		"the log; see \"Backup\" in gazetted-nodes(7)");
}

/* The daemon says where its database is; without one the configuration does. */
static bool find_database(const struct arguments *arguments, const struct config *config,
	char *out, struct error *err)
{
	static const struct client_events events = {.row = on_status};
	int fd = client_connect(arguments->socket, config, err);

	*out = '\0';
	if (fd >= 0)
		return client_ask(fd, "status", NULL, 0, &events, out, err) == 0 &&
			(*out == '/' || refuse_backup(out, err));
	if (!config || arguments->socket)
		return false;
	return store_path(config->store.uri, config->store.directory, out, PATH_MAX) ||
		refuse_backup(config->store.uri, err);
}

/* Without a configuration the ledger is in the database of the daemon that answers, else in
 * the directory that -s names. */
static bool use_database(const struct arguments *arguments, struct config *config)
{
	char file[PATH_MAX];
	struct error err;

	if (!find_database(arguments, NULL, file, &err) && is_of_server(file)) {
		fputs("gazettectl: the ledger is in PostgreSQL, and only the configuration says "
		      "how to reach it: gazettectl -c FILE ...\n", stderr);
		return false;
	}
	if (*file == '/') {
		config->store.uri = arena_printf(config->arena, "sqlite:%s", file);
		*strrchr(file, '/') = '\0';
		config->store.directory = arena_strdup(config->arena, file);
	} else if (arguments->socket) {
		config->store.directory =
			arena_printf(config->arena, "%s/.gazetted", arguments->socket);
		if (access(config->store.directory, F_OK) < 0)
			config->store.directory = arguments->socket;
	}
	return true;
}

static int run_evidence(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct error err;
	int status = EXIT_USAGE;

	if (!load_config(arguments->config_path, &config, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return status;
	}
	status = 1;
	if (arguments->config_path || use_database(arguments, config))
		status = evidence_run(config, arguments->verb, arguments->words,
			arguments->word_count, arguments->is_json);
	config_destroy(config);
	return status;
}

static void print_backup(const char *database, const char *backup)
{
	json_t *row = json_pack("{s:s, s:s}", "database", database, "backup", backup);

	json_dumpf(row, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(row);
}

/* "%F" is the date, "%a" the day of the week, "%%" a percent sign. */
static bool name_backup(const char *template, char *out, struct error *err)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t len = 0;

	localtime_r(&now, &tm);
	for (const char *at = template; *at; at++) {
		size_t room = PATH_MAX - len;

		if (room < 16)
			return error_set(err, "%.80s...: the name is too long", template);
		if (at[0] != '%')
			out[len++] = *at;
		else if (*++at == 'F')
			len += strftime(out + len, room, "%F", &tm);
		else if (*at == 'a')
			len += strftime(out + len, room, "%a", &tm);
		else if (*at == '%')
			out[len++] = '%';
		else
			return error_set(err, "%s: expected %%F, %%a or %%%%", template);
	}
	out[len] = '\0';
	return true;
}

static int run_backup(const struct arguments *arguments, const struct config *config)
{
	struct progress progress;
	char database[PATH_MAX], file[PATH_MAX];
	struct error err;
	bool ok;

	if (arguments->word_count != 1 || !*arguments->words[0]) {
		complain("backup needs one FILE", NULL);
		return EXIT_USAGE;
	}
	progress_begin(&progress, "backup");
	ok = name_backup(arguments->words[0], file, &err) &&
		find_database(arguments, config, database, &err) &&
		backup_copy(database, file, on_pages, &progress, &err);
	progress_end(&progress);
	if (!ok)
		fprintf(stderr, "gazettectl: backup: %s\n", err.text);
	else if (arguments->is_json)
		print_backup(database, file);
	else
		printf("%s: a copy of %s\n", file, database);
	return ok ? 0 : 1;
}

/* What needs the daemon, or where its files are. */
static int run_verb(const struct arguments *arguments)
{
	const struct ask_verb *verb = ask_find(arguments->verb);
	bool is_backup = strcmp(arguments->verb, "backup") == 0;
	bool is_move = strcmp(arguments->verb, "store") == 0;
	struct config *config = NULL;
	struct error err;
	int status;

	if (!verb && !is_backup && !is_move) {
		complain_of_verb(arguments->verb);
		return EXIT_USAGE;
	}
	if (arguments->config_path && !load_config(arguments->config_path, &config, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	status = is_backup ? run_backup(arguments, config) :
		is_move ? move_run(arguments->words, arguments->word_count,
				  config ? config->store.key_file : NULL, arguments->is_json) :
		ask_run(verb, arguments->socket, config, arguments->words,
			arguments->word_count, arguments->is_json);
	config_destroy(config);
	return status;
}

/* The daemon takes it as a third word. */
static bool place_substitute(struct arguments *arguments)
{
	if (!arguments->substitute)
		return true;
	if (!arguments->verb || strcmp(arguments->verb, "kill") != 0)
		return complain("--substitute is for kill", NULL);
	if (arguments->word_count < 1 || arguments->word_count > 2)
		return complain("kill needs one ID, and one REASON at most", NULL);
	if (arguments->word_count == 1)
		arguments->words[1] = "";
	arguments->words[2] = arguments->substitute;
	arguments->word_count = 3;
	return true;
}

static int run(const struct arguments *arguments)
{
	if (arguments->is_help) {
		fputs(usage, stdout);
		return 0;
	}
	if (arguments->is_version) {
		puts("gazettectl " GAZETTED_VERSION);
		return 0;
	}
	if (arguments->verb && strcmp(arguments->verb, "check") == 0)
		return run_check(arguments);
	if (arguments->verb && evidence_is_verb(arguments->verb))
		return run_evidence(arguments);
	if (arguments->verb)
		return run_verb(arguments);
	complain("a VERB is missing", NULL);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = EXIT_USAGE;

	setlocale(LC_CTYPE, "C.UTF-8");
	arguments.words = mem_alloc((size_t)(argc + 3) * sizeof(*arguments.words));
	if (parse_arguments(argc, argv, &arguments) && place_substitute(&arguments))
		status = run(&arguments);
	free(arguments.words);
	return status;
}
