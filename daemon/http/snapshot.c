/*
 * snapshot.c: see snapshot.h. A head is complete but for Date and Connection, which the
 * connection adds: "HTTP/1.1 200 OK\r\n...Vary: ...\r\n". The ETag is of the identity bytes,
 * the same for every encoding, and therefore weak (RFC 9110 section 8.8.3); strong where
 * there is only one and parts of it may be asked for.
 */
#include "daemon/http/snapshot.h"

#include <brotli/encode.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "daemon/http/snapshot_internal.h"
#include "feeds/base/buf.h"
#include "feeds/base/mem.h"

enum {
	GZIP_LEVEL = 9,
	BROTLI_LEVEL = 5,
	LEAST_TO_COMPRESS = 256,
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"}, {202, "Accepted"}, {204, "No Content"}, {206, "Partial Content"},
	{301, "Moved Permanently"},
	{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
	{405, "Method Not Allowed"}, {408, "Request Timeout"}, {410, "Gone"},
	{413, "Content Too Large"}, {414, "URI Too Long"}, {415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{417, "Expectation Failed"}, {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
	{501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot ||
		atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (int e = 0; e < ENCODING_COUNT; e++) {
		free(snapshot->variants[e].head);
		free(snapshot->variants[e].browser_head);
		body_finish(&snapshot->variants[e].body);
	}
	free(snapshot->language);
	free(snapshot->other_language);
	free(snapshot->other_path);
	free(snapshot);
}

void snapshot_etag_of(const void *body, size_t len, char out[32])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size;

	if (!EVP_Digest(body ? body : "", len, digest, &size, EVP_sha256(), NULL))
		abort();
	strcpy(out, "W/\"");
	for (int i = 0; i < 12; i++)
		snprintf(out + 3 + 2 * i, 3, "%02x", digest[i]);
	strcat(out, "\"");
}

void http_date(int64_t at_s, char out[32])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t at = (time_t)at_s;
	char text[64];
	struct tm tm;

	gmtime_r(&at, &tm);
	snprintf(text, sizeof(text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
		tm.tm_hour, tm.tm_min, tm.tm_sec);
	memcpy(out, text, 32);
	out[31] = '\0';
}

const char *http_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

/* Each gives the packed bytes, which the caller frees; *len_out is not less than the
 * original's when packing was of no use. */
static char *compress_gzip(const struct snapshot_spec *spec, size_t *len_out)
{
	z_stream stream = {0};
	uLong bound;
	char *out;

	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	bound = deflateBound(&stream, (uLong)spec->len);
	out = mem_resize(NULL, bound, 1);
	stream.next_in = (Bytef *)(uintptr_t)spec->body;
	stream.avail_in = (uInt)spec->len;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)bound;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	*len_out = stream.total_out;
	deflateEnd(&stream);
	return out;
}

static char *compress_brotli(const struct snapshot_spec *spec, size_t *len_out)
{
	size_t len = BrotliEncoderMaxCompressedSize(spec->len);
	char *out = mem_resize(NULL, len, 1);

	if (!BrotliEncoderCompress(BROTLI_LEVEL, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
		    spec->len, spec->body, &len, (uint8_t *)out))
		len = spec->len;
	*len_out = len;
	return out;
}

/* The fields that a 304 repeats (RFC 9110 section 15.4.5). */
static void add_validators(const char *etag, const struct snapshot_spec *spec, struct buf *out)
{
	char date[32];

	buf_printf(out, "ETag: %s\r\n", etag);
	if (spec->modified_s) {
		http_date(spec->modified_s, date);
		buf_printf(out, "Last-Modified: %s\r\n", date);
	}
	if (spec->is_private)
		buf_add_str(out, "Cache-Control: private, no-cache\r\n");
	else if (spec->max_age_s < 0)
		buf_add_str(out, "Cache-Control: no-store\r\n");
	else
		buf_printf(out, "Cache-Control: public, max-age=%d, stale-if-error=86400\r\n",
			spec->max_age_s);
	buf_printf(out, "Vary: Accept-Encoding, %s%s\r\n",
		spec->language ? "Accept-Language, " : "",
		spec->is_private ? "Authorization" : "Sec-Fetch-Dest");
	if (spec->link)
		buf_printf(out, "Link: %s\r\n", spec->link);
	if (spec->is_public_api)
		buf_add_str(out, "Access-Control-Allow-Origin: *\r\n"
			"Access-Control-Expose-Headers: ETag, Link\r\n");
}

static char *make_head(const struct snapshot *snapshot, const struct snapshot_spec *spec,
	const char *type, enum encoding encoding, size_t *len_out)
{
	static const char *const names[] = {NULL, "gzip", "br"};
	struct buf out = {0};

	buf_printf(&out, "HTTP/1.1 %d %s\r\n", spec->status, http_reason(spec->status));
	if (type)
		buf_printf(&out, "Content-Type: %s\r\n", type);
	if (names[encoding])
		buf_printf(&out, "Content-Encoding: %s\r\n", names[encoding]);
	if (spec->language)
		buf_printf(&out, "Content-Language: %s\r\n", spec->language);
	buf_printf(&out, "Content-Length: %zu\r\n", snapshot->variants[encoding].body.len);
	if (spec->location)
		buf_printf(&out, "Location: %s\r\n", spec->location);
	add_validators(snapshot->etag, spec, &out);
	buf_add_str(&out, "X-Content-Type-Options: nosniff\r\n");
	if (spec->has_ranges)
		buf_add_str(&out, "Accept-Ranges: bytes\r\n");
	if (spec->csp)
		buf_printf(&out, "Content-Security-Policy: %s\r\n", spec->csp);
	return buf_take(&out, len_out);
}

static void make_variants(struct snapshot *snapshot, const struct snapshot_spec *spec)
{
	static char *(*const compress[ENCODING_COUNT])(const struct snapshot_spec *, size_t *) = {
		[ENCODING_GZIP] = compress_gzip, [ENCODING_BROTLI] = compress_brotli};

	body_init(&snapshot->variants[ENCODING_IDENTITY].body, spec->body, spec->len);
	if (!spec->compress || spec->len < LEAST_TO_COMPRESS || spec->len >= 1u << 30)
		return;
	for (int e = ENCODING_GZIP; e < ENCODING_COUNT; e++) {
		size_t len;
		char *packed = compress[e](spec, &len);

		if (len < spec->len)
			body_init(&snapshot->variants[e].body, packed, len);
		free(packed);
	}
}

static void make_heads(struct snapshot *snapshot, const struct snapshot_spec *spec)
{
	for (int e = 0; e < ENCODING_COUNT; e++) {
		struct variant *variant = &snapshot->variants[e];

		if (!variant->body.bytes)
			continue;
		variant->head = make_head(snapshot, spec, spec->content_type, (enum encoding)e,
			&variant->head_len);
		if (spec->browser_type)
			variant->browser_head = make_head(snapshot, spec, spec->browser_type,
				(enum encoding)e, &variant->browser_head_len);
	}
}

/* With its texts behind it, so that what answers a 304 is read in one go. */
static struct snapshot *allocate(const struct snapshot_spec *spec, const struct buf *head304)
{
	size_t path_size = strlen(spec->path) + 1;
	size_t type_size = spec->content_type ? strlen(spec->content_type) + 1 : 0;
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot) + path_size + head304->len +
		type_size);
	char *texts = (char *)(snapshot + 1);

	snapshot->path = memcpy(texts, spec->path, path_size);
	snapshot->head304 = memcpy(texts + path_size, head304->bytes, head304->len);
	snapshot->head304_len = head304->len;
	if (type_size)
		snapshot->content_type = memcpy(texts + path_size + head304->len,
			spec->content_type, type_size);
	return snapshot;
}

struct snapshot *snapshot_create(const struct snapshot_spec *spec)
{
	struct snapshot *snapshot;
	struct buf head304 = {0};
	char etag[32] = "";

	if (spec->etag)
		snprintf(etag, sizeof(etag), "%s", spec->etag);
	else
		snapshot_etag_of(spec->body, spec->len, etag);
	if (spec->has_ranges) /* there is one encoding: it names these very bytes */
		memmove(etag, etag + strlen("W/"), sizeof(etag) - strlen("W/"));
	buf_add_str(&head304, "HTTP/1.1 304 Not Modified\r\n");
	add_validators(etag, spec, &head304);
	snapshot = allocate(spec, &head304);
	buf_finish(&head304);
	atomic_init(&snapshot->refs, 1);
	memcpy(snapshot->etag, etag, sizeof(etag));
	snapshot->etag_len = strlen(etag);
	snapshot->modified_s = spec->modified_s;
	snapshot->status = spec->status;
	snapshot->is_public_api = spec->is_public_api;
	snapshot->has_ranges = spec->has_ranges;
	snapshot->is_public = spec->status == 200 && spec->max_age_s >= 0;
	snapshot->is_provisional = spec->is_provisional;
	snapshot->language = mem_strdup(spec->language);
	snapshot->other_language = mem_strdup(spec->other_language);
	snapshot->other_path = mem_strdup(spec->other_path);
	make_variants(snapshot, spec);
	make_heads(snapshot, spec);
	return snapshot;
}

const char *snapshot_path(const struct snapshot *snapshot)
{
	return snapshot->path;
}

const char *snapshot_etag(const struct snapshot *snapshot)
{
	return snapshot->etag;
}

int64_t snapshot_modified_s(const struct snapshot *snapshot)
{
	return snapshot->modified_s;
}

const char *snapshot_content_type(const struct snapshot *snapshot)
{
	return snapshot->content_type;
}

size_t snapshot_size(const struct snapshot *snapshot)
{
	size_t size = sizeof(*snapshot);

	for (int e = 0; e < ENCODING_COUNT; e++)
		size += snapshot->variants[e].body.len;
	return size;
}

const void *snapshot_body(const struct snapshot *snapshot, size_t *len_out)
{
	*len_out = snapshot->variants[ENCODING_IDENTITY].body.len;
	return snapshot->variants[ENCODING_IDENTITY].body.bytes;
}

const void *snapshot_variant(const struct snapshot *snapshot, enum encoding encoding,
	size_t *len_out)
{
	*len_out = snapshot->variants[encoding].body.len;
	return snapshot->variants[encoding].body.bytes;
}

bool snapshot_is_public(const struct snapshot *snapshot)
{
	return snapshot->is_public;
}

bool snapshot_is_provisional(const struct snapshot *snapshot)
{
	return snapshot->is_provisional;
}
