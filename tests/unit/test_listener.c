/* test_listener.c: addresses, shared ports, unix sockets and inherited ones. */
#include "daemon/http/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "feeds/base/error.h"
#include "tests/unit/harness.h"

TEST(a_port_for_several_workers)
{
	struct listener one, other;
	struct error err;
	char address[128];

	CHECK(listener_open("127.0.0.1:0", 3, &one, &err));
	CHECK_INT(one.count, 3);
	CHECK(strncmp(one.address, "127.0.0.1:", 10) == 0 && atoi(one.address + 10) > 0);
	strcpy(address, one.address);
	CHECK(!listener_open(address, 1, &other, &err)); /* taken, in spite of SO_REUSEPORT */
	CHECK(strstr(err.text, address));
	listener_close(&one);
	CHECK(listener_open(address, 1, &other, &err));
	listener_close(&other);
}

TEST(bad_addresses)
{
	struct listener listener;
	struct error err;

	CHECK(!listener_open("8080", 1, &listener, &err));
	CHECK(!listener_open("127.0.0.1:http:x", 1, &listener, &err));
	CHECK(!listener_open("unix:/nonexistent/x", 1, &listener, &err));
}

TEST(a_unix_socket_replaces_a_dead_one_only)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "s"};
	struct listener listener, second;
	struct error err;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK(listener_open("unix:s", 2, &listener, &err));
	CHECK_STR(listener.address, "unix:s");
	CHECK_INT(listener.count, 2);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	CHECK(!listener_open("unix:s", 1, &second, &err));
	listener_close(&listener);
	CHECK(listener_open("unix:s", 1, &listener, &err));
	listener_close(&listener);
	close(fd);
}

TEST(inherited)
{
	struct listener given, got[4];
	struct error err;
	char pid[16];

	CHECK(listener_open("127.0.0.1:0", 1, &given, &err));
	CHECK(dup2(given.fds[0], 3) == 3);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	CHECK_INT(listener_inherit(2, got, 4), 0); /* meant for another process */
	CHECK(!getenv("LISTEN_FDS"));
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	CHECK_INT(listener_inherit(2, got, 4), 1);
	CHECK(!getenv("LISTEN_PID"));
	CHECK_STR(got[0].address, given.address);
	CHECK_INT(got[0].count, 2);
	listener_close(&got[0]);
	if (given.fds[0] != 3)
		listener_close(&given);
}
