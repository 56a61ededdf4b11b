/*
 * ledger_keyfile.h: the key that signs the ledger, as a PEM file: `ledger.key` among the
 * systemd credentials, or else in the state directory, where it is made (0600) at first
 * use, with `ledger.pub` beside it for whoever verifies.
 */
#ifndef DAEMON_STORE_LEDGER_KEYFILE_H
#define DAEMON_STORE_LEDGER_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/store/ledger.h"

struct error;

/* CREDENTIALS (may be NULL) is the directory of the credentials. */
bool ledger_keyfile_open(const char *credentials, const char *directory,
	struct ledger_key **out, struct error *err);

/* The public key of a PEM file, public or private. */
bool ledger_keyfile_read_public(const char *path, uint8_t out[LEDGER_KEY],
	struct error *err);

#endif
