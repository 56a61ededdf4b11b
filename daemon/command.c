/* command.c: see command.h. A child that has ended is looked for while there is one: on every
 * kernel, and whatever else the process reaps. */
#include "daemon/command.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/control/log.h"
#include "daemon/loop/loop.h"
#include "feeds/base/arena.h"
#include "feeds/base/mem.h"

enum { WAITING_MOST = 1000 };
static const double look_s = 0.05;

struct queued {
	struct queued *next;
	struct arena *arena;       /* owns everything, itself too */
	const char *label;
	char **argv, **envp;
	int64_t limit_ms;
};

struct commands {
	struct loop *loop;
	struct queued *head, **tail; /* owns; the head is the one that runs, if one does */
	size_t count;
	pid_t pid;                 /* 0 = none runs */
	int64_t began_ms;          /* monotonic */
	ev_timer look;
};

static void start(struct commands *commands);

/* ---- the queue ---- */

static void drop_head(struct commands *commands)
{
	struct queued *head = commands->head;

	commands->head = head->next;
	if (!commands->head)
		commands->tail = &commands->head;
	commands->count--;
	arena_destroy(head->arena);
}

static char *of_environment(struct arena *arena, const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return arena_printf(arena, "%s=%s", name, value ? value : otherwise);
}

static char **copy_words(struct arena *arena, const char *const *words, size_t count,
	size_t room)
{
	char **copy = arena_alloc(arena, (count + room + 1) * sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = arena_strdup(arena, words[i]);
	copy[count] = NULL;
	return copy;
}

static struct queued *copy_command(const struct command *command)
{
	struct arena *arena = arena_create();
	struct queued *queued = arena_alloc(arena, sizeof(*queued));
	char **at;

	*queued = (struct queued){.arena = arena, .limit_ms = command->limit_ms,
		.label = arena_strdup(arena, command->label),
		.argv = copy_words(arena, command->words, command->word_count, 0),
		.envp = copy_words(arena, command->facts, command->fact_count, 3)};
	at = &queued->envp[command->fact_count];
	*at++ = of_environment(arena, "PATH", "/usr/local/bin:/usr/bin:/bin");
	*at++ = of_environment(arena, "HOME", "/");
	*at++ = of_environment(arena, "LANG", "C.UTF-8");
	*at = NULL;
	return queued;
}

/* ---- the process ---- */

static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, standard;

	sigemptyset(&none);
	sigemptyset(&standard);
	sigaddset(&standard, SIGPIPE);
	sigaddset(&standard, SIGXFSZ);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &standard);
	posix_spawnattr_setpgroup(attributes, 0); /* its own, to be killed as one */
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
}

/* 0, or why not. */
static int spawn(struct commands *commands, const struct queued *queued)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);
	failed = posix_spawn(&commands->pid, queued->argv[0], &actions, &attributes,
		queued->argv, queued->envp);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		commands->pid = 0;
	return failed;
}

static void tell_end(const struct commands *commands, int status, bool is_late)
{
	const struct queued *head = commands->head;
	long long took_ms = loop_mono_ms(commands->loop) - commands->began_ms;

	if (is_late)
		log_error("command: killed after %lld ms %s program=%s", took_ms, head->label,
			head->argv[0]);
	else if (WIFSIGNALED(status))
		log_error("command: ended by signal %d %s program=%s", WTERMSIG(status),
			head->label, head->argv[0]);
	else if (WEXITSTATUS(status))
		log_error("command: exit status %d %s program=%s", WEXITSTATUS(status),
			head->label, head->argv[0]);
	else
		log_info("command: done %s program=%s took_ms=%lld", head->label,
			head->argv[0], took_ms);
}

/* Kills it with what it started; its wait status. */
static int end_child(struct commands *commands)
{
	int status = 0;

	kill(-commands->pid, SIGKILL);
	while (waitpid(commands->pid, &status, 0) < 0 && errno == EINTR)
		;
	commands->pid = 0;
	return status;
}

static void on_look(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct commands *commands = timer->data;
	int64_t age_ms = loop_mono_ms(commands->loop) - commands->began_ms;
	bool is_late = age_ms >= commands->head->limit_ms;
	int status = 0;
	pid_t ended = waitpid(commands->pid, &status, WNOHANG);

	(void)events;
	if (ended == 0 && !is_late)
		return;
	if (ended == 0) {
		end_child(commands);
		tell_end(commands, 0, true);
	} else {
		commands->pid = 0;
		tell_end(commands, status, false);
	}
	ev_timer_stop(ev, timer);
	drop_head(commands);
	start(commands);
}

/* The first of the queue that can be started. */
static void start(struct commands *commands)
{
	while (commands->head && !commands->pid) {
		int failed;

		commands->began_ms = loop_mono_ms(commands->loop);
		failed = spawn(commands, commands->head);
		if (!failed) {
			ev_timer_again(loop_ev(commands->loop), &commands->look);
			return;
		}
		log_error("command: start %s: %s %s", commands->head->argv[0],
			strerror(failed), commands->head->label);
		drop_head(commands);
	}
}

/* ---- from outside ---- */

void commands_run(struct commands *commands, const struct command *command)
{
	if (commands->count >= WAITING_MOST) {
		log_error("command: not run, %d wait already %s", WAITING_MOST, command->label);
		return;
	}
	*commands->tail = copy_command(command);
	commands->tail = &(*commands->tail)->next;
	commands->count++;
	start(commands);
}

struct commands *commands_create(struct loop *loop)
{
	struct commands *commands = mem_alloc(sizeof(*commands));

	commands->loop = loop;
	commands->tail = &commands->head;
	ev_timer_init(&commands->look, on_look, look_s, look_s);
	commands->look.data = commands;
	return commands;
}

void commands_destroy(struct commands *commands)
{
	if (!commands)
		return;
	ev_timer_stop(loop_ev(commands->loop), &commands->look);
	if (commands->pid) {
		end_child(commands);
		log_warn("command: killed, the daemon ends %s", commands->head->label);
	}
	while (commands->head)
		drop_head(commands);
	free(commands);
}
