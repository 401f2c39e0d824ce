// SPDX-License-Identifier: MIT

/* /dev/redoubt: wrong commands, wrong pointers, wrong people. */

#include <sys/wait.h>

#include "vtl0.h"

static int error_of(int device, unsigned long command, void *argument)
{
	return ioctl(device, command, argument) == 0 ? 0 : errno;
}

static void commands(int device)
{
	struct redoubt_status status;
	char byte;

	check_equal(error_of(device, REDOUBT_IOC_STATUS, &status), 0, "a good status");
	check_equal(status.device_abi_version, REDOUBT_DEVICE_ABI_VERSION, "of this version");
	check_equal(error_of(device, 0, &status), ENOTTY, "command 0");
	check_equal(error_of(device, ~0ul, &status), ENOTTY, "command ~0");
	check_equal(error_of(device, _IO('R', 1), NULL), ENOTTY, "the number without a size");
	check_equal(error_of(device, _IOR('R', 1, char), &byte), ENOTTY, "with another size");
	check_equal(error_of(device, _IOW('R', 1, struct redoubt_status), &status), ENOTTY,
		    "in the other direction");
	check_equal(error_of(device, _IOR('R', 3, struct redoubt_status), &status), ENOTTY,
		    "one that is not there");
}

static void pointers(int device)
{
	static struct redoubt_log log;
	void *const bad[] = { NULL, (void *)8, (void *)0xffff888000000000, (void *)0xffffffff81000000,
			      (void *)0x00007ffffffff000, (void *)~0ul };
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		wrong += error_of(device, REDOUBT_IOC_STATUS, bad[i]) != EFAULT;
		wrong += error_of(device, REDOUBT_IOC_LOG, bad[i]) != EFAULT;
	}
	check_equal(wrong, 0, "pointers to nowhere and to the kernel: EFAULT");
	log.sequence = ~0ull;
	check_equal(error_of(device, REDOUBT_IOC_LOG, &log), 0, "a log far in the future");
	check(log.page.text_bytes == 0 && log.page.first_sequence == log.page.next_sequence,
	      "is empty");
}

static void other_calls(int device)
{
	char byte = 0;

	check(read(device, &byte, 1) < 0 && errno == EINVAL, "it cannot be read");
	check(write(device, &byte, 1) < 0 && errno == EINVAL, "or written");
}

/* In a child that is nobody: 0 if all is as it should be, else which was not */
static int try_as_nobody(int device)
{
	struct redoubt_status status;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 1;
	if (open("/dev/redoubt", O_RDWR) >= 0 || errno != EACCES)
		return 2;
	if (error_of(device, REDOUBT_IOC_STATUS, &status) != EPERM)
		return 3;
	if (open("/sys/kernel/security/redoubt/status", O_RDONLY) >= 0)
		return 4;

	return 0;
}

static void people(int device)
{
	struct stat about;
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(try_as_nobody(device));
	waitpid(child, &status, 0);
	check_equal(status, 0, "nobody cannot open it, or use it when handed over");
	check(stat("/dev/redoubt", &about) == 0 && (about.st_mode & 0777) == 0600,
	      "its mode says so too");
}

int main(void)
{
	int device = open_redoubt();

	commands(device);
	pointers(device);
	other_calls(device);
	people(device);

	return tap_end();
}
