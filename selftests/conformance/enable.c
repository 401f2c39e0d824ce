// SPDX-License-Identifier: MIT

/* Enabling VTL1: what is refused, in which order, and what the first entry finds. */

#include "conformance.h"

static void before(void)
{
	__u64 status = vsm_register0(TLFS_REG_VSM_PARTITION_STATUS);
	const struct tlfs_initial_vp_context none = {};
	__u8 unsupported = offers_mbec() ? 0 : TLFS_ENABLE_PARTITION_VTL_MBEC;

	check_equal(status & TLFS_VSM_ENABLED_VTL_SET, 1, "A10.partition_status: only VTL0 is enabled");
	check_equal(status >> TLFS_VSM_MAXIMUM_VTL_SHIFT & 0xf, 1, "A10.partition_status: VTL1 is the highest");
	check_equal(vsm_register0(TLFS_REG_VSM_VP_STATUS), 1u << TLFS_VSM_VP_ENABLED_SET_SHIFT,
		    "A10.vp_status: VTL0 runs, and is all there is");
	check(enable_vp0(TLFS_VP_SELF, 1, &none).status != 0,
	      "A9.before_partition: no VP before the partition");
	check(enable_partition0(1, 1, 0).status != 0, "A8.partition_id: another partition");
	check(enable_partition0(TLFS_PARTITION_SELF, 0, 0).status != 0, "A8.vtl: VTL0");
	check(enable_partition0(TLFS_PARTITION_SELF, 2, 0).status != 0, "A8.vtl: VTL2");
	check(enable_partition0(TLFS_PARTITION_SELF, 1, 0x80).status != 0, "A8.flags: a reserved flag");
	if (unsupported)
		check(enable_partition0(TLFS_PARTITION_SELF, 1, unsupported).status != 0,
		      "A8.mbec: refused where it is not offered");
	else
		check_skip("A8.mbec", "MBEC is offered");
	check(!is_partition_enabled(), "A8.nothing: VTL1 is still off after all this");
}

static void partition(bool with_mbec)
{
	__u8 flags = with_mbec ? TLFS_ENABLE_PARTITION_VTL_MBEC : 0;
	__u64 status;

	check_equal(enable_partition0(TLFS_PARTITION_SELF, 1, flags).status, 0, "A8.enable");
	status = vsm_register0(TLFS_REG_VSM_PARTITION_STATUS);
	check_equal(status & TLFS_VSM_ENABLED_VTL_SET, 3, "A8.status: both VTLs");
	check_equal(status >> TLFS_VSM_MBEC_ENABLED_SET_SHIFT & 0xffff, with_mbec ? 2 : 0,
		    "A8.status: MBEC as asked for");
	check_equal(enable_partition0(TLFS_PARTITION_SELF, 1, flags).status,
		    TLFS_STATUS_INVALID_VTL_STATE, "A8.twice: INVALID_VTL_STATE");
}

static void vp(const struct tlfs_initial_vp_context *context)
{
	struct pair_call call = { .how = PAIR_CALL_RAW, .general = { 0, TLFS_CALL_VTL_CALL } };
	__u32 other = cpu_count() > 1 ? !vp_index0() : 77;

	pair_must(PAIR_IOC_CALL, &call, "a VTL call");
	check_equal(call.fault, INVALID_OPCODE, "A11.not_enabled: a VTL call before the VP has VTL1");
	check(enable_vp0(other, 1, context).status != 0, "A9.other_vp: VTL0 may enable only itself");
	check(enable_vp0(1000, 1, context).status != 0, "A9.vp_index: out of range");
	check(enable_vp0(TLFS_VP_SELF, 0, context).status != 0, "A9.vtl: VTL0");
	check(enable_vp0(TLFS_VP_SELF, 2, context).status != 0, "A9.vtl: VTL2");
	check_equal(enable_vp0(TLFS_VP_SELF, 1, context).status, 0, "A9.enable");
	check_equal(vsm_register0(TLFS_REG_VSM_VP_STATUS) >> TLFS_VSM_VP_ENABLED_SET_SHIFT, 3,
		    "A9.status: both VTLs; VTL0 still runs");
	check_equal(vsm_register0(TLFS_REG_VSM_VP_STATUS) & TLFS_VSM_ACTIVE_VTL, 0,
		    "A9.no_switch: VTL0 still runs");
	check(enable_vp0(TLFS_VP_SELF, 1, context).status != 0, "A9.twice");
}

/* What a VP has at its first entry is seen through what VTL1 has not written. */
static void first_state(void)
{
	static const struct {
		__u32 msr;
		const char *name;
	} zero[] = {
		{ 0xc0000081, "STAR" }, { 0xc0000082, "LSTAR" }, { 0xc0000083, "CSTAR" },
		{ 0xc0000084, "SFMASK" }, { 0xc0000102, "KERNEL_GS_BASE" }, { 0x174, "SYSENTER_CS" },
		{ 0x175, "SYSENTER_ESP" }, { 0x176, "SYSENTER_EIP" }, { 0xc0000100, "FS base" },
		{ 0xc0000101, "GS base" }, { TLFS_MSR_REFERENCE_TSC, "REFERENCE_TSC" },
	};
	struct pair_state *state = (void *)last()->data;
	__u64 value;
	size_t i;

	for (i = 0; i < sizeof(zero) / sizeof(*zero); i++) {
		int fault = read_msr1(zero[i].msr, &value);

		check(fault == PAIR_NO_VECTOR && value == 0, "A9.reset_state: %s is 0", zero[i].name);
	}
	for (i = 1; i < 16; i++) {
		if (read_msr1(TLFS_MSR_SINT0 + i, &value) != PAIR_NO_VECTOR ||
		    value != TLFS_SINT_RESET)
			break;
	}
	check_equal(i, 16, "A9.reset_state: SINT1 to 15 are masked");
	memset(state, 0, sizeof(*state));
	vtl1(PAIR_STATE, 0, 0, 0, 0);
	check_equal(state->cr8, 0, "A9.reset_state: CR8");
	check_equal(state->dr6, 0xffff0ff0, "A9.reset_state: DR6");
	check_equal(state->dr7, 0x400, "A9.reset_state: DR7");
	check_equal(read_msr1(0x1b, &value), PAIR_NO_VECTOR, "A9.apic_base: can be read");
	check((value & ~0xd00ull) == 0xfee00000 && (value & 0x800),
	      "A9.apic_base: enabled, where it belongs");
	check_equal(value >> 8 & 1, vp_index0() == 0, "A9.apic_base: boot flag");
}

static void later(const struct tlfs_initial_vp_context *context)
{
	if (cpu_count() == 1) {
		check_skip("B6", "one CPU");
		return;
	}
	pin_to_cpu(1);
	check(enable_vp0(TLFS_VP_SELF, 1, context).status != 0,
	      "B6.vtl0_again: VTL0 may not enable a second VP, not even itself");
	check_equal(vsm_register0(TLFS_REG_VSM_VP_STATUS), 1u << TLFS_VSM_VP_ENABLED_SET_SHIFT,
		    "B6.vtl0_again: that VP has no VTL1");
	pin_to_cpu(0);
	start_others();
	check(true, "B6.enable_others: VTL1 enables %u other VPs, each is entered", cpu_count() - 1);
	check_equal(vtl1(PAIR_ENABLE_VP, 1, 0, 0, 0) & TLFS_RESULT_STATUS,
		    TLFS_STATUS_VTL_ALREADY_ENABLED, "B6.twice: VTL_ALREADY_ENABLED");
}

int main(void)
{
	struct pair_prepare prepared;

	open_device();
	pin_to_cpu(0);
	if (is_partition_enabled())
		skip_all("VTL1 has been enabled already");
	find_vtl_call();
	before();
	prepared = prepare();
	partition(prepared.has_mbec);
	vp(&prepared.context);
	check_equal(vtl1(PAIR_HELLO, 0, 0, 0, 0), vp_index0(), "A11.first_call: VTL1 answers");
	check_equal(counters1().entries[1], 2, "A11.reason: two entries by VTL call, counted with this");
	first_state();
	later(&prepared.context);

	return conformance_end();
}
