/*
 * test_hub_ssrf.c: the transfer engine does not let itself be sent where it must not go,
 * however the way is spelled, and whatever the name server says the second time. The
 * resolver is ours: this program's getaddrinfo stands before the system's.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/hub/transfer.h"
#include "feeds/base/mem.h"
#include "tests/unit/harness.h"

/* ---- names ---- */

/* What "*.test" resolves to, in order; anything else must be a numeric address. */
static const char *answers[2];
static atomic_int asked;

static bool fill(struct addrinfo *out, const char *numeric, int port)
{
	struct sockaddr_in *v4 = mem_alloc(sizeof(*v4));
	struct sockaddr_in6 *v6 = mem_alloc(sizeof(*v6));

	*out = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	if (inet_aton(numeric, &v4->sin_addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		out->ai_family = AF_INET;
		out->ai_addr = (struct sockaddr *)v4;
		out->ai_addrlen = sizeof(*v4);
		free(v6);
		return true;
	}
	free(v4);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	out->ai_family = AF_INET6;
	out->ai_addr = (struct sockaddr *)v6;
	out->ai_addrlen = sizeof(*v6);
	return inet_pton(AF_INET6, numeric, &v6->sin6_addr) == 1;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **out)
{
	const char *dot = strrchr(node, '.');
	bool is_name = dot && strcmp(dot, ".test") == 0;
	struct addrinfo **at = out;

	(void)hints;
	*out = NULL;
	if (is_name)
		atomic_fetch_add(&asked, 1);
	for (size_t i = 0; i < (is_name ? 2 : 1); i++) {
		const char *numeric = is_name ? answers[i] : node;

		if (!numeric)
			continue;
		*at = mem_alloc(sizeof(**at));
		if (!fill(*at, numeric, service ? atoi(service) : 0)) {
			freeaddrinfo(*out);
			return EAI_NONAME;
		}
		at = &(*at)->ai_next;
	}
	return 0;
}

/* ---- the engine ---- */

struct order {
	struct message message;
	struct transfer_engine *engine; /* NULL = stop the loop */
	struct loop *loop;
	struct transfer_request *request;
};

static struct fixture {
	struct loop *main, *worker;
	struct transfer_engine *engine;
	struct transfer_result *results[64]; /* own */
	int count, want;
	int fd, port;              /* a listener that must not be reached */
} f;

static void receive(struct message *message)
{
	f.results[f.count++] = (struct transfer_result *)message;
	if (f.count == f.want)
		loop_stop(f.main);
}

static void run_order(struct message *message)
{
	struct order *order = (struct order *)message;

	if (order->engine)
		transfer_start(order->engine, order->request);
	else
		loop_stop(order->loop);
	free(order);
}

static void give(struct transfer_request *request)
{
	struct order *order = mem_alloc(sizeof(*order));

	order->message.run = run_order;
	order->engine = request ? f.engine : NULL;
	order->loop = f.worker;
	order->request = request;
	loop_post(f.worker, &order->message);
}

static void open_listener(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
	socklen_t len = sizeof(address);

	f.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK_INT(bind(f.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(getsockname(f.fd, (struct sockaddr *)&address, &len), 0);
	CHECK_INT(listen(f.fd, 16), 0);
	f.port = ntohs(address.sin_port);
}

static void start_engine(const struct transfer_policy *policy)
{
	f.main = loop_create("main");
	f.worker = loop_create("worker");
	f.engine = transfer_engine_create(f.worker, f.main, receive, &f, policy);
	loop_start(f.worker);
	f.count = 0;
}

static void stop_engine(void)
{
	give(NULL);
	loop_join(f.worker);
	transfer_engine_destroy(f.engine);
	loop_destroy(f.worker);
	loop_destroy(f.main);
	for (int i = 0; i < f.count; i++)
		free(f.results[i]);
}

/* HOST is as it stands in a URL. */
static void send_to(const char *host, bool is_get)
{
	struct transfer_request *request = transfer_request_create(1);
	char text[256];

	if (!is_get)
		request->body = transfer_body_create("x", 1, "text/plain", NULL);
	else
		request->expect = mem_strdup("challenge");
	request->connect_ms = request->soft_ms = request->total_ms = 5000;
	snprintf(text, sizeof(text), "http://%s:%d/", host, f.port);
	request->items[0].url = mem_strdup(text);
	request->items[0].host_key = mem_strdup(text);
	give(request);
}

static void wait_results(int count)
{
	f.want = count;
	if (f.count < count)
		loop_run(f.main);
	CHECK_INT(f.count, count);
}

static const struct transfer_policy strict = {.deny_private = true,
	.user_agent = "gazetted-test", .in_flight = 64, .per_host = 8};

/* Accepts what came, if anything did, and answers nothing. */
static int count_visits(void)
{
	int count = 0, fd;

	while ((fd = accept4(f.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		close(fd);
		count++;
	}
	return count;
}

/* ---- tests ---- */

TEST(req_ssrf_every_spelling_is_refused)
{
	static const char *const hosts[] = {
		"127.0.0.1", "127.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001",
		"0x7f.0.0.1", "0x7f.1", "0", "0.0.0.0", "10.0.0.1", "10.1", "0xa.0.0.1",
		"172.16.0.1", "172.31.255.255", "192.168.1.1", "3232235777", "100.64.0.1",
		"169.254.169.254", "2852039166", "0xa9fea9fe", "224.0.0.1",
		"255.255.255.255", "user:word@127.0.0.1",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a00:1]",
		"[::127.0.0.1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[64:ff9b::7f00:1]",
		"[64:ff9b::169.254.169.254]", "[64:ff9b:1::1]", "[fd00:ec2::254]", "[fe80::1]",
		"[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[2001::1]",
	};
	int count = (int)(sizeof(hosts) / sizeof(*hosts));

	open_listener();
	start_engine(&strict);
	for (int i = 0; i < count; i++) {
		send_to(hosts[i], i % 2);
		wait_results(i + 1);
		if (f.results[i]->outcome != TRANSFER_FORBIDDEN)
			harness_fail(__FILE__, __LINE__, "%s: %s", hosts[i], f.results[i]->why);
		CHECK_INT(f.results[i]->status, 0);
		CHECK(strncmp(f.results[i]->why, "address refused: ", 17) == 0);
	}
	stop_engine();
	CHECK_INT(count_visits(), 0);
	close(f.fd);
}

TEST(req_ssrf_a_name_that_leads_inside_is_refused)
{
	open_listener();
	start_engine(&strict);
	answers[0] = "127.0.0.1";
	answers[1] = "::1";
	send_to("innocent.test", false);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_FORBIDDEN);
	CHECK_INT(atomic_load(&asked), 1);
	stop_engine();
	CHECK_INT(count_visits(), 0);
	close(f.fd);
}

/* The name is good when the subscription is verified and bad when something is delivered. */
TEST(req_ssrf_a_name_that_changes_is_judged_each_time)
{
	static const char *const good[] = {"127.0.0.5"};
	struct transfer_policy policy = strict;

	policy.allow = good;
	policy.allow_count = 1;
	open_listener();
	for (int round = 0; round < 2; round++) {
		int visits;

		start_engine(&policy);
		answers[0] = round == 0 ? "127.0.0.5" : "127.0.0.1";
		answers[1] = NULL;
		send_to("rebind.test", false);
		/* the first one is let in; its listener never answers, so it is cut off here */
		if (round == 0) {
			while ((visits = count_visits()) == 0)
				usleep(1000);
			CHECK_INT(visits, 1);
			wait_results(1);
			CHECK_INT(f.results[0]->outcome, TRANSFER_FAILED);
		} else {
			wait_results(1);
			CHECK_INT(f.results[0]->outcome, TRANSFER_FORBIDDEN);
		}
		stop_engine();
		CHECK_INT(count_visits(), 0);
	}
	CHECK_INT(atomic_load(&asked), 2);
	close(f.fd);
}

TEST(req_ssrf_only_the_good_one_of_two_addresses_is_tried)
{
	static const char *const good[] = {"127.0.0.5"};
	struct transfer_policy policy = strict;
	int visits;

	policy.allow = good;
	policy.allow_count = 1;
	open_listener();
	start_engine(&policy);
	answers[0] = "127.0.0.1";
	answers[1] = "127.0.0.5";
	send_to("both.test", false);
	while ((visits = count_visits()) == 0)
		usleep(1000);
	CHECK_INT(visits, 1);
	wait_results(1);
	CHECK_INT(f.results[0]->outcome, TRANSFER_FAILED);
	stop_engine();
	CHECK_INT(count_visits(), 0);
	close(f.fd);
}

/* Many names for one victim: its network is what counts. */
TEST(verifications_of_one_network_are_bounded_whatever_the_names)
{
	struct transfer_policy policy = strict;
	int later = 0;
	char name[32];

	policy.deny_private = false;
	policy.verify_network = (struct flood_rate){60000, 3};
	open_listener();
	close(f.fd); /* nobody is at home */
	start_engine(&policy);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "127.0.0.%d", i + 1);
		send_to(name, true);
	}
	wait_results(10);
	for (int i = 0; i < 10; i++) {
		if (f.results[i]->outcome != TRANSFER_LATER)
			continue;
		later++;
		CHECK(f.results[i]->retry_after_ms > 0 &&
			f.results[i]->retry_after_ms <= 60000);
	}
	CHECK_INT(later, 7);
	/* another network, and deliveries to those who agreed, are free */
	send_to("127.0.1.1", true);
	wait_results(11);
	CHECK_INT(f.results[10]->outcome, TRANSFER_FAILED);
	send_to("127.0.0.1", false);
	wait_results(12);
	CHECK_INT(f.results[11]->outcome, TRANSFER_FAILED);
	stop_engine();
}
