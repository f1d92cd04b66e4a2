/*
 * Prints the version of a libpq (PQlibVersion), and then the keyword of each connection parameter
 * that it knows with what that is called in the environment (PQconndefaults). The library is named
 * on the command line: programs of several versions are at hand, each with its own, and headers of
 * none are needed.
 */
#include <dlfcn.h>
#include <stdio.h>

/* PQconninfoOption in libpq-fe.h: it is a part of the interface and does not change. */
struct option
{
	char *keyword;
	char *envvar;
	char *compiled;
	char *val;
	char *label;
	char *dispchar;
	int dispsize;
};

int
main(int argc, char **argv)
{
	struct option *(*defaults)(void);
	int (*version)(void);
	struct option *option;
	void *libpq = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

	if (libpq == NULL || (defaults = dlsym(libpq, "PQconndefaults")) == NULL ||
		(version = dlsym(libpq, "PQlibVersion")) == NULL)
	{
		fprintf(stderr, "there is no libpq: %s\n", dlerror());
		return 1;
	}
	option = defaults();
	if (option == NULL)
		return 1;
	printf("%d\n", version());
	for (; option->keyword != NULL; option++)
		printf("%s %s\n", option->keyword, option->envvar == NULL ? "-" : option->envvar);
	return 0;
}
