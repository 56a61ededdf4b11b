/*
 * main.c: arguments, -t, --dump, --version, and reading the configuration file, at the
 * start and again for SIGHUP. The rest is daemon.c's.
 */
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/control/file.h"
#include "daemon/control/restore.h"
#include "daemon/control/version.h"
#include "daemon/daemon.h"
#include "daemon/site/parser_process.h"
#include "daemon/store/store.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	EXIT_USAGE = 2,
	CONFIG_MAX = 1024 * 1024,
};

#define SYNOPSIS "usage: gazetted [-c FILE] [-o KEY=VALUE]... [DIRECTORY]\n"

static const char usage[] = SYNOPSIS
	"\n"
	"Publishes the articles in DIRECTORY as feeds and serves them.\n"
	"\n"
	"  -c FILE       read the configuration from FILE\n"
	"  -o KEY=VALUE  set one option; wins over the file\n"
	"  -t            check the configuration and exit\n"
	"  --restore BACKUP\n"
	"                put a copy that gazettectl backup made in the place of the\n"
	"                database, and exit\n"
	"  --store-init  make the tables in the database of store.uri (PostgreSQL), or\n"
	"                bring them up to date, and exit\n"
	"  --dump        print the effective configuration and exit\n"
	"  --version     print the version and exit\n"
	"  --help        print this\n"
	"\n"
	"Without -c it listens on 127.0.0.1:8080 and keeps its state in "
	"DIRECTORY/.gazetted.\n"
	"See gazetted(8) and gazetted.yaml(5).\n";

struct arguments {
	struct daemon_options options;
	const char **overrides; /* owns the array */
	const char *backup;     /* to be restored, or NULL */
	bool is_test, is_dump, is_version, is_help, is_store_init;
};

static bool load(
	const struct daemon_options *options, struct config **out, struct error *err)
{
	struct buf text = {0};
	struct config_source source = {
		.name = options->config_path,
		.overrides = options->overrides,
		.override_count = options->override_count,
		.directory = options->directory,
		.state_directory = getenv("STATE_DIRECTORY"),
	};
	bool ok = true;

	if (options->config_path) {
		ok = file_read(options->config_path, CONFIG_MAX, &text, err);
		source.text = buf_text(&text);
		source.len = text.len;
	}
	ok = ok && config_load(&source, out, err);
	buf_finish(&text);
	return ok;
}

static bool complain(const char *what, const char *argument)
{
	fprintf(stderr, "gazetted: %s%s%s\n" SYNOPSIS "gazetted --help says more.\n", what,
		argument ? ": " : "", argument ? argument : "");
	return false;
}

static bool parse_long(int argc, char **argv, int *i, struct arguments *out)
{
	const char *argument = argv[*i];

	if (strcmp(argument, "--restore") == 0 && *i + 1 < argc)
		return (out->backup = argv[++*i]) != NULL;
	if (strcmp(argument, "--restore") == 0)
		return complain("--restore needs a BACKUP", NULL);
	if (strcmp(argument, "--store-init") == 0)
		return out->is_store_init = true;
	if (strcmp(argument, "--dump") == 0)
		return out->is_dump = true;
	if (strcmp(argument, "--version") == 0)
		return out->is_version = true;
	if (strcmp(argument, "--help") == 0)
		return out->is_help = true;
	return complain("unknown option", argument);
}

/* The letters of "-t", "-cFILE" or "-tc FILE"; *I moves on when the value is the next
 * word. */
static bool parse_letters(int argc, char **argv, int *i, struct arguments *out)
{
	const char *argument = argv[*i], *value;

	for (const char *at = argument + 1; *at; at++) {
		if (*at == 't') {
			out->is_test = true;
		} else if (*at == 'h') {
			out->is_help = true;
		} else if (*at == 'c' || *at == 'o') {
			value = at[1] ? at + 1 : *i + 1 < argc ? argv[++*i] : NULL;
			if (!value)
				return complain(*at == 'c' ? "-c needs a FILE"
							   : "-o needs KEY=VALUE",
					NULL);
			if (*at == 'c')
				out->options.config_path = value;
			else
				out->overrides[out->options.override_count++] = value;
			return true;
		} else {
			return complain("unknown option", argument);
		}
	}
	return true;
}

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
	bool only_words = false;

	out->overrides = mem_alloc((size_t)(argc + 1) * sizeof(*out->overrides));
	out->options.overrides = out->overrides;
	for (int i = 1; i < argc; i++) {
		const char *argument = argv[i];
		bool ok = true;

		if (only_words || argument[0] != '-') {
			if (out->options.directory || !*argument)
				return complain("expected one DIRECTORY", argument);
			out->options.directory = argument;
		} else if (strcmp(argument, "--") == 0) {
			only_words = true;
		} else if (argument[1] == '-') {
			ok = parse_long(argc, argv, &i, out);
		} else {
			ok = argument[1] ? parse_letters(argc, argv, &i, out)
					 : complain("unknown option", argument);
		}
		if (!ok)
			return false;
	}
	return true;
}

static int run_restore(const struct arguments *arguments)
{
	struct config *config = arguments->options.config;
	struct buf old = {0};
	struct error err;
	char file[PATH_MAX];
	bool ok = store_path(config->store.uri, config->store.directory, file, sizeof(file)) ||
		error_set(&err, "the store is not in a SQLite file; PostgreSQL's own pg_restore "
			"brings it back, see \"Restore\" in gazetted-nodes(7)");

	ok = ok && restore(arguments->backup, file, &old, &err);
	if (!ok)
		fprintf(stderr, "restore: %s\n", err.text);
	else
		printf("restored %s%s%s\n", file, old.len ? "; what was there is now " : "",
			buf_text(&old));
	buf_finish(&old);
	config_destroy(config);
	return ok ? 0 : 1;
}

static int run_store_init(struct config *config)
{
	struct buf said = {0};
	struct error err;
	bool ok = store_init(config->store.uri, &said, &err);

	if (ok)
		fputs(buf_text(&said), stdout);
	else
		fprintf(stderr, "store-init: %s\n", err.text);
	buf_finish(&said);
	config_destroy(config);
	return ok ? 0 : 1;
}

static int run(struct arguments *arguments)
{
	struct error err;
	char *dump;

	if (!arguments->options.config_path && !arguments->options.directory &&
		arguments->options.override_count == 0) {
		complain("nothing to publish: name a DIRECTORY, or a configuration with "
			 "-c",
			NULL);
		return EXIT_USAGE;
	}
	if (!load(&arguments->options, &arguments->options.config, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	if (arguments->backup)
		return run_restore(arguments);
	if (arguments->is_store_init)
		return run_store_init(arguments->options.config);
	if (!arguments->is_test && !arguments->is_dump) {
		arguments->options.reload = load;
		return daemon_run(&arguments->options);
	}
	if (arguments->is_dump) {
		dump = config_dump(arguments->options.config);
		fputs(dump, stdout);
		free(dump);
	} else {
		puts("the configuration is valid");
		fflush(stdout);
		daemon_rehearse(arguments->options.config, stderr);
	}
	config_destroy(arguments->options.config);
	return 0;
}

static void print_version(void)
{
	struct buf text = {0};

	version_describe(&text);
	fputs(buf_text(&text), stdout);
	buf_finish(&text);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = 0;

	if (argc > 1 && strcmp(argv[1], "--parser-process") == 0)
		return parser_process_main();
	/* libcurl wants it for international host names */
	setlocale(LC_CTYPE, "C.UTF-8");
	/* documents come and go: what they leave is the system's again */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	if (!parse_arguments(argc, argv, &arguments))
		status = EXIT_USAGE;
	else if (arguments.is_help)
		fputs(usage, stdout);
	else if (arguments.is_version)
		print_version();
	else
		status = run(&arguments);
	free(arguments.overrides);
	return status;
}
