/* check_report.h: what `gazettectl check` says about a file, for people and programs. */
#ifndef DAEMON_CONTROL_CHECK_REPORT_H
#define DAEMON_CONTROL_CHECK_REPORT_H

#include <jansson.h>
#include <stdint.h>

struct buf;
struct checked;

/* One object with the keys of gazettectl(8), null for what the file does not say. NOW_MS
 * decides the status. The caller owns the reference. */
json_t *check_report_json(const struct checked *checked, int64_t now_ms);

/* The fields that are set, each with its origin, then what is wrong as
 * `path:line:column: message [class]`. Control characters are shown as \xNN. */
void check_report_text(const struct checked *checked, int64_t now_ms, struct buf *out);

#endif
