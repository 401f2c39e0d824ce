// SPDX-License-Identifier: MIT
#include "tools/redoubt/kprobes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* debugfs, mounted where nobody else sees it; -1 if there is none */
static int open_debugfs(void)
{
	int context = fsopen("debugfs", FSOPEN_CLOEXEC);
	int folder = -1;

	if (context < 0)
		return -1;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		folder = fsmount(context, FSMOUNT_CLOEXEC, 0);
	close(context);

	return folder;
}

void kprobes_disarm(void)
{
	int folder = open_debugfs();
	int file = folder < 0 ? -1 : openat(folder, "kprobes/enabled", O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, "0", 1) != 1)
		fprintf(stderr, "redoubt: kernel probes are not disarmed: %s\n", strerror(errno));
	if (file >= 0)
		close(file);
	if (folder >= 0)
		close(folder);
}
