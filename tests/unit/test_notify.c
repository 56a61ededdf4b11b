/* Tests of daemon/control/notify.c against a socket as systemd has it. */
#include "daemon/control/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/harness.h"

/* A bound datagram socket; a NAME that begins with '@' is abstract. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (*name == '@')
		address.sun_path[0] = '\0';
	CHECK(fd >= 0);
	CHECK(bind(fd, (const struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				  strlen(name))) == 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* The next datagram; borrowed until the next call. */
static const char *receive(int fd)
{
	static char text[256];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

	CHECK(len >= 0);
	text[len] = '\0';
	return text;
}

TEST(states)
{
	int fd = listen_at("notify.sock");
	long long usec;

	notify_ready();
	CHECK_STR(receive(fd), "READY=1");
	notify_watchdog();
	CHECK_STR(receive(fd), "WATCHDOG=1");
	notify_stopping();
	CHECK_STR(receive(fd), "STOPPING=1");
	notify_reloading();
	CHECK(sscanf(receive(fd), "RELOADING=1\nMONOTONIC_USEC=%lld", &usec) == 1 &&
		usec > 0);
	close(fd);
}

TEST(abstract_socket)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "@gazetted-test-%ld", (long)getpid());
	fd = listen_at(name);
	notify_ready();
	CHECK_STR(receive(fd), "READY=1");
	close(fd);
}

TEST(nobody_listens)
{
	char byte;
	int fd;

	unsetenv("NOTIFY_SOCKET");
	notify_ready();
	setenv("NOTIFY_SOCKET", "", 1);
	notify_ready();
	setenv("NOTIFY_SOCKET", "nowhere.sock", 1);
	notify_ready();
	fd = listen_at("notify.sock"); /* and what was lost is not told later */
	notify_watchdog();
	CHECK_STR(receive(fd), "WATCHDOG=1");
	CHECK(recv(fd, &byte, 1, 0) < 0);
	close(fd);
}

TEST(watchdog_interval)
{
	char pid[32];

	unsetenv("WATCHDOG_USEC");
	CHECK(notify_watchdog_interval_s() <= 0);
	setenv("WATCHDOG_USEC", "20000000", 1);
	unsetenv("WATCHDOG_PID");
	CHECK_INT(notify_watchdog_interval_s() * 1000, 10000);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	CHECK_INT(notify_watchdog_interval_s() * 1000, 10000);
	setenv("WATCHDOG_PID", "1", 1);
	CHECK(notify_watchdog_interval_s() <= 0);
}
