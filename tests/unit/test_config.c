/* Tests of config/: what a file, overrides and defaults make; what mistakes are called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/options.h"
#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "tests/unit/harness.h"

static struct config *load(const char *text)
{
	struct config_source source = {.name = "c.yaml",
		.text = text,
		.len = strlen(text),
		.directory = "articles"};
	struct config *config = NULL;
	struct error err;

	if (!config_load(&source, &config, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return config;
}

static struct config *load_override(const char *text, const char *override)
{
	struct config_source source = {.name = "c.yaml",
		.text = text,
		.len = strlen(text),
		.directory = "articles",
		.overrides = &override,
		.override_count = 1};
	struct config *config = NULL;
	struct error err;

	if (!config_load(&source, &config, &err))
		harness_fail(__FILE__, __LINE__, "%s", err.text);
	return config;
}

/* The message for TEXT; borrowed until the next call. */
static const char *mistake(const char *text)
{
	struct config_source source = {.name = "c.yaml",
		.text = text,
		.len = strlen(text),
		.directory = "articles"};
	struct config *config = NULL;
	static struct error err;

	err.text[0] = '\0';
	if (config_load(&source, &config, &err))
		harness_fail(__FILE__, __LINE__, "accepted: %s", text);
	return err.text;
}

static const char *override_mistake(const char *override)
{
	struct config_source source = {
		.directory = "articles", .overrides = &override, .override_count = 1};
	struct config *config = NULL;
	static struct error err;

	if (config_load(&source, &config, &err))
		harness_fail(__FILE__, __LINE__, "accepted: %s", override);
	return err.text;
}

TEST(defaults)
{
	struct config_source source = {.directory = "articles"};
	struct config *config;
	struct error err;

	CHECK(config_load(&source, &config, &err));
	CHECK_STR(config->site.language, "zh-CN");
	CHECK_STR(config->site.timezone, "Asia/Shanghai");
	CHECK(!config->site.base_url);
	CHECK_STR(config->articles.directory, "articles");
	CHECK_INT(config->articles.settle_ms, 200);
	CHECK_INT(config->articles.poll_ms, 0);
	CHECK_INT(config->articles.max_size, 8 << 20);
	CHECK_INT(config->articles.delete_grace_ms, 60000);
	CHECK_INT(config->articles.mass_delete_limit, 20);
	CHECK_INT(config->feeds.window, 50);
	CHECK_INT(config->feeds.by.count, 1);
	CHECK_STR(config->feeds.content, "full");
	CHECK_INT(config->http.listen.count, 1);
	CHECK_STR(config->http.listen.items[0], "127.0.0.1:8080");
	CHECK_INT(config->http.workers, 0);
	CHECK_INT(config->http.max_age_ms, 300000);
	CHECK_INT(config->http.max_connections, 20000);
	CHECK_INT(config->http.rate, 20);
	CHECK(config->hub.enabled && config->hub.callbacks.deny_private);
	CHECK_INT(config->hub.lease.default_s, 864000);
	CHECK_INT(config->hub.lease.min_s, 86400);
	CHECK_INT(config->hub.lease.max_s, 2592000);
	CHECK_INT(config->hub.callbacks.ports.count, 4);
	CHECK_INT(config->hub.callbacks.ports.items[3], 8443);
	CHECK_INT(config->hub.retry.give_up_ms, 86400000);
	CHECK_INT(config->hub.timeout.soft_ms, 500);
	CHECK_STR(config->store.uri, "sqlite:gazetted.db");
	CHECK_STR(config->store.directory, "articles/.gazetted");
	CHECK_STR(config->admin.socket, NULL); /* beside the store */
	CHECK_STR(config->log.level, "info");
	CHECK_INT(config->partner_count + config->rule_count, 0);
	config_destroy(config);
	config_destroy(NULL);
}

TEST(file_wins_over_defaults_and_overrides_over_the_file)
{
	struct config *config =
		load_override("site: {title: 公报, base_url: 'https://news.example/'}\n"
			      "http:\n  listen: ['[::1]:0', 'unix:/run/x.sock', "
			      "'localhost:80']\n  rate: 7\n"
			      "hub: {callbacks: {ports: 8443}, lease: {default: 2d}}\n",
			"http.rate=3");

	CHECK_STR(config->site.title, "公报");
	CHECK_INT(config->http.listen.count, 3);
	CHECK_STR(config->http.listen.items[1], "unix:/run/x.sock");
	CHECK_INT(config->http.rate, 3);
	CHECK_INT(config->hub.callbacks.ports.count, 1);
	CHECK_INT(config->hub.callbacks.ports.items[0], 8443);
	CHECK_INT(config->hub.lease.default_s, 172800);
	config_destroy(config);
}

TEST(overrides_are_yaml)
{
	struct config *config = load_override("", "hub.callbacks.ports=[]");

	CHECK_INT(config->hub.callbacks.ports.count, 0);
	config_destroy(config);
	config = load_override("", "site.title=");
	CHECK_STR(config->site.title, "");
	config_destroy(config);
	config = load_override("", "site.title=a=b");
	CHECK_STR(config->site.title, "a=b");
	config_destroy(config);
	config = load_override("", "hub.retry={first: 1s, max: 2s}");
	CHECK_INT(config->hub.retry.max_ms, 2000);
	config_destroy(config);
	config = load_override("", "partners=[{name: a}]");
	CHECK_INT(config->partner_count, 1);
	config_destroy(config);
	CHECK_STR(override_mistake("http.rate=x"),
		"-o: http.rate: found 'x'; expected a whole number from 0 to 10000000");
	CHECK_STR(override_mistake("http.lisen=x"),
		"-o: unknown option 'http.lisen'; did you mean 'http.listen'?");
	CHECK_STR(override_mistake("http.rate"), "-o http.rate: expected KEY=VALUE");
	CHECK_STR(override_mistake("=1"), "-o =1: expected KEY=VALUE");
	CHECK(strstr(override_mistake("http.listen=[a"), "-o: did not find expected"));
}

/* Where the state is: beside the articles, in the file, or where the system says. */
TEST(state_directory)
{
	struct config_source source = {.name = "c",
		.text = "articles: {directory: a}",
		.len = 24,
		.state_directory = "/var/lib/x"};
	struct config *config;
	struct error err;

	CHECK(config_load(&source, &config, &err));
	CHECK_STR(config->store.directory, "/var/lib/x");
	CHECK_STR(config->articles.directory, "a");
	config_destroy(config);
	source.state_directory = NULL;
	source.directory = "b";
	CHECK(config_load(&source, &config, &err));
	CHECK_STR(config->store.directory, "/var/lib/gazetted");
	CHECK_STR(config->articles.directory, "b");
	config_destroy(config);
	config = load("store: {directory: /s}\nadmin: {socket: /c}");
	CHECK_STR(config->store.directory, "/s");
	CHECK_STR(config->admin.socket, "/c");
	config_destroy(config);
	source = (struct config_source){.name = "c", .text = "", .len = 0};
	CHECK(!config_load(&source, &config, &err));
	CHECK_STR(err.text,
		"c: articles.directory: is not set; name a directory there or on "
		"the command line");
}

TEST(unknown_options_are_suggested)
{
	CHECK_STR(mistake("http:\n  lisen: 1\n"),
		"c.yaml:2:3: unknown option 'http.lisen'; did you mean 'http.listen'?");
	CHECK_STR(mistake("htpp: {}"),
		"c.yaml:1:1: unknown option 'htpp'; did you mean 'http'?");
	CHECK_STR(mistake("hub: {leese: {max: 1d}}"),
		"c.yaml:1:7: unknown option 'hub.leese'; did you mean 'hub.lease'?");
	CHECK_STR(mistake("partner: []"),
		"c.yaml:1:1: unknown option 'partner'; did you mean 'partners'?");
	CHECK_STR(mistake("listen: x"),
		"c.yaml:1:1: unknown option 'listen'; did you mean 'http.listen'?");
	CHECK_STR(mistake("title: x"),
		"c.yaml:1:1: unknown option 'title'; did you mean 'site.title'?");
	CHECK_STR(override_mistake("hub.rety.max=1s"),
		"-o: unknown option 'hub.rety.max'; did you mean 'hub.retry.max'?");
	CHECK_STR(mistake("nonsense: x"), "c.yaml:1:1: unknown option 'nonsense'");
	CHECK_STR(mistake("http.listen.more: x"),
		"c.yaml:1:1: unknown option 'http.listen.more'");
}

static const struct {
	const char *text, *message;
} wrong_values[] = {
	{"http: {rate: many}", "c.yaml:1:14: http.rate: found 'many'; expected a whole "
			       "number from 0 to 10000000"},
	{"http: {rate: -1}",
		"c.yaml:1:14: http.rate: found '-1'; expected a whole number from 0 to 10000000"},
	{"http: {rate: }", "c.yaml:1:14: http.rate: found nothing; expected a whole "
			   "number from 0 to 10000000"},
	{"http: {max_connections: 0}", "c.yaml:1:25: http.max_connections: found '0'; "
				       "expected a whole number from 1 to 10000000"},
	{"http: {rate: 99999999999999999999}",
		"c.yaml:1:14: http.rate: found "
		"'99999999999999999999'; expected a whole number from 0 to 10000000"},
	{"http: {workers: none}",
		"c.yaml:1:17: http.workers: found 'none'; expected a whole "
		"number from 1 to 10000000, or auto"},
	{"hub: {in_flight: 10000001}",
		"c.yaml:1:18: hub.in_flight: found '10000001'; expected a whole number from 1 to "
		"10000000"},
	{"feeds: {window: 501}",
		"c.yaml:1:17: feeds.window: expected 500 or fewer"},
	{"articles: {max_size: 9MiB}",
		"c.yaml:1:22: articles.max_size: expected 8MiB or less"},
	{"articles: {body_selector: div > p}",
		"c.yaml:1:27: articles.body_selector: expected #ID, .CLASS or the name of an "
		"element"},
	{"articles: {body_selector: '#'}",
		"c.yaml:1:27: articles.body_selector: expected #ID, .CLASS or the name of an "
		"element"},
	{"site: {language: chinese}",
		"c.yaml:1:18: site.language: expected a tag like zh-CN or en"},
	{"site: {language: 中文}",
		"c.yaml:1:18: site.language: expected a tag like zh-CN or en"},
	{"site: {icon: icon.png}",
		"c.yaml:1:14: site.icon: expected an address that begins with http:// or https://"},
	{"site: {logo: 'javascript:x'}",
		"c.yaml:1:14: site.logo: expected an address that begins with http:// or https://"},
	{"site: {mobile_url: 'm.example/{slug}'}",
		"c.yaml:1:20: site.mobile_url: expected an address that begins with http:// or "
		"https://"},
	{"articles: {settle: 5}", "c.yaml:1:20: articles.settle: found '5'; expected a "
				  "duration like 200ms, 5s, 10m, 1h or 10d"},
	{"hub: {lease: {min: 1ms}}",
		"c.yaml:1:20: hub.lease.min: found '1ms'; expected a "
		"duration of whole seconds like 90s, 1h or 10d"},
	{"articles: {max_size: 8 MB}",
		"c.yaml:1:22: articles.max_size: found '8 MB'; expected "
		"a size like 512, 64KiB or 8MiB"},
	{"feeds: {content: all}",
		"c.yaml:1:18: feeds.content: found 'all'; expected one of "
		"full|summary|headline"},
	{"http:\n  listen:\n  - a:1\n  - 公报:x\n",
		"c.yaml:4:5: http.listen: found '公报:x'; "
		"expected a list of addresses like 127.0.0.1:8080, [::]:8080 or "
		"unix:/run/x.sock"},
	{"hub: {callbacks: {ports: [80, 0]}}",
		"c.yaml:1:31: hub.callbacks.ports: found '0'; "
		"expected a list of ports (1 to 65535)"},
	{"hub: {callbacks: {allow: [10.0.0.0/33]}}",
		"c.yaml:1:27: hub.callbacks.allow: found "
		"'10.0.0.0/33'; expected a list of networks like 10.0.0.0/8, fc00::/7 or "
		"192.0.2.1"},
	{"hub: {enabled: maybe}",
		"c.yaml:1:16: hub.enabled: found 'maybe'; expected true or false"},
	{"site: {title: [a]}", "c.yaml:1:15: site.title: found a list; expected a text"},
	{"site: {title: {a: b}}",
		"c.yaml:1:15: site.title: found a mapping; expected a text"},
	{"site: {title: \"a\\0b\"}", "c.yaml:1:15: site.title: found a text with a NUL "
				     "in it; expected a text"},
	{"site: x", "c.yaml:1:7: site: expected a mapping of options"},
	{"- x", "c.yaml:1:1: the file: expected a mapping of options"},
	{"[a]: x", "c.yaml:1:1: expected the name of an option"},
	{"http: {rate: 1, rate: 2}", "c.yaml:1:17: http.rate is given twice"},
	{"http: {rate: 1}\nhttp: {rate: 2}", "c.yaml:2:1: http is given twice"},
	{"http: {rate: 1}\n---\nhttp: {}",
		"c.yaml:3:1: a second document; expected only one"},
	{"site: {base_url: ftp://x/}",
		"c.yaml:1:18: site.base_url: expected an address that "
		"begins with http:// or https:// and has no query"},
	{"http: {listen: []}", "c.yaml:1:16: http.listen: expected at least one address"},
	{"hub: {lease: {min: 9d, max: 3d}}",
		"c.yaml:1:20: hub.lease.min: is more than hub.lease.max"},
	{"hub: {lease: {max: 3d}}", "c.yaml: hub.lease.default: expected a value between "
				    "hub.lease.min and hub.lease.max"},
	{"hub: {retry: {first: 0s}}",
		"c.yaml:1:22: hub.retry.first: expected 1ms or more"},
	{"hub: {timeout: {total: 1s}}",
		"c.yaml:1:24: hub.timeout.total: is less than hub.timeout.connect"},
	{"hub: {external: [hub.example]}",
		"c.yaml:1:17: hub.external: expected addresses that "
		"begin with http:// or https://"},
	{"store: {uri: mysql:x}",
		"c.yaml:1:14: store.uri: expected sqlite:FILE or postgresql://..."},
};

TEST(wrong_values_say_what_was_found_and_expected)
{
	for (size_t i = 0; i < sizeof(wrong_values) / sizeof(*wrong_values); i++)
		CHECK_STR(mistake(wrong_values[i].text), wrong_values[i].message);
}

TEST(broken_yaml_has_a_place)
{
	CHECK_STR(mistake("site: {title: a"),
		"c.yaml:2:1: did not find expected ',' or '}'; a list ends with ] and a mapping "
		"with }");
	CHECK_STR(mistake("site:\n  title: 甲: 乙\n"),
		"c.yaml:2:11: mapping values are not allowed in this context; quote a value that "
		"has a colon and a space in it");
	CHECK_STR(mistake("site:\n\ttitle: a\n"),
		"c.yaml:2:1: found character that cannot start any token; indent with spaces, not "
		"tabs, and quote a value that begins with @, ` or %");
	CHECK_STR(mistake("site:\n  title: \"a\n  rights: b\n"),
		"c.yaml:2:10: found unexpected end of stream; a quote that was opened is not "
		"closed");
	CHECK_STR(mistake("http: {listen: [::1:80]}"),
		"c.yaml:1:17: did not find expected node content; quote a value that begins with a "
		"bracket or a colon, and end every list with ]");
	CHECK_STR(mistake("site:\n  title: \xb1\xea\xcc\xe2\n"),
		"c.yaml:2:10: invalid leading UTF-8 octet; save the file as UTF-8");
	CHECK(strncmp(mistake("hub: &h {lease: *h}"), "c.yaml:1:10: unknown option",
		      27) == 0);
}

TEST(a_null_text_is_the_default)
{
	struct config *config = load("site: {title: ~, timezone: null}\nhub:\n");

	CHECK(!config->site.title);
	CHECK_STR(config->site.timezone, "Asia/Shanghai");
	config_destroy(config);
}

static const char entries[] =
	"partners:\n"
	"- {name: county, token_file: /t, callback_hosts: [a.example], topics: [news]}\n"
	"- {name: portal, embargo_access: true}\n"
	"rights:\n"
	"- name: agency\n"
	"  match: {source: '*通讯社', channel: [a, b], dateline: x, author: y, tag: z}\n"
	"  text: 版权所有\n"
	"  license: CC-BY\n"
	"  public: none\n"
	"  partners: {county: full, portal: summary}\n"
	"- {name: rest, public: summary}\n";

TEST(partners_and_rights)
{
	struct config *config = load(entries);
	const struct config_rule *rule = &config->rights[0];

	CHECK_INT(config->partner_count, 2);
	CHECK_STR(config->partners[0].token_file, "/t");
	CHECK_STR(config->partners[0].callback_hosts.items[0], "a.example");
	CHECK(!config->partners[0].embargo_access && config->partners[1].embargo_access);
	CHECK_INT(config->rule_count, 2);
	CHECK_STR(rule->name, "agency");
	CHECK_STR(rule->source.items[0], "*通讯社");
	CHECK_INT(rule->channel.count, 2);
	CHECK_STR(rule->public_level, "none");
	CHECK_INT(rule->partner_count, 2);
	CHECK_STR(rule->partners[1].partner, "portal");
	CHECK_STR(rule->partners[1].level, "summary");
	CHECK_STR(config->rights[1].public_level, "summary");
	config_destroy(config);
}

TEST(partners_and_rights_in_full)
{
	const char text[] =
		"articles: {sources_file: /s}\n"
		"partners:\n"
		"- {name: a, require: [], formats: nitf, lease: 5d, rate: 50, contact: x,\n"
		"   valid_from: 2026-01-01, valid_until: 2026-12-31}\n"
		"- {name: b}\n"
		"rights:\n"
		"- {name: own, match: {path: xml/*, source: s, all: true}, partners: {'*': full}}\n"
		"- {name: rest, unknown_source: hold}\n";
	struct config *config = load(text), *again;
	char *dump = config_dump(config), *diff;

	CHECK_INT(config->partners[0].require.count, 0);
	CHECK_INT(config->partners[0].formats.count, 1);
	CHECK_INT(config->partners[0].lease_s, 5 * 86400);
	CHECK_INT(config->partners[0].rate, 50);
	CHECK_STR(config->partners[0].valid_until, "2026-12-31");
	CHECK_INT(config->partners[1].require.count, 2);
	CHECK_INT(config->partners[1].formats.count, 5);
	CHECK(config->rights[0].match_all);
	CHECK_STR(config->rights[0].path.items[0], "xml/*");
	CHECK_STR(config->rights[1].unknown_source, "hold");
	again = load(dump);
	diff = config_diff(config, again);
	CHECK_STR(diff, "");
	free(diff);
	free(dump);
	config_destroy(again);
	config_destroy(config);
}

TEST(partners_and_rights_mistakes)
{
	CHECK_STR(mistake("partners: x"), "c.yaml:1:11: partners: expected a list");
	CHECK_STR(mistake("partners: [{token_file: x}]"),
		"c.yaml:1:12: partners: an entry needs a name");
	CHECK_STR(mistake("partners: [{name: a, topcs: b}]"),
		"c.yaml:1:22: partners: unknown key 'topcs'; did you mean 'topics'?");
	CHECK_STR(mistake("partners: [{name: a, name: b}]"),
		"c.yaml:1:22: partners: name is given twice");
	CHECK_STR(mistake("partners: [{name: a}, {name: a}]"),
		"c.yaml: partners: 'a' is there twice");
	CHECK_STR(mistake("rights: [{name: a, public: some}]"),
		"c.yaml:1:28: public: found "
		"'some'; expected one of none|headline|summary|full|full+media");
	CHECK_STR(mistake("rights: [{name: a, match: {sauce: b}}]"),
		"c.yaml:1:28: rights.match: unknown key 'sauce'; did you mean 'source'?");
	CHECK_STR(mistake("rights: [{name: a, partners: {p: full}}]"),
		"c.yaml: rights: rule 'a' names the partner 'p', which is not under "
		"partners");
	CHECK_STR(mistake("rights: [{name: a, public: full}, {name: b}]"),
		"c.yaml:1:10: rights: rule 'a' has no match and takes every article, so "
		"rule 'b' after it is never reached; put it last");
	CHECK_STR(mistake("rights: [{name: a, match: {source: b}}]"),
		"c.yaml:1:10: rights: articles that match no rule have none; expected a "
		"last rule without match, for example {name: default, public: summary}");
	CHECK_STR(mistake("rights: [{name: a, unknown_source: hold}]"),
		"c.yaml: rights: rule 'a' holds unknown sources, but "
		"articles.sources_file, the list of the known ones, is not set");
	CHECK_STR(mistake("partners: [{name: A/B}]"),
		"c.yaml:1:12: partners: the name 'A/B' becomes part of an address; "
		"expected small letters, digits, - and _, a letter or digit first");
	CHECK_STR(mistake("partners: [{name: a, valid_from: 2026-02-30}]"),
		"c.yaml:1:12: partners: a: valid_from is '2026-02-30'; expected a day "
		"like 2026-01-31");
	CHECK_STR(mistake("partners: [{name: a, valid_until: soon}]"),
		"c.yaml:1:12: partners: a: valid_until is 'soon'; expected a day like "
		"2026-12-31");
	CHECK_STR(mistake("partners: [{name: a, valid_from: 2026-02-02, "
			  "valid_until: 2026-02-01}]"),
		"c.yaml:1:12: partners: a: valid_until 2026-02-01 is before valid_from "
		"2026-02-02");
	CHECK_STR(mistake("partners: [{name: a, formats: [atm]}]"),
		"c.yaml:1:32: formats: found 'atm'; expected a list of "
		"atom|rss|json|ninjs|nitf");
	CHECK_STR(mistake("rights: [{name: a, mach: {}}]"),
		"c.yaml:1:20: rights: unknown key 'mach'; did you mean 'match'?");
}

/* A dump is a configuration that says the same. */
TEST(dump_is_read_back)
{
	struct config *config = load(entries), *again;
	char *dump = config_dump(config), *second;

	for (size_t i = 0; i < option_count; i++)
		CHECK(strstr(dump, strrchr(option_table[i].key, '.') + 1));
	again = load(dump);
	second = config_dump(again);
	CHECK_STR(second, dump);
	free(second);
	second = config_diff(config, again);
	CHECK_STR(second, "");
	free(second);
	free(dump);
	config_destroy(config);
	config_destroy(again);
}

/* What YAML forbids, or would take for a line break, survives the way out and back. */
TEST(dump_escapes)
{
	struct config *config = load("site: {title: \"a\\\"\\\\\\t\\x7f\\x85\\x90é\\u2028"
				     "\\u2029\\uFEFF\\uFFFE 公报\\n\"}"),
		      *again;
	char *dump = config_dump(config);

	CHECK(strstr(dump, "title: \"a\\\"\\\\\\u0009\\u007F\\u0085\\u0090é\\u2028\\u2029"
			   "\\uFEFF\\uFFFE 公报\\u000A\"\n"));
	again = load(dump);
	CHECK_STR(again->site.title, config->site.title);
	free(dump);
	config_destroy(config);
	config_destroy(again);
}

TEST(dump_masks_passwords)
{
	struct config *config =
		load("store: {uri: 'postgresql://u:s3cret@db:5432/g?a=b@c'}");
	char *dump = config_dump(config);

	CHECK(strstr(dump, "uri: \"postgresql://u:***@db:5432/g?a=b@c\"\n"));
	CHECK(!strstr(dump, "s3cret"));
	CHECK_STR(config->store.uri, "postgresql://u:s3cret@db:5432/g?a=b@c");
	free(dump);
	config_destroy(config);
}

TEST(diff_says_what_changed_and_when)
{
	struct config *before = load("site: {title: a}\n");
	struct config *after = load("log: {level: debug}\nsite: {title: b}\n"
				    "partners: [{name: p}]\nrights: [{name: r}]\n");
	char *diff = config_diff(before, after);

	CHECK_STR(diff,
		"site.title at the next start; log.level now; partners now; "
		"rights now");
	free(diff);
	config_destroy(before);
	config_destroy(after);
	before = load("store: {uri: 'postgresql://u:a@h/d'}");
	after = load("store: {uri: 'postgresql://u:b@h/d'}");
	diff = config_diff(before, after);
	CHECK_STR(diff, "store.uri at the next start");
	free(diff);
	config_destroy(before);
	config_destroy(after);
}

TEST(adopting_takes_the_live_options_only)
{
	struct config *config = load("site: {title: a}");
	struct config *fresh =
		load("log: {level: debug}\nsite: {title: b}\n"
		     "http: {rate: 5, idle_timeout: 9s}\nhub: {lease: {default: 2d}}\n"
		     "recalls: {escalate: [90s, 2h], command: [/bin/x, 'a b']}\n"
		     "partners: [{name: a, callback_hosts: [h]}]\n"
		     "rights: [{name: r, match: {tag: [t]}, partners: {a: full}}, {name: d}]");
	char *rights;

	config_adopt_live(config, fresh);
	config_destroy(fresh);
	CHECK_STR(config->partners[0].callback_hosts.items[0], "h");
	CHECK_STR(config->rights[0].partners[0].level, "full");
	rights = config_dump_rights(config);
	CHECK(strstr(rights, "match: {tag: [\"t\"]}") != NULL);
	free(rights);
	CHECK_STR(config->log.level, "debug");
	CHECK_STR(config->site.title, "a");
	CHECK_INT(config->http.rate, 5);
	CHECK_INT(config->http.idle_timeout_ms, 9000);
	CHECK_INT(config->hub.lease.default_s, 172800);
	CHECK_INT(config->recalls.escalate.count, 2);
	CHECK_INT(config->recalls.escalate.ms[1], 7200000);
	CHECK_INT(config->recalls.command.count, 2);
	CHECK_STR(config->recalls.command.items[1], "a b");
	config_destroy(config);
}

TEST(ages_of_recalls)
{
	struct config *config = load("recalls: {escalate: 10m}");
	char *dump = config_dump(config);

	CHECK_INT(config->recalls.escalate.count, 1);
	CHECK_INT(config->recalls.escalate.ms[0], 600000);
	CHECK(strstr(dump, "\n  escalate: [10m]\n  command: []\n  timeout: 30s\n") != NULL);
	free(dump);
	config_destroy(config);
	config = load("recalls: {escalate: []}");
	CHECK_INT(config->recalls.escalate.count, 0);
	config_destroy(config);
	CHECK_STR(mistake("recalls: {escalate: [1h, 15m]}"),
		"c.yaml:1:26: recalls.escalate: found '15m'; expected a list of durations of "
		"whole seconds like 15m or 1h, each longer than the one before");
	CHECK(strstr(mistake("recalls: {escalate: [1h, 1h]}"), ":26: recalls.escalate"));
	CHECK(strstr(mistake("recalls: {escalate: [1500ms]}"), "'1500ms'"));
	CHECK(strstr(mistake("recalls: {escalate: [0s]}"), "'0s'"));
	CHECK_STR(mistake("recalls: {command: [mail, x]}"),
		"c.yaml:1:20: recalls.command: expected a list that begins with the absolute "
		"path of a program");
	CHECK_STR(mistake("recalls: {timeout: 0s}"),
		"c.yaml:1:20: recalls.timeout: expected 1ms or more");
}

/* config_adopt_live copies what these point at. */
TEST(live_options_have_types_that_can_be_adopted)
{
	for (size_t i = 0; i < option_count; i++) {
		enum option_type type = option_table[i].type;

		if (option_table[i].is_live)
			CHECK(type == OPTION_WORD || type == OPTION_TEXT ||
				type == OPTION_BOOL ||
				type == OPTION_INT || type == OPTION_COUNT ||
				type == OPTION_AUTO || type == OPTION_DURATION ||
				type == OPTION_SECONDS || type == OPTION_STRINGS ||
				type == OPTION_DURATIONS);
	}
}

TEST(durations)
{
	long long ms;

	CHECK(value_duration("0s", &ms) && ms == 0);
	CHECK(value_duration("200ms", &ms) && ms == 200);
	CHECK(value_duration("5m", &ms) && ms == 300000);
	CHECK(value_duration("2h", &ms) && ms == 7200000);
	CHECK(value_duration("10d", &ms) && ms == 864000000);
	CHECK(!value_duration("", &ms) && !value_duration("5", &ms));
	CHECK(!value_duration("-5s", &ms) && !value_duration("5 s", &ms));
	CHECK(!value_duration("1.5s", &ms) && !value_duration("5w", &ms));
	CHECK(!value_duration("99999999999999999999d", &ms));
	CHECK(!value_duration("90000000000000000d", &ms));
}

TEST(sizes)
{
	size_t bytes;

	CHECK(value_size("512", &bytes) && bytes == 512);
	CHECK(value_size("512B", &bytes) && bytes == 512);
	CHECK(value_size("64KiB", &bytes) && bytes == 65536);
	CHECK(value_size("2GiB", &bytes) && bytes == (size_t)2 << 30);
	CHECK(!value_size("8MB", &bytes) && !value_size("MiB", &bytes));
	CHECK(!value_size("", &bytes));
}

TEST(addresses_and_networks)
{
	CHECK(value_is_address("127.0.0.1:0") && value_is_address("[::1]:65535"));
	CHECK(value_is_address("news.example:80") && value_is_address("unix:/run/g"));
	CHECK(!value_is_address("127.0.0.1") && !value_is_address(":80"));
	CHECK(!value_is_address("::1:80") && !value_is_address("a:65536"));
	CHECK(!value_is_address("[::1:80") && !value_is_address("unix:run/g"));
	CHECK(!value_is_address("a:") && !value_is_address("a:8x"));
	CHECK(value_is_network("10.0.0.0/8") && value_is_network("fc00::/7"));
	CHECK(value_is_network("::1") && value_is_network("192.0.2.1/32"));
	CHECK(!value_is_network("10.0.0.0/33") && !value_is_network("10.0.0.0/"));
	CHECK(!value_is_network("fc00::/129") && !value_is_network("10.0.0/8"));
	CHECK(!value_is_network("host") && !value_is_network("10.0.0.0/0x8"));
	CHECK(!value_is_network("10.0.0.0/0000000000008"));
}

/* A file cut anywhere gives a configuration or a message, never anything else. */
TEST(every_cut)
{
	for (size_t len = 0; len < sizeof(entries); len++) {
		struct config_source source = {
			.name = "c", .text = entries, .len = len, .directory = "a"};
		struct config *config = NULL;
		struct error err = {{0}};

		if (config_load(&source, &config, &err))
			config_destroy(config);
		else
			CHECK(strncmp(err.text, "c:", 2) == 0);
	}
}

TEST(long_lists_are_refused)
{
	struct buf text = {0};

	buf_add_str(&text, "hub: {callbacks: {ports: [");
	for (int i = 0; i < 1001; i++)
		buf_add_str(&text, "80,");
	buf_add_str(&text, "]}}");
	CHECK_STR(mistake(buf_text(&text)), "c.yaml:1:26: hub.callbacks.ports: found "
					    "1001 items; expected at most 1000");
	buf_finish(&text);
}

/* The commented sample is valid, and names every option. */
TEST(the_sample_is_valid)
{
	char *sample = harness_read("config/gazetted.yaml", NULL);
	struct config *config = load(sample);

	config_destroy(config);
	free(sample);
}
