// SPDX-License-Identifier: MIT

/*
 * What a virtio disk and a virtio network card bring is what the runner put there, byte by byte
 * (tools/redoubt_vm/devices.py), and what is written comes back.
 */

#include <glob.h>

#include "vtl0.h"

#define DISK "/dev/vda"
#define DISK_BYTES (4u << 20)
#define WRITTEN_BYTES (1u << 20)
#define SERVED_BYTES (256u << 10)

/* Aligned for O_DIRECT, which leaves the kernel's cache out. */
static __u64 buffer[DISK_BYTES / 8] __attribute__((aligned(4096)));

static __u64 pattern(size_t n)
{
	return n * 0x9e3779b97f4a7c15ull;
}

static bool is_pattern(size_t bytes)
{
	size_t n;

	for (n = 0; n < bytes / 8; n++)
		if (buffer[n] != pattern(n))
			return false;

	return true;
}

static bool transfer_all(int file, size_t bytes, bool is_write)
{
	__u8 *at = (__u8 *)buffer;

	while (bytes) {
		ssize_t done = is_write ? write(file, at, bytes) : read(file, at, bytes);

		if (done <= 0)
			return false;
		at += done;
		bytes -= (size_t)done;
	}

	return true;
}

static void disk(void)
{
	int file = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	size_t n;

	if (file < 0)
		bail_out(DISK ": %s", strerror(errno));
	check(transfer_all(file, DISK_BYTES, false) && is_pattern(DISK_BYTES),
	      "the disk holds what the host wrote");
	for (n = 0; n < WRITTEN_BYTES / 8; n++)
		buffer[n] = ~pattern(n);
	lseek(file, WRITTEN_BYTES, SEEK_SET);
	check(transfer_all(file, WRITTEN_BYTES, true), "it takes data");
	memset(buffer, 0, sizeof(buffer));
	lseek(file, WRITTEN_BYTES, SEEK_SET);
	check(transfer_all(file, WRITTEN_BYTES, false), "and gives it back");
	for (n = 0; n < WRITTEN_BYTES / 8 && buffer[n] == ~pattern(n); n++)
		;
	check_equal(n, WRITTEN_BYTES / 8, "as it was");
	close(file);
}

static void network(void)
{
	int file;

	check(run_quietly("ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up"),
	      "there is a network card");
	check(run_quietly("ping -c 1 -W 10 10.0.2.2"), "the host answers a ping");
	check(run_quietly("tftp -g -b 1428 -r pattern -l /tmp/pattern 10.0.2.2"),
	      "a file comes from the host");
	file = open("/tmp/pattern", O_RDONLY | O_CLOEXEC);
	check(file >= 0 && transfer_all(file, SERVED_BYTES, false) && is_pattern(SERVED_BYTES),
	      "with what the host put there");
	close(file);
}

int main(void)
{
	glob_t found;

	run_quietly("modprobe -a virtio_pci virtio_blk virtio_net");
	if (glob("/sys/bus/virtio/devices/*", 0, NULL, &found) != 0)
		skip_all("no virtio device");
	disk();
	network();
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
