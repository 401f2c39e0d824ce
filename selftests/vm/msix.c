// SPDX-License-Identifier: MIT

/*
 * MSI-X tables lie in BARs, and an entry is a message to any CPU: NMI, INIT and SMI too
 * (platform-surface.rst). Without arguments each attack must fail. With "open" the hypervisor was
 * told to leave the tables to VTL0, and it must succeed.
 *
 * The disk has its driver but nothing to do, so that its table can be played with. The network
 * card's interrupts are real ones.
 */

#include <dirent.h>

#include "hostile.h"

#define VIRTIO_NET 0x10411af4u
#define VIRTIO_DISK 0x10421af4u

#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY 2
#define PCI_BAR_0 0x10
#define PCI_CAPABILITIES 0x34
#define PCI_MSIX 0x11

/* Words of an entry */
#define ADDRESS 0
#define UPPER 1
#define DATA 2
#define CONTROL 3
#define MASKED 1u

#define NMI 0x400u

/* Room in the board's window, where nothing is */
#define ELSEWHERE 0xd0000000u

static bool is_open;

struct function {
	int config;
	unsigned int bar; /* the table's, as an offset in configuration space */
	unsigned int offset;
	volatile __u32 *page; /* the table's first page */
};

/* An attack succeeds exactly if its door was left open. */
static void check_door(bool succeeded, const char *what)
{
	check(succeeded == is_open, "%s%s", what, is_open ? " (open)" : "");
}

static __u32 config_read(const struct function *function, unsigned int offset)
{
	__u32 value = 0;

	if (pread(function->config, &value, sizeof(value), offset) != sizeof(value))
		bail_out("configuration space cannot be read");

	return value;
}

static void config_write(const struct function *function, unsigned int offset, __u32 value)
{
	if (pwrite(function->config, &value, sizeof(value), offset) != sizeof(value))
		bail_out("configuration space cannot be written");
}

static void decode_memory(const struct function *function, bool on)
{
	__u16 command = (__u16)config_read(function, PCI_COMMAND);

	command = (__u16)(on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY);
	if (pwrite(function->config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		bail_out("the command register cannot be written");
}

static void map_table(struct function *function)
{
	__u64 first = (config_read(function, function->bar) & ~0xfu) + function->offset;
	__u8 *page = (__u8 *)map_device_page(first & ~(PAGE_BYTES - 1));

	function->page = (volatile __u32 *)(page + first % PAGE_BYTES);
}

static bool find_table(struct function *function)
{
	unsigned int at = config_read(function, PCI_CAPABILITIES) & 0xfc;
	__u32 place;

	while (at && (config_read(function, at) & 0xff) != PCI_MSIX)
		at = config_read(function, at) >> 8 & 0xfc;
	if (!at)
		return false;
	place = config_read(function, at + 4);
	function->bar = PCI_BAR_0 + 4 * (place & 7);
	function->offset = place & ~7u;
	map_table(function);

	return true;
}

static bool find_function(__u32 wanted, struct function *function)
{
	DIR *devices = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	bool found = false;

	while (devices && !found && (entry = readdir(devices)) != NULL) {
		char path[300];

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", entry->d_name);
		function->config = open(path, O_RDWR | O_CLOEXEC);
		if (function->config < 0)
			continue;
		found = config_read(function, 0) == wanted && find_table(function);
		if (!found)
			close(function->config);
	}
	if (devices)
		closedir(devices);

	return found;
}

/* Whether a word of the table takes a value. Puts back what was. */
static bool takes(volatile __u32 *entry, unsigned int word, __u32 value)
{
	__u32 before = entry[word];
	bool taken;

	entry[word] = value;
	taken = entry[word] == value;
	entry[word] = before;

	return taken;
}

static bool takes_pair(volatile __u32 *entry, unsigned int word, __u64 value)
{
	volatile __u64 *pair = (volatile __u64 *)(entry + word);
	__u64 before = *pair;
	bool taken;

	*pair = value;
	taken = *pair == value;
	*pair = before;

	return taken;
}

static void words(volatile __u32 *entry)
{
	check(takes(entry, ADDRESS, 0xfee01004) && takes(entry, UPPER, 0) &&
		      takes(entry, DATA, 0x4042),
	      "a plain message is taken");
	check(takes_pair(entry, ADDRESS, 0xfee01004) && takes_pair(entry, DATA, 0x100000142ull),
	      "also in 64 bits");
	check(takes(entry, CONTROL, entry[CONTROL] ^ MASKED), "an entry can be masked and unmasked");
	check_door(takes(entry, ADDRESS, (__u32)page_gpa(0)), "a message goes to memory");
	check_door(takes(entry, UPPER, 1), "or above 4 GiB");
	check_door(takes(entry, DATA, 0x200), "a message is SMI");
	check_door(takes(entry, DATA, NMI), "a message is NMI");
	check_door(takes(entry, DATA, 0x500), "a message is INIT");
	check_door(takes_pair(entry, ADDRESS, 0x1fee00000ull), "in 64 bits: above 4 GiB");
	check_door(takes_pair(entry, DATA, 0x100000500ull), "in 64 bits: INIT, masked");
}

/* While the function does not decode, and wherever it does. */
static void moved_table(struct function *disk)
{
	__u32 before = config_read(disk, disk->bar);

	decode_memory(disk, false);
	check(!takes(disk->page, DATA, NMI), "a table that is not decoded is not there");
	decode_memory(disk, true);
	check_door(takes(disk->page, DATA, NMI), "a message is NMI, after that");

	decode_memory(disk, false);
	config_write(disk, disk->bar, ELSEWHERE);
	decode_memory(disk, true);
	map_table(disk);
	check(takes(disk->page, DATA, 0x4042), "the table has moved");
	check_door(takes(disk->page, DATA, NMI), "there a message is NMI");

	config_write(disk, disk->bar, before); /* while it decodes */
	map_table(disk);
	check(takes(disk->page, DATA, 0x4042), "the table is back");
	check_door(takes(disk->page, DATA, NMI), "and a message is NMI");
}

static void live_interrupt(const struct function *net)
{
	volatile __u32 *entry = net->page + 4; /* what comes in from the net */
	__u32 before = entry[DATA];
	bool has_nmi;

	run_quietly("ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up");
	check(run_quietly("ping -c 1 -W 10 10.0.2.2"), "the network card interrupts");
	entry[DATA] = before | NMI;
	run_quietly("ping -c 1 -W 3 10.0.2.2");
	entry[DATA] = before;
	has_nmi = strstr(kernel_log(), "Uhhuh. NMI");
	check_door(has_nmi, "it sends an NMI");
	if (!is_open) /* else the driver waits for what came as an NMI */
		check(run_quietly("ping -c 2 -W 10 10.0.2.2"), "and interrupts again");
}

int main(int argc, char **argv)
{
	struct function disk, net;

	is_open = argc > 1 && strcmp(argv[1], "open") == 0;
	hostile_open();
	run_quietly("modprobe -a virtio_pci virtio_blk virtio_net");
	if (!find_function(VIRTIO_DISK, &disk) || !find_function(VIRTIO_NET, &net))
		skip_all("no devices for it");
	words(disk.page);
	moved_table(&disk);
	live_interrupt(&net);
	check(is_open || !trouble_in(kernel_log()), "the kernel's log has no sign of trouble");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
