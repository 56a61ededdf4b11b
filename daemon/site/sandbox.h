/*
 * sandbox.h: takes from this process what a parser does not need: files (Landlock, where
 * the kernel has it, and seccomp), the network, programs, other processes, and memory past
 * 1 GiB. What it has open stays open.
 */
#ifndef DAEMON_SITE_SANDBOX_H
#define DAEMON_SITE_SANDBOX_H

#include <stdbool.h>

struct error;

/* Closes the sandbox for good, then tries to get out of it. False and ERR if a part could
 * not be set up or something that must fail did not; the process should end then. */
bool sandbox_close(struct error *err);

/* The part that Landlock does; true without it when the kernel has none, *ABI_OUT 0. */
bool sandbox_forbid_files(int *abi_out, struct error *err);

#endif
