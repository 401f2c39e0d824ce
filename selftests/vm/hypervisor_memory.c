// SPDX-License-Identifier: MIT

/* The hypervisor's memory and its console are not VTL0's. */

#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>

#include "hostile.h"

#define CONSOLE_PORT 0xe9
#define LARGE_BYTES (2ull << 20)

static int fault_at(__u64 gpa, __u32 access)
{
	__u64 value = 0;

	return access_page(gpa, access, &value);
}

/* Reserved memory of which VTL0 cannot even read the ends: nobody's but the hypervisor's. */
static bool is_closed(__u64 first, __u64 last)
{
	return fault_at(first, TEST_READ) == GENERAL_PROTECTION &&
	       fault_at(last & ~7ull, TEST_READ) == GENERAL_PROTECTION;
}

static void check_closed(__u64 first, __u64 last)
{
	const __u64 middle = (first + (last - first) / 2) & ~(PAGE_BYTES - 1);
	const __u64 gpas[] = { first, middle, last & ~(PAGE_BYTES - 1) };
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < 3; i++) {
		bad += fault_at(gpas[i], TEST_READ) != GENERAL_PROTECTION;
		bad += fault_at(gpas[i], TEST_WRITE) != GENERAL_PROTECTION;
		bad += fault_at(gpas[i], TEST_EXECUTE) != GENERAL_PROTECTION;
	}
	check_equal(bad, 0, "0x%llx-0x%llx cannot be read, written or executed", first, last);
}

static void reserved_memory(void)
{
	const char *line = read_text("/proc/iomem");
	char *copy = strdup(line), *rest = copy, *one;
	__u64 closed_bytes = 0;

	while ((one = strsep(&rest, "\n")) != NULL) {
		unsigned long long first, last;
		char name[32];

		if (sscanf(one, "%llx-%llx : %31[^\n]", &first, &last, name) != 3 || one[0] == ' ' ||
		    strcasecmp(name, "Reserved") != 0 || first >= ram_end())
			continue;
		if (!is_closed(first, last))
			continue;
		closed_bytes += last + 1 - first;
		check_closed(first, last);
	}
	check(closed_bytes >= LARGE_BYTES, "the hypervisor keeps some memory for itself");
	note("%llu KiB", closed_bytes >> 10);
	free(copy);
}

/* What is not RAM is not executable either, be it readable. */
static void devices_are_not_code(void)
{
	check_equal(fault_at(0xfee00000, TEST_READ), TEST_NO_FAULT, "the APIC's page can be read");
	check_equal(fault_at(0xfee00000, TEST_EXECUTE), GENERAL_PROTECTION, "and not executed");
	check_equal(fault_at(0xfed00000, TEST_EXECUTE), GENERAL_PROTECTION, "nor the HPET's");
}

static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

static int signal_of_string_output(void)
{
	static const char text[] = "STRING-OUTPUT-FROM-VTL0\n";
	const char *source = text;
	unsigned long count = sizeof(text) - 1;
	int number = sigsetjmp(back, 1);

	if (number == 0)
		asm volatile("rep outsb" : "+S"(source), "+c"(count) : "d"(CONSOLE_PORT) : "memory");

	return number;
}

/* The suite looks for these words on the hypervisor's console. */
static void console_port(void)
{
	const char *text = "WORDS-FROM-VTL0\n";

	if (iopl(3) != 0) {
		check_skip("console", "no I/O privilege");
		return;
	}
	signal(SIGSEGV, on_signal);
	check_equal(inb(CONSOLE_PORT), 0xff, "the console's port reads as if nothing were there");
	check_equal(inw(CONSOLE_PORT), 0xffff, "in 16 bits");
	check_equal(inl(CONSOLE_PORT), 0xffffffff, "in 32 bits");
	for (; *text; text++)
		outb((unsigned char)*text, CONSOLE_PORT);
	check(true, "writes to it go nowhere");
	check_equal(signal_of_string_output(), SIGSEGV, "string output is refused");
	outl(0x58585858, CONSOLE_PORT - 3);
	outw(0x5858, CONSOLE_PORT - 1);
	check(true, "it is not reached from a port before it");
}

int main(void)
{
	hostile_open();
	reserved_memory();
	devices_are_not_code();
	console_port();
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
