/*
 * columns.h: rows as every engine keeps them: the columns that its statements name, and the
 * parameters that fill them, in one order.
 */
#ifndef DAEMON_STORE_COLUMNS_H
#define DAEMON_STORE_COLUMNS_H

#include <stdbool.h>

#include "daemon/store/value.h"

struct ledger_row;
struct store_article;

#define ARTICLE_COLUMNS                                                                   \
	"path, id, slug, inode, mtime_ns, size, hash, content_hash, first_seen, visible, "   \
	"published, updated, published_offset, updated_offset, version, presence, channel, " \
	"problem, surfaced, shown, title, labels, former_slugs, decision, decided, "         \
	"decision_note, rights, next_change, status"
#define DOC_COLUMNS "path, content_type, etag, modified, seq, is_topic, is_deleted"
#define SUB_COLUMNS                                                                       \
	"s.id, t.path, s.topic_asked, s.callback, h.key, s.secret, s.method, "               \
	"s.wants_changes, s.expires, k.attempts, k.first_failed, s.delivered_seq, "          \
	"s.part, s.host, s.topic, k.due, k.why, k.priority"
#define LEDGER_COLUMNS                                                                    \
	"seq, time, kind, partner, topic, peer, contents, body, status, attempt, latency, hash"

/* How many each of the functions below fills; the values borrow from the row. */
enum { ARTICLE_VALUES = 29, ARTICLE_NAME_VALUES = 3, LEDGER_VALUES = 12 };

/* ARTICLE_COLUMNS. */
void article_values(const struct store_article *row, struct value *out);
/* Path, id and slug; false if it has neither of the last two. */
bool article_name_values(const struct store_article *row, struct value *out);
/* LEDGER_COLUMNS. */
void ledger_values(const struct ledger_row *row, struct value *out);

#endif
