/*
 * postgres_statements.c: every SQL statement of the engine, prepared when a connection is
 * made. Where a statement needs the time, $1 is the clock of a test, or NULL. A call is a
 * few statements that need nothing of each other's results, so that it is sent at once;
 * what depends on a row asks for it again in SQL. Each statement sees what was committed
 * before it began (READ COMMITTED), so whoever must not miss a change locks first and looks
 * in the next statement.
 *
 * What is written "+ 0" is not looked up by: a server that knows nothing of a new table yet
 * would take the index on it and walk over all subscriptions to a topic.
 *
 * job_page's rows are left out while they have a task, and task_done ends a task unless
 * there is newer content: the lock on the document (PG_TASK_LOCK) keeps a publication from
 * coming between the two, or nobody would bring the newest.
 */
#include "daemon/store/columns.h"
#include "daemon/store/postgres_script.h"

#define NOW "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000)::bigint)"
#define INTENT_COLUMNS(i)                                                                 \
	i "id, " i "mode, " i "topic, " i "topic_asked, " i "callback, " i "host_key, " i     \
	  "lease_s, " i "secret, " i "method, " i "verify_token, " i "wants_changes, " i      \
	  "tries, " i "reason, " i "initial"
#define SEQ "(SELECT n FROM counter WHERE name = 'seq')"
#define HELD "EXISTS (SELECT 1 FROM job WHERE id = $2 AND epoch = $3)"

/*
 * What somebody holds and did not keep is free when its lease is over, but not while the
 * leases say nothing: when no node was heard of for AWAY, the engine itself was away (or
 * stuck in its standbys), every lease ran out meanwhile, and what was delivered waits to be
 * written by those who delivered it. They get GRACE from the first sign of life on, which
 * PG_NODE_BEAT notes. Asked in the statement that takes, not before it: a server that was
 * stopped between the two goes on with what it was sent by nodes that gave it up long ago.
 */
#define AWAY "4000"
#define GRACE "8000"
#define LEASES_COUNT                                                                      \
	"(coalesce((SELECT max(seen) FROM node) > " NOW " - " AWAY ", true) AND NOT EXISTS " \
	"(SELECT 1 FROM counter WHERE name = 'back' AND n > " NOW " - " GRACE "))"

/* What lies behind (p, h, i) of job j, lap by lap: see sqlite_jobs.c. `behind` has the rows
 * of one lap; a lap starts where its partition 0 would be. */
#define LAPS "generate_series(j.p - j.p % 64, j.stop_part, 64) AS lap(start)"
#define IS_FIRST_LAP "lap.start = j.p - j.p % 64"
#define BEHIND                                                                            \
	"s.topic = j.topic AND (s.part, s.host, s.id) > ("                                   \
	"CASE WHEN " IS_FIRST_LAP " THEN j.p - lap.start ELSE j.lo END,"                     \
	"CASE WHEN " IS_FIRST_LAP " THEN j.h ELSE 0 END,"                                    \
	"CASE WHEN " IS_FIRST_LAP " THEN j.i ELSE 0 END) "                                   \
	"AND (s.part, s.host, s.id) <= (least(j.hi, j.stop_part - lap.start),"               \
	"CASE WHEN j.stop_part - lap.start <= j.hi THEN j.stop_host "                        \
	"ELSE 9223372036854775807 END,"                                                      \
	"CASE WHEN j.stop_part - lap.start <= j.hi THEN j.stop_id "                          \
	"ELSE 9223372036854775807 END) "                                                     \
	"AND s.expires + 0 > " NOW " AND s.delivered_seq < j.seq "                               \
	"AND NOT EXISTS (SELECT 1 FROM task k WHERE k.sub = s.id)"

#define INTENT_AGAIN                                                                      \
	"ON CONFLICT (topic, callback_hash) DO UPDATE SET id = excluded.id,"                 \
	"mode = excluded.mode, topic_asked = excluded.topic_asked,"                          \
	"callback = excluded.callback, host_key = excluded.host_key,"                        \
	"lease_s = excluded.lease_s, secret = excluded.secret, method = excluded.method,"    \
	"verify_token = excluded.verify_token, wants_changes = excluded.wants_changes,"      \
	"part = excluded.part,"                                                              \
	"tries = 0, reason = excluded.reason, initial = excluded.initial,"                   \
	"due = excluded.due, owner = NULL"
/* The subscriptions that GONE names end, each with a denial in its place; $2 is the reason. */
#define DENY(gone)                                                                        \
	"WITH gone AS (DELETE FROM sub s USING topic t, host h "                             \
	"WHERE t.num = s.topic AND h.num = s.host AND s.id IN (" gone ") RETURNING "         \
	"t.path, s.topic_asked, s.callback, s.callback_hash, h.key) "                        \
	"INSERT INTO intent(mode, topic, topic_asked, callback, host_key, lease_s, method,"  \
	"wants_changes, tries, reason, initial, callback_hash, part, due) "                  \
	"SELECT 2, path, topic_asked, callback, key, 0, 0, 0, 0, $2::text, 0,"               \
	"callback_hash, 0, " NOW " FROM gone " INTENT_AGAIN

const char *const pg_statements[PG_COUNT] = {
	[PG_BEGIN] = "BEGIN",
	[PG_HURRY] = "SET LOCAL synchronous_commit = off",
	[PG_COMMIT] = "COMMIT",
	[PG_ROLLBACK] = "ROLLBACK",
	[PG_NOTIFY] = "SELECT pg_notify('gazetted', 'docs')",
	[PG_POLL] =
		"SELECT " SEQ ", CASE WHEN EXISTS (SELECT 1 FROM job WHERE lease "
		"<= " NOW ") OR "
		"EXISTS (SELECT 1 FROM intent WHERE due <= " NOW ") OR EXISTS (SELECT 1 FROM "
		"task WHERE due <= " NOW ") THEN 1 ELSE 0 END::bigint, " NOW,

	[PG_COUNT_SEQ] = "UPDATE counter SET n = n + 1 WHERE name = 'seq'",
	[PG_ARTICLE_MAKE_ROOM] =
		"DELETE FROM article WHERE path = $2 AND EXISTS (SELECT 1 FROM article "
		"WHERE path = $1)",
	[PG_ARTICLE_MOVE] = "UPDATE article SET path = $2, seq = " SEQ " WHERE path = $1",
	[PG_ARTICLE_CLEAR_NAMES] =
		"DELETE FROM article WHERE path <> $1 AND (id = $2 OR slug = $3)",
	[PG_ARTICLE_PUT] =
		"INSERT INTO article AS a (" ARTICLE_COLUMNS ", seq) VALUES ("
		"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
		"$16, $17, $18,"
		"$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, " SEQ ") "
		"ON CONFLICT (path) DO UPDATE SET id = excluded.id, slug = excluded.slug,"
		"inode = excluded.inode, mtime_ns = excluded.mtime_ns, size = excluded.size,"
		"hash = excluded.hash, content_hash = excluded.content_hash,"
		"first_seen = excluded.first_seen, visible = excluded.visible,"
		"published = excluded.published, updated = excluded.updated,"
		"published_offset = excluded.published_offset,"
		"updated_offset = excluded.updated_offset, version = excluded.version,"
		"presence = excluded.presence, channel = excluded.channel,"
		"problem = excluded.problem, surfaced = excluded.surfaced,"
		"shown = excluded.shown, title = excluded.title, labels = excluded.labels,"
		"former_slugs = excluded.former_slugs, decision = excluded.decision,"
		"decided = excluded.decided, decision_note = excluded.decision_note,"
		"rights = excluded.rights, next_change = excluded.next_change,"
		"status = excluded.status,"
		/* whatever is seen of it */
		"seq = CASE WHEN a.version = excluded.version AND a.updated = "
		"excluded.updated "
		"AND a.visible = excluded.visible AND a.shown = excluded.shown "
		"AND a.presence = excluded.presence "
		"AND a.labels IS NOT DISTINCT FROM excluded.labels "
		"AND a.decision = excluded.decision AND (a.rights & 4294901761) = "
		"(excluded.rights & 4294901761) "
		"THEN a.seq ELSE excluded.seq END",
	[PG_ARTICLE_PUT_FLAT] =
		"INSERT INTO flat(article, bytes) SELECT num, $2::bytea FROM "
		"article WHERE path = $1 "
		"ON CONFLICT (article) DO UPDATE SET bytes = excluded.bytes",
	[PG_ARTICLE_DELETE] = "DELETE FROM article WHERE path = $1",
	[PG_ARTICLE_LIST] =
		"SELECT " ARTICLE_COLUMNS " FROM article WHERE path > $1 ORDER BY "
		"path LIMIT $2",
	[PG_ARTICLE_CHANGED] =
		"SELECT path, seq, num FROM article WHERE (seq, num) > ($1, $2) "
		"ORDER BY seq, num LIMIT $3",
	[PG_ARTICLE_GET] =
		"SELECT " ARTICLE_COLUMNS ", flat.bytes FROM article "
		"LEFT JOIN flat ON flat.article = article.num WHERE path = $1",

	[PG_DOC_PUT] =
		"WITH next AS (UPDATE counter SET n = n + 1 WHERE name = 'seq' RETURNING n) "
		"INSERT INTO document(path, content_type, etag, modified, "
		"is_topic, is_deleted,"
		"body, seq) SELECT $1::text, $2::text, $3::text, $4::bigint, "
		"$5::bigint, $6::bigint,"
		"$7::bytea, n FROM next "
		"ON CONFLICT (path) DO UPDATE SET content_type = excluded.content_type,"
		"etag = excluded.etag, modified = excluded.modified, seq = excluded.seq,"
		"is_topic = excluded.is_topic, is_deleted = excluded.is_deleted,"
		"body = excluded.body RETURNING seq",
	[PG_DOC_LIST] = "SELECT " DOC_COLUMNS " FROM document ORDER BY path",
	[PG_DOC_SINCE] =
		"SELECT " DOC_COLUMNS " FROM document WHERE seq > $1 ORDER BY seq LIMIT $2",
	[PG_DOC_GET] = "SELECT " DOC_COLUMNS ", body FROM document WHERE path = $1",

	/* lap 1 begins at 64; an open job goes on, to a lap past what is out */
	[PG_JOB_PUT] =
		"INSERT INTO job AS j (topic, lo, hi, seq, cursor_part, "
		"cursor_host, cursor_id,"
		"stop_part, stop_host, stop_id, ahead_part, ahead_host, ahead_id, "
		"epoch, lease,"
		"priority) SELECT t.num, lo, lo + w.width - 1, d.seq, lo + 64, 0, "
		"0, lo + 128, 0, 0,"
		"lo + 64, 0, 0, 0, 0, $3::bigint FROM topic t JOIN document d ON "
		"d.path = t.path "
		"CROSS JOIN LATERAL (SELECT coalesce((SELECT o.hi - o.lo + 1 FROM job o "
		"WHERE o.topic = t.num LIMIT 1), CASE WHEN (SELECT count(*) FROM (SELECT 1 "
		"FROM sub WHERE topic = t.num AND expires > " NOW " LIMIT 5000) few) < 5000 "
		"THEN 64 ELSE 8 END) AS width) w "
		"CROSS JOIN LATERAL generate_series(0::bigint, 63, w.width) AS r(lo) "
		"WHERE t.path = $2 AND EXISTS (SELECT 1 FROM sub WHERE topic = t.num "
		"AND expires > " NOW ") "
		"ON CONFLICT (topic, lo) DO UPDATE SET seq = excluded.seq,"
		"stop_part = j.ahead_part + 64, stop_host = j.ahead_host, stop_id "
		"= j.ahead_id,"
		"priority = greatest(j.priority, excluded.priority)",
	[PG_JOB_DROP_TOPIC] =
		"DELETE FROM job WHERE topic = (SELECT num FROM topic WHERE path = $1)",
	[PG_TASK_RAISE] =
		"UPDATE task SET priority = $2 WHERE priority < $2 AND sub IN (SELECT s.id "
		"FROM sub s JOIN topic t ON t.num = s.topic WHERE t.path = $1)",
	[PG_TASK_RECALL] =
		"UPDATE task SET first_failed = " NOW ", due = CASE WHEN owner IS NULL THEN "
		"least(due, " NOW ") ELSE due END WHERE sub IN (SELECT s.id "
		"FROM sub s JOIN topic t ON t.num = s.topic WHERE t.path = $2)",
	[PG_TASK_DROP_TOPIC] =
		"WITH gone AS (DELETE FROM task WHERE sub IN (SELECT s.id FROM sub s "
		"JOIN topic t ON t.num = s.topic WHERE t.path = $1) RETURNING sub) "
		"SELECT count(*), $1::text FROM gone",

	[PG_INTENT_PUT] =
		"INSERT INTO intent(mode, topic, topic_asked, callback, host_key, "
		"lease_s, secret,"
		"method, verify_token, wants_changes, tries, reason, initial, "
		"callback_hash, part,"
		"due) VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, "
		"$13, $14, $15, "
		NOW ") "
		INTENT_AGAIN " RETURNING id",
	[PG_INTENT_CLAIM] =
		"WITH free AS (SELECT id, due FROM intent WHERE due <= " NOW " "
		"ORDER BY due, id "
		"LIMIT $2 FOR UPDATE SKIP LOCKED), taken AS (UPDATE intent i SET "
		"due = " NOW " + $3, tries = tries + 1, owner = $4 FROM free "
		"WHERE i.id = free.id RETURNING " INTENT_COLUMNS("i.") ") "
		"SELECT " INTENT_COLUMNS("i.") " FROM taken i JOIN free ON free.id = i.id "
		"ORDER BY free.due, i.id",
	[PG_INTENT_DELETE] = "DELETE FROM intent WHERE id = $1",
	[PG_INTENT_RETRY] = "UPDATE intent SET due = " NOW " + $3, owner = NULL WHERE id = $2",
	[PG_TOPIC_PUT] =
		"INSERT INTO topic(path) SELECT topic FROM intent i WHERE i.id = "
		"$1 AND mode = 0 "
		"AND NOT EXISTS (SELECT 1 FROM topic WHERE path = i.topic) ON "
		"CONFLICT DO NOTHING",
	[PG_HOST_PUT] =
		"INSERT INTO host(key) SELECT host_key FROM intent i WHERE i.id = "
		"$1 AND mode = 0 "
		"AND NOT EXISTS (SELECT 1 FROM host WHERE key = i.host_key) "
		"ON CONFLICT DO NOTHING",
	[PG_SUB_INSERT] =
		"WITH fresh AS (INSERT INTO sub(topic, part, host, callback, callback_hash,"
		"topic_asked, secret, method, wants_changes, expires, delivered_seq) "
		"SELECT t.num, i.part, h.num, i.callback, i.callback_hash,"
		"i.topic_asked, i.secret, i.method, i.wants_changes,"
		NOW " + i.lease_s * 1000, 0 FROM intent i JOIN topic t ON t.path = i.topic "
		"JOIN host h ON h.key = i.host_key WHERE i.id = $2 AND i.mode = 0 "
		"AND NOT EXISTS (SELECT 1 FROM sub s WHERE s.topic + 0 = t.num "
		"AND s.callback_hash = i.callback_hash) ON CONFLICT (topic, "
		"callback_hash) DO NOTHING RETURNING id) "
		"INSERT INTO task(sub, due, attempts, first_failed, seq) "
		"SELECT fresh.id, " NOW ", 0, " NOW ", 0 FROM fresh, intent i "
		"WHERE i.id = $2 "
		"AND i.initial > 0 ON CONFLICT DO NOTHING",
	[PG_SUB_RENEW] =
		"UPDATE sub s SET secret = i.secret, method = i.method,"
		"wants_changes = i.wants_changes, expires = " NOW " + i.lease_s * 1000 "
		"FROM intent i JOIN topic t ON t.path = i.topic WHERE i.id = $2 "
		"AND i.mode = 0 "
		"AND s.topic + 0 = t.num AND s.callback_hash = i.callback_hash",
	[PG_SUB_OWE_AGAIN] =
		"INSERT INTO task(sub, due, attempts, first_failed, seq) "
		"SELECT s.id, " NOW ", 0, " NOW ", 0 FROM intent i JOIN topic t "
		"ON t.path = i.topic JOIN sub s ON s.topic + 0 = t.num "
		"AND s.callback_hash = i.callback_hash WHERE i.id = $2 AND i.mode = 0 "
		"AND i.initial = 2 ON CONFLICT DO NOTHING",
	[PG_SUB_LEAVE] =
		"DELETE FROM sub s USING intent i, topic t WHERE i.id = $1 AND i.mode = 1 "
		"AND t.path = i.topic AND s.topic + 0 = t.num AND s.callback_hash "
		"= i.callback_hash",
	[PG_SUB_DELETE] = "DELETE FROM sub WHERE id = $1",
	[PG_SUB_DENY] = DENY("$3"),
	[PG_SUB_DENY_TOPIC] =
		DENY("SELECT d.id FROM sub d JOIN topic o ON o.num = d.topic "
		     "WHERE o.path = $3 LIMIT $4"),
	[PG_SUB_DENY_WITHDRAWN] =
		DENY("SELECT d.id FROM document doc JOIN topic o ON o.path = doc.path "
		     "JOIN sub d ON d.topic = o.num WHERE doc.is_deleted <> 0 LIMIT $3"),
	[PG_SUB_LIST] =
		"SELECT " SUB_COLUMNS " FROM (SELECT * FROM sub WHERE (topic, "
		"part, host, id) > "
		"($2, $3, $4, $5) AND topic BETWEEN coalesce((SELECT num FROM topic "
		"WHERE path = $6), CASE WHEN $6::text IS NULL THEN 0 ELSE -1 END) AND "
		"coalesce((SELECT num FROM topic WHERE path = $6), CASE WHEN "
		"$6::text IS NULL "
		"THEN 9223372036854775807 ELSE -1 END) AND expires + 0 > " NOW
		" ORDER BY topic, part, host, id LIMIT $7) s JOIN topic t ON t.num = s.topic "
		"JOIN host h ON h.num = s.host LEFT JOIN task k ON k.sub = s.id "
		"ORDER BY s.topic, s.part, s.host, s.id",
	[PG_SUB_TOPICS] =
		"SELECT path FROM topic t WHERE EXISTS (SELECT 1 FROM sub WHERE "
		"topic = t.num)",
	[PG_SUB_SWEEP] =
		"DELETE FROM sub WHERE id IN (SELECT s.id FROM topic t JOIN "
		"LATERAL (SELECT id "
		"FROM sub WHERE topic = t.num AND expires <= " NOW " LIMIT $2) s "
		"ON true LIMIT $2)",

	/* what the owner before had out and did not step is out no more */
	[PG_JOB_CLAIM] =
		"WITH free AS (SELECT id, lease FROM job WHERE lease <= " NOW
		" AND (lease = 0 OR " LEASES_COUNT ") ORDER BY priority DESC, lease, id "
		"LIMIT $2 FOR UPDATE SKIP LOCKED), taken AS (UPDATE job j SET "
		"epoch = epoch + 1, lease = " NOW " + $3, owner = $4, ahead_part = "
		"cursor_part,"
		"ahead_host = cursor_host, ahead_id = cursor_id FROM free WHERE "
		"j.id = free.id "
		"RETURNING j.id, j.epoch, j.seq, j.topic, j.priority, free.lease AS was) "
		"SELECT j.id, j.epoch, j.seq, t.path, j.priority FROM taken j "
		"JOIN topic t ON t.num = j.topic ORDER BY j.priority DESC, was, j.id",
	[PG_JOB_LOCK] =
		"SELECT seq, priority FROM job WHERE id = $1 AND epoch = $2 FOR UPDATE",
	/* $2 job, $3 epoch, $4 to $6 after, $7 rows wanted and one more is read */
	[PG_JOB_PAGE] =
		"WITH j AS (SELECT topic, path, lo, hi, seq, stop_part, stop_host, stop_id,"
		"CASE WHEN z THEN cursor_part ELSE $4 END AS p,"
		"CASE WHEN z THEN cursor_host ELSE $5 END AS h,"
		"CASE WHEN z THEN cursor_id ELSE $6 END AS i "
		"FROM job JOIN topic ON topic.num = job.topic,"
		"(SELECT $4::bigint = 0 AND $5::bigint = 0 AND $6::bigint = 0 AS z) zero "
		"WHERE id = $2 AND epoch = $3), page AS (SELECT s.*, j.path, lap.start, "
		"row_number() "
		"OVER (ORDER BY lap.start, s.part, s.host, s.id) AS nth FROM j "
		"CROSS JOIN " LAPS
		" CROSS JOIN LATERAL (SELECT s.* FROM sub s WHERE " BEHIND
		" ORDER BY s.part, s.host, s.id LIMIT $7::bigint + 1) s), moved AS "
		"(UPDATE job SET "
		"ahead_part = l.part + l.start, ahead_host = l.host, ahead_id = l.id "
		"FROM (SELECT part, start, host, id FROM page WHERE nth <= $7 "
		"ORDER BY nth DESC LIMIT 1) l WHERE job.id = $2 AND "
		"(ahead_part, ahead_host, ahead_id) < (l.part + l.start, l.host, l.id)) "
		"SELECT s.id, s.path, s.topic_asked, s.callback, h.key, s.secret, s.method,"
		"s.wants_changes, s.expires, 0::bigint, 0::bigint, "
		"s.delivered_seq, s.part, s.host,"
		"s.topic, 0::bigint, NULL::text, 0::bigint, s.start FROM page s "
		"JOIN host h ON h.num = s.host WHERE nth <= $7::bigint + 1 ORDER BY nth",
	[PG_JOB_GONE] = "DELETE FROM sub WHERE id = ANY ($1::bigint[]) AND " HELD,
	[PG_JOB_FAILED] =
		"INSERT INTO task(sub, due, attempts, first_failed, seq, why, priority) "
		"SELECT s.id, " NOW " + f.delay, 1 - f.owed, " NOW ", f.seq, f.why,"
		"(SELECT priority FROM job WHERE id = $2) FROM "
		"unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[]) "
		"f(sub, delay, seq, owed, why) JOIN sub s ON s.id = f.sub WHERE " HELD
		" ON CONFLICT (sub) DO NOTHING",
	/* the last step ($8) settles whatever is out */
	[PG_JOB_MOVE] =
		"UPDATE job SET (cursor_part, cursor_host, cursor_id) = (SELECT p, h, i FROM "
		"(VALUES (cursor_part, cursor_host, cursor_id), ($4::bigint, $5::bigint,"
		"$6::bigint), (CASE WHEN $8::bigint <> 0 THEN ahead_part ELSE 0 "
		"END, ahead_host,"
		"ahead_id)) v(p, h, i) ORDER BY p DESC, h DESC, i DESC LIMIT 1),"
		"lease = " NOW " + $7 WHERE id = $2 AND epoch = $3 RETURNING seq",
	[PG_JOB_END] =
		"DELETE FROM job WHERE id = $2 AND epoch = $3 AND NOT EXISTS (SELECT 1 FROM "
		"(SELECT topic, lo, hi, seq, stop_part, stop_host, stop_id, cursor_part AS p,"
		"cursor_host AS h, cursor_id AS i FROM job WHERE id = $2 OFFSET 0) j "
		"CROSS JOIN " LAPS " CROSS JOIN LATERAL (SELECT s.id FROM sub s WHERE " BEHIND
		" ORDER BY s.part, s.host, s.id LIMIT 1) s)",
	[PG_JOB_SEQ] = "SELECT seq FROM job WHERE id = $1 AND epoch = $2",
	[PG_JOB_MARK] =
		"UPDATE sub SET delivered_seq = greatest(delivered_seq, $1) "
		"WHERE id = ANY ($4::bigint[]) AND " HELD,

	[PG_TASK_CLAIM] =
		"WITH free AS (SELECT k.sub, k.due FROM task k JOIN sub s ON s.id = k.sub "
		"WHERE k.due <= " NOW " AND s.expires > " NOW " AND (k.owner IS NULL OR "
		LEASES_COUNT ") ORDER BY "
		"k.priority DESC, k.due, "
		"k.sub LIMIT $2 FOR UPDATE OF k SKIP LOCKED), taken AS (UPDATE "
		"task k SET due = " NOW " + $3,"
		"owner = $4 FROM free WHERE k.sub = free.sub RETURNING k.sub, k.attempts,"
		"k.first_failed, free.due, k.why, k.priority) SELECT "
		"" SUB_COLUMNS " FROM taken k "
		"JOIN sub s ON s.id = k.sub JOIN topic t ON t.num = s.topic "
		"JOIN host h ON h.num = s.host ORDER BY k.priority DESC, k.due, k.sub",
	[PG_TASK_LOCK] =
		"SELECT d.seq FROM sub s JOIN topic t ON t.num = s.topic "
		"JOIN document d ON d.path = t.path WHERE s.id = $1 FOR SHARE OF d",
#define NEWEST                                                                            \
	"coalesce((SELECT d.seq FROM sub s JOIN topic t ON t.num = s.topic "                 \
	"JOIN document d ON d.path = t.path WHERE s.id = $2), 0)"
	[PG_TASK_AGAIN] =
		"UPDATE task SET due = " NOW ", attempts = 1, first_failed = "
		"" NOW ", owner = NULL,"
		"why = NULL WHERE sub = $2 AND " NEWEST " > $3",
	[PG_TASK_END] = "DELETE FROM task WHERE sub = $2 AND " NEWEST " <= $1",
	[PG_SUB_DELIVERED] =
		"UPDATE sub SET delivered_seq = greatest(delivered_seq, $2) WHERE id = $1",
	[PG_TASK_DELETE] = "DELETE FROM task WHERE sub = $1",
	[PG_TASK_RETRY] =
		"UPDATE task SET due = " NOW " + $3, attempts = attempts + 1, owner = NULL,"
		"why = $4 WHERE sub = $2",
	[PG_TASK_HURRY] = "UPDATE task SET due = " NOW " WHERE due > " NOW " AND owner IS NULL",

	[PG_EXTERNAL_ADD] =
		"INSERT INTO external(url, seq) SELECT $1::text, n FROM counter "
		"WHERE name = 'seq' "
		"ON CONFLICT (url) DO NOTHING",
	[PG_EXTERNAL_DUE] =
		"SELECT path, seq FROM document WHERE is_topic <> 0 AND is_deleted = 0 "
		"AND seq > (SELECT seq FROM external WHERE url = $1) ORDER BY seq LIMIT $2",
	[PG_EXTERNAL_SET] = "UPDATE external SET seq = $2 WHERE url = $1",

	[PG_NEXT_DUE] =
		"SELECT (SELECT min(due) FROM intent), (SELECT k.due FROM task k "
		"JOIN sub s ON s.id = k.sub WHERE s.expires > " NOW " ORDER BY "
		"k.due LIMIT 1)",
	[PG_COUNTS] =
		"SELECT (SELECT count(*) FROM sub WHERE expires > " NOW "),"
		"(SELECT count(*) FROM intent WHERE mode <> 2), (SELECT count(*) FROM job),"
		"(SELECT count(*) FROM task), (SELECT count(*) FROM article)",
	[PG_TOPIC_LIST] =
		"SELECT t.path, (SELECT count(*) FROM sub WHERE topic = t.num AND "
		"expires > " NOW
		"), (SELECT count(*) FROM task k JOIN sub s ON s.id = k.sub "
		"WHERE s.topic = t.num) FROM topic t ORDER BY t.path",

	[PG_LEDGER_LOCK] = "SELECT n FROM counter WHERE name = 'ledger' FOR UPDATE",
	[PG_LEDGER_HEAD] = "SELECT seq, time, hash FROM ledger ORDER BY seq DESC LIMIT 1",
	[PG_LEDGER_PUT] =
		"INSERT INTO ledger(" LEDGER_COLUMNS ") "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	[PG_LEDGER_COUNT] = "UPDATE counter SET n = $1 WHERE name = 'ledger'",
	[PG_LEDGER_DAY_PUT] =
		"INSERT INTO ledger_day(day, seq, hash, signature) VALUES ($1, $2, $3, $4) "
		"ON CONFLICT (day) DO NOTHING",
	[PG_LEDGER_DAY_BEFORE] =
		"SELECT max(seq) FROM ledger_day WHERE day < $1 "
		"AND seq >= (SELECT min(seq) FROM ledger)",
	[PG_LEDGER_CUT] = "DELETE FROM ledger WHERE seq <= $1",

	[PG_ROLE_TAKE] =
		"INSERT INTO role AS r (name, owner, epoch, lease) VALUES ($2, $3, "
		"1, " NOW " + $4) "
		"ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease = "
		"excluded.lease,"
		"epoch = CASE WHEN r.owner = excluded.owner THEN r.epoch ELSE "
		"r.epoch + 1 END "
		"WHERE r.owner = excluded.owner OR r.lease <= " NOW " RETURNING epoch",
	[PG_ROLE_CHECK] =
		"SELECT epoch FROM role WHERE name = $1 AND owner = $2 AND epoch = "
		"$3 FOR SHARE",
	[PG_ROLE_DROP] = "UPDATE role SET lease = 0 WHERE name = $1 AND owner = $2",
	[PG_NODE_BEAT] =
		"WITH back AS (INSERT INTO counter(name, n) SELECT 'back', " NOW
		" WHERE (SELECT max(seen) FROM node) < " NOW " - " AWAY
		" ON CONFLICT (name) DO UPDATE SET n = excluded.n) "
		"INSERT INTO node(name, address, seen) VALUES ($2, $3, " NOW ") "
		"ON CONFLICT (name) DO UPDATE SET address = excluded.address, seen "
		"= excluded.seen",
	[PG_NODE_LIST] =
		"SELECT name, address, coalesce((SELECT string_agg(r.name, ',' "
		"ORDER BY r.name) "
		"FROM role r WHERE split_part(r.owner, '#', 1) = node.name "
		"AND r.lease > " NOW "), ''), " NOW " - seen FROM node "
		"WHERE seen > " NOW " - 86400000 ORDER BY name",

	/* what this node claimed before it was started again; $2 is its name */
	[PG_INTENT_RELEASE] =
		"UPDATE intent SET due = least(due, " NOW "), owner = NULL "
		"WHERE split_part(owner, '#', 1) = $2",
	[PG_TASK_RELEASE] =
		"UPDATE task SET due = least(due, " NOW "), owner = NULL "
		"WHERE split_part(owner, '#', 1) = $2",
	[PG_JOB_RELEASE] = "UPDATE job SET lease = 0 WHERE split_part(owner, '#', 1) = $1",
	[PG_ROLE_RELEASE] = "UPDATE role SET lease = 0 WHERE split_part(owner, '#', 1) = $1",
};
