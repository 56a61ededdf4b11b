/* store_answer.h: what became of a call, and what goes before what. */
#ifndef DAEMON_STORE_STORE_ANSWER_H
#define DAEMON_STORE_STORE_ANSWER_H

enum store_status {
	STORE_OK,
	STORE_LOST, /* another owner took the job or the role: drop the work */
	STORE_BUSY, /* not written (disk full, engine away): answer 503, try again */
};

/* What goes first among what is owed: a kill before a correction before what is urgent. */
enum store_priority { PRIORITY_REST, PRIORITY_URGENT, PRIORITY_CORRECTION, PRIORITY_KILL };

#endif
