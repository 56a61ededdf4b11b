/*
 * slow_dns.c: a name server that never answers, for the bench of dead DNS. Loaded with
 * LD_PRELOAD; names that end in ".dead" are asked for 20 s in vain, names like
 * "n1-2-3.live" are 127.1.2.3, everything else is the system's.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { IN_VAIN_S = 20 };

static int ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	unsigned a, b, c;
	char address[32];

	memcpy(&real, &symbol, sizeof(real));
	if (node && ends_in(node, ".dead")) {
		sleep(IN_VAIN_S);
		return EAI_AGAIN;
	}
	if (node && ends_in(node, ".live") && sscanf(node, "n%u-%u-%u.", &a, &b, &c) == 3) {
		snprintf(address, sizeof(address), "127.%u.%u.%u", a, b, c);
		return real(address, service, hints, res);
	}
	return real(node, service, hints, res);
}
