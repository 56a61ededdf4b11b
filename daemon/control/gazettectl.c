/*
 * gazettectl.c: the operator's program. `check` looks at article files by itself; it
 * needs no daemon, so that a CMS or an editor can ask before publishing.
 */
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "daemon/control/check.h"
#include "daemon/control/check_report.h"
#include "daemon/control/evidence.h"
#include "daemon/control/file.h"
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

static const char usage[] = "usage: gazettectl [-c FILE] [--json] VERB [ARGUMENT]...\n"
			    "\n"
			    "  check [--at TIME] FILE...   show the fields of article "
			    "files, where each came from,\n"
			    "                              and what is wrong with them\n"
			    "  ledger verify               look for changed, removed and "
			    "moved rows of the ledger\n"
			    "  who-has ID                  who received an article, which "
			    "version, when\n"
			    "  receipt PARTNER ID          the same of one partner, signed\n"
			    "  recalls                     who has an article that was taken back "
			    "and does not know\n"
			    "\n"
			    "  -c FILE    take time zone, language and the rest from the "
			    "daemon's configuration\n"
			    "  --json     print JSON\n"
			    "  --at TIME  the status at that time instead of now\n"
			    "  --version  print the version and exit\n"
			    "  --help     print this\n"
			    "\n"
			    "See gazettectl(8).\n";

struct arguments {
	const char *config_path, *socket, *at, *verb;
	const char **words; /* what follows the verb; borrows */
	size_t word_count;
	bool is_json, is_version, is_help;
};

static bool complain(const char *what, const char *argument)
{
	fprintf(stderr, "gazettectl: %s%s%s\n%s", what, argument ? ": " : "",
		argument ? argument : "", usage);
	return false;
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
	if (strncmp(option, "-s", 2) == 0) /* where the daemon is; check asks none */
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

static int report(struct check *check, const struct arguments *arguments)
{
	struct arena *arena = arena_create();
	json_t *array = json_array();
	int status = 0;

	for (size_t i = 0; i < arguments->word_count; i++) {
		struct checked checked;
		struct buf text = {0};

		check_file(check, arena, arguments->words[i], &checked);
		if (checked.why.class)
			status = 1;
		if (arguments->is_json) {
			json_array_append_new(
				array, check_report_json(&checked, check->now_ms));
			continue;
		}
		check_report_text(&checked, check->now_ms, &text);
		fputs(buf_text(&text), stdout);
		buf_finish(&text);
	}
	if (arguments->is_json) {
		json_dumpf(array, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(array);
	arena_destroy(arena);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gazettectl: write");
		return 1;
	}
	return status;
}

static int run_check(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct check check = {0};
	struct instant at = {.ms = (int64_t)time(NULL) * 1000};
	struct error err;
	int status = EXIT_USAGE;

	if (arguments->word_count == 0) {
		complain("check needs a FILE", NULL);
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
		status = report(&check, arguments);
	}
	check_finish(&check);
	config_destroy(config);
	return status;
}

static int run_evidence(const struct arguments *arguments)
{
	struct config *config = NULL;
	struct error err;
	int status = EXIT_USAGE;

	if (load_config(arguments->config_path, &config, &err))
		status = evidence_run(config, arguments->verb, arguments->words,
			arguments->word_count, arguments->is_json);
	else
		fprintf(stderr, "%s\n", err.text);
	config_destroy(config);
	return status;
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
		complain("not available in this version", arguments->verb);
	else
		complain("a VERB is missing", NULL);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = EXIT_USAGE;

	setlocale(LC_CTYPE, "C.UTF-8");
	arguments.words = mem_alloc((size_t)(argc + 1) * sizeof(*arguments.words));
	if (parse_arguments(argc, argv, &arguments))
		status = run(&arguments);
	free(arguments.words);
	return status;
}
