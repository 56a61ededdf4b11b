/*
 * seal.h: subscribers' secrets as a database of several nodes keeps them: AES-256-GCM
 * (NIST SP 800-38D), bound to the topic and callback they were given for, so that whoever
 * reads a backup can sign nothing and whoever moves a secret to another row breaks it. The
 * keys are a file's; the first of it seals, all open: that is how keys are changed.
 *
 * A sealed secret: "\0gs\1", key id (4 bytes), nonce (12), ciphertext, tag (16).
 */
#ifndef DAEMON_STORE_SEAL_H
#define DAEMON_STORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;
struct seal;

enum {
	SEAL_KEY = 32,
	SEAL_EXTRA = 4 + 4 + 12 + 16, /* a sealed secret is that much longer */
	SEAL_KEYS_MOST = 16,
};

/* The keys in TEXT: 64 hexadecimal digits a line, "#" begins a comment. NAME is for ERR. The
 * caller owns *OUT. */
bool seal_parse(const char *name, const char *text, size_t len, struct seal **out,
	struct error *err);

/* The same from the file PATH, which others may not read; from the credential `store.key`
 * in the directory CREDENTIALS (NULL: there is none) when PATH is NULL. Without either
 * *OUT is NULL: secrets are kept as they are. */
bool seal_load(const char *credentials, const char *path, struct seal **out,
	struct error *err);

/* Wipes the keys; NULL is accepted. */
void seal_destroy(struct seal *seal);

/* Appends the LEN bytes at SECRET, sealed, to OUT; as they are without a SEAL. */
void seal_close(struct seal *seal, const char *topic, const char *callback,
	const void *secret, size_t len, struct buf *out);

/* Appends what was sealed to OUT. What is not sealed is taken as it is: it is older than the
 * key. False, with nothing appended, when the key is not among ours or the bytes are not
 * those that were sealed for TOPIC and CALLBACK. */
bool seal_open(struct seal *seal, const char *topic, const char *callback,
	const void *sealed, size_t len, struct buf *out);

/* Whether SEALED was made with the first key, so that nothing has to be sealed again. */
bool seal_is_newest(const struct seal *seal, const void *sealed, size_t len);

#endif
