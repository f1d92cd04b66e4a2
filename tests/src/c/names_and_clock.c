/*
 * Loaded before a program: other names in DNS than this machine has, and another clock.
 *
 * FAKE_ALIAS=typed=canonical is a CNAME to a host at 127.0.0.1, FAKE_REVERSE what the name of every
 * address is, FAKE_CLOCK how many seconds the clock is ahead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static long ahead(void)
{
	const char *seconds = getenv("FAKE_CLOCK");

	return seconds ? atol(seconds) : 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
				struct addrinfo **found)
{
	int			(*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	const char *alias = getenv("FAKE_ALIAS");
	size_t		length = alias ? strcspn(alias, "=") : 0;
	int			failed;

	real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!node || !length || strlen(node) != length || strncasecmp(node, alias, length) != 0)
		return real(node, service, hints, found);
	failed = real("127.0.0.1", service, hints, found);
	if (!failed && (*found)->ai_canonname)
	{
		free((*found)->ai_canonname);
		(*found)->ai_canonname = strdup(alias + length + 1);
	}
	return failed;
}

int getnameinfo(const struct sockaddr *address, socklen_t size, char *host, socklen_t room,
				char *service, socklen_t more, int flags)
{
	int			(*real)(const struct sockaddr *, socklen_t, char *, socklen_t, char *, socklen_t, int);
	const char *name = getenv("FAKE_REVERSE");

	real = dlsym(RTLD_NEXT, "getnameinfo");
	if (!name || !host || (flags & NI_NUMERICHOST) || strlen(name) >= room)
		return real(address, size, host, room, service, more, flags);
	strcpy(host, name);
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int			(*real)(clockid_t, struct timespec *);
	int			failed;

	real = dlsym(RTLD_NEXT, "clock_gettime");
	failed = real(clock, out);
	if (!failed && clock == CLOCK_REALTIME)
		out->tv_sec += ahead();
	return failed;
}
