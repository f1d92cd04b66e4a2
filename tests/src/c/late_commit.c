/*
 * Holds a commit where the server has made it visible and has not yet told other sessions of it:
 * in CommitTransaction (src/backend/access/transam/xact.c) between the callbacks on commit and
 * AtEOXact_Inval.
 *
 * While the file that late_commit.while names is there, a commit of this session waits, and a file
 * of the same name with .waiting at its end says that it does.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "fmgr.h"
#include "utils/guc.h"
#include "utils/resowner.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static char *held_while;

static void
hold(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg)
{
	char waiting[MAXPGPATH];
	int file;

	if (phase != RESOURCE_RELEASE_BEFORE_LOCKS || !is_commit || !is_top_level || held_while == NULL
		|| access(held_while, F_OK) != 0)
		return;
	snprintf(waiting, sizeof waiting, "%s.waiting", held_while);
	file = open(waiting, O_CREAT | O_WRONLY, 0600);
	if (file >= 0)
		close(file);
	while (access(held_while, F_OK) == 0)
		pg_usleep(1000);
	unlink(waiting);
}

void
_PG_init(void)
{
	DefineCustomStringVariable("late_commit.while", "Commits wait while this file is there.", NULL,
							   &held_while, NULL, PGC_SUSET, 0, NULL, NULL, NULL);
	RegisterResourceReleaseCallback(hold, NULL);
}
