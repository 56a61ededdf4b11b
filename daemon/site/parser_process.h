/*
 * parser_process.h: the child process that parses articles: frames of bytes in over a
 * socket, flat articles out (parser_frame.h). It opens no file and no network (sandbox.h),
 * so that an article which breaks a parser breaks nothing else.
 */
#ifndef DAEMON_SITE_PARSER_PROCESS_H
#define DAEMON_SITE_PARSER_PROCESS_H

enum { PARSER_UNFIT = 3 }; /* exit status of one that could not begin */

/* The child's main program: serves file descriptor 0 until it closes; the exit status. */
int parser_process_main(void);

#endif
