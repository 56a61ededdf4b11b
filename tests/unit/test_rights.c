/*
 * test_rights.c: patterns, the order of rules, the states; and the corpus' policy with the
 * decision it states for every article and audience.
 */
#include "feeds/rights.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/base/arena.h"
#include "feeds/base/buf.h"
#include "feeds/date.h"
#include "feeds/parse.h"
#include "feeds/sources.h"
#include "feeds/zone.h"
#include "tests/unit/harness.h"

TEST(patterns)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"青岑日报", "青岑日报", true}, {"青岑日报", "青岑日报社", false},
		{"*通讯社", "大公通讯社", true}, {"*通讯社", "通讯社", true},
		{"*通讯社", "通讯社讯", false}, {"青岑*", "青岑", true},
		{"青岑*", "新青岑", false}, {"*青岑*", "新青岑报", true},
		{"*", "", true}, {"", "", true}, {"", "x", false}, {"?", "报", true},
		{"?", "日报", false}, {"?", "", false}, {"??", "日报", true},
		{"*报?", "晚报社", true}, {"*报?", "晚报", false},
		{"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXbYbZ", false},
		{"Qingcen News", "QINGCEN NEWS", true}, {"**a", "bba", true},
		{"*ab", "aab", true}, {"xml/*.xml", "xml/a/b.xml", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (rights_pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
			harness_fail(__FILE__, __LINE__, "%s on %s", cases[i].pattern,
				cases[i].text);
	}
}

#define LIST(...)                                                                         \
	{                                                                                 \
		(const char *const[]){__VA_ARGS__},                                       \
			sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)       \
	}

static const struct rights_grant summaries[] = {{"county", LEVEL_FULL},
	{"portal", LEVEL_SUMMARY}};
static const struct rights_grant everything[] = {{"*", LEVEL_FULL}};
static const struct rights_grant county_only[] = {{"county", LEVEL_SUMMARY}};

/* tests/corpus/policy.md */
static const struct rights_rule corpus_rules[] = {
	{.name = "agency", .source = LIST("*通讯社"), .dateline = LIST("*通讯社")},
	{.name = "open", .path = LIST("xml/atom-entry-rail.xml"),
		.public_level = LEVEL_FULL, .partners = everything, .partner_count = 1},
	{.name = "gov", .source = LIST("*局", "*台", "*中心"),
		.channel = LIST("政务公开", "通知公告"), .public_level = LEVEL_FULL,
		.partners = everything, .partner_count = 1},
	{.name = "own",
		.source = LIST("青岑日报", "青岑新闻网", "青岑日报社", "Qingcen News"),
		.dateline = LIST("青岑新闻网", "本报"), .public_level = LEVEL_SUMMARY,
		.partners = summaries, .partner_count = 2},
	{.name = "default", .public_level = LEVEL_SUMMARY, .partners = county_only,
		.partner_count = 1},
};
static const struct rights_policy corpus_policy = {corpus_rules, 5, NULL};

static struct rights_match find(const struct article *article, const char *path,
	const char *directory)
{
	return rights_find(&corpus_policy,
		&(struct rights_subject){article, path, directory, 0});
}

TEST(first_match_by_source_dateline_or_channel)
{
	struct article article = {.source = "青岑日报"};
	struct rights_match match = find(&article, "a.md", "");
	struct buf text = {0};

	CHECK_STR(match.rule->name, "own");
	rights_describe(&match, &text);
	CHECK_STR(buf_text(&text), "rule own: source 青岑日报 matches 青岑日报");
	buf_finish(&text);
	article.dateline = (struct dateline){.agency = "大公通讯社", .is_set = true};
	match = find(&article, "a.md", "");
	CHECK_STR(match.rule->name, "agency");
	CHECK_STR(match.field, "dateline");
	CHECK_INT(rights_level(match.rule, NULL), LEVEL_NONE);
	CHECK_INT(rights_level(match.rule, "county"), LEVEL_NONE);
	article = (struct article){.channel = "通知公告"};
	CHECK_STR(find(&article, "a.md", "").rule->name, "gov");
	article = (struct article){0};
	CHECK_STR(find(&article, "政务公开/a.md", "政务公开").rule->name, "gov");
	CHECK_STR(find(&article, "a.md", "政务公开/公告").rule->name, "gov");
	CHECK_STR(find(&article, "a.md", "政务公开栏").rule->name, "default");
	match = find(&article, "a.md", "");
	rights_describe(&match, &text);
	CHECK_STR(buf_text(&text), "rule default: matches everything");
	buf_finish(&text);
}

static const struct rights_rule people_rules[] = {
	{.name = "both", .author = LIST("王*"), .tag = LIST("图片"), .needs_all = true},
	{.name = "author", .author = LIST("王*")},
	{.name = "tag", .tag = LIST("图片")},
	{.name = "rest"},
};

TEST(authors_tags_and_all)
{
	static const struct person people[] = {{.name = "甲"}, {.name = "王小明"}};
	static const char *const words[] = {"体育", "图片"};
	const struct rights_policy policy = {people_rules, 4, NULL};
	struct article article = {.authors = {people, 2}, .tags = {words, 2}};
	struct rights_subject subject = {&article, "a.md", "", 0};

	CHECK_STR(rights_find(&policy, &subject).rule->name, "both");
	article.tags.count = 1;
	CHECK_STR(rights_find(&policy, &subject).rule->name, "author");
	article.authors.count = 1;
	article.tags.count = 2;
	CHECK_STR(rights_find(&policy, &subject).rule->name, "tag");
	article.tags.count = 0;
	CHECK_STR(rights_find(&policy, &subject).rule->name, "rest");
}

TEST(what_is_not_granted_is_not_given)
{
	static const struct rights_grant mixed[] = {{"*", LEVEL_HEADLINE}, {"a", LEVEL_FULL},
		{"b", LEVEL_NONE}};
	struct rights_rule rule = {.name = "r", .partners = mixed, .partner_count = 3};

	CHECK_INT(rights_level(&rule, NULL), LEVEL_NONE);
	CHECK_INT(rights_level(&rule, "a"), LEVEL_FULL);
	CHECK_INT(rights_level(&rule, "b"), LEVEL_NONE);
	CHECK_INT(rights_level(&rule, "c"), LEVEL_HEADLINE);
	rule.partner_count = 0;
	CHECK_INT(rights_level(&rule, "c"), LEVEL_NONE);
	CHECK_INT(rights_level(NULL, "c"), LEVEL_NONE);
	CHECK_INT(rights_level(NULL, NULL), LEVEL_FULL_MEDIA);
}

TEST(unknown_sources_wait)
{
	static const char list[] = "青岑日报\n晚报 ..2026-06-30\n";
	static const struct rights_rule rules[] = {
		{.name = "default", .public_level = LEVEL_FULL, .holds_unknown = true}};
	static const struct rights_audience public = {0};
	struct arena *arena = arena_create();
	struct source_list *sources = NULL;
	struct article article = {.source = "青岑日报"};
	struct rights_subject subject = {&article, "a.md", "", 20260701};
	struct rights_state state = {.status = STATUS_PUBLISHED};
	struct rights_policy policy = {rules, 1, NULL};
	struct rights_decision decision;
	struct rights_match match;

	CHECK(sources_parse(arena, list, strlen(list), &sources, NULL));
	CHECK(rights_find(&policy, &subject).is_held);
	policy.sources = sources;
	CHECK(!rights_find(&policy, &subject).is_held);
	article.source = "晚报";
	match = rights_find(&policy, &subject);
	CHECK(match.is_held);
	decision = rights_decide(&match, &state, &public);
	CHECK_INT(decision.view, VIEW_NONE);
	CHECK_INT(decision.reason, REASON_UNKNOWN_SOURCE);
	subject.day = 20260630;
	match = rights_find(&policy, &subject);
	CHECK_INT(rights_decide(&match, &state, &public).level, LEVEL_FULL);
	article.source = NULL;
	CHECK(rights_find(&policy, &subject).is_held);
	arena_destroy(arena);
}

/* Every state for every audience. */
TEST(states)
{
	static const struct rights_audience public = {0}, plain = {"portal", false},
					    early = {"portal", true}, none = {"x", true};
	static const struct {
		struct rights_state state;
		enum rights_view views[4]; /* public, plain, early, none */
		enum rights_reason reason;
	} cases[] = {
		{{STATUS_PUBLISHED, false, false},
			{VIEW_ARTICLE, VIEW_ARTICLE, VIEW_ARTICLE, VIEW_NONE}, REASON_RULE},
		{{STATUS_PUBLISHED, false, true}, {0}, REASON_HELD},
		{{STATUS_PUBLISHED, true, true},
			{VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_NONE},
			REASON_KILLED},
		{{STATUS_EXPIRED, true, false},
			{VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_NONE},
			REASON_KILLED},
		{{STATUS_DRAFT, true, false}, {0}, REASON_DRAFT},
		{{STATUS_SCHEDULED, false, false}, {0}, REASON_SCHEDULED},
		{{STATUS_EXPIRED, false, false}, {0}, REASON_EXPIRED},
		{{STATUS_EMBARGOED, false, false},
			{VIEW_NONE, VIEW_NONE, VIEW_EARLY, VIEW_NONE}, REASON_EMBARGOED},
		{{STATUS_EMBARGOED, false, true}, {0}, REASON_HELD},
		{{STATUS_WITHDRAWN, false, false},
			{VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_TOMBSTONE, VIEW_NONE},
			REASON_WITHDRAWN},
		{{STATUS_WITHDRAWAL, false, false},
			{VIEW_NONE, VIEW_ADVISORY, VIEW_ADVISORY, VIEW_ADVISORY},
			REASON_NOTICE},
	};
	const struct rights_audience *audiences[4] = {&public, &plain, &early, &none};
	struct rights_match match = {.rule = &corpus_rules[3]};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t a = 0; a < 4; a++) {
			struct rights_decision decision =
				rights_decide(&match, &cases[i].state, audiences[a]);
			bool shows = decision.view == VIEW_ARTICLE ||
				decision.view == VIEW_EARLY;

			CHECK_STR(rights_view_name(decision.view),
				rights_view_name(cases[i].views[a]));
			CHECK_STR(rights_reason_name(decision.reason),
				rights_reason_name(cases[i].reason));
			CHECK_INT(decision.level, shows ? LEVEL_SUMMARY : LEVEL_NONE);
		}
	}
}

TEST(level_names)
{
	enum text_level level = LEVEL_NONE;

	for (int i = LEVEL_NONE; i <= LEVEL_FULL_MEDIA; i++) {
		CHECK(rights_level_of(rights_level_name((enum text_level)i), &level));
		CHECK_INT(level, i);
	}
	CHECK(!rights_level_of("most", &level));
}

/* ---- the corpus ---- */

struct sample {
	const char *path; /* below articles/ */
	struct article *article;
	const json_t *want;
};

static struct article *read_sample(struct arena *arena, const struct zone *zone,
	const char *path)
{
	struct parse_context context = {.path = path, .zone = zone, .language = "zh-CN",
		.base_url = "https://www.qingcen.example/"};
	char *file = arena_printf(arena, "tests/corpus/articles/%s", path);
	struct article *article = NULL;
	struct parse_input in = {0};
	struct diagnosis why;
	char *bytes, *sidecar = NULL;

	if (strstr(path, ".png"))
		sidecar = harness_read(arena_printf(arena, "%s.meta.yaml", file),
			&in.sidecar_len);
	bytes = harness_read(file, &in.len);
	in.bytes = bytes;
	in.sidecar = sidecar;
	if (!article_parse(arena, &context, &in, &article, &why))
		harness_fail(__FILE__, __LINE__, "%s: %s", path, why.class);
	free(bytes);
	free(sidecar);
	return article;
}

static bool is_killed(const struct sample *samples, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		const struct article *article = samples[i].article;

		if (article->status == STATUS_WITHDRAWAL && id && article->withdrawal.id &&
			strcmp(article->withdrawal.id, id) == 0)
			return true;
	}
	return false;
}

static void check_sample(const struct sample *sample, bool killed, int64_t now_ms)
{
	static const struct rights_audience audiences[] = {{0}, {"county", false},
		{"portal", true}};
	static const char *const names[] = {"public", "county", "portal"};
	struct rights_match match = find(sample->article, sample->path, "");
	struct rights_state state = {article_status_at(sample->article, now_ms), killed, false};
	const json_t *want = json_object_get(sample->want, "audience_now");

	CHECK_STR(match.rule->name, json_string_value(json_object_get(sample->want,
		"rights_rule")));
	for (size_t i = 0; i < 3; i++) {
		struct rights_decision got = rights_decide(&match, &state, &audiences[i]);
		const char *word = got.level > LEVEL_NONE ? rights_level_name(got.level) :
							    rights_view_name(got.view);

		if (strcmp(word, json_string_value(json_object_get(want, names[i]))) != 0)
			harness_fail(__FILE__, __LINE__, "%s for %s: %s", sample->path,
				names[i], word);
	}
}

TEST(the_corpus_under_its_policy)
{
	struct arena *arena = arena_create();
	struct zone *zone = zone_create_fixed(8 * 3600);
	size_t len, count, i;
	char *text = harness_read("tests/corpus/expected.json", &len);
	json_t *expected = json_loadb(text, len, 0, NULL), *articles, *want;
	struct sample samples[64];
	const char *clock;
	struct instant now;

	article_parse_init();
	articles = json_object_get(expected, "articles");
	count = json_array_size(articles);
	CHECK(count > 20 && count <= 64);
	json_array_foreach(articles, i, want) {
		const char *file = json_string_value(json_object_get(want, "file"));

		samples[i] = (struct sample){strchr(file, '/') + 1, NULL, want};
		samples[i].article = read_sample(arena, zone, samples[i].path);
	}
	clock = json_string_value(json_object_get(expected, "test_clock"));
	CHECK_INT(date_parse(clock, strlen(clock), zone, &now), DATE_OK);
	for (i = 0; i < count; i++)
		check_sample(&samples[i],
			is_killed(samples, count, samples[i].article->id), now.ms);
	json_decref(expected);
	free(text);
	zone_destroy(zone);
	arena_destroy(arena);
}
