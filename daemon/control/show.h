/* show.h: answers of one row, for people, on standard output. */
#ifndef DAEMON_CONTROL_SHOW_H
#define DAEMON_CONTROL_SHOW_H

#include <jansson.h>

void show_status(const json_t *row);
void show_explanation(const json_t *row);
void show_retry(const json_t *row);
void show_deleted(const json_t *row);
void show_reload(const json_t *row);

#endif
