/*
 * evidence.c: see evidence.h. A receipt is text that can be checked with nothing but
 * openssl and the public key.
 */
#include "daemon/control/evidence.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/store/ledger_file.h"
#include "daemon/store/ledger_keyfile.h"
#include "daemon/store/recalls.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"

enum { EXIT_USAGE = 2, PATH_MOST = 1024 };

static int usage(void)
{
	fputs("usage: gazettectl [-c FILE] [--json] ledger verify\n"
	      "       gazettectl [-c FILE] [--json] who-has ID\n"
	      "       gazettectl [-c FILE] receipt PARTNER ID\n"
	      "       gazettectl [-c FILE] [--json] recalls\n", stderr);
	return EXIT_USAGE;
}

bool evidence_is_verb(const char *verb)
{
	return strcmp(verb, "ledger") == 0 || strcmp(verb, "who-has") == 0 ||
		strcmp(verb, "receipt") == 0 || strcmp(verb, "recalls") == 0;
}

static bool fail(const struct error *err)
{
	fprintf(stderr, "gazettectl: %s\n", err->text);
	return false;
}

/* A file beside the database. */
static void beside(const struct config *config, const char *name, char out[PATH_MOST])
{
	snprintf(out, PATH_MOST, "%s/%s", config->store.directory, name);
}

static bool open_file(const struct config *config, struct ledger_file **out)
{
	const char *name = config->store.uri + strlen("sqlite:");
	char path[PATH_MOST];
	struct error err;

	if (strncmp(config->store.uri, "postgresql:", strlen("postgresql:")) == 0)
		return ledger_file_open(config->store.uri, out, &err) || fail(&err);
	if (*name == '/')
		snprintf(path, sizeof(path), "%s", name);
	else
		beside(config, name, path);
	return ledger_file_open(path, out, &err) || fail(&err);
}

/* ---- verify ---- */

static void print_verdict(const struct ledger_summary *summary, const struct buf *findings,
	bool is_json, bool has_key)
{
	json_t *object, *list;

	if (!is_json) {
		fputs(buf_text(findings), stdout);
		printf("ledger: rows=%lld first=%lld last=%lld signed_days=%zu findings=%zu%s\n",
			(long long)(summary->last - summary->first + 1),
			(long long)summary->first, (long long)summary->last, summary->days,
			summary->findings, has_key ? "" : " (signatures not checked: no key)");
		return;
	}
	list = json_array();
	for (const char *line = buf_text(findings); *line; line += strcspn(line, "\n") + 1)
		json_array_append_new(list, json_stringn(line, strcspn(line, "\n")));
	object = json_pack("{s:I, s:I, s:i, s:b, s:o}", "first", (json_int_t)summary->first,
		"last", (json_int_t)summary->last, "signed_days", (int)summary->days,
		"signatures_checked", has_key, "findings", list);
	json_dumpf(object, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(object);
}

static int verify(const struct config *config, struct ledger_file *file, bool is_json)
{
	struct ledger_summary summary;
	uint8_t public_key[LEDGER_KEY];
	char path[PATH_MOST];
	struct buf findings = {0};
	struct error err;
	bool has_key, ok;

	beside(config, "ledger.pub", path);
	has_key = access(path, F_OK) == 0;
	if (has_key && !ledger_keyfile_read_public(path, public_key, &err)) {
		fail(&err);
		return 1;
	}
	ok = ledger_file_verify(file, has_key ? public_key : NULL, &findings, &summary, &err);
	if (ok)
		print_verdict(&summary, &findings, is_json, has_key);
	else
		fail(&err);
	buf_finish(&findings);
	return ok && summary.findings == 0 ? 0 : 1;
}

/* ---- receipts ---- */

struct rows {
	struct buf text;
	json_t *list; /* owns; NULL: text is wanted */
	size_t count;
};

static void add_hex(struct buf *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", bytes[i]);
}

static void format_time(int64_t ms, char out[40])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 40, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void add_row(void *context, const struct ledger_receipt *receipt)
{
	struct rows *rows = context;
	const char *how = receipt->kind == LEDGER_POLL ? "poll" : "push";
	struct buf body = {0}, hash = {0};
	char when[40];

	rows->count++;
	format_time(receipt->time_ms, when);
	add_hex(&body, receipt->body, LEDGER_HASH);
	add_hex(&hash, receipt->hash, LEDGER_HASH);
	if (rows->list)
		json_array_append_new(rows->list, json_pack(
			"{s:s?, s:s, s:s, s:s, s:s, s:s?, s:s?, s:i, s:s, s:I, s:s}", "partner",
			receipt->partner, "at", when, "by", how, "version", receipt->version,
			"level", receipt->level, "topic", receipt->topic, "to", receipt->peer,
			"status", receipt->status, "body_sha256", buf_text(&body), "row",
			(json_int_t)receipt->seq, "row_hash", buf_text(&hash)));
	else
		buf_printf(&rows->text, "%s partner=%s version=%s level=%s by=%s status=%d "
			"topic=%s to=%s body_sha256=%s row=%lld row_hash=%s\n", when,
			receipt->partner, receipt->version, receipt->level, how, receipt->status,
			receipt->topic ? receipt->topic : "-", receipt->peer ? receipt->peer : "-",
			buf_text(&body), (long long)receipt->seq, buf_text(&hash));
	buf_finish(&body);
	buf_finish(&hash);
}

static int who_has(struct ledger_file *file, const char *id, bool is_json)
{
	struct rows rows = {.list = is_json ? json_array() : NULL};
	struct error err;
	bool ok = ledger_file_receipts(file, id, NULL, add_row, &rows, &err) || fail(&err);

	if (ok && is_json) {
		json_dumpf(rows.list, stdout, JSON_INDENT(1));
		putchar('\n');
	} else if (ok) {
		fputs(buf_text(&rows.text), stdout);
	}
	if (ok && !rows.count && !is_json)
		fprintf(stderr, "gazettectl: nobody has received %s\n", id);
	json_decref(rows.list);
	buf_finish(&rows.text);
	return ok && rows.count ? 0 : 1;
}

/* The key that signs; only who may read the state directory has it. */
static bool sign_receipt(const struct config *config, const struct buf *text)
{
	struct ledger_key *key = NULL;
	uint8_t signature[LEDGER_SIGNATURE];
	unsigned char base64[LEDGER_SIGNATURE * 2];
	char path[PATH_MOST];
	struct error err;

	beside(config, "ledger.key", path);
	if (access(path, R_OK) != 0) {
		fprintf(stderr, "gazettectl: not signed: %s cannot be read\n", path);
		return false;
	}
	if (!ledger_keyfile_open(NULL, config->store.directory, &key, &err))
		return fail(&err);
	ledger_sign(key, text->bytes, text->len, signature);
	ledger_key_destroy(key);
	EVP_EncodeBlock(base64, signature, sizeof(signature));
	printf("signature: %s\n", base64);
	return true;
}

/* The text, then its signature on a line of its own. */
static int print_receipt(const struct config *config, struct ledger_file *file,
	const char *partner, const char *id)
{
	struct rows rows = {0};
	struct error err;
	int status = 1;

	buf_printf(&rows.text, "receipt of %s\npartner: %s\narticle: %s\n",
		config->site.authority ? config->site.authority : "gazetted", partner, id);
	if (!ledger_file_receipts(file, id, partner, add_row, &rows, &err)) {
		fail(&err);
	} else if (!rows.count) {
		fprintf(stderr, "gazettectl: %s has not received %s\n", partner, id);
	} else {
		fputs(buf_text(&rows.text), stdout);
		status = sign_receipt(config, &rows.text) ? 0 : 1;
	}
	buf_finish(&rows.text);
	return status;
}

/* ---- recalls ---- */

static void add_ledger_row(void *context, const struct ledger_row *row)
{
	recalls_add(context, row);
}

static void print_recall(const struct recall *recall, json_t *list)
{
	char received[40], recalled[40];

	format_time(recall->received_ms, received);
	format_time(recall->recalled_ms, recalled);
	if (list)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}",
			"partner", recall->partner, "article", recall->id, "received", received,
			"recalled", recalled, "failed_attempts", recall->attempts,
			"escalated_s", recall->told_s));
	else
		printf("partner=%s article=%s received=%s recalled=%s failed_attempts=%d "
			"escalated_s=%d\n", recall->partner, recall->id, received, recalled,
			recall->attempts, recall->told_s);
}

/* Exit status 1 when somebody still has what was taken back. */
static int print_recalls(struct ledger_file *file, bool is_json)
{
	struct recalls *recalls = recalls_create();
	json_t *list = is_json ? json_array() : NULL;
	struct recall *open = NULL;
	struct error err;
	size_t count = 0;
	bool ok = ledger_file_each(file, add_ledger_row, recalls, &err) || fail(&err);

	if (ok)
		open = recalls_list(recalls, &count);
	for (size_t i = 0; i < count; i++)
		print_recall(&open[i], list);
	if (ok && is_json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	free(open);
	recalls_destroy(recalls);
	return ok && count == 0 ? 0 : 1;
}

int evidence_run(const struct config *config, const char *verb, const char *const *words,
	size_t count, bool is_json)
{
	bool is_ledger = strcmp(verb, "ledger") == 0;
	bool is_receipt = strcmp(verb, "receipt") == 0;
	bool is_recalls = strcmp(verb, "recalls") == 0;
	struct ledger_file *file = NULL;
	int status;

	if (count != (is_receipt ? 2u : is_recalls ? 0u : 1u) ||
		(is_ledger && strcmp(words[0], "verify") != 0))
		return usage();
	if (!open_file(config, &file))
		return 1;
	status = is_ledger ? verify(config, file, is_json) :
		 is_recalls ? print_recalls(file, is_json) :
		 is_receipt ? print_receipt(config, file, words[0], words[1]) :
			      who_has(file, words[0], is_json);
	ledger_file_close(file);
	return status;
}
