/* seal.c: see seal.h. A random nonce of 96 bits allows 2^32 secrets under one key. */
#include "daemon/store/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/base/buf.h"
#include "feeds/base/error.h"
#include "feeds/base/mem.h"

enum {
	MAGIC = 4,
	ID = 4,
	NONCE = 12,
	TAG = 16,
	HEAD = MAGIC + ID + NONCE,
	FILE_MOST = 8192,
	SECRET_MOST = 1 << 20,
};

static_assert(HEAD + TAG == SEAL_EXTRA, "the length that the header promises");

static const unsigned char magic[MAGIC] = {0, 'g', 's', 1};

struct key {
	unsigned char id[ID];      /* the beginning of its SHA-256 */
	unsigned char bytes[SEAL_KEY];
};

struct seal {
	struct key keys[SEAL_KEYS_MOST];
	size_t count;
	EVP_CIPHER *cipher;        /* owns */
	EVP_CIPHER_CTX *context;   /* owns */
};

/* ---- the keys ---- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_key(const char *text, size_t len, unsigned char out[SEAL_KEY])
{
	if (len != 2 * SEAL_KEY)
		return false;
	for (size_t i = 0; i < SEAL_KEY; i++) {
		int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static void name_key(struct key *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(key->bytes, SEAL_KEY, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	memcpy(key->id, digest, ID);
}

static const struct key *find_key(const struct seal *seal, const unsigned char *id)
{
	for (size_t i = 0; i < seal->count; i++) {
		if (memcmp(seal->keys[i].id, id, ID) == 0)
			return &seal->keys[i];
	}
	return NULL;
}

static bool add_key(struct seal *seal, const char *name, int line, const char *text,
	size_t len, struct error *err)
{
	struct key *key = &seal->keys[seal->count];

	if (seal->count == SEAL_KEYS_MOST)
		return error_set(err, "%s:%d: more than %d keys", name, line, SEAL_KEYS_MOST);
	if (!parse_key(text, len, key->bytes))
		return error_set(err, "%s:%d: expected a key of 64 hexadecimal digits, as "
			"`openssl rand -hex 32` makes", name, line);
	name_key(key);
	if (find_key(seal, key->id))
		return error_set(err, "%s:%d: this key is there already", name, line);
	seal->count++;
	return true;
}

static size_t trimmed(const char **at, size_t len)
{
	const char *comment = memchr(*at, '#', len);

	if (comment)
		len = (size_t)(comment - *at);
	while (len && strchr(" \t\r", (*at)[len - 1]) && (*at)[len - 1])
		len--;
	while (len && (**at == ' ' || **at == '\t')) {
		(*at)++;
		len--;
	}
	return len;
}

static bool parse_keys(struct seal *seal, const char *name, const char *text, size_t len,
	struct error *err)
{
	const char *end = text + len;

	for (int line = 1; text < end; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text)), *at = text;
		size_t n;

		stop = stop ? stop : end;
		n = trimmed(&at, (size_t)(stop - text));
		if (n && !add_key(seal, name, line, at, n, err))
			return false;
		text = stop + (stop < end);
	}
	return seal->count || error_set(err, "%s: there is no key in it", name);
}

bool seal_parse(const char *name, const char *text, size_t len, struct seal **out,
	struct error *err)
{
	struct seal *seal = mem_alloc(sizeof(*seal));

	seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	seal->context = EVP_CIPHER_CTX_new();
	if (!seal->cipher || !seal->context)
		abort();
	if (!parse_keys(seal, name, text, len, err)) {
		seal_destroy(seal);
		return false;
	}
	*out = seal;
	return true;
}

void seal_destroy(struct seal *seal)
{
	if (!seal)
		return;
	EVP_CIPHER_CTX_free(seal->context);
	EVP_CIPHER_free(seal->cipher);
	OPENSSL_cleanse(seal, sizeof(*seal));
	free(seal);
}

static ssize_t read_file(const char *path, char out[FILE_MOST], mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), saved;
	struct stat status;
	ssize_t len = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0) {
		*mode = status.st_mode;
		len = read(fd, out, FILE_MOST);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return len;
}

bool seal_load(const char *credentials, const char *path, struct seal **out,
	struct error *err)
{
	char credential[512], text[FILE_MOST];
	bool is_credential = !path, ok;
	mode_t mode = 0;
	ssize_t len;

	*out = NULL;
	if (is_credential) {
		if (!credentials)
			return true;
		snprintf(credential, sizeof(credential), "%s/store.key", credentials);
		if (access(credential, F_OK) < 0 && errno == ENOENT)
			return true;
		path = credential;
	}
	len = read_file(path, text, &mode);
	if (len < 0)
		return error_set(err, "store.key_file: open %s: %s", path, strerror(errno));
	if (!is_credential && (mode & 077))
		ok = error_set(err, "store.key_file: %s: others may read it (mode %03o); "
			"expected 0600", path, (unsigned)mode & 0777);
	else if (len == FILE_MOST)
		ok = error_set(err, "store.key_file: %s: larger than %d bytes", path, FILE_MOST);
	else
		ok = seal_parse(path, text, (size_t)len, out, err);
	OPENSSL_cleanse(text, sizeof(text));
	return ok;
}

/* ---- sealing ---- */

/* The length of the topic comes first: no topic runs into a callback. */
static bool add_bound(EVP_CIPHER_CTX *context, const char *topic, const char *callback)
{
	size_t len = strlen(topic);
	unsigned char length[4] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len};
	int ignored;

	return EVP_CipherUpdate(context, NULL, &ignored, length, sizeof(length)) == 1 &&
		EVP_CipherUpdate(context, NULL, &ignored, (const unsigned char *)topic,
			(int)len) == 1 &&
		EVP_CipherUpdate(context, NULL, &ignored, (const unsigned char *)callback,
			(int)strlen(callback)) == 1;
}

static bool run_cipher(struct seal *seal, const struct key *key, const unsigned char *nonce,
	bool is_sealing)
{
	return EVP_CipherInit_ex2(seal->context, seal->cipher, key->bytes, nonce, is_sealing,
		NULL) == 1;
}

void seal_close(struct seal *seal, const char *topic, const char *callback,
	const void *secret, size_t len, struct buf *out)
{
	unsigned char nonce[NONCE], *to;
	int done = 0, rest = 0;
	bool ok;

	assert(len <= SECRET_MOST);
	if (!seal) {
		buf_add(out, secret, len);
		return;
	}
	to = (unsigned char *)buf_reserve(out, len + SEAL_EXTRA);
	ok = RAND_bytes(nonce, NONCE) == 1 && run_cipher(seal, &seal->keys[0], nonce, true) &&
		add_bound(seal->context, topic, callback) &&
		(!len || EVP_CipherUpdate(seal->context, to + HEAD, &done, secret,
				 (int)len) == 1) &&
		EVP_CipherFinal_ex(seal->context, to + HEAD + done, &rest) == 1 &&
		EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_GCM_GET_TAG, TAG,
			to + HEAD + len) == 1;
	if (!ok || (size_t)(done + rest) != len)
		abort(); /* no secret goes out as it is */
	memcpy(to, magic, MAGIC);
	memcpy(to + MAGIC, seal->keys[0].id, ID);
	memcpy(to + MAGIC + ID, nonce, NONCE);
	out->len += len + SEAL_EXTRA;
	out->bytes[out->len] = '\0';
}

static bool is_sealed(const unsigned char *bytes, size_t len)
{
	return len >= MAGIC && memcmp(bytes, magic, MAGIC) == 0;
}

bool seal_open(struct seal *seal, const char *topic, const char *callback,
	const void *sealed, size_t len, struct buf *out)
{
	const unsigned char *bytes = sealed;
	const struct key *key;
	unsigned char tag[TAG], *to;
	size_t plain = len - SEAL_EXTRA;
	int done = 0, rest = 0;

	if (!is_sealed(bytes, len)) {
		buf_add(out, sealed, len);
		return true;
	}
	if (!seal || len < SEAL_EXTRA || plain > SECRET_MOST)
		return false;
	key = find_key(seal, bytes + MAGIC);
	if (!key || !run_cipher(seal, key, bytes + MAGIC + ID, false) ||
		!add_bound(seal->context, topic, callback))
		return false;
	to = (unsigned char *)buf_reserve(out, plain);
	memcpy(tag, bytes + HEAD + plain, TAG);
	if ((plain && EVP_CipherUpdate(seal->context, to, &done, bytes + HEAD,
			      (int)plain) != 1) ||
		EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_GCM_SET_TAG, TAG, tag) != 1 ||
		EVP_CipherFinal_ex(seal->context, to + done, &rest) != 1) {
		OPENSSL_cleanse(to, plain);
		*to = '\0';
		return false;
	}
	out->len += plain;
	out->bytes[out->len] = '\0';
	return true;
}

bool seal_is_newest(const struct seal *seal, const void *sealed, size_t len)
{
	const unsigned char *bytes = sealed;

	return len >= SEAL_EXTRA && is_sealed(bytes, len) &&
		memcmp(bytes + MAGIC, seal->keys[0].id, ID) == 0;
}
