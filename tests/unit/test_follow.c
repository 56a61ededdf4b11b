/* test_follow.c: two nodes on one store: what one publishes the other shows, byte for byte,
 * whatever is done to the files, and whoever leads. */
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/http/snapshot.h"
#include "daemon/loop/loop.h"
#include "daemon/site/parser_pool.h"
#include "daemon/site/site.h"
#include "daemon/store/store.h"
#include "daemon/watch/watch.h"
#include "feeds/base/error.h"
#include "feeds/base/map.h"
#include "tests/unit/harness.h"

enum { FILES = 8, PATHS_MOST = 200 };

struct node {
	struct site *site;
	struct map shown;          /* path -> snapshot */
	struct watch *watch;
	bool is_ready, is_fenced;
	struct snapshot *page;     /* the last that was asked for */
	bool is_answered;
};

static struct loop *loop;
static struct store *store;
static struct parser_pool *parsers;
static struct node a, b;
static int64_t epoch;

static void on_put(void *context, struct snapshot *snapshot)
{
	struct node *node = context;
	const char *path = snapshot_path(snapshot);

	snapshot_unref(map_put(&node->shown, path, strlen(path), snapshot));
}

static void on_published(void *context, int64_t seq)
{
	(void)context, (void)seq;
	site_store_changed(a.site);
	site_store_changed(b.site);
}

static void on_ready(void *context)
{
	((struct node *)context)->is_ready = true;
}

static int on_open_file(void *context, const char *path, struct error *err)
{
	(void)context;
	return watch_open_below("articles", path, err);
}

static void on_scan_begin(void *context)
{
	site_scan_begin(((struct node *)context)->site);
}

static void on_file(void *context, const char *path, const struct stat *status)
{
	site_file(((struct node *)context)->site, path, status);
}

static void on_gone(void *context, const char *path)
{
	site_gone(((struct node *)context)->site, path);
}

static void on_scan_end(void *context, bool is_complete)
{
	site_scan_end(((struct node *)context)->site, is_complete);
}

static void on_problem(void *context, const char *text)
{
	(void)context;
	harness_fail(__FILE__, __LINE__, "%s", text);
}

static void on_loaded(void *context)
{
	static const struct watch_events events = {on_scan_begin, on_file, on_gone, on_scan_end,
		on_problem};
	struct node *node = context;
	struct error err;

	CHECK(watch_create(loop, &(struct watch_config){"articles", 5, 0}, &events, node,
		&node->watch, &err));
}

static void on_fenced(void *context)
{
	struct node *node = context;

	node->is_fenced = true;
	watch_destroy(node->watch);
	node->watch = NULL;
}

static const struct site_events events = {on_put, on_published, on_ready, on_open_file,
	on_loaded, on_fenced};

static void step_down(struct node *node)
{
	watch_destroy(node->watch);
	node->watch = NULL;
	site_follow(node->site);
}

static void wake(struct ev_loop *ev, ev_timer *timer, int what)
{
	(void)ev, (void)timer, (void)what;
}

static void turn(void)
{
	ev_timer timer;

	ev_timer_init(&timer, wake, 0.02, 0.);
	ev_timer_start(loop_ev(loop), &timer);
	ev_run(loop_ev(loop), EVRUN_ONCE);
	ev_timer_stop(loop_ev(loop), &timer);
}

static void until(bool (*is_so)(void), const char *what)
{
	int64_t end = loop_mono_ms(loop) + 120000;

	while (!is_so()) {
		if (loop_mono_ms(loop) > end)
			harness_fail(__FILE__, __LINE__, "waited for %s", what);
		turn();
	}
}

/* ---- two nodes ---- */

static void create(struct node *node)
{
	static const struct site_config config = {.title = "Gazette", .window = 3,
		.base_url = "http://n.example/", .language = "en", .kinds = 0x7f,
		.level = LEVEL_FULL, .max_size = 1 << 20, .mass_delete_limit = 20,
		.withdrawn_keep_ms = 1000000, .authority = "n.example"};

	node->site = site_create(loop, store, parsers, &config, &events, node);
}

static void on_role(void *context, enum store_status status, int64_t got)
{
	(void)context;
	CHECK_INT(status, STORE_OK);
	epoch = got;
}

static bool has_epoch(void)
{
	return epoch != 0;
}

static void begin(void)
{
	static char program[512];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 20);
	struct parser_config config = {.base_url = "http://n.example/", .deadline_ms = 60000,
		.program = program};
	struct error err;

	CHECK(len > 0);
	for (int i = 0; i < 3; i++)
		*strrchr(program, '/') = '\0';
	strcat(program, "/gazetted");
	CHECK(mkdir("articles", 0700) == 0);
	loop = loop_create("test");
	CHECK(store_open(loop, &(struct store_settings){.uri = "sqlite::memory:"}, &store, &err));
	CHECK(parser_pool_create(loop, &config, 1, &parsers, &err));
	store_role_take(store, "publisher", 8000, on_role, NULL);
	until(has_epoch, "the role");
	create(&a);
	create(&b);
}

static void finish_node(struct node *node)
{
	struct map_entry slot;
	size_t cursor = 0;

	watch_destroy(node->watch);
	site_destroy(node->site);
	while (map_next(&node->shown, &cursor, &slot))
		snapshot_unref(slot.value);
	map_finish(&node->shown);
	snapshot_unref(node->page);
}

static void finish(void)
{
	store_flush(store);
	finish_node(&a);
	finish_node(&b);
	parser_pool_destroy(parsers);
	store_close(store);
	loop_destroy(loop);
}

static bool is_equal(const struct snapshot *x, const struct snapshot *y)
{
	size_t x_len = 0, y_len = 1;
	const void *x_body = x ? snapshot_body(x, &x_len) : NULL;
	const void *y_body = y ? snapshot_body(y, &y_len) : NULL;

	return x && y && x_len == y_len && memcmp(x_body, y_body, x_len) == 0 &&
		strcmp(snapshot_etag(x), snapshot_etag(y)) == 0 &&
		snapshot_modified_s(x) == snapshot_modified_s(y);
}

static const char *unlike;

/* Everything that A shows B shows too, and nothing else. */
static bool are_alike(void)
{
	struct map_entry slot;
	size_t cursor = 0;

	if (!a.is_ready || !b.is_ready || a.shown.count != b.shown.count)
		return false;
	while (map_next(&a.shown, &cursor, &slot)) {
		const struct snapshot *other = map_get(&b.shown, slot.key, slot.key_len);

		unlike = slot.key;
		if (!is_equal(slot.value, other))
			return false;
	}
	return true;
}

static char mark[64];

static bool shows(const struct node *node, const char *path, const char *text)
{
	struct snapshot *snapshot = map_get(&node->shown, path, strlen(path));
	size_t len = 0;
	const void *body = snapshot ? snapshot_body(snapshot, &len) : NULL;

	return body && memmem(body, len, text, strlen(text));
}

static bool leader_shows_mark(void)
{
	return shows(a.watch ? &a : &b, "/feed.json", mark);
}

static bool is_so_on_both(void)
{
	return leader_shows_mark() && are_alike();
}

static void settle(const char *what)
{
	int64_t end = loop_mono_ms(loop) + 120000;

	while (!is_so_on_both()) {
		if (loop_mono_ms(loop) > end)
			harness_fail(__FILE__, __LINE__, "%s: unlike at %s", what,
				leader_shows_mark() ? unlike : "the leader's own");
		turn();
	}
}

/* ---- files ---- */

static int serial;

static void write_file(const char *path, const char *title, const char *more)
{
	FILE *file;

	if (strchr(path, '/'))
		mkdir("articles/news", 0700);
	CHECK(chdir("articles") == 0);
	file = fopen(".new", "w");
	CHECK(file);
	fprintf(file, "---\ntitle: %s\ndate: 2026-05-01T10:00:0%dZ\n%s---\n\nText %d.\n", title,
		serial % 10, more, serial);
	serial++;
	CHECK(fclose(file) == 0 && rename(".new", path) == 0);
	CHECK(chdir("..") == 0);
}

/* A change that the leader's feed shows, after all that were made before it. */
static void mark_now(void)
{
	snprintf(mark, sizeof(mark), "mark-%d.", serial);
	write_file("mark.md", mark, "");
}

TEST(a_follower_shows_the_same_bytes)
{
	begin();
	write_file("one.md", "One", "tags: [red]\n");
	write_file("news/two.md", "Two", "");
	mark_now();
	site_lead(a.site, epoch);
	site_follow(b.site);
	settle("at the start");
	CHECK(shows(&b, "/c/news/feed.atom", "Two"));
	write_file("news/two.md", "Two again", "");
	mark_now();
	settle("after an edit");
	CHECK(shows(&b, "/c/news/feed.rss", "Two again"));
	finish();
}

TEST(a_follower_waits_for_the_first_publication)
{
	begin();
	site_follow(b.site);
	for (int i = 0; i < 20; i++)
		turn();
	CHECK(!b.is_ready);
	CHECK(!map_get(&b.shown, "/feed.atom", strlen("/feed.atom")));
	CHECK(!map_get(&b.shown, "/", strlen("/"))); /* of errors there are pages at once */
	mark_now();
	site_lead(a.site, epoch);
	settle("the first");
	finish();
}

static void on_page(void *context, struct snapshot *snapshot)
{
	struct node *node = context;

	snapshot_unref(node->page);
	node->page = snapshot ? snapshot_ref(snapshot) : NULL;
	node->is_answered = true;
}

static bool are_answered(void)
{
	return a.is_answered && b.is_answered;
}

static void check_page(const char *path, const char *text)
{
	size_t len = 0;
	const void *body;

	a.is_answered = b.is_answered = false;
	site_page(a.site, path, on_page, &a);
	site_page(b.site, path, on_page, &b);
	until(are_answered, path);
	CHECK(a.page);
	CHECK(is_equal(a.page, b.page));
	body = snapshot_body(b.page, &len);
	CHECK(memmem(body, len, text, strlen(text)));
}

TEST(pages_on_demand_are_the_same)
{
	char name[32];

	begin();
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "a%d.md", i);
		write_file(name, name, "tags: [red]\n");
	}
	mark_now();
	site_lead(a.site, epoch);
	site_follow(b.site);
	settle("at the start");
	check_page("/a/a3", "Text 3.");
	check_page("/sitemap.xml", "/a/a3");
	write_file("a3.md", "Third", "tags: [red]\n");
	mark_now();
	settle("after an edit");
	check_page("/a/a3", "Third");
	finish();
}

/* ---- anything ---- */

static void random_change(void)
{
	static const char *const more[] = {"", "tags: [red]\n", "tags: [red, green]\n",
		"status: draft\n", "author: Ann\n", "source: Wire\n"};
	char path[64], other[64];
	int which = rand() % FILES, to = rand() % FILES;

	snprintf(path, sizeof(path), "%s%d.md", which % 2 ? "news/" : "", which);
	snprintf(other, sizeof(other), "%s%d.md", to % 2 ? "news/" : "", to);
	switch (rand() % 8) {
	case 0:
		CHECK(chdir("articles") == 0);
		unlink(path);
		CHECK(chdir("..") == 0);
		return;
	case 1:
	case 2:
		CHECK(chdir("articles") == 0);
		(void)!rename(path, other);
		CHECK(chdir("..") == 0);
		return;
	case 3:
		(void)!site_decide(a.watch ? a.site : b.site, path,
			(enum site_decision)(rand() % 3), "reason");
		return;
	default:
		snprintf(other, sizeof(other), "Title %d", serial);
		write_file(path, other, more[rand() % 6]);
	}
}

static void change_at_random(int rounds, int seed)
{
	srand((unsigned)seed);
	for (int i = 0; i < rounds; i++) {
		char what[32];

		for (int n = rand() % 4; n >= 0; n--) {
			random_change();
			for (int turns = rand() % 3; turns > 0; turns--)
				turn();
		}
		mark_now();
		snprintf(what, sizeof(what), "round %d", i);
		settle(what);
	}
}

TEST(whatever_is_done_to_the_files)
{
	begin();
	site_lead(a.site, epoch);
	site_follow(b.site);
	mkdir("articles/news", 0700);
	change_at_random(25, 1);
	finish();
}

TEST(the_lead_goes_to_and_fro)
{
	begin();
	site_lead(a.site, epoch);
	site_follow(b.site);
	mkdir("articles/news", 0700);
	for (int i = 0; i < 6; i++) {
		struct node *from = i % 2 ? &b : &a, *to = i % 2 ? &a : &b;

		change_at_random(2, i);
		/* what it knows and has not published is forgotten */
		random_change();
		write_file("one.md", "Unpublished", "");
		for (int turns = rand() % 6; turns > 0; turns--)
			turn();
		step_down(from);
		site_lead(to->site, epoch);
		mark_now();
		while (!to->watch)
			turn();
		settle("the other leads");
	}
	finish();
}

static bool is_fenced(void)
{
	return a.is_fenced;
}

TEST(who_lost_the_role_changes_nothing)
{
	int64_t before;

	begin();
	mark_now();
	site_lead(a.site, epoch);
	site_follow(b.site);
	settle("at the start");
	step_down(&a);
	site_lead(b.site, epoch);
	while (!b.watch)
		turn();
	site_lead(a.site, epoch + 1); /* not the one that the store knows */
	while (!a.watch)
		turn();
	before = site_seq(b.site);
	mark_now();
	until(is_fenced, "the refusal");
	CHECK(!site_is_leading(a.site));
	CHECK_INT(site_seq(b.site), before);
	settle("the other's");
	finish();
}
