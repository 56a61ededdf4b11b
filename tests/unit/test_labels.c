/* test_labels.c: what the index must know of an article: the feeds beside its directory's. */
#include <stdlib.h>

#include "daemon/site/labels.h"
#include "daemon/site/notes.h"
#include "feeds/article.h"
#include "tests/unit/harness.h"

#define BASE "https://h.example/"

static void check(const struct article *article, const char *expected)
{
	char *labels = labels_of(BASE, article);

	if (expected)
		CHECK_STR(labels, expected);
	else
		CHECK(!labels);
	free(labels);
}

TEST(tags_authors_source_and_edition_are_feeds)
{
	static const char *const tags[] = {"water", "水"};
	static const struct person authors[] = {{.name = "Li"}};

	check(&(struct article){0}, NULL);
	check(&(struct article){.tags = {tags, 2}, .authors = {authors, 1}, .source = "Daily",
		.edition = {.date = "2026-05-08", .is_set = true}},
		"tag/water\ntag/水\nauthor/Li\nsource/Daily\nepaper/2026-05-08");
}

TEST(a_name_that_is_no_part_of_a_path_makes_no_feed)
{
	static const char *const tags[] = {"a/b", "..", "", "a\nb", "ok"};

	check(&(struct article){.tags = {tags, 5}, .source = ".hidden"}, "tag/ok");
}

TEST(the_files_of_this_site_are_noted)
{
	struct media images[] = {{.url = BASE "p.png"}, {.url = "https://x.example/q.png"}};
	struct media attachments[] = {{.url = BASE "d/r.pdf"}};
	struct article article = {.images = {images, 2}, .attachments = {attachments, 1}};

	check(&article, NOTE_MEDIA "p.png\n" NOTE_MEDIA "d/r.pdf");
	article.status = STATUS_WITHDRAWN; /* what is taken back shows no files */
	check(&article, NULL);
}

TEST(a_notice_names_what_it_corrects_or_takes_back)
{
	static const char *const tags[] = {"water"};

	check(&(struct article){.tags = {tags, 1}, .correction = {.of = "tag:x,1"}},
		"tag/water\n" NOTE_CORRECTS "tag:x,1");
	check(&(struct article){.tags = {tags, 1}, .status = STATUS_WITHDRAWAL,
		.withdrawal = {.id = "tag:x,1"}}, NOTE_KILL "tag:x,1");
	check(&(struct article){.correction = {.of = "a\nkill/b"}}, NULL);
}
