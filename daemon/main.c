/* main.c: arguments, -t, --dump, --version; reading the configuration file. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/daemon.h"
#include "daemon/site/parser_process.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	EXIT_USAGE = 2,
	CONFIG_MAX = 1024 * 1024,
};

static const char usage[] =
	"usage: gazetted [-c FILE] [-o KEY=VALUE]... [DIRECTORY]\n"
	"\n"
	"Publishes the articles in DIRECTORY as feeds and serves them.\n"
	"\n"
	"  -c FILE       read the configuration from FILE\n"
	"  -o KEY=VALUE  set one option; wins over the file\n"
	"  -t            check the configuration and exit\n"
	"  --dump        print the effective configuration and exit\n"
	"  --version     print the version and exit\n"
	"  --help        print this\n"
	"\n"
	"Without -c it listens on 127.0.0.1:8080 and keeps its state in DIRECTORY/.gazetted.\n"
	"See gazetted(8) and gazetted.yaml(5).\n";

struct arguments {
	struct daemon_options options;
	const char **overrides; /* owns the array */
	bool is_test, is_dump, is_version, is_help;
};

static bool read_file(const char *path, struct buf *out, struct error *err)
{
	FILE *file = fopen(path, "rb");
	char chunk[8192];
	size_t got;
	bool ok = true;

	if (!file)
		return error_set(err, "open %s: %s", path, strerror(errno));
	while (ok && (got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		buf_add(out, chunk, got);
		if (out->len > CONFIG_MAX)
			ok = error_set(err, "%s: larger than 1 MiB", path);
	}
	if (ok && ferror(file))
		ok = error_set(err, "read %s: %s", path, strerror(errno));
	fclose(file);
	return ok;
}

static bool load(const struct daemon_options *options, struct config **out,
	struct error *err)
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
		ok = read_file(options->config_path, &text, err);
		source.text = buf_text(&text);
		source.len = text.len;
	}
	ok = ok && config_load(&source, out, err);
	buf_finish(&text);
	return ok;
}

/* The value of an option that takes one: "-cFILE", "-c FILE" or, at *I, the next word. */
static const char *value_of(int argc, char **argv, int *i)
{
	if (argv[*i][2])
		return argv[*i] + 2;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool complain(const char *what, const char *argument)
{
	fprintf(stderr, "gazetted: %s%s%s\n%s", what, argument ? ": " : "",
		argument ? argument : "", usage);
	return false;
}

static bool is_flag(const char *argument, struct arguments *out)
{
	if (strcmp(argument, "-t") == 0)
		out->is_test = true;
	else if (strcmp(argument, "--dump") == 0)
		out->is_dump = true;
	else if (strcmp(argument, "--version") == 0)
		out->is_version = true;
	else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
		out->is_help = true;
	else
		return false;
	return true;
}

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
	bool only_words = false;

	out->overrides = mem_alloc((size_t)argc * sizeof(*out->overrides));
	out->options.overrides = out->overrides;
	for (int i = 1; i < argc; i++) {
		const char *argument = argv[i];

		if (only_words || argument[0] != '-' || !argument[1]) {
			if (out->options.directory)
				return complain("more than one DIRECTORY", argument);
			out->options.directory = argument;
		} else if (strcmp(argument, "--") == 0) {
			only_words = true;
		} else if (strncmp(argument, "-c", 2) == 0) {
			out->options.config_path = value_of(argc, argv, &i);
			if (!out->options.config_path)
				return complain("-c needs a FILE", NULL);
		} else if (strncmp(argument, "-o", 2) == 0) {
			const char *value = value_of(argc, argv, &i);

			if (!value)
				return complain("-o needs KEY=VALUE", NULL);
			out->overrides[out->options.override_count++] = value;
		} else if (!is_flag(argument, out)) {
			return complain("unknown option", argument);
		}
	}
	return true;
}

static int run(struct arguments *arguments)
{
	struct error err;
	char *dump;

	if (!arguments->options.config_path && !arguments->options.directory &&
		arguments->options.override_count == 0) {
		complain("nothing to publish: name a DIRECTORY, or a configuration with -c", NULL);
		return EXIT_USAGE;
	}
	if (!load(&arguments->options, &arguments->options.config, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
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
	}
	config_destroy(arguments->options.config);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = 0;

	if (argc == 2 && strcmp(argv[1], "--parser-process") == 0)
		return parser_process_main();
	/* libcurl wants it for international host names */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!parse_arguments(argc, argv, &arguments))
		status = EXIT_USAGE;
	else if (arguments.is_help)
		fputs(usage, stdout);
	else if (arguments.is_version)
		puts("gazetted " GAZETTED_VERSION);
	else
		status = run(&arguments);
	free(arguments.overrides);
	return status;
}
