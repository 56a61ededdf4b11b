/*
 * post.c: the limit that the hub is measured against: a bare epoll client that makes the
 * same signed POSTs and does nothing else: no store, no retry, no TLS, no policy, and it
 * believes any answer.
 *
 *   post PORT HOSTS COUNT BODY IN_FLIGHT PASSES
 *
 * COUNT deliveries of BODY bytes to HOSTS addresses of 127.0.0.0/8 in turn, each signed with
 * a secret of its own; connections are kept and used again. Prints the deliveries per
 * second of the last pass: with one pass all hosts are cold, with two the connections are
 * warm.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, HEAD_MAX = 1024, MOST_IDLE = 4096 };

struct connection {
	int fd, host;
	struct connection *next;   /* idle, of its host */
	char head[HEAD_MAX];
	size_t head_len, sent;
	bool waits_out;
};

static int port, hosts, count, in_flight, started, done, idle_count, poll_fd;
static struct connection **idle; /* by host */
static char *body;
static size_t body_len;
static EVP_MAC_CTX *mac;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sign(int id, char out[65])
{
	unsigned char digest[32];
	char secret[32];
	size_t len;
	int n = snprintf(secret, sizeof(secret), "secret-%d", id);

	if (!EVP_MAC_init(mac, (unsigned char *)secret, (size_t)n, NULL) ||
		!EVP_MAC_update(mac, (unsigned char *)body, body_len) ||
		!EVP_MAC_final(mac, digest, &len, sizeof(digest)))
		die("sign");
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static struct connection *connect_to(int host)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(0x7f010000u + (uint32_t)host)};
	struct connection *connection = calloc(1, sizeof(*connection));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	int one = 1;

	if (!connection)
		die("calloc");
	connection->host = host;
	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd < 0)
		die("socket");
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
		errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0)
		die("epoll_ctl");
	return connection;
}

static void want_out(struct connection *connection, bool wants)
{
	struct epoll_event event = {.events = wants ? EPOLLOUT : EPOLLIN,
		.data.ptr = connection};

	if (connection->waits_out == wants)
		return;
	connection->waits_out = wants;
	if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, connection->fd, &event) < 0)
		die("epoll_ctl");
}

static void send_more(struct connection *connection)
{
	size_t all = connection->head_len + body_len, body_sent;
	struct iovec parts[2];
	ssize_t n;

	while (connection->sent < all) {
		int first = connection->sent < connection->head_len ? 0 : 1;

		body_sent = first ? connection->sent - connection->head_len : 0;
		parts[0].iov_base = connection->head + (first ? 0 : connection->sent);
		parts[0].iov_len = first ? 0 : connection->head_len - connection->sent;
		parts[1].iov_base = body + body_sent;
		parts[1].iov_len = body_len - body_sent;
		n = writev(connection->fd, parts + first, 2 - first);
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
			want_out(connection, true);
			return;
		}
		if (n < 0)
			die("write");
		connection->sent += (size_t)n;
	}
	want_out(connection, false);
}

/* In turn: a host has few connections then, and they stay warm. */
static void start_one(void)
{
	int id = started++, host = id % hosts;
	struct connection *connection = idle[host];
	char signature[65];

	if (connection) {
		idle[host] = connection->next;
		idle_count--;
	} else {
		connection = connect_to(host);
	}
	sign(id, signature);
	connection->sent = 0;
	connection->head_len = (size_t)snprintf(connection->head, HEAD_MAX,
		"POST /ok/%d HTTP/1.1\r\nHost: 127.1.%d.%d:%d\r\nUser-Agent: bare\r\n"
		"Accept: */*\r\nContent-Type: application/atom+xml; charset=utf-8\r\n"
		"Link: <http://news.example/hub>; rel=\"hub\", "
		"<http://news.example/feed.atom>; rel=\"self\"\r\n"
		"X-Hub-Signature: sha256=%s\r\nContent-Length: %zu\r\n\r\n",
		id, host / 256, host % 256, port, signature, body_len);
	send_more(connection);
}

static void on_answer(struct connection *connection)
{
	char text[1024];
	ssize_t n = recv(connection->fd, text, sizeof(text), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("answer");
	done++;
	if (idle_count >= MOST_IDLE) {
		close(connection->fd);
		free(connection);
	} else {
		connection->next = idle[connection->host];
		idle[connection->host] = connection;
		idle_count++;
	}
	if (started < count)
		start_one();
}

static double run_pass(void)
{
	struct epoll_event events[EVENTS];
	double began = now_s();

	started = done = 0;
	while (started < count && started < in_flight)
		start_one();
	while (done < count) {
		int n = epoll_wait(poll_fd, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct connection *connection = events[i].data.ptr;

			if (connection->waits_out)
				send_more(connection);
			else
				on_answer(connection);
		}
	}
	return count / (now_s() - began);
}

static void prepare(void)
{
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	struct rlimit limit;

	mac = EVP_MAC_CTX_new(hmac);
	if (!mac || !EVP_MAC_CTX_set_params(mac, params))
		die("HMAC");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	idle = calloc((size_t)hosts, sizeof(*idle));
	body = malloc(body_len);
	if (poll_fd < 0 || !idle || !body)
		die("prepare");
	memset(body, 'x', body_len);
}

int main(int argc, char **argv)
{
	double rate = 0;
	int passes;

	if (argc != 7)
		return 2;
	port = atoi(argv[1]);
	hosts = atoi(argv[2]);
	count = atoi(argv[3]);
	body_len = (size_t)atoi(argv[4]);
	in_flight = atoi(argv[5]);
	passes = atoi(argv[6]);
	prepare();
	for (int i = 0; i < passes; i++)
		rate = run_pass();
	printf("%.0f\n", rate);
	return 0;
}
