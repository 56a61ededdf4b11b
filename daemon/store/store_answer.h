/* store_answer.h: what became of a call. */
#ifndef DAEMON_STORE_STORE_ANSWER_H
#define DAEMON_STORE_STORE_ANSWER_H

enum store_status {
	STORE_OK,
	STORE_LOST, /* another owner took the job or the role: drop the work */
	STORE_BUSY, /* not written (disk full, engine away): answer 503, try again */
};

#endif
