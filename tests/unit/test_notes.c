/* test_notes.c: what articles say of files and of each other, found by that. */
#include "daemon/site/notes.h"

#include <string.h>

#include "daemon/site/catalogue.h"
#include "tests/unit/harness.h"

static char labels_a[] = "tag/x\nmedia/news/p.png\nmedia/q.png";
static char labels_b[] = "corrects/tag:a,2026:1\nmedia/q.png\ntag/media/z.png";

TEST(found_while_a_visible_article_says_it)
{
	struct entry a = {.labels = labels_a, .is_visible = true};
	struct entry b = {.labels = labels_b, .is_visible = true};
	struct notes notes = {0};

	notes_add(&notes, &a);
	notes_add(&notes, &b);
	notes_add(&notes, &b);
	CHECK(notes_find(&notes, NOTE_MEDIA, "news/p.png") == &a);
	CHECK(notes_find(&notes, NOTE_MEDIA, "q.png") == &a);
	CHECK(notes_find(&notes, NOTE_CORRECTS, "tag:a,2026:1") == &b);
	CHECK(!notes_find(&notes, NOTE_MEDIA, "z.png"));
	CHECK(!notes_find(&notes, NOTE_MEDIA, "p.png"));
	CHECK(!notes_find(&notes, NOTE_MEDIA, ""));
	a.is_visible = false;
	CHECK(notes_find(&notes, NOTE_MEDIA, "q.png") == &b);
	CHECK(!notes_find(&notes, NOTE_MEDIA, "news/p.png"));
	a.is_visible = true;
	a.decision = DECISION_KILLED;
	CHECK(!notes_find(&notes, NOTE_MEDIA, "news/p.png"));
	a.decision = DECISION_NONE;
	a.labels = NULL;
	CHECK(!notes_find(&notes, NOTE_MEDIA, "news/p.png"));
	notes_add(&notes, &a);
	notes_finish(&notes);
}

TEST(a_notice_that_nobody_sees)
{
	static char other[] = "kill/b";
	static char labels[] = "kill/a";
	struct entry notice = {.labels = labels};
	struct notes notes = {0};

	notes_add(&notes, &notice);
	CHECK(!notes_find(&notes, NOTE_KILL, "a"));
	CHECK(notes_find_hidden(&notes, NOTE_KILL, "a") == &notice);
	notice.labels = other; /* it takes back another one now */
	memset(labels, 'x', strlen(labels));
	notes_add(&notes, &notice);
	CHECK(!notes_find_hidden(&notes, NOTE_KILL, "a"));
	CHECK(notes_find_hidden(&notes, NOTE_KILL, "b") == &notice);
	notes_finish(&notes);
}

TEST(the_subject_of_a_label)
{
	struct entry entry = {.labels = labels_b};

	CHECK(strncmp(notes_subject(&entry, NOTE_CORRECTS), "tag:a,2026:1\n", 13) == 0);
	CHECK_STR(notes_subject(&entry, "tag/"), "media/z.png");
	CHECK(!notes_subject(&entry, "author/"));
	CHECK(!notes_subject(&(struct entry){0}, "tag/"));
}
