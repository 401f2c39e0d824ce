// SPDX-License-Identifier: MIT

/* HvCallGetVpRegisters and HvCallSetVpRegisters: VTL1 over VTL0, and what VTL0 may do. */

#include "conformance.h"

/* Architectural registers of VTL0 that VTL1 must be able to read and to write back. */
static const struct {
	const char *name;
	__u32 number;
} registers[] = {
	{ "RSP", TLFS_REG_RSP },	{ "RIP", TLFS_REG_RIP },
	{ "RFLAGS", TLFS_REG_RFLAGS },	{ "CR0", TLFS_REG_CR0 },
	{ "CR3", TLFS_REG_CR3 },	{ "CR4", TLFS_REG_CR4 },
	{ "CR8", TLFS_REG_CR8 },	{ "DR7", TLFS_REG_DR7 },
	{ "ES", TLFS_REG_ES },		{ "CS", TLFS_REG_CS },
	{ "SS", TLFS_REG_SS },		{ "DS", TLFS_REG_DS },
	{ "FS", TLFS_REG_FS },		{ "GS", TLFS_REG_GS },
	{ "LDTR", TLFS_REG_LDTR },	{ "TR", TLFS_REG_TR },
	{ "IDTR", TLFS_REG_IDTR },	{ "GDTR", TLFS_REG_GDTR },
	{ "EFER", TLFS_REG_EFER },	{ "KERNEL_GS_BASE", TLFS_REG_KERNEL_GS_BASE },
	{ "PAT", TLFS_REG_PAT },	{ "SYSENTER_CS", TLFS_REG_SYSENTER_CS },
	{ "SYSENTER_EIP", TLFS_REG_SYSENTER_EIP }, { "SYSENTER_ESP", TLFS_REG_SYSENTER_ESP },
	{ "STAR", TLFS_REG_STAR },	{ "LSTAR", TLFS_REG_LSTAR },
	{ "CSTAR", TLFS_REG_CSTAR },	{ "SFMASK", TLFS_REG_SFMASK },
	{ "APIC_BASE", TLFS_REG_APIC_BASE },
};

static void both_ways(void)
{
	size_t i;

	for (i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		struct tlfs_register_value value;
		int got = get_register1(0, registers[i].number, &value), set;

		/* RIP, RSP, RFLAGS are those of the next call then: not to be put back. */
		if (i < 3) {
			check(got == 0 && value.low != 0, "A14.get: %s", registers[i].name);
			continue;
		}
		set = set_register1(0, registers[i].number, value.low, value.high);
		check(got == 0 && set == 0, "A14.get_set: %s", registers[i].name);
	}
}

static void values(void)
{
	static const struct {
		const char *name;
		__u32 number, msr;
	} msrs[] = {
		{ "EFER", TLFS_REG_EFER, 0xc0000080 },
		{ "STAR", TLFS_REG_STAR, 0xc0000081 },
		{ "LSTAR", TLFS_REG_LSTAR, 0xc0000082 },
		{ "CSTAR", TLFS_REG_CSTAR, 0xc0000083 },
		{ "SFMASK", TLFS_REG_SFMASK, 0xc0000084 },
		{ "PAT", TLFS_REG_PAT, 0x277 },
		{ "SYSENTER_CS", TLFS_REG_SYSENTER_CS, 0x174 },
		{ "SYSENTER_ESP", TLFS_REG_SYSENTER_ESP, 0x175 },
		{ "SYSENTER_EIP", TLFS_REG_SYSENTER_EIP, 0x176 },
		{ "APIC_BASE", TLFS_REG_APIC_BASE, 0x1b },
		{ "GUEST_OS_ID", TLFS_REG_GUEST_OS_ID, TLFS_MSR_GUEST_OS_ID },
		{ "VP_ASSIST_PAGE", TLFS_REG_VP_ASSIST_PAGE, TLFS_MSR_VP_ASSIST_PAGE },
	};
	size_t i;

	for (i = 0; i < sizeof(msrs) / sizeof(*msrs); i++) {
		struct tlfs_register_value value = {};
		int status = get_register1(0, msrs[i].number, &value);
		__u64 seen;

		read_msr(msrs[i].msr, &seen);
		check(status == 0 && value.low == seen, "A14.value: %s is what VTL0 reads",
		      msrs[i].name);
	}
}

static void control_registers(void)
{
	static const struct {
		const char *name;
		__u32 number, cr;
	} all[] = { { "CR0", TLFS_REG_CR0, 0 }, { "CR4", TLFS_REG_CR4, 4 } };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct tlfs_register_value value;

		get_register1(0, all[i].number, &value);
		check_equal(value.low, attempt(PAIR_TRY_READ_CR, all[i].cr, 0).value,
			    "A14.value: %s is what VTL0 reads", all[i].name);
	}
}

/* What VTL1 sets is what VTL0 has afterwards. */
static void effect(void)
{
	__u64 before, after;

	read_msr(0xc0000083, &before);
	check_equal(set_register1(0, TLFS_REG_CSTAR, 0xffffffff81234560, 0), 0, "A14.effect: CSTAR is set");
	read_msr(0xc0000083, &after);
	check_equal(after, 0xffffffff81234560, "A14.effect: VTL0 reads it");
	set_register1(0, TLFS_REG_CSTAR, before, 0);
}

static void bad_values(void)
{
	static const struct {
		const char *name;
		__u32 number;
		__u64 flip;
	} all[] = {
		{ "LSTAR not canonical", TLFS_REG_LSTAR, 1ull << 60 },
		{ "CSTAR not canonical", TLFS_REG_CSTAR, 1ull << 60 },
		{ "SYSENTER_EIP not canonical", TLFS_REG_SYSENTER_EIP, 1ull << 60 },
		{ "SYSENTER_ESP not canonical", TLFS_REG_SYSENTER_ESP, 1ull << 60 },
		{ "KERNEL_GS_BASE not canonical", TLFS_REG_KERNEL_GS_BASE, 1ull << 60 },
		{ "CR0 above 32 bits", TLFS_REG_CR0, 1ull << 40 },
		{ "CR4 reserved bit", TLFS_REG_CR4, 1ull << 31 },
		{ "EFER unknown bit", TLFS_REG_EFER, 1ull << 20 },
		{ "PAT type 2", TLFS_REG_PAT, 2 },
		{ "SFMASK above 32 bits", TLFS_REG_SFMASK, 1ull << 32 },
		{ "APIC_BASE elsewhere", TLFS_REG_APIC_BASE, 1ull << 20 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct tlfs_register_value value, after;
		int status;

		get_register1(0, all[i].number, &value);
		if (all[i].number == TLFS_REG_PAT)
			value.low = (value.low & ~7ull) | 2;
		else
			value.low ^= all[i].flip;
		status = set_register1(0, all[i].number, value.low, value.high);
		get_register1(0, all[i].number, &after);
		check(status != 0 && after.low != value.low, "A14.bad: %s", all[i].name);
		if (status != TLFS_STATUS_INVALID_REGISTER_VALUE)
			note("status 0x%x", status);
	}
}

static int from_vtl0(__u64 code, __u8 input_vtl, __u32 name)
{
	struct tlfs_vp_registers_header *header = page(0);
	struct tlfs_register_assignment *set = (void *)(header + 1);

	memset(page(0), 0, PAGE_BYTES);
	header->partition_id = TLFS_PARTITION_SELF;
	header->vp_index = TLFS_VP_SELF;
	header->input_vtl = input_vtl;
	set->name = name;

	return hypercall0(rep(code, 1, 0), page_gpa(0), page_gpa(1)).status;
}

static void denied(void)
{
	static const __u32 names[] = { TLFS_REG_RIP, TLFS_REG_CR3, TLFS_REG_LSTAR, TLFS_REG_CS,
				       TLFS_REG_VSM_PARTITION_CONFIG, TLFS_REG_PENDING_EVENT0,
				       TLFS_REG_VP_ASSIST_PAGE, TLFS_REG_SIMP };
	unsigned int i, bad = 0, own = 0;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		bad += from_vtl0(TLFS_CALL_GET_VP_REGISTERS, VTL1_TARGET, names[i]) !=
		       TLFS_STATUS_ACCESS_DENIED;
		bad += from_vtl0(TLFS_CALL_SET_VP_REGISTERS, VTL1_TARGET, names[i]) !=
		       TLFS_STATUS_ACCESS_DENIED;
	}
	check_equal(bad, 0, "A14.denied: VTL0 neither reads nor writes VTL1's: ACCESS_DENIED");
	for (i = 0; i < 4; i++) {
		own += from_vtl0(TLFS_CALL_GET_VP_REGISTERS, VTL0_TARGET, names[i]) == 0;
		own += from_vtl0(TLFS_CALL_SET_VP_REGISTERS, VTL0_TARGET, names[i]) == 0;
	}
	check_equal(own, 0, "A14.own: architectural registers of the own VTL are refused");
	check(from_vtl0(TLFS_CALL_GET_VP_REGISTERS, 0xe0, TLFS_REG_VP_INDEX) != 0,
	      "A14.input_vtl: reserved bits");
	check(from_vtl0(TLFS_CALL_SET_VP_REGISTERS, VTL0_TARGET, TLFS_REG_VSM_PARTITION_CONFIG) != 0,
	      "A16.vtl0: cannot configure");
	check(from_vtl0(TLFS_CALL_SET_VP_REGISTERS, VTL0_TARGET, TLFS_REG_VSM_PARTITION_STATUS) != 0 &&
		      from_vtl0(TLFS_CALL_SET_VP_REGISTERS, VTL0_TARGET, TLFS_REG_VSM_CAPABILITIES) != 0,
	      "A10.read_only: status and capabilities");
	check(from_vtl0(TLFS_CALL_GET_VP_REGISTERS, VTL0_TARGET, 0xfffffff0) != 0,
	      "A14.unknown: a register that does not exist");
}

static void status_registers(void)
{
	struct tlfs_register_value value;
	__u64 msr;

	check_equal(get_register1(1, TLFS_REG_VSM_VP_STATUS, &value), 0, "A10.vp_status: in VTL1");
	check_equal(value.low & TLFS_VSM_ACTIVE_VTL, 1, "A10.vp_status: VTL1 is active");
	check_equal(value.low >> TLFS_VSM_VP_ENABLED_SET_SHIFT & 0xffff, 3, "A10.vp_status: both enabled");
	check_equal(get_register1(1, TLFS_REG_VSM_CAPABILITIES, &value), 0, "A10.capabilities: in VTL1");
	check_equal(value.low, vsm_register0(TLFS_REG_VSM_CAPABILITIES),
		    "A10.capabilities: the same in VTL0");
	check_equal(value.low & 1, 0, "A10.capabilities: DR6 is not shared (SVM)");
	check_equal(get_register1(1, TLFS_REG_VSM_CODE_PAGE_OFFSETS, &value), 0, "A10.offsets: in VTL1");
	check((value.low & TLFS_VSM_CODE_OFFSET) != (value.low >> TLFS_VSM_RETURN_OFFSET_SHIFT),
	      "A10.offsets: call 0x%llx, return 0x%llx", (unsigned long long)value.low & 0xfff,
	      (unsigned long long)value.low >> 12 & 0xfff);
	read_msr1(TLFS_MSR_HYPERCALL, &msr);
	check_equal(get_register1(1, TLFS_REG_HYPERCALL, &value), 0, "A14.own: HYPERCALL of VTL1");
	check_equal(value.low, msr, "A14.own: as the MSR reads");
}

static void partition_config(void)
{
	struct tlfs_register_value value;
	const __u64 enable = TLFS_VSM_ENABLE_VTL_PROTECTION;
	__u64 now;

	check_equal(get_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, &value), 0, "A16.read_back");
	now = value.low;
	check_equal(now & 0x1f, enable | TLFS_PROTECT_ALL << 1, "A16.read_back: as it was written");
	check_equal(set_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, now, 0), 0, "A16.same: may be repeated");
	check(set_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, now & ~enable, 0) != 0,
	      "A16.once: protection cannot be turned off");
	check(set_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, enable | 3 << 1, 0) != 0,
	      "A16.once: the default rights cannot be changed");
	check(set_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, now | 1ull << 40, 0) != 0,
	      "A16.reserved: an unknown bit");
	get_register1(1, TLFS_REG_VSM_PARTITION_CONFIG, &value);
	check_equal(value.low, now, "A16.unchanged: after all this");
	check(set_register1(0, TLFS_REG_VSM_PARTITION_CONFIG, now, 0) != 0, "A16.vtl0: has none");
	check_equal(get_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, &value), 0,
		    "A16.secure_config: VTL1 reads it");
	check_equal(value.low, offers_mbec() ? TLFS_VSM_SECURE_MBEC : 0,
		    "A16.secure_config: MBEC as VTL1 set it");
	check_equal(set_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, value.low, 0), 0,
		    "A16.secure_config: and writes it back");
	check(set_register1(1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 1ull << 40, 0) != 0,
	      "A16.secure_config: a reserved bit");
}

static void apic_ids(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		struct tlfs_vp_index_from_apic_id *header = page(0);
		__u32 eax, ebx, ecx, edx, index, *ids = (void *)(header + 1), *out = page(1);
		struct answer answer;

		pin_to_cpu(cpu);
		__cpuid(1, eax, ebx, ecx, edx);
		index = vp_index0();
		pin_to_cpu(0);
		*header = (struct tlfs_vp_index_from_apic_id){ .partition_id = TLFS_PARTITION_SELF };
		ids[0] = ebx >> 24;
		ids[1] = 0xfe;
		answer = hypercall1(rep(TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, 1, 0), page_gpa(0), page_gpa(1));
		check(answer.status == 0 && out[0] == index, "B6.apic_id: of CPU %u, from VTL1", cpu);
		answer = hypercall1(rep(TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, 2, 0), page_gpa(0), page_gpa(1));
		check(answer.status != 0 && answer.reps == 1, "B6.apic_id: an unknown one ends the call");
	}
}

static void start_refused(void)
{
	struct tlfs_enable_vp_vtl *input = page(0);
	__u32 other = cpu_count() > 1 ? !vp_index0() : 77;

	memset(page(0), 0, PAGE_BYTES);
	*input = (struct tlfs_enable_vp_vtl){ .partition_id = TLFS_PARTITION_SELF,
					      .vp_index = TLFS_VP_SELF,
					      .target_vtl = 0 };
	check(hypercall0(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(0), 0).status != 0,
	      "B6.start: VTL0 starting itself is refused");
	input->vp_index = 1000;
	check(hypercall1(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(0), 0).status != 0,
	      "B6.start: no such VP");
	input->vp_index = other;
	check(hypercall1(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(0), 0).status != 0,
	      "B6.start: a VP that runs is not started");
	input->target_vtl = 1;
	check(hypercall0(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(0), 0).status != 0,
	      "B6.start: VTL0 starts no VTL1");
}

int main(void)
{
	conformance_open();
	both_ways();
	values();
	control_registers();
	effect();
	bad_values();
	denied();
	status_registers();
	partition_config();
	apic_ids();
	start_refused();

	return conformance_end();
}
