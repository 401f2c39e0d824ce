// SPDX-License-Identifier: MIT

/*
 * What root in VTL0's kernel does to own it, one attack after the other. While VTL0 is not sealed each
 * must succeed, which shows that it is a real one; then it is undone. Once VTL0 is sealed each must
 * fail, with a general protection fault or with nothing changed.
 */

#include "hostile.h"

static bool is_sealed;

/* The symbol's address, or 0. */
static __u64 symbol(const char *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], name[256], type;
	unsigned long long address, found = 0;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %255s", &address, &type, name) == 3 &&
		    strcmp(name, wanted) == 0)
			found = address;
	}
	if (file)
		fclose(file);

	return found;
}

/* Where the kernel's image lies */
static __u64 image_gpa(void)
{
	const char *line = strstr(read_text("/proc/iomem"), "Kernel code");
	unsigned long long first;

	while (line && line[-1] != '\n')
		line--;
	if (!line || sscanf(line, " %llx-", &first) != 1)
		bail_out("no kernel code in /proc/iomem");

	return first;
}

static __u64 gpa_of(const char *name)
{
	__u64 address = symbol(name), text = symbol("_text");

	if (!address || !text)
		bail_out("no symbol %s", name);

	return image_gpa() + (address - text);
}

/* Changes one bit and looks whether it is changed. */
static void attack_memory(const char *what, __u64 gpa)
{
	__u64 before = 0, after = 0, value;
	int fault;

	gpa &= ~7ull;
	if (access_page(gpa, TEST_READ, &before) != TEST_NO_FAULT)
		bail_out("%s cannot be read", what);
	value = before ^ 1ull << 63;
	fault = access_page(gpa, TEST_WRITE, &value);
	access_page(gpa, TEST_READ, &after);
	if (is_sealed) {
		check(fault == GENERAL_PROTECTION && after == before, "%s: denied", what);
		return;
	}
	check(fault == TEST_NO_FAULT && after != before, "%s: succeeds while not sealed", what);
	access_page(gpa, TEST_WRITE, &before);
}

static void attack_execution(const char *what, __u64 gpa)
{
	static const __u8 code[] = { 0xf3, 0x0f, 0x1e, 0xfa,		      /* endbr64 */
				     0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 }; /* mov $.., %eax; ret */
	__u64 value = 0;
	unsigned int i;
	int fault;

	for (i = 0; i < sizeof(code); i += 8) {
		__u64 part = 0;

		memcpy(&part, code + i, sizeof(code) - i < 8 ? sizeof(code) - i : 8);
		if (access_page(gpa + i, TEST_WRITE, &part) != TEST_NO_FAULT)
			bail_out("%s cannot be written", what);
	}
	fault = access_page(gpa, TEST_EXECUTE, &value);
	if (is_sealed)
		check(fault == GENERAL_PROTECTION && value == 0, "%s: denied", what);
	else
		check(fault == TEST_NO_FAULT && value == 0x12345678,
		      "%s: succeeds while not sealed", what);
}

/* Where a page of this program lies */
static __u64 user_gpa(const void *address)
{
	int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (pread(file, &entry, sizeof(entry), (off_t)((__u64)address / PAGE_BYTES * 8)) !=
	    sizeof(entry))
		bail_out("no pagemap");
	close(file);

	return (entry & ((1ull << 55) - 1)) * PAGE_BYTES;
}

static void attack_user_page(void)
{
	__u8 *user = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (user == MAP_FAILED)
		bail_out("no page");
	user[0] = 1;
	attack_execution("executing a page of a program as the kernel", user_gpa(user));
}

int main(void)
{
	is_sealed = redoubt_status().vtl1.phase == VTL_PHASE_SEALED;
	note("VTL0 is %ssealed", is_sealed ? "" : "not ");
	hostile_open();

	attack_memory("writing kernel code", gpa_of("panic") + 8);
	attack_memory("writing the entry of system calls", gpa_of("entry_SYSENTER_compat") + 8);
	attack_memory("writing read-only data", gpa_of("linux_banner"));
	attack_memory("writing the table of system calls", gpa_of("sys_call_table") + 8 * 300);
	attack_memory("writing an interrupt gate", gpa_of("idt_table") + 16 * 200);
	attack_execution("executing a page of the kernel's allocator", page_gpa(3));
	attack_user_page();

	return tap_end();
}
