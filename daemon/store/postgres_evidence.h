/* postgres_evidence.h: the ledger of a PostgreSQL database, for those who read it in a file. */
#ifndef DAEMON_STORE_POSTGRES_EVIDENCE_H
#define DAEMON_STORE_POSTGRES_EVIDENCE_H

#include <stdbool.h>

struct error;
struct sqlite3;

/* Copies the ledger of the database at URI, as it is at one moment, into tables of the same
 * names that are made in TO. Blocks; needs no more than the right to read them. */
bool postgres_evidence_load(const char *uri, struct sqlite3 *to, struct error *err);

#endif
