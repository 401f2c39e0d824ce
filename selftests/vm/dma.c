// SPDX-License-Identifier: MIT

/*
 * A device writes and reads memory for VTL0: only what VTL0 may write and read itself. The device
 * is QEMU's "edu", which copies between memory and a buffer of its own.
 *
 *   dma         needs an IOMMU below; with VTL1's self-test image it also protects pages
 *   dma open    needs none: shows that the writes which must not land do so without one
 *   dma init    a write to the local APIC's address is a message, which no IOMMU here looks at: an
 *               INIT at the boot CPU. It does not return.
 *   dma kernel  writes to VTL0's kernel, which must land while it is not sealed, and not once it is
 */

#include <cpuid.h>
#include <dirent.h>
#include <glob.h>

#include "kernel_image.h"
#include "selftests/vtl1/calls.h"

#define EDU_VENDOR_AND_DEVICE 0x11e81234u
#define DISK_VENDOR_AND_DEVICE 0x10421af4u
#define PCI_COMMAND 4
#define PCI_MEMORY_AND_MASTER 6
#define BAR_BYTES 0x100000

/* QEMU, docs/specs/edu.rst */
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_RUN 1u
#define EDU_DMA_TO_MEMORY 2u
#define EDU_BUFFER 0x40000

#define HYPERVISOR_IMAGE 0x8000000ull
#define HYPERVISOR_TRAMPOLINE 0x8000ull
#define IOMMU_REGISTERS 0xfed90000ull
#define LOCAL_APIC 0xfee00000ull
#define SAMPLES 4

/* Delivery modes of messages */
#define MODE_SMI 2u
#define MODE_NMI 4u
#define MODE_INIT 5u

/* Own pages by use */
#define SOURCE 0
#define SINK 1
#define TARGET 2

#define MARKER 0x6b72616d2d414d44ull
#define OTHER 0x1111222233334444ull

static volatile __u8 *edu;

static bool is_edu(int config)
{
	__u32 id = 0;

	return pread(config, &id, sizeof(id), 0) == sizeof(id) && id == EDU_VENDOR_AND_DEVICE;
}

static bool enable(const char *name, int config)
{
	char path[300];
	__u16 command = 0;
	int file;

	if (pread(config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return false;
	command |= PCI_MEMORY_AND_MASTER;
	if (pwrite(config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", name);
	file = open(path, O_RDWR | O_CLOEXEC);
	edu = mmap(NULL, BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);

	return edu != MAP_FAILED;
}

static bool find_edu(void)
{
	DIR *devices = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	bool found = false;

	while (devices && !found && (entry = readdir(devices)) != NULL) {
		char path[300];
		int config;

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", entry->d_name);
		config = open(path, O_RDWR | O_CLOEXEC);
		if (config < 0)
			continue;
		found = is_edu(config) && enable(entry->d_name, config);
		close(config);
	}
	if (devices)
		closedir(devices);

	return found;
}

static volatile __u64 *edu_register(unsigned int offset)
{
	return (volatile __u64 *)(edu + offset);
}

/*
 * Takes the device a tenth of a second. CPUID, so that the hypervisor runs meanwhile and
 * sees each fault: the unit drops a second one of the same device.
 */
static void copy_bytes(__u64 from, __u64 to, __u32 direction, __u32 bytes)
{
	unsigned int tries, a, b, c, d;

	*edu_register(EDU_DMA_SOURCE) = from;
	*edu_register(EDU_DMA_DESTINATION) = to;
	*edu_register(EDU_DMA_COUNT) = bytes;
	*edu_register(EDU_DMA_COMMAND) = EDU_DMA_RUN | direction;
	for (tries = 0; *edu_register(EDU_DMA_COMMAND) & EDU_DMA_RUN; tries++) {
		if (tries == 10000)
			bail_out("the device does not end its transfer");
		usleep(10000);
		__cpuid(0, a, b, c, d);
	}
}

static void copy(__u64 from, __u64 to, __u32 direction)
{
	copy_bytes(from, to, direction, 8);
}

static void write_by_device(__u64 gpa, __u64 value)
{
	*(volatile __u64 *)page(SOURCE) = value;
	copy(page_gpa(SOURCE), EDU_BUFFER, 0);
	copy(EDU_BUFFER, gpa, EDU_DMA_TO_MEMORY);
}

/* OTHER if the device could not read. */
static __u64 read_by_device(__u64 gpa)
{
	*(volatile __u64 *)page(SOURCE) = OTHER;
	*(volatile __u64 *)page(SINK) = 0;
	copy(page_gpa(SOURCE), EDU_BUFFER, 0);
	copy(gpa, EDU_BUFFER, 0);
	copy(EDU_BUFFER, page_gpa(SINK), EDU_DMA_TO_MEMORY);

	return *(volatile __u64 *)page(SINK);
}

/* Whether what the device writes there is there afterwards. Puts back what was. */
static bool lands(__u64 gpa)
{
	__u64 before = read_by_device(gpa);
	bool landed;

	write_by_device(gpa, MARKER);
	landed = read_by_device(gpa) == MARKER;
	if (landed)
		write_by_device(gpa, before);

	return landed;
}

static void means_work(const char *when)
{
	volatile __u64 *target = page(TARGET);

	*target = 0;
	write_by_device(page_gpa(TARGET), MARKER);
	check_equal(*target, MARKER, "%s the device writes to a page of VTL0's", when);
	*target = ~MARKER;
	check_equal(read_by_device(page_gpa(TARGET)), ~MARKER, "and reads it");
}

static void closed_memory(bool expected)
{
	__u64 samples[SAMPLES], total;
	unsigned int i, landed = 0, count = vtl1_pages(samples, SAMPLES, &total);

	for (i = 0; i < count; i++)
		landed += lands(samples[i] + 0x800);
	check(count > 0, "VTL1's memory is known");
	check_equal(landed, expected ? count : 0, "the device reaches %s of VTL1's memory",
		    expected ? "all" : "none");
	check_equal(lands(HYPERVISOR_IMAGE + 0x800), expected, "the device %s the hypervisor",
		    expected ? "reaches" : "does not reach");
}

static void protect(__u64 access)
{
	const struct vtl_arguments arguments = { .rsi = page_gpa(TARGET), .rdx = 1, .r8 = access };
	struct vtl_answer answer = vtl_call_with(SELFTEST_CALL_PROTECT, arguments);

	if (answer.status != VTL_STATUS_OK)
		bail_out("VTL1 cannot protect a page: %llu", answer.status);
}

/* The device's translations are warm each time that the rights change. */
static void protected_page(void)
{
	volatile __u64 *target = page(TARGET);

	if (vtl_call(SELFTEST_CALL_FREE_FRAMES, 0, 0).status == VTL_STATUS_UNKNOWN_CALL) {
		check_skip("protected page", "needs VTL1's self-test image");
		return;
	}
	*target = OTHER + 1;
	protect(TLFS_PROTECT_READ);
	write_by_device(page_gpa(TARGET), MARKER);
	check_equal(*target, OTHER + 1,
		    "the device does not write to a page that VTL0 may only read");
	check_equal(read_by_device(page_gpa(TARGET)), OTHER + 1, "but reads it, as VTL0 does");
	protect(0);
	write_by_device(page_gpa(TARGET), MARKER);
	check(read_by_device(page_gpa(TARGET)) != OTHER + 1,
	      "it does not read a page that is closed to VTL0");
	protect(TLFS_PROTECT_ALL);
	check_equal(*target, OTHER + 1, "nor has it written to it");
	means_work("once it is open again");
}

static void hidden_unit(void)
{
	__u64 value = 0;

	check_equal(access_page(IOMMU_REGISTERS, TEST_READ, &value), GENERAL_PROTECTION,
		    "VTL0 cannot read the IOMMU's registers");
	check_equal(access_page(IOMMU_REGISTERS, TEST_WRITE, &value), GENERAL_PROTECTION,
		    "or write them");
	check(!lands(IOMMU_REGISTERS + 0x38), "nor can a device of its");
	check(access("/sys/firmware/acpi/tables/DMAR", F_OK) != 0, "no ACPI table names an IOMMU");
	check(!strstr(kernel_log(), "DMAR"), "the kernel has seen none");
}

/* What VTL0 may not write to the MSI-X table of the virtio disk, in BAR 1, the device may not either. */
static void other_table(void)
{
	__u32 words[6] = {};
	glob_t found;
	size_t i;

	if (glob("/sys/bus/pci/devices/*/config", 0, NULL, &found) != 0)
		bail_out("no PCI");
	for (i = 0; i < found.gl_pathc && words[0] != DISK_VENDOR_AND_DEVICE; i++) {
		int config = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		if (config < 0 || pread(config, words, sizeof(words), 0) != sizeof(words))
			bail_out("%s: %s", found.gl_pathv[i], strerror(errno));
		close(config);
	}
	if (words[0] == DISK_VENDOR_AND_DEVICE)
		check(!lands(words[5] & ~0xfu), "it does not write to the disk's MSI-X table");
	else
		check_skip("MSI-X table", "no disk");
}

/* To the boot CPU. @mode: of delivery */
static void send_by_device(__u32 mode)
{
	*(volatile __u32 *)page(SOURCE) = mode << 8;
	copy_bytes(page_gpa(SOURCE), EDU_BUFFER, 0, 4);
	copy_bytes(EDU_BUFFER, LOCAL_APIC, EDU_DMA_TO_MEMORY, 4);
}

/* Messages that must do no more than VTL0 can do to itself. */
static void messages(void)
{
	send_by_device(MODE_SMI);
	check(is_vtl1_well(), "an SMI by the device returns, VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");
	send_by_device(MODE_NMI);
	check(strstr(kernel_log(), "Uhhuh. NMI"), "an NMI by the device is VTL0's");
	check(is_vtl1_well(), "VTL1 answers");
}

/* What the kernel may not write, its devices may not either. */
static void kernel_image_is_written(void)
{
	bool is_sealed = redoubt_status().vtl1.phase == VTL_PHASE_SEALED;
	const char *result = is_sealed ? "denied" : "succeeds while not sealed";

	check_equal(lands((gpa_of("panic") & ~7ull) + 0x20), !is_sealed,
		    "a device's write to kernel code: %s", result);
	check_equal(lands(gpa_of("linux_banner") & ~7ull), !is_sealed,
		    "a device's write to read-only data: %s", result);
	check_equal(lands((gpa_of("sys_call_table") & ~7ull) + 8 * 300), !is_sealed,
		    "a device's write to the table of system calls: %s", result);
}

int main(int argc, char **argv)
{
	bool is_kernel = argc > 1 && strcmp(argv[1], "kernel") == 0;
	bool is_open = argc > 1 && strcmp(argv[1], "open") == 0;
	bool is_init = argc > 1 && strcmp(argv[1], "init") == 0;

	if (!find_edu())
		skip_all("no device for it");
	hostile_open();
	means_work("at first");
	if (is_kernel) {
		kernel_image_is_written();
		return tap_end();
	}
	if (is_init) {
		send_by_device(MODE_INIT);
		bail_out("the boot CPU goes on after an INIT");
	}
	closed_memory(is_open);
	if (!is_open) {
		check(!lands(HYPERVISOR_TRAMPOLINE + 0x800), "nor the page where CPUs start");
		protected_page();
		hidden_unit();
		other_table();
	}
	check(is_vtl1_well(), "VTL1 answers");
	messages();

	return tap_end();
}
