// SPDX-License-Identifier: MIT

/* What is advertised, and the synthetic MSRs, in both VTLs. */

#include "conformance.h"

#define SLOT_PAGE 4

static void cpuid1(__u32 leaf, __u32 out[4])
{
	unsigned int i;

	vtl1(PAIR_CPUID, leaf, 0, 0, 0);
	for (i = 0; i < 4; i++)
		out[i] = (__u32)last()->result[i];
}

static void leaves(void)
{
	/* Timers, starting VPs, crash MSRs, SINT polling */
	const __u32 own[4] = { TLFS_ACCESS_SYNTHETIC_TIMER_REGS, TLFS_START_VIRTUAL_PROCESSOR, 0,
			       TLFS_CRASH_MSRS_AVAILABLE | TLFS_SINT_POLLING_AVAILABLE |
				       TLFS_DIRECT_SYNTHETIC_TIMERS };
	__u32 a, b, c, d, leaf, i, bad = 0, in_vtl1[4];

	__cpuid(1, a, b, c, d);
	check(c >> 31, "A1.hypervisor_present");
	__cpuid(TLFS_CPUID_VENDOR, a, b, c, d);
	check(a >= TLFS_CPUID_LIMITS && a <= 0x4000ffff, "A1.highest_leaf: 0x%x", a);
	__cpuid(TLFS_CPUID_INTERFACE, a, b, c, d);
	check_equal(a, TLFS_INTERFACE_EAX, "A1.interface: Hv#1");
	__cpuid(TLFS_CPUID_FEATURES, a, b, c, d);
	check_equal(a & (TLFS_ACCESS_SYNIC_REGS | TLFS_ACCESS_HYPERCALL_MSRS | TLFS_ACCESS_VP_INDEX),
		    TLFS_ACCESS_SYNIC_REGS | TLFS_ACCESS_HYPERCALL_MSRS | TLFS_ACCESS_VP_INDEX,
		    "A1.privileges: SynIC, hypercall MSRs, VP index");
	check_equal(b & (TLFS_ACCESS_VSM | TLFS_ACCESS_VP_REGISTERS),
		    TLFS_ACCESS_VSM | TLFS_ACCESS_VP_REGISTERS, "A1.privileges: VSM, VP registers");
	check_equal(b & 0x1001, 0, "A1.not_root: neither CreatePartitions nor CpuManagement");
	__cpuid(TLFS_CPUID_LIMITS, a, b, c, d);
	check(a >= cpu_count(), "A1.limits: %u VPs", a);
	for (leaf = TLFS_CPUID_VENDOR; leaf <= TLFS_CPUID_HARDWARE; leaf++) {
		__cpuid(leaf, a, b, c, d);
		cpuid1(leaf, in_vtl1);
		const __u32 in_vtl0[4] = { a, b, c, d };

		for (i = 0; i < 4; i++) {
			__u32 allowed = leaf == TLFS_CPUID_FEATURES ? own[i] : 0;

			if (leaf == TLFS_CPUID_HARDWARE && i == 0)
				allowed = TLFS_HARDWARE_DMA_REMAPPING; /* Devices are VTL0's. */

			bad += ((in_vtl0[i] ^ in_vtl1[i]) & ~allowed) != 0;
		}
	}
	check_equal(bad, 0, "A1.same: VTL1 reads the same, but for what only it may do");
}

static void counts(void)
{
	__u64 first, second, third, index;
	struct pair_msr list[] = { { .number = TLFS_MSR_TIME_REF_COUNT },
				   { .number = TLFS_MSR_VP_INDEX } };

	check_equal(read_msr(TLFS_MSR_TIME_REF_COUNT, &first), PAIR_NO_VECTOR, "A2.time: in VTL0");
	msrs1(list, 2);
	second = list[0].value;
	read_msr(TLFS_MSR_TIME_REF_COUNT, &third);
	check(first <= second && second <= third, "A2.time: one clock, never back");
	check_equal(list[1].value, vp_index0(), "A2.vp_index: one number");
	check_equal(write_msr(TLFS_MSR_VP_INDEX, 0), GENERAL_PROTECTION, "A2.vp_index: read-only");
	check_equal(write_msr(TLFS_MSR_TIME_REF_COUNT, 0), GENERAL_PROTECTION, "A2.time: read-only");
	read_msr1(TLFS_MSR_VP_INDEX, &index);
	check(index < PAIR_VP_MAX, "A2.vp_index: %llu is in range", (unsigned long long)index);
}

/* Without its page VTL1 cannot return, so all of it is done in one command. */
static void hypercall_page1(void)
{
	struct pair_msr list[] = {
		{ .number = TLFS_MSR_GUEST_OS_ID },
		{ .number = TLFS_MSR_HYPERCALL },
		{ .number = TLFS_MSR_GUEST_OS_ID, .is_write = 1 },
		{ .number = TLFS_MSR_HYPERCALL },
		{ .number = TLFS_MSR_HYPERCALL, .is_write = 1, .value = page_gpa(3) | 1 },
		{ .number = TLFS_MSR_HYPERCALL },
		{ .number = TLFS_MSR_GUEST_OS_ID, .is_write = 1 },
		{ .number = TLFS_MSR_HYPERCALL, .is_write = 1 },
		{ .number = TLFS_MSR_HYPERCALL },
	};
	__u64 os_id, os_id0, other_os_id0;

	read_msr(TLFS_MSR_GUEST_OS_ID, &os_id0);
	read_msr1(TLFS_MSR_GUEST_OS_ID, &os_id);
	check(os_id != os_id0, "A2.guest_os_id: one for each VTL");
	list[6].value = os_id;
	read_msr1(TLFS_MSR_HYPERCALL, &list[7].value);
	msrs1(list, 9);
	check_equal(list[1].value & 1, 1, "A2.hypercall: VTL1's page is on");
	check_equal(list[3].value & 1, 0, "A2.hypercall: off without a guest OS id");
	check_equal(list[5].value & 1, 0, "A2.hypercall: cannot be enabled without one");
	check_equal(list[8].value, list[7].value, "A2.hypercall: and on again");
	read_msr(TLFS_MSR_GUEST_OS_ID, &other_os_id0);
	check_equal(other_os_id0, os_id0, "A2.guest_os_id: VTL0's is untouched");
}

static void hypercall_page_contents(void)
{
	__u64 msr, gpa;
	__u32 status;

	vtl1(PAIR_HELLO, 0, 0, 0, 0);
	gpa = last()->result[4];
	read_msr1(TLFS_MSR_HYPERCALL, &msr);
	check_equal(msr & TLFS_PAGE_MSR_ADDRESS, gpa, "A2.hypercall: VTL1's page is where it was put");
	status = vtl1_with(PAIR_ACCESS, PAIR_DIRECT_VA + gpa, 1, 0, 0);
	check(status == PAIR_FAULTED && last()->fault.vector == GENERAL_PROTECTION,
	      "A2.hypercall: a write to the page is #GP");
	read_msr(TLFS_MSR_HYPERCALL, &msr);
	check_equal(attempt(PAIR_TRY_WRITE, msr & TLFS_PAGE_MSR_ADDRESS, 0).fault, GENERAL_PROTECTION,
		    "A2.hypercall: in VTL0 as well");
}

/* An overlay of VTL1 over a page that both can see. */
static void overlay(void)
{
	__u64 *mine = page(SLOT_PAGE), old;
	unsigned int i;
	int fault;

	for (i = 0; i < 512; i++)
		mine[i] = 0x5a5a5a5a5a5a5a5a;
	read_msr1(TLFS_MSR_SIEFP, &old);
	fault = write_msr1(TLFS_MSR_SIEFP, page_gpa(SLOT_PAGE) | 1);
	check_equal(fault, PAIR_NO_VECTOR, "A2.overlay: VTL1 lays one over a page of VTL0's");
	vtl1(PAIR_ACCESS, PAIR_DIRECT_VA + page_gpa(SLOT_PAGE), 1, 0x1234, 0);
	check_equal(vtl1(PAIR_ACCESS, PAIR_DIRECT_VA + page_gpa(SLOT_PAGE), 0, 0, 0), 0x1234,
		    "A2.overlay: VTL1 reads what it wrote there");
	check_equal(mine[0], 0x5a5a5a5a5a5a5a5a, "A2.overlay: VTL0 sees the RAM below");
	write_msr1(TLFS_MSR_SIEFP, page_gpa(SLOT_PAGE));
	check_equal(vtl1(PAIR_ACCESS, PAIR_DIRECT_VA + page_gpa(SLOT_PAGE), 0, 0, 0),
		    0x5a5a5a5a5a5a5a5a, "A2.overlay: disabled, it uncovers the RAM for VTL1");
	write_msr1(TLFS_MSR_SIEFP, old);
}

static void assist_page(void)
{
	__u64 in_vtl1, in_vtl0, after;

	check_equal(read_msr1(TLFS_MSR_VP_ASSIST_PAGE, &in_vtl1), PAIR_NO_VECTOR,
		    "A2.vp_assist: VTL1 reads it");
	check_equal(in_vtl1 & 1, 1, "A2.vp_assist: as it wrote it");
	check_equal(read_msr(TLFS_MSR_VP_ASSIST_PAGE, &in_vtl0), PAIR_NO_VECTOR,
		    "A2.vp_assist: VTL0 reads its own");
	check(in_vtl0 != in_vtl1, "A2.vp_assist: one for each VTL");
	write_msr(TLFS_MSR_VP_ASSIST_PAGE, page_gpa(5) | 1);
	read_msr(TLFS_MSR_VP_ASSIST_PAGE, &after);
	check_equal(after, page_gpa(5) | 1, "A2.vp_assist: reads back as written");
	write_msr(TLFS_MSR_VP_ASSIST_PAGE, in_vtl0);
	read_msr1(TLFS_MSR_VP_ASSIST_PAGE, &after);
	check_equal(after, in_vtl1, "A2.vp_assist: VTL1's did not move");
}

static void unlisted(void)
{
	static const __u32 numbers[] = { 0x40000004, 0x40000030, 0x4000004f, 0x400000a0, 0x400000ff,
					 0x40000107, 0x40000fff, 0x400fffff };
	unsigned int i, bad0 = 0, bad1 = 0;
	__u64 value;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		bad0 += read_msr(numbers[i], &value) != GENERAL_PROTECTION;
		bad0 += write_msr(numbers[i], 0) != GENERAL_PROTECTION;
		bad1 += read_msr1(numbers[i], &value) != GENERAL_PROTECTION;
		bad1 += write_msr1(numbers[i], 0) != GENERAL_PROTECTION;
	}
	check_equal(bad0, 0, "A3.unlisted: #GP in VTL0");
	check_equal(bad1, 0, "A3.unlisted: #GP in VTL1");
}

/* A group of MSRs exists exactly where its privilege bit says so. */
static void privileges(void)
{
	static const struct {
		const char *name;
		__u32 bit, msr;
	} gated[] = {
		{ "VP_RUNTIME", 0, 0x40000010 },	 { "TIME_REF_COUNT", 1, 0x40000020 },
		{ "SCONTROL", 2, TLFS_MSR_SCONTROL },	 { "STIMER0_CONFIG", 3, 0x400000b0 },
		{ "TPR", 4, TLFS_MSR_TPR },		 { "RESET", 7, 0x40000003 },
		{ "REFERENCE_TSC", 9, 0x40000021 },	 { "TSC_FREQUENCY", 11, 0x40000022 },
		{ "REENLIGHTENMENT", 13, 0x40000106 },	 { "TSC_INVARIANT", 15, 0x40000118 },
	};
	__u32 a, b, c, d, in_vtl1[4];
	size_t i;

	__cpuid(TLFS_CPUID_FEATURES, a, b, c, d);
	cpuid1(TLFS_CPUID_FEATURES, in_vtl1);
	for (i = 0; i < sizeof(gated) / sizeof(*gated); i++) {
		__u64 value;
		int wanted0 = a >> gated[i].bit & 1 ? PAIR_NO_VECTOR : GENERAL_PROTECTION;
		int wanted1 = in_vtl1[0] >> gated[i].bit & 1 ? PAIR_NO_VECTOR : GENERAL_PROTECTION;

		check(read_msr(gated[i].msr, &value) == wanted0 &&
			      read_msr1(gated[i].msr, &value) == wanted1,
		      "A3.privilege: %s, bit %u, in both VTLs", gated[i].name, gated[i].bit);
	}
}

int main(void)
{
	conformance_open();
	leaves();
	counts();
	hypercall_page1();
	hypercall_page_contents();
	overlay();
	assist_page();
	unlisted();
	privileges();

	return conformance_end();
}
