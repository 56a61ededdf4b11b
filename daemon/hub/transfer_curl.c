/*
 * transfer_curl.c: libcurl's multi_socket interface on libev, several multi handles by
 * host. Nothing here decides; see transfer.c. Easy handles are never removed inside one
 * of libcurl's callbacks.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "daemon/hub/readers.h"
#include "daemon/hub/transfer_internal.h"
#include "feeds/base/mem.h"

enum {
	NAMES_KEPT_MS = 300 * 1000,
	BUFFER = 1024,             /* answers are small and dropped */
};

struct watch {
	ev_io io;
	struct shard *shard;
};

/* Only libcurl calls this with a wrong option, which a test would show at once. */
static void must(CURLcode code)
{
	if (code != CURLE_OK)
		abort();
}

static void must_multi(CURLMcode code)
{
	if (code != CURLM_OK)
		abort();
}

/* ---- libcurl and libev ---- */

static void collect(struct shard *shard)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(shard->multi, &left))) {
		struct sender *sender;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		must(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &sender));
		transfer_finished(shard->engine, sender->transfer, code);
	}
}

static void on_io(struct ev_loop *ev, ev_io *io, int events)
{
	struct watch *watch = io->data;
	struct shard *shard = watch->shard;
	int mask = 0, running;

	(void)ev;
	if (events & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	must_multi(curl_multi_socket_action(shard->multi, io->fd, mask, &running));
	collect(shard);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct shard *shard = timer->data;
	int running;

	(void)ev, (void)events;
	must_multi(curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running));
	collect(shard);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct shard *shard = context;
	struct ev_loop *ev = loop_ev(shard->engine->loop);

	(void)multi;
	ev_timer_stop(ev, &shard->timer);
	if (timeout_ms < 0)
		return 0;
	/* the loop's time is that of the turn's beginning */
	ev_timer_set(&shard->timer, (double)timeout_ms / 1000.0, 0.0);
	ev_timer_start(ev, &shard->timer);
	return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *mine)
{
	struct shard *shard = context;
	struct ev_loop *ev = loop_ev(shard->engine->loop);
	struct watch *watch = mine;
	int events = 0;

	(void)easy;
	if (watch)
		ev_io_stop(ev, &watch->io);
	if (what == CURL_POLL_REMOVE) {
		free(watch);
		return 0;
	}
	if (!watch) {
		watch = mem_alloc(sizeof(*watch));
		watch->shard = shard;
		ev_init(&watch->io, on_io);
		watch->io.data = watch;
		must_multi(curl_multi_assign(shard->multi, fd, watch));
	}
	if (what != CURL_POLL_OUT)
		events |= EV_READ;
	if (what != CURL_POLL_IN)
		events |= EV_WRITE;
	ev_io_set(&watch->io, fd, events);
	ev_io_start(ev, &watch->io);
	return 0;
}

/* ---- one easy handle ---- */

/* Names are cheap: many may lead to one victim, so its network is counted. */
static bool is_too_many(struct sender *sender, const struct sockaddr *address)
{
	struct transfer_engine *engine = sender->shard->engine;
	char network[FLOOD_KEY_MAX];

	if (!sender->transfer->batch->request->expect)
		return false;
	flood_network(address, network);
	sender->later_ms = flood_try(engine->networks, network,
		engine->policy.verify_network, loop_mono_ms(engine->loop));
	return sender->later_ms > 0;
}

/* The name is resolved by now; judging here cannot be got round by another answer of the
 * name server, and it happens for each address that is tried. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
	struct curl_sockaddr *address)
{
	struct sender *sender = context;
	const char *why = sender->transfer->batch->request->is_trusted ? NULL :
		address_why_refused(&address->addr, &sender->shard->engine->addresses);

	(void)purpose;
	if (why) {
		sender->refused = why;
		return CURL_SOCKET_BAD;
	}
	if (is_too_many(sender, &address->addr))
		return CURL_SOCKET_BAD;
	sender->is_open = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		address->protocol);
}

static int status_of_line(const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	int status = 0;

	if (!space || space + 4 > line + len)
		return 0;
	for (int i = 1; i <= 3 && space[i] >= '0' && space[i] <= '9'; i++)
		status = status * 10 + (space[i] - '0');
	return status;
}

/* What curl_easy_getinfo says of a handle that was used before is the answer before, until
 * the transfer has begun; so the status is taken from the answer itself. */
static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	static const char retry_after[] = "Retry-After:";
	struct sender *sender = context;
	size_t len = size * count;

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
		int status = status_of_line(line, len);

		sender->status = status >= 200 ? status : 0;
		sender->has_retry_after = false;
	} else if (len >= sizeof(retry_after) &&
		strncasecmp(line, retry_after, sizeof(retry_after) - 1) == 0) {
		sender->has_retry_after = true;
	}
	return len;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct sender *sender = context;
	size_t len = size * count;
	size_t max = sender->transfer->batch->request->body ? DISCARD_MAX : ANSWER_MAX;

	if (len > max - sender->got)
		return 0;
	if (max == ANSWER_MAX)
		memcpy(sender->answer + sender->got, bytes, len);
	sender->got += len;
	return len;
}

static void set_options(struct sender *sender)
{
	CURL *easy = sender->easy;

	must(curl_easy_setopt(easy, CURLOPT_PRIVATE, sender));
	must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	/* a proxy from the environment would connect where no address was judged */
	must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	/* or each TLS connection parses the whole bundle (22 ms) */
	must(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	if (sender->shard->engine->policy.ca_file)
		must(curl_easy_setopt(easy, CURLOPT_CAINFO,
			sender->shard->engine->policy.ca_file));
	/* or a dead name server stalls the loop when the time is up */
	must(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
	must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	must(curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L));
	/* libcurl would look through all names for old ones before each transfer */
	must(curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L));
	must(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER));
	must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sender));
	must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer));
	must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, sender));
	must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header));
	must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, sender));
}

/* ---- names ---- */

static CURLSH *make_names(void)
{
	CURLSH *names = curl_share_init();

	if (!names || curl_share_setopt(names, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) !=
			CURLSHE_OK)
		abort();
	return names;
}

static void use_names(struct sender *sender)
{
	if (sender->names == sender->shard->names)
		return;
	sender->names = sender->shard->names;
	must(curl_easy_setopt(sender->easy, CURLOPT_SHARE, sender->names));
}

/* All at once: one set of names follows another. Transfers under way keep the old one,
 * which ends with the last of them. */
void shard_renew_names(struct shard *shard, int64_t now)
{
	if (now - shard->names_since < NAMES_KEPT_MS)
		return;
	if (shard->old_names && curl_share_cleanup(shard->old_names) != CURLSHE_OK)
		return;
	shard->old_names = shard->names;
	shard->names = make_names();
	shard->names_since = now;
	for (struct sender *sender = shard->pool; sender; sender = sender->next)
		use_names(sender);
}

static struct sender *take_sender(struct shard *shard)
{
	struct sender *sender = shard->pool;

	if (sender) {
		shard->pool = sender->next;
		return sender;
	}
	sender = mem_alloc(sizeof(*sender));
	sender->shard = shard;
	sender->easy = curl_easy_init();
	if (!sender->easy)
		abort();
	set_options(sender);
	return sender;
}

/* A const line in a list that libcurl only reads. */
static void add_line(struct sender *sender, size_t *count, const char *line)
{
	struct curl_slist *node = &sender->lines[*count];

	memcpy(&node->data, &line, sizeof(line));
	node->next = NULL;
	if (*count)
		sender->lines[*count - 1].next = node;
	++*count;
}

static void set_headers(struct sender *sender, const struct transfer *transfer)
{
	static const char header[] = "X-Hub-Signature: ";
	const struct transfer_body *body = transfer->batch->request->body;
	const struct transfer_item *item = transfer->item;
	size_t count = 0;

	add_line(sender, &count, "Expect:");
	if (body && body->type_line)
		add_line(sender, &count, body->type_line);
	if (body && body->link_line)
		add_line(sender, &count, body->link_line);
	if (body && item->secret_len) {
		memcpy(sender->signature, header, sizeof(header));
		sign_body(sender->shard->engine->signs, body->id, body->bytes, body->len,
			item->secret, item->secret_len, item->method,
			sender->signature + sizeof(header) - 1);
		add_line(sender, &count, sender->signature);
	}
	must(curl_easy_setopt(sender->easy, CURLOPT_HTTPHEADER, sender->lines));
}

void sender_start(struct shard *shard, struct transfer *transfer)
{
	struct sender *sender = take_sender(shard);
	const struct transfer_request *request = transfer->batch->request;
	CURL *easy = sender->easy;

	sender->transfer = transfer;
	sender->refused = NULL;
	sender->is_open = false;
	sender->later_ms = 0;
	sender->status = 0;
	sender->has_retry_after = false;
	sender->got = 0;
	transfer->sender = sender;
	shard_renew_names(shard, loop_mono_ms(shard->engine->loop));
	use_names(sender);
	must(curl_easy_setopt(easy, CURLOPT_URL, transfer->item->url));
	must(curl_easy_setopt(easy, CURLOPT_USERAGENT, shard->engine->policy.user_agent));
	must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms));
	must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_ms));
	if (request->body) {
		must(curl_easy_setopt(easy, CURLOPT_POST, 1L));
		must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)request->body->len));
		must(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body->bytes));
	} else {
		must(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
	}
	set_headers(sender, transfer);
	must_multi(curl_multi_add_handle(shard->multi, easy));
}

int sender_on_behalf_of(const struct sender *sender)
{
	struct curl_header *header;
	long value;

	if (curl_easy_header(sender->easy, "X-Hub-On-Behalf-Of", 0, CURLH_HEADER, -1,
		    &header) != CURLHE_OK)
		return 0;
	value = strtol(header->value, NULL, 10);
	return value > 0 && value <= READERS_MOST ? (int)value : 0;
}

void sender_stop(struct transfer *transfer)
{
	struct sender *sender = transfer->sender;

	must_multi(curl_multi_remove_handle(sender->shard->multi, sender->easy));
	/* none of the transfer's memory stays behind */
	must(curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDS, NULL));
	must(curl_easy_setopt(sender->easy, CURLOPT_HTTPHEADER, NULL));
	sender->transfer = NULL;
	transfer->sender = NULL;
	use_names(sender);
	sender->next = sender->shard->pool;
	sender->shard->pool = sender;
}

void shard_init(struct shard *shard, struct transfer_engine *engine, int connections)
{
	CURLM *multi = curl_multi_init();

	if (!multi)
		abort();
	shard->engine = engine;
	shard->multi = multi;
	shard->names = make_names();
	shard->names_since = loop_mono_ms(engine->loop);
	ev_init(&shard->timer, on_timer);
	shard->timer.data = shard;
	must_multi(curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_socket));
	must_multi(curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard));
	must_multi(curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer));
	must_multi(curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard));
	must_multi(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
		(long)connections));
}

void shard_finish(struct shard *shard)
{
	struct sender *next;

	for (struct sender *sender = shard->pool; sender; sender = next) {
		next = sender->next;
		curl_easy_cleanup(sender->easy);
		free(sender);
	}
	curl_multi_cleanup(shard->multi);
	curl_share_cleanup(shard->names);
	curl_share_cleanup(shard->old_names);
	ev_timer_stop(loop_ev(shard->engine->loop), &shard->timer);
}
