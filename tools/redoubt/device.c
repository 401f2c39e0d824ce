// SPDX-License-Identifier: MIT

#include "tools/redoubt/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define DEVICE_PATH "/dev/redoubt"

int device_open(void)
{
	int device = open(DEVICE_PATH, O_RDWR | O_CLOEXEC);

	if (device >= 0)
		return device;

	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		fputs("redoubt: no " DEVICE_PATH ": is the driver (redoubt.ko) loaded? dmesg says why not\n",
		      stderr);
	else if (errno == EACCES || errno == EPERM)
		fputs("redoubt: only root may ask\n", stderr);
	else
		fprintf(stderr, "redoubt: %s: %s\n", DEVICE_PATH, strerror(errno));

	return -1;
}

static int report(const char *what)
{
	if (errno == ESHUTDOWN)
		fprintf(stderr, "redoubt: no %s: VTL1 has stopped itself; the hypervisor's console says why\n",
			what);
	else
		fprintf(stderr, "redoubt: no %s: %s\n", what, strerror(errno));

	return -1;
}

int device_status(int device, struct redoubt_status *status)
{
	if (ioctl(device, REDOUBT_IOC_STATUS, status) != 0)
		return report("status");
	if (status->device_abi_version != REDOUBT_DEVICE_ABI_VERSION) {
		fprintf(stderr, "redoubt: the driver speaks version %u, this program %u\n",
			status->device_abi_version, REDOUBT_DEVICE_ABI_VERSION);
		return -1;
	}
	status->hypervisor_name[sizeof(status->hypervisor_name) - 1] = '\0';

	return 0;
}

int device_seal(int device)
{
	return ioctl(device, REDOUBT_IOC_SEAL) == 0 ? 0 : errno;
}

int device_log(int device, struct redoubt_log *log)
{
	if (ioctl(device, REDOUBT_IOC_LOG, log) != 0)
		return report("log");

	return 0;
}

int device_statement(int device, struct vtl_statement *statement)
{
	if (ioctl(device, REDOUBT_IOC_STATEMENT, statement) != 0)
		return report("statement");

	return 0;
}

int device_witness(int device, struct redoubt_witness *witness)
{
	if (ioctl(device, REDOUBT_IOC_WITNESS, witness) != 0)
		return report("witness log");

	return 0;
}
