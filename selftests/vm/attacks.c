// SPDX-License-Identifier: MIT

/*
 * What root in VTL0's kernel does to own it, one attack after the other. While VTL0 is not sealed each
 * must succeed, which shows that it is a real one; then it is undone. Once VTL0 is sealed each must
 * fail, with a general protection fault and with nothing changed. Documentation/attacks.rst has the list.
 */

#include "kernel_image.h"
#include "register_attacks.h"

#define NUMBER 0x12345678u /* what the code that is executed returns */

static bool is_sealed;

static const char *const ways[] = {
	[TEST_BY_ALIAS] = "by another mapping",
	[TEST_BY_DIRECT_MAP] = "by the direct map",
	[TEST_BY_ADDRESS] = "by its own address",
};

/* endbr64; mov $NUMBER, %eax; ret */
static const __u8 code[16] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 };

static void judge_store(const char *what, const char *way, const struct test_store *store)
{
	bool ok = is_sealed ? store->fault == GENERAL_PROTECTION && store->after == store->before :
			      store->fault == TEST_NO_FAULT && store->after != store->before;

	if (!check(ok, "%s, %s: %s", what, way, is_sealed ? "denied" : "succeeds while not sealed"))
		note("fault %d, 0x%llx before, 0x%llx after", store->fault, store->before,
		     store->after);
}

/* Changes one bit, in each way in which a kernel can. */
static void attack_memory(const char *what, __u64 address)
{
	__u32 by;

	for (by = TEST_BY_ALIAS; by <= TEST_BY_ADDRESS; by++) {
		struct test_store store = { .address = address & ~7ull,
					    .by = by,
					    .length = 8,
					    .is_mask = true,
					    .value = 1ull << 61 };

		must_do(TEST_IOC_STORE, &store);
		judge_store(what, ways[by], &store);
	}
}

static void attack_image(void)
{
	attack_memory("writing kernel code", must_symbol("panic") + 0x20);
	attack_memory("writing the entry of system calls", must_symbol("entry_SYSCALL_64") + 8);
	attack_memory("writing read-only data", must_symbol("linux_banner"));
	attack_memory("writing the table of system calls", must_symbol("sys_call_table") + 8 * 300);
	attack_memory("writing an interrupt gate", must_symbol("idt_table") + 16 * 200);
}

/* Bytes as a number, little endian */
static __u64 bytes_of(const char *bytes, size_t count)
{
	__u64 value = 0;

	memcpy(&value, bytes, count);

	return value;
}

static void attack_site(const char *what, __u64 address, const char *bytes, __u32 length,
			bool has_breakpoint)
{
	struct test_store store = { .address = address,
				    .value = bytes_of(bytes, length),
				    .length = length,
				    .has_breakpoint = has_breakpoint };

	must_do(TEST_IOC_STORE, &store);
	/* That one is legal: the kernel's own patches begin with it. */
	if (has_breakpoint)
		check_equal(store.breakpoint_fault, TEST_NO_FAULT, "%s: the breakpoint is written",
			    what);
	judge_store(what, "as a patch", &store);
}

/* Where the function calls its tracer, or would */
static __u64 tracer_site(const char *function)
{
	__u64 address = must_symbol(function);
	struct test_store store = { .length = 5, .is_mask = true };
	unsigned int skip;

	for (skip = 0; skip <= 4; skip += 4) {
		store.address = address + skip;
		must_do(TEST_IOC_STORE, &store);
		if (store.before == bytes_of("\x0f\x1f\x44\x00\x00", 5))
			return address + skip;
	}
	bail_out("%s has no site of a tracer", function);
}

static void attack_found_site(const char *what, bool (*is_wanted)(const struct manifest_site *site),
			      const char *bytes, __u32 length)
{
	struct manifest_site site;
	__u64 address = manifest() ? find_site(is_wanted, &site) : 0;

	if (!address) {
		check_skip(what, "no manifest, or no such site in it");
		return;
	}
	attack_site(what, address, bytes, length, false);
}

static bool is_frozen(const struct manifest_site *site)
{
	__u32 bytes;
	const struct manifest_key *keys = manifest_table(MANIFEST_SECTION_KEYS, &bytes);

	return site->kind == MANIFEST_SITE_JUMP_LABEL &&
	       keys[site->key].freedom == MANIFEST_KEY_FROZEN;
}

static bool is_guarded(const struct manifest_site *site)
{
	return site->kind == MANIFEST_SITE_FTRACE && site->key & MANIFEST_FTRACE_GUARDED;
}

static bool is_boot_only(const struct manifest_site *site)
{
	return site->kind == MANIFEST_SITE_SMP_LOCK;
}

static void attack_sites(void)
{
	__u64 site = tracer_site("orderly_poweroff");

	attack_site("a call to elsewhere at a tracer's site", site, "\xe8\x11\x22\x33\x00", 5, false);
	attack_site("the same behind a breakpoint", site, "\xe8\x11\x22\x33\x00", 5, true);
	attack_site("another instruction for a breakpoint", site, "\xe9", 1, true);
	attack_site("a legal value one byte further", site + 1, "\x0f\x1f\x44\x00\x00", 5, false);
	attack_site("a breakpoint where no site is", site + 5, "\xcc", 1, false);
	attack_found_site("a site of a frozen key", is_frozen, "\xcc", 1);
	attack_found_site("a tracer of a guarded function", is_guarded, "\xcc", 1);
	attack_found_site("a site that only boot changes", is_boot_only, "\x90", 1);
}

static void judge_execution(const char *what, int fault, __u64 value)
{
	bool ok = is_sealed ? fault == GENERAL_PROTECTION && value != NUMBER :
			      fault == TEST_NO_FAULT && value == NUMBER;

	if (!check(ok, "executing %s: %s", what, is_sealed ? "denied" : "succeeds while not sealed"))
		note("fault %d, 0x%llx", fault, value);
}

static void attack_data(void)
{
	static const char *const names[TEST_CODE_COUNT] = {
		[TEST_CODE_KMALLOC] = "memory of kmalloc",
		[TEST_CODE_VMALLOC] = "memory of vmalloc",
		[TEST_CODE_STACK] = "the kernel's stack",
		[TEST_CODE_DIRECT_MAP] = "the direct map",
		[TEST_CODE_DATA] = "a module's data",
		[TEST_CODE_USER] = "a program's page that became the kernel's",
	};
	__u8 *user = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	__u32 where;

	if (user == MAP_FAILED)
		bail_out("no page");
	memcpy(user, code, sizeof(code));
	for (where = 0; where < TEST_CODE_COUNT; where++) {
		struct test_code test = { .where = where, .address = (__u64)user };

		must_do(TEST_IOC_CODE, &test);
		judge_execution(names[where], test.fault, test.value);
	}
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
	__u8 *user = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	__u64 value = 0;
	int fault;

	if (user == MAP_FAILED)
		bail_out("no page");
	memcpy(user, code, sizeof(code));
	if (((int (*)(void))user)() != NUMBER)
		bail_out("the code does not work");
	fault = access_page(user_gpa(user), TEST_EXECUTE, &value);
	judge_execution("a program's page by another mapping", fault, value);
}

/* Page tables say that what lies at the address is other code. */
static void attack_mapping(const char *what, const char *name, __u64 gpa, __u8 *bytes)
{
	__u64 address = must_symbol(name);
	struct test_remap remap = { .address = address, .gpa = gpa };

	memset(bytes, 0xcc, PAGE_BYTES);
	memcpy(bytes + address % PAGE_BYTES, code, sizeof(code));
	must_do(TEST_IOC_REMAP, &remap);
	judge_execution(what, (int)remap.fault, remap.value);
}

/* Whether what is called on the way of a fault lies in this page: such a page cannot be replaced here. */
static bool is_needed(const char *name)
{
	static const char *const needed[] = { "asm_exc_general_protection", "error_entry",
					      "error_return", "common_interrupt_return",
					      "swapgs_restore_regs_and_return_to_usermode" };
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (symbol(needed[i]) / PAGE_BYTES == symbol(name) / PAGE_BYTES)
			return true;
	}

	return false;
}

static void attack_mappings(void)
{
	__u8 *user = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (user == MAP_FAILED)
		bail_out("no page");
	attack_mapping("a changed copy mapped over kernel code", "panic", page_gpa(3), page(3));
	user[0] = 1;
	if (is_needed("entry_SYSCALL_64"))
		check_skip("a program's page mapped over the entry of system calls",
			   "faults need that page");
	else
		attack_mapping("a program's page mapped over the entry of system calls",
			       "entry_SYSCALL_64", user_gpa(user), user);
}

/*
 * Text of modules is written by who has the rights, and runs no more. That the write takes is no gain:
 * the same bytes could have been written anywhere.
 */
static void attack_module(void)
{
	struct test_own_text text;
	/* Eight bytes: no patch of the kernel's own looks like that. */
	struct test_store store = { .length = 8, .by = TEST_BY_ALIAS, .value = NUMBER };
	__u64 value = 0;
	int fault;

	must_do(TEST_IOC_OWN_TEXT, &text);
	fault = access_page(text.init_gpa & ~7ull, TEST_READ, &value);
	value = 0;
	if (text.init_gpa % 8 == 0 && fault == TEST_NO_FAULT) {
		fault = access_page(text.init_gpa, TEST_EXECUTE, &value);
		judge_execution("text of a module that was freed", fault, value);
	}

	value = 0;
	fault = access_page(text.gpa, TEST_EXECUTE, &value);
	check(fault == TEST_NO_FAULT && value == NUMBER, "text of a module runs");
	store.address = text.address + 64;
	must_do(TEST_IOC_STORE, &store);
	value = 0;
	fault = access_page(text.gpa, TEST_EXECUTE, &value);
	judge_execution("text of a module after it was written", fault, value);
}

/* Denied at all times, so the control is that the same way executes RAM (above). */
static void attack_devices(void)
{
	const char *line = strstr(read_text("/proc/iomem"), " : 0000:00:");
	unsigned long long bar = 0;
	__u64 value = 0;

	while (line && line[-1] != '\n')
		line--;
	if (line && sscanf(line, " %llx-", &bar) == 1 && bar >= 1ull << 20)
		check_equal(access_page(bar & ~(PAGE_BYTES - 1), TEST_EXECUTE, &value),
			    GENERAL_PROTECTION, "executing a device's memory at 0x%llx: denied", bar);
	else
		check_skip("executing a device's memory", "no device has any");
	check_equal(access_page(0xfffff000, TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "executing the firmware's ROM: denied");
}

int main(void)
{
	is_sealed = redoubt_status().vtl1.phase == VTL_PHASE_SEALED;
	note("VTL0 is %ssealed", is_sealed ? "" : "not ");
	hostile_open();
	pin_to_cpu(cpu_count() - 1);

	attack_image();
	attack_sites();
	attack_data();
	attack_user_page();
	attack_mappings();
	attack_module();
	attack_devices();
	if (is_sealed)
		register_attacks_fail(cpu_count() - 1);
	else if (redoubt_status().vtl1.pinned_vp_count == 0)
		register_attacks_succeed();
	check(!trouble_in(kernel_log()), "no trouble in the kernel's log");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
