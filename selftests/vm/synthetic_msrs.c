// SPDX-License-Identifier: MIT

/* Synthetic MSRs: what is not offered faults, what is offered reads back, overlays stay in VTL0's RAM. */

#include "hostile.h"
#include "hvcall/abi/tlfs_msr.h"

static void not_offered(void)
{
	static const __u32 numbers[] = {
		0x40000003, 0x40000004, 0x40000010, 0x40000040, 0x40000074, 0x4000008f,
		0x400000a0, 0x400000b0, 0x400000b1, 0x400000f0, TLFS_MSR_CRASH_P0,
		TLFS_MSR_CRASH_P4, TLFS_MSR_CRASH_CTL, 0x40000106, 0x40000114, 0x40000117,
		0x40000119, 0x400fffff,
	};
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		__u64 value;

		if (read_msr(numbers[i], &value) != GENERAL_PROTECTION ||
		    write_msr(numbers[i], 0) != GENERAL_PROTECTION) {
			note("0x%x", numbers[i]);
			bad++;
		}
	}
	check_equal(bad, 0, "MSRs that are not offered: #GP");
}

static void read_only(void)
{
	static const __u32 numbers[] = { TLFS_MSR_VP_INDEX, TLFS_MSR_TIME_REF_COUNT,
					 TLFS_MSR_TSC_FREQUENCY, TLFS_MSR_APIC_FREQUENCY,
					 TLFS_MSR_SVERSION };
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		__u64 value;

		bad += read_msr(numbers[i], &value) != TEST_NO_FAULT;
		bad += write_msr(numbers[i], 0) != GENERAL_PROTECTION;
	}
	check_equal(bad, 0, "MSRs that are read-only: a write is #GP");
}

static void values(void)
{
	__u64 index = 99, first = 0, second = 0, frequency = 0;
	unsigned int cpu, bad = 0;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		bad += read_msr(TLFS_MSR_VP_INDEX, &index) != TEST_NO_FAULT || index >= cpu_count();
	}
	pin_to_cpu(0);
	check_equal(bad, 0, "VP indices are dense");
	read_msr(TLFS_MSR_TIME_REF_COUNT, &first);
	usleep(20000);
	read_msr(TLFS_MSR_TIME_REF_COUNT, &second);
	check(second - first >= 150000, "the reference time goes on");
	read_msr(TLFS_MSR_TSC_FREQUENCY, &frequency);
	check(frequency > 100000000, "the TSC has a frequency");
}

static void interrupt_sources(void)
{
	unsigned int bad = 0, not_reset = 0;
	__u32 msr;

	for (msr = TLFS_MSR_SINT0; msr <= TLFS_MSR_SINT15; msr++) {
		__u64 value = 0;

		bad += read_msr(msr, &value) != TEST_NO_FAULT;
		not_reset += value != TLFS_SINT_RESET;
		bad += write_msr(msr, 15) != GENERAL_PROTECTION;
		bad += write_msr(msr, TLFS_SINT_MASKED | 3) != TEST_NO_FAULT;
		bad += write_msr(msr, TLFS_SINT_MASKED | 0x42) != TEST_NO_FAULT;
		bad += read_msr(msr, &value) != TEST_NO_FAULT || value != (TLFS_SINT_MASKED | 0x42);
		bad += write_msr(msr, TLFS_SINT_RESET) != TEST_NO_FAULT;
	}
	check_equal(not_reset, 0, "SINTs are masked from the start");
	check_equal(bad, 0, "SINTs: vectors below 16 only while masked");
}

/* An MSR that lays a page of the hypervisor's over one of VTL0's, and its page's first byte */
static void overlay(__u32 msr, const char *name)
{
	struct named_gpa bad_list[BAD_PAGES_MAX];
	unsigned int count = bad_pages(bad_list, BAD_PAGES_MAX), i, bad = 0;
	__u64 before = 0, value = 0, byte = 0;

	if (!check(read_msr(msr, &before) == TEST_NO_FAULT, "%s can be read", name))
		return;
	for (i = 0; i < count; i++) {
		int fault = write_msr(msr, bad_list[i].gpa | TLFS_PAGE_MSR_ENABLE);

		read_msr(msr, &value);
		if (fault != GENERAL_PROTECTION || value != before) {
			note("over %s: fault %d", bad_list[i].name, fault);
			bad++;
		}
	}
	check_equal(bad, 0, "%s: not over what is not VTL0's RAM", name);

	memset(page(8), 0xa5, PAGE_BYTES);
	check_equal(write_msr(msr, page_gpa(8) | TLFS_PAGE_MSR_ENABLE), TEST_NO_FAULT,
		    "%s: over a page of VTL0's", name);
	read_msr(msr, &value);
	check_equal(value, page_gpa(8) | TLFS_PAGE_MSR_ENABLE, "%s reads back", name);
	access_page(page_gpa(8), TEST_READ, &byte);
	check(byte != 0xa5a5a5a5a5a5a5a5, "another page lies there");
	check_equal(write_msr(msr, before), TEST_NO_FAULT, "%s: back again", name);
	access_page(page_gpa(8), TEST_READ, &byte);
	check_equal(byte, 0xa5a5a5a5a5a5a5a5, "VTL0's own page was kept");
}

/* Two overlays cannot lie over the same page. */
static void overlays_collide(void)
{
	__u64 assist = 0, simp = 0;

	read_msr(TLFS_MSR_VP_ASSIST_PAGE, &assist);
	read_msr(TLFS_MSR_SIMP, &simp);
	write_msr(TLFS_MSR_VP_ASSIST_PAGE, page_gpa(9) | 1);
	check_equal(write_msr(TLFS_MSR_SIMP, page_gpa(9) | 1), GENERAL_PROTECTION,
		    "an overlay over an overlay is refused");
	write_msr(TLFS_MSR_VP_ASSIST_PAGE, assist);
	write_msr(TLFS_MSR_SIMP, simp);
}

/* VTL0's kernel makes no hypercall meanwhile: nobody but the driver makes any, and nobody asks it. */
static void hypercall_page(void)
{
	const __u64 spin = TLFS_CALL_NOTIFY_LONG_SPIN_WAIT | TLFS_CALL_FAST;
	__u64 os_id = 0, before = 0, value = 0;

	read_msr(TLFS_MSR_GUEST_OS_ID, &os_id);
	read_msr(TLFS_MSR_HYPERCALL, &before);
	check(os_id != 0 && (before & 1), "Linux has its hypercall page");
	write_msr(TLFS_MSR_HYPERCALL, page_gpa(8) | 1);
	access_page(page_gpa(8), TEST_READ, &value);
	check_equal(value & 0xffffffff, 0xfa1e0ff3, "it moves, and begins with ENDBR64");
	value = 0;
	check_equal(access_page(page_gpa(8), TEST_WRITE, &value), GENERAL_PROTECTION,
		    "it cannot be written");
	write_msr(TLFS_MSR_HYPERCALL, before);

	write_msr(TLFS_MSR_GUEST_OS_ID, 0);
	read_msr(TLFS_MSR_HYPERCALL, &value);
	check_equal(value & 1, 0, "without an OS id the page is off");
	check_equal(hypercall(spin, 0, 0).status, -1, "and a hypercall is #UD");
	check_equal(vtl_call(VTL_CALL_VERSION, 0, 0).status, VTL_STATUS_OK, "a VTL call is not");
	write_msr(TLFS_MSR_HYPERCALL, before);
	read_msr(TLFS_MSR_HYPERCALL, &value);
	check_equal(value & 1, 0, "it cannot be switched on then");
	write_msr(TLFS_MSR_GUEST_OS_ID, os_id);
	write_msr(TLFS_MSR_HYPERCALL, before);
	check_equal(hypercall(spin, 0, 0).status, TLFS_STATUS_SUCCESS, "all is as before");
	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_BOOT, "for the driver as well");
}

int main(void)
{
	hostile_open();
	pin_to_cpu(0);
	not_offered();
	read_only();
	values();
	interrupt_sources();
	overlay(TLFS_MSR_VP_ASSIST_PAGE, "VP_ASSIST_PAGE");
	overlay(TLFS_MSR_SIEFP, "SIEFP");
	overlay(TLFS_MSR_SIMP, "SIMP");
	overlays_collide();
	hypercall_page();
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
