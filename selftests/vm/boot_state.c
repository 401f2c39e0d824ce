// SPDX-License-Identifier: MIT

/* After the boot: nothing hurt, VTL1's memory out of VTL0's way, the status readable. */

#include <elf.h>

#include "hostile.h"

#define STATUS_FILE "/sys/kernel/security/redoubt/status"

static void check_kernel_log(void)
{
	const char *log = kernel_log();
	const char *trouble = trouble_in(log);
	const char *line = strstr(log, "redoubt: VTL1 ");

	if (!check(!trouble, "the kernel's log has no sign of trouble"))
		note("%s", trouble);
	check(line && strstr(line, "CPUs,"), "it says that VTL1 runs");
}

static bool has_line(const char *text, const char *format, unsigned long long number)
{
	char line[64];

	snprintf(line, sizeof(line), format, number);

	return strstr(text, line) != NULL;
}

static void check_status_file(void)
{
	struct stat about;
	const char *text;

	if (!check(stat(STATUS_FILE, &about) == 0, "there is a status file"))
		return;
	check_equal(about.st_mode & 0777, 0400, "only root may read it");
	text = read_text(STATUS_FILE);
	check(strstr(text, "phase: boot\n") != NULL, "it names the phase");
	check(has_line(text, "cpus: %llu\n", cpu_count()), "and the CPUs");
}

/* VTL1's frames are offline pages, all of them and no others. */
static void check_offline_pages(void)
{
	struct redoubt_status status = redoubt_status();
	__u64 gpa, total = 0;

	vtl1_pages(&gpa, 1, &total);
	check_equal(total * PAGE_BYTES, status.vtl1.memory_bytes,
		    "as much memory is offline as VTL1 has");
}

/* /proc/kcore is an ELF file; program headers give each part's physical address. */
static off_t kcore_offset(int kcore, __u64 gpa)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;
	unsigned int i;

	if (pread(kcore, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	for (i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(part));

		if (pread(kcore, &part, sizeof(part), at) != sizeof(part))
			return -1;
		if (part.p_type == PT_LOAD && gpa >= part.p_paddr &&
		    gpa - part.p_paddr < part.p_filesz)
			return (off_t)(part.p_offset + (gpa - part.p_paddr));
	}

	return -1;
}

static void check_kcore(void)
{
	int kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	static __u64 bytes[512];
	__u64 before = redoubt_status().vtl1.denied_reads, sum = 0;
	ssize_t size = -1;
	off_t offset;
	size_t i;

	if (kcore < 0) {
		check_skip("kcore", "no /proc/kcore");
		return;
	}
	memset(bytes, 0xff, sizeof(bytes));
	offset = kcore_offset(kcore, vtl1_page());
	if (check(offset > 0, "/proc/kcore covers VTL1's memory"))
		size = pread(kcore, bytes, sizeof(bytes), offset);
	close(kcore);
	for (i = 0; i < 512; i++)
		sum |= bytes[i];
	check(size == (ssize_t)sizeof(bytes) && sum == 0, "it reads as zeros");
	check_equal(redoubt_status().vtl1.denied_reads, before, "without touching it");
}

int main(void)
{
	hostile_open();
	check_kernel_log();
	check_status_file();
	check_offline_pages();
	check_kcore();
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
