/*
 * fuzz_hub_request.c: what anybody may post to the hub, through the form, the topic, the
 * callback policy and the verification URL.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "daemon/hub/callback.h"
#include "daemon/hub/request.h"
#include "daemon/hub/topic.h"
#include "feeds/base/arena.h"
#include "feeds/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool is_any(void *context, const char *path)
{
	(void)context;
	assert(path[0] == '/');
	return true;
}

static void check_callback(const struct request *request)
{
	struct buf key = {0}, url = {0};
	const char *why;

	if (callback_check(request->callback, NULL, 0, &key, &why)) {
		assert(!why && strpbrk(buf_text(&key), "@#? \\/") == strchr(key.bytes, '/'));
		buf_add_str(&url, request->callback);
		callback_add_parameter(&url, "hub.topic", request->topic);
		assert(strncmp(url.bytes, request->callback, strlen(request->callback)) == 0);
		assert(!strpbrk(url.bytes, " \r\n#"));
	} else {
		assert(why);
	}
	buf_finish(&key);
	buf_finish(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_create();
	struct request request;
	struct buf path = {0};
	const char *why;
	int status;

	if (!request_parse(arena, "application/x-www-form-urlencoded", bytes, len, &request,
		&status, &why)) {
		assert(why && status >= 400 && status < 500);
	} else if (request.kind == REQUEST_PUBLISH) {
		assert(request.ping_count > 0 && request.ping_count <= REQUEST_PINGS_MAX);
		for (size_t i = 0; i < request.ping_count; i++)
			topic_find("http://h/", request.pings[i], is_any, NULL, &path);
	} else {
		assert(request.secret_len <= REQUEST_SECRET_MAX && request.lease_s >= 0);
		topic_find("https://h:8080/x/", request.topic, is_any, NULL, &path);
		check_callback(&request);
	}
	buf_finish(&path);
	arena_destroy(arena);
	return 0;
}
