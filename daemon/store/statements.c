/*
 * statements.c: every SQL statement of the engine, prepared when first used. "Live" means
 * `expires > now` everywhere. CROSS JOIN fixes the order of a join: the planner of SQLite
 * takes it as it stands, and no statement depends on ANALYZE. `+expires` keeps a page on
 * the primary key, where sub_expires could make it sort the whole topic.
 */
#include "daemon/store/columns.h"
#include "daemon/store/sqlite.h"

#define INTENT_COLUMNS                                                                    \
	"id, mode, topic, topic_asked, callback, host_key, lease_s, secret, method, "        \
	"verify_token, wants_changes, tries, reason, initial"

const char *const sqlite_statements[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_COUNTER] = "UPDATE counter SET n = n + 1 WHERE name = ?1 RETURNING n",

	[SQL_ARTICLE_MOVE] =
		"UPDATE OR REPLACE article SET path = ?2, seq = ?3 WHERE path = ?1",
	[SQL_ARTICLE_CLEAR_NAMES] =
		"DELETE FROM article WHERE path <> ?1 AND (id = ?2 OR slug = ?3)",
	[SQL_ARTICLE_PUT] =
		"INSERT INTO article(" ARTICLE_COLUMNS ", seq) VALUES"
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
		"?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30) "
		"ON CONFLICT(path) DO UPDATE SET id = ?2, slug = ?3, inode = ?4, mtime_ns = ?5,"
		"size = ?6, hash = ?7, content_hash = ?8, first_seen = ?9, visible = ?10,"
		"published = ?11, updated = ?12, published_offset = ?13, updated_offset = ?14,"
		"version = ?15, presence = ?16, channel = ?17, problem = ?18, surfaced = ?19,"
		"shown = ?20, title = ?21, labels = ?22, former_slugs = ?23, decision = ?24,"
		"decided = ?25, decision_note = ?26, rights = ?27, next_change = ?28,"
		"status = ?29,"
		/* whatever is seen of it; of `rights` what entitlement.c says that shows */
		"seq = CASE WHEN version = ?15 AND updated = ?12 AND visible = ?10 "
		"AND shown = ?20 AND presence = ?16 AND labels IS ?22 AND decision = ?24 "
		"AND (rights & 4294901761) = (?27 & 4294901761) "
		"THEN seq ELSE ?30 END RETURNING num",
	[SQL_ARTICLE_PUT_FLAT] =
		"INSERT INTO flat(article, bytes) VALUES(?1, ?2) "
		"ON CONFLICT(article) DO UPDATE SET bytes = ?2",
	[SQL_ARTICLE_DELETE] = "DELETE FROM article WHERE path = ?1",
	[SQL_ARTICLE_LIST] =
		"SELECT " ARTICLE_COLUMNS " FROM article WHERE path > ?1 ORDER BY path LIMIT ?2",
	[SQL_ARTICLE_CHANGED] =
		"SELECT path, seq, num FROM article WHERE (seq, num) > (?1, ?2) "
		"ORDER BY seq, num LIMIT ?3",
	[SQL_ARTICLE_GET] =
		"SELECT " ARTICLE_COLUMNS ", flat.bytes FROM article "
		"LEFT JOIN flat ON flat.article = article.num WHERE path = ?1",

	[SQL_DOC_PUT] =
		"INSERT INTO document(" DOC_COLUMNS ", body) VALUES"
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
		"ON CONFLICT(path) DO UPDATE SET content_type = ?2, etag = ?3, modified = ?4,"
		"seq = ?5, is_topic = ?6, is_deleted = ?7, body = ?8",
	[SQL_DOC_LIST] = "SELECT " DOC_COLUMNS " FROM document ORDER BY path",
	[SQL_DOC_SINCE] =
		"SELECT " DOC_COLUMNS " FROM document WHERE seq > ?1 ORDER BY seq LIMIT ?2",
	[SQL_DOC_GET] = "SELECT " DOC_COLUMNS ", body FROM document WHERE path = ?1",

	[SQL_DOC_CHANGED] =
		"SELECT path, seq FROM document WHERE is_topic AND NOT is_deleted AND seq > ?1 "
		"ORDER BY seq LIMIT ?2",

	[SQL_TOPIC_PUT] = "INSERT INTO topic(path) VALUES(?1) RETURNING num",
	[SQL_TOPIC_FIND] = "SELECT num FROM topic WHERE path = ?1",
	[SQL_HOST_PUT] = "INSERT INTO host(key) VALUES(?1) RETURNING num",
	[SQL_HOST_FIND] = "SELECT num FROM host WHERE key = ?1",

	[SQL_INTENT_DROP_KEY] = "DELETE FROM intent WHERE topic = ?1 AND callback_hash = ?2",
	[SQL_INTENT_PUT] =
		"INSERT INTO intent(" INTENT_COLUMNS ", callback_hash, due, is_taken) VALUES"
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?14, ?15, ?12, ?13, 0)",
	[SQL_INTENT_DUE] =
		"SELECT " INTENT_COLUMNS " FROM intent WHERE due <= ?1 ORDER BY due, id LIMIT ?2",
	[SQL_INTENT_HIDE] =
		"UPDATE intent SET due = ?2, tries = tries + 1, is_taken = 1 WHERE id = ?1",
	[SQL_INTENT_GET] =
		"SELECT " INTENT_COLUMNS ", callback_hash FROM intent WHERE id = ?1",
	[SQL_INTENT_DELETE] = "DELETE FROM intent WHERE id = ?1",
	[SQL_INTENT_RETRY] =
		"UPDATE intent SET due = ?2, is_taken = 0 WHERE id = ?1",

	[SQL_SUB_FIND] = "SELECT id FROM sub WHERE topic = ?1 AND callback_hash = ?2",
	[SQL_SUB_INSERT] =
		"INSERT INTO sub(topic, part, host, id, callback, callback_hash, topic_asked,"
		"secret, method, wants_changes, expires, delivered_seq) VALUES"
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0)",
	[SQL_SUB_RENEW] =
		"UPDATE sub SET secret = ?2, method = ?3, wants_changes = ?4, expires = ?5 "
		"WHERE id = ?1",
	[SQL_SUB_DELETE_KEY] = "DELETE FROM sub WHERE topic = ?1 AND callback_hash = ?2",
	[SQL_SUB_DELETE] = "DELETE FROM sub WHERE id = ?1",
	[SQL_SUB_LIST] =
		"SELECT " SUB_COLUMNS " FROM sub s CROSS JOIN topic t ON t.num = s.topic "
		"CROSS JOIN host h ON h.num = s.host LEFT JOIN task k ON k.sub = s.id "
		"WHERE (s.topic, s.part, s.host, s.id) > (?1, ?2, ?3, ?4) "
		"AND s.topic BETWEEN ?5 AND ?6 AND +s.expires > ?7 "
		"ORDER BY s.topic, s.part, s.host, s.id LIMIT ?8",
	[SQL_SUB_GET] =
		"SELECT " SUB_COLUMNS " FROM sub s CROSS JOIN topic t ON t.num = s.topic "
		"CROSS JOIN host h ON h.num = s.host LEFT JOIN task k ON k.sub = s.id "
		"WHERE s.id = ?1",
	[SQL_SUB_WITHDRAWN] =
		"SELECT " SUB_COLUMNS " FROM document d CROSS JOIN topic t ON t.path = d.path "
		"CROSS JOIN sub s ON s.topic = t.num CROSS JOIN host h ON h.num = s.host "
		"LEFT JOIN task k ON k.sub = s.id WHERE d.is_deleted LIMIT ?1",
	[SQL_SUB_OF_TOPIC] =
		"SELECT " SUB_COLUMNS " FROM topic t CROSS JOIN sub s ON s.topic = t.num "
		"CROSS JOIN host h ON h.num = s.host LEFT JOIN task k ON k.sub = s.id "
		"WHERE t.path = ?1 LIMIT ?2",
	[SQL_SUB_TOPICS] =
		"SELECT path FROM topic t WHERE EXISTS (SELECT 1 FROM sub WHERE topic = t.num)",
	[SQL_SUB_LIVE_COUNT] =
		"SELECT count(*) FROM (SELECT 1 FROM sub WHERE topic = ?1 AND expires > ?2 "
		"LIMIT ?3)",
	[SQL_SUB_PAGE] =
		"SELECT " SUB_COLUMNS " FROM sub s CROSS JOIN topic t ON t.num = s.topic "
		"CROSS JOIN host h ON h.num = s.host LEFT JOIN task k ON k.sub = s.id "
		"WHERE s.topic = ?1 AND (s.part, s.host, s.id) > (?2, ?3, ?4) "
		"AND (s.part, s.host, s.id) <= (?5, ?6, ?7) AND +s.expires > ?8 "
		"AND k.sub IS NULL AND s.delivered_seq < ?10 "
		"ORDER BY s.part, s.host, s.id LIMIT ?9",
	[SQL_SUB_SWEEP] =
		"DELETE FROM sub WHERE id IN (SELECT s.id FROM topic t "
		"CROSS JOIN sub s ON s.topic = t.num WHERE s.expires <= ?1 LIMIT ?2)",
	[SQL_SUB_DELIVERED] =
		"UPDATE sub SET delivered_seq = max(delivered_seq, ?2) WHERE id = ?1",

	[SQL_JOB_WIDTH] = "SELECT hi - lo + 1 FROM job WHERE topic = ?1 LIMIT 1",
	/* ?6 is the first partition of lap 1; an open job goes on, to a lap past what is out */
	[SQL_JOB_PUT] =
		"INSERT INTO job(id, topic, lo, hi, seq, cursor_part, cursor_host, cursor_id,"
		"stop_part, stop_host, stop_id, ahead_part, ahead_host, ahead_id, epoch, lease,"
		"priority) "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?6 + 64, 0, 0, ?6, 0, 0, 0, 0, ?7) "
		"ON CONFLICT(topic, lo) DO UPDATE SET seq = ?5, stop_part = ahead_part + 64,"
		"stop_host = ahead_host, stop_id = ahead_id, priority = max(priority, ?7)",
	[SQL_JOB_FREE] =
		"SELECT j.id, j.epoch, j.seq, t.path, j.priority FROM job j "
		"JOIN topic t ON t.num = j.topic "
		"WHERE j.lease <= ?1 ORDER BY j.priority DESC, j.lease, j.id LIMIT ?2",
	/* what the owner before had out and did not step is out no more */
	[SQL_JOB_TAKE] =
		"UPDATE job SET epoch = epoch + 1, lease = ?2, ahead_part = cursor_part,"
		"ahead_host = cursor_host, ahead_id = cursor_id WHERE id = ?1",
	[SQL_JOB_GET] =
		"SELECT j.topic, j.lo, j.hi, j.seq, j.cursor_part, j.cursor_host, j.cursor_id,"
		"j.stop_part, j.stop_host, j.stop_id, j.ahead_part, j.ahead_host, j.ahead_id,"
		"j.priority "
		"FROM job j WHERE j.id = ?1 AND j.epoch = ?2",
	[SQL_JOB_MOVE] =
		"UPDATE job SET cursor_part = ?2, cursor_host = ?3, cursor_id = ?4,"
		"lease = ?5 WHERE id = ?1",
	[SQL_JOB_AHEAD] =
		"UPDATE job SET ahead_part = ?2, ahead_host = ?3, ahead_id = ?4 WHERE id = ?1",
	[SQL_JOB_DELETE] = "DELETE FROM job WHERE id = ?1",
	[SQL_JOB_DROP_TOPIC] = "DELETE FROM job WHERE topic = ?1",

	[SQL_TASK_PUT] =
		"INSERT INTO task(sub, due, attempts, first_failed, seq, is_taken, why, priority) "
		"SELECT id, ?2, 1, ?3, ?4, 0, ?5, ?6 FROM sub WHERE id = ?1 "
		"ON CONFLICT(sub) DO NOTHING",
	[SQL_TASK_OWE] =
		"INSERT INTO task(sub, due, attempts, first_failed, seq, is_taken, priority) VALUES"
		"(?1, ?2, 0, ?2, 0, 0, ?3) ON CONFLICT(sub) DO NOTHING",
	/* of one priority; the rest is what SQL_TASK_DUE finds when these are hidden */
	[SQL_TASK_URGENT] =
		"SELECT " SUB_COLUMNS " FROM task k CROSS JOIN sub s ON s.id = k.sub "
		"CROSS JOIN topic t ON t.num = s.topic CROSS JOIN host h ON h.num = s.host "
		"WHERE k.priority > 0 AND k.priority = ?3 AND k.due <= ?1 AND s.expires > ?1 "
		"ORDER BY k.due, k.sub LIMIT ?2",
	[SQL_TASK_DUE] =
		"SELECT " SUB_COLUMNS " FROM task k CROSS JOIN sub s ON s.id = k.sub "
		"CROSS JOIN topic t ON t.num = s.topic CROSS JOIN host h ON h.num = s.host "
		"WHERE k.due <= ?1 AND s.expires > ?1 ORDER BY k.due, k.sub LIMIT ?2",
	[SQL_TASK_HIDE] = "UPDATE task SET due = ?2, is_taken = 1 WHERE sub = ?1",
	[SQL_TASK_NEWEST] =
		"SELECT d.seq FROM sub s CROSS JOIN topic t ON t.num = s.topic "
		"CROSS JOIN document d ON d.path = t.path WHERE s.id = ?1",
	[SQL_TASK_RAISE] =
		"UPDATE task SET priority = ?2 WHERE priority < ?2 AND EXISTS "
		"(SELECT 1 FROM sub WHERE id = task.sub AND topic = ?1)",
	/* a recall is tried at once, and given up no sooner than if it had failed first */
	[SQL_TASK_RECALL] =
		"UPDATE task SET first_failed = ?2, due = CASE WHEN is_taken THEN due "
		"ELSE min(due, ?2) END WHERE EXISTS "
		"(SELECT 1 FROM sub WHERE id = task.sub AND topic = ?1)",
	[SQL_TASK_DELETE] = "DELETE FROM task WHERE sub = ?1",
	[SQL_TASK_AGAIN] =
		"UPDATE task SET due = ?2, attempts = 1, first_failed = ?2, is_taken = 0,"
		"why = NULL WHERE sub = ?1",
	[SQL_TASK_RETRY] =
		"UPDATE task SET due = ?2, attempts = attempts + 1, is_taken = 0, why = ?3 "
		"WHERE sub = ?1",
	[SQL_TASK_HURRY] = "UPDATE task SET due = ?1 WHERE due > ?1 AND is_taken = 0",
	[SQL_TASK_DROP_TOPIC] =
		"DELETE FROM task WHERE sub IN (SELECT id FROM sub WHERE topic = ?1)",

	[SQL_EXTERNAL_ADD] =
		"INSERT INTO external(url, seq) SELECT ?1, n FROM counter WHERE name = 'seq' "
		"ON CONFLICT(url) DO NOTHING",
	[SQL_EXTERNAL_TOLD] = "SELECT seq FROM external WHERE url = ?1",
	[SQL_EXTERNAL_SET] = "UPDATE external SET seq = ?2 WHERE url = ?1",

	[SQL_INTENT_RELEASE] =
		"UPDATE intent SET due = min(due, ?1), is_taken = 0 WHERE is_taken = 1",
	[SQL_JOB_RELEASE] = "UPDATE job SET lease = 0 WHERE lease > 0",
	[SQL_TASK_RELEASE] =
		"UPDATE task SET due = min(due, ?1), is_taken = 0 WHERE is_taken = 1",

	[SQL_LEDGER_HEAD] =
		"SELECT seq, time, hash FROM ledger ORDER BY seq DESC LIMIT 1",
	[SQL_LEDGER_PUT] =
		"INSERT INTO ledger(" LEDGER_COLUMNS ") "
		"VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_LEDGER_COUNT] = "UPDATE counter SET n = ?1 WHERE name = 'ledger'",
	[SQL_LEDGER_DAY_PUT] =
		"INSERT INTO ledger_day(day, seq, hash, signature) VALUES(?1, ?2, ?3, ?4) "
		"ON CONFLICT(day) DO NOTHING",
	[SQL_LEDGER_DAY_BEFORE] =
		"SELECT max(seq) FROM ledger_day WHERE day < ?1 "
		"AND seq >= (SELECT min(seq) FROM ledger)",
	[SQL_LEDGER_CUT] = "DELETE FROM ledger WHERE seq <= ?1",

	[SQL_CLOCK_TASKS] =
		"UPDATE task SET due = due + min(?1, 0),"
		"first_failed = min(first_failed + max(?1, 0), ?2)",
	[SQL_CLOCK_INTENTS] = "UPDATE intent SET due = due + min(?1, 0)",
	[SQL_CLOCK_JOBS] = "UPDATE job SET lease = lease + min(?1, 0) WHERE lease > 0",

	[SQL_NEXT_DUE] =
		"SELECT (SELECT min(due) FROM intent), (SELECT k.due FROM task k "
		"CROSS JOIN sub s ON s.id = k.sub WHERE s.expires > ?1 ORDER BY k.due LIMIT 1)",
	[SQL_COUNTS] =
		"SELECT (SELECT sum((SELECT count(*) FROM sub WHERE topic = t.num "
		"AND expires > ?1)) FROM topic t), "
		"(SELECT count(*) FROM intent WHERE mode <> 2),"
		"(SELECT count(*) FROM job), (SELECT count(*) FROM task),"
		"(SELECT count(*) FROM article)",
	[SQL_TOPIC_LIST] =
		"SELECT t.path, (SELECT count(*) FROM sub WHERE topic = t.num AND expires > ?1),"
		"(SELECT count(*) FROM task k CROSS JOIN sub s ON s.id = k.sub "
		"WHERE s.topic = t.num) FROM topic t ORDER BY t.path",
};
