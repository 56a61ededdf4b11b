/* ledger_keyfile.c: see ledger_keyfile.h. */
#include "daemon/store/ledger_keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/base/error.h"

enum { PEM_MAX = 4096 };

/* The bytes of PATH; -1 with errno. */
static ssize_t read_pem(const char *path, char out[PEM_MAX], mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), saved;
	struct stat status;
	ssize_t len;

	if (fd < 0)
		return -1;
	len = fstat(fd, &status) < 0 ? -1 : read(fd, out, PEM_MAX);
	saved = errno;
	close(fd);
	errno = saved;
	if (len >= 0 && mode)
		*mode = status.st_mode;
	return len;
}

/* A key under a password is none; without this libcrypto would ask at the terminal. */
static int no_password(char *out, int size, int is_writing, void *context)
{
	(void)out, (void)size, (void)is_writing, (void)context;
	return 0;
}

static EVP_PKEY *parse_private(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static EVP_PKEY *parse_public(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static bool load(const char *path, bool is_credential, struct ledger_key **out,
	struct error *err)
{
	char pem[PEM_MAX];
	uint8_t seed[LEDGER_KEY];
	size_t seed_len = sizeof(seed);
	mode_t mode = 0;
	ssize_t len = read_pem(path, pem, &mode);
	EVP_PKEY *pair;
	bool ok;

	if (len < 0)
		return error_set(err, "open %s: %s", path, strerror(errno));
	if (!is_credential && (mode & 077))
		return error_set(err, "%s: others may read it (mode %03o); expected 0600", path,
			(unsigned)mode & 0777);
	pair = parse_private(pem, (size_t)len);
	ok = pair && EVP_PKEY_get_raw_private_key(pair, seed, &seed_len) == 1 &&
		seed_len == sizeof(seed);
	if (ok)
		*out = ledger_key_create(seed);
	EVP_PKEY_free(pair);
	OPENSSL_cleanse(seed, sizeof(seed));
	OPENSSL_cleanse(pem, sizeof(pem));
	return ok || error_set(err, "%s: not an Ed25519 private key in PEM", path);
}

/* Writes BIO's bytes to a new file, durably, and never over one that is there. */
static bool write_new(const char *path, mode_t mode, BIO *bio, struct error *err)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	bool ok = fd >= 0 && write(fd, bytes, (size_t)len) == len && fsync(fd) == 0;

	if (!ok)
		error_set(err, "create %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && !ok)
		unlink(path);
	return ok;
}

static bool create(const char *path, const char *public_path, struct error *err)
{
	uint8_t seed[LEDGER_KEY];
	EVP_PKEY *pair = NULL;
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	bool ok = RAND_bytes(seed, sizeof(seed)) == 1;

	if (ok)
		pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	ok = pair && private && public &&
		PEM_write_bio_PrivateKey(private, pair, NULL, NULL, 0, NULL, NULL) == 1 &&
		PEM_write_bio_PUBKEY(public, pair) == 1;
	if (!ok)
		error_set(err, "create %s: no key could be made", path);
	unlink(public_path); /* of a key that is no more */
	ok = ok && write_new(public_path, 0644, public, err) &&
		write_new(path, 0600, private, err);
	BIO_free(private);
	BIO_free(public);
	EVP_PKEY_free(pair);
	OPENSSL_cleanse(seed, sizeof(seed));
	return ok;
}

bool ledger_keyfile_open(const char *credentials, const char *directory,
	struct ledger_key **out, struct error *err)
{
	char path[512], public_path[512];

	if (credentials) {
		snprintf(path, sizeof(path), "%s/ledger.key", credentials);
		if (access(path, F_OK) == 0)
			return load(path, true, out, err);
	}
	if (snprintf(path, sizeof(path), "%s/ledger.key", directory) >= (int)sizeof(path))
		return error_set(err, "%s/ledger.key: File name too long", directory);
	snprintf(public_path, sizeof(public_path), "%s/ledger.pub", directory);
	if (access(path, F_OK) < 0 && errno == ENOENT && !create(path, public_path, err))
		return false;
	return load(path, false, out, err);
}

bool ledger_keyfile_read_public(const char *path, uint8_t out[LEDGER_KEY], struct error *err)
{
	char pem[PEM_MAX];
	size_t out_len = LEDGER_KEY;
	ssize_t len = read_pem(path, pem, NULL);
	EVP_PKEY *key;
	bool ok;

	if (len < 0)
		return error_set(err, "open %s: %s", path, strerror(errno));
	key = parse_public(pem, (size_t)len);
	if (!key)
		key = parse_private(pem, (size_t)len);
	ok = key && EVP_PKEY_get_raw_public_key(key, out, &out_len) == 1 &&
		out_len == LEDGER_KEY;
	EVP_PKEY_free(key);
	OPENSSL_cleanse(pem, sizeof(pem));
	return ok || error_set(err, "%s: not an Ed25519 key in PEM", path);
}
