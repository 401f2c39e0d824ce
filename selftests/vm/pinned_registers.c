// SPDX-License-Identifier: MIT

/*
 * Registers of the kernel that keep their values: before they are pinned, each write that is to be
 * denied later takes; afterwards it is a general protection fault and the value stays.
 *
 * They stay pinned until reboot, so this has a machine of its own: it wants the argument "pin".
 *
 * Bit numbers and MSRs are spelled out here; VTL1's names are not used.
 */

#include <cpuid.h>

#include "hostile.h"

#define CR0_TS (1ull << 3)
#define CR0_MP (1ull << 1)
#define CR0_WP (1ull << 16)
#define CR0_AM (1ull << 18)
#define CR4_TSD (1ull << 2)
#define CR4_DE (1ull << 3)
#define CR4_PGE (1ull << 7)
#define CR4_PCE (1ull << 8)
#define CR4_UMIP (1ull << 11)
#define CR4_SMEP (1ull << 20)
#define CR4_SMAP (1ull << 21)
#define EFER_SCE (1ull << 0)
#define EFER_NXE (1ull << 11)

#define MSR_APIC_BASE 0x1bu
#define MSR_SYSENTER_CS 0x174u
#define MSR_SYSENTER_ESP 0x175u
#define MSR_SYSENTER_EIP 0x176u
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_SFMASK 0xc0000084u

/* A write that changes `bits`. With interrupts off and undone at once, most hurt nobody. */
struct attack {
	const char *name;
	__u32 what;
	__u32 msr;
	__u64 bits;
	bool is_deadly; /* or impossible, where nothing denies it */
};

static const struct attack attacks[] = {
	{ "CR0.WP", TEST_CR0, 0, CR0_WP, false },
	{ "CR0.AM", TEST_CR0, 0, CR0_AM, false },
	{ "CR0.WP with a free bit", TEST_CR0, 0, CR0_WP | CR0_MP, false },
	{ "CR4.DE", TEST_CR4, 0, CR4_DE, false },
	{ "CR4.SMEP", TEST_CR4, 0, CR4_SMEP, false },
	{ "CR4.SMAP", TEST_CR4, 0, CR4_SMAP, false },
	{ "CR4.UMIP", TEST_CR4, 0, CR4_UMIP, false },
	{ "CR4.SMEP with a free bit", TEST_CR4_PREFIXED, 0, CR4_SMEP | CR4_PGE, false },
	{ "EFER.SCE", TEST_MSR, MSR_EFER, EFER_SCE, false },
	{ "EFER.NXE", TEST_MSR, MSR_EFER, EFER_NXE, true },
	{ "STAR", TEST_MSR, MSR_STAR, 1ull << 48, false },
	{ "LSTAR", TEST_MSR, MSR_LSTAR, 0x10, false },
	{ "CSTAR", TEST_MSR, MSR_CSTAR, 0x10, false },
	{ "SFMASK", TEST_MSR, MSR_SFMASK, 1ull << 9, false },
	{ "SYSENTER_CS", TEST_MSR, MSR_SYSENTER_CS, 8, false },
	{ "SYSENTER_ESP", TEST_MSR, MSR_SYSENTER_ESP, 0x10, false },
	{ "SYSENTER_EIP", TEST_MSR, MSR_SYSENTER_EIP, 0x10, false },
	{ "APIC_BASE", TEST_MSR, MSR_APIC_BASE, 1ull << 11, true },
	{ "GDTR", TEST_GDTR, 0, 0x80, false },
	{ "IDTR", TEST_IDTR, 0, 0x1000, false },
	{ "TR", TEST_TR, 0, 8, true },
	{ "XCR0", TEST_XCR0, 0, 4, false },
};
#define ATTACK_COUNT (sizeof(attacks) / sizeof(*attacks))

static struct test_system_write write_bits(const struct attack *attack, __u64 bits)
{
	struct test_system_write write = { .what = attack->what, .msr = attack->msr, .value = bits };

	must_do(TEST_IOC_SYSTEM_WRITE, &write);

	return write;
}

static bool cpuid_bit(__u32 leaf, unsigned int reg, unsigned int bit)
{
	unsigned int r[4] = {};

	__cpuid_count(leaf, 0, r[0], r[1], r[2], r[3]);

	return r[reg] >> bit & 1;
}

/* NULL, or why this machine has no such register or bit */
static const char *why_not(const struct attack *attack)
{
	bool is_cr4 = attack->what == TEST_CR4 || attack->what == TEST_CR4_PREFIXED;

	if (is_cr4 && attack->bits & CR4_SMEP && !cpuid_bit(7, 1, 7))
		return "no SMEP";
	if (is_cr4 && attack->bits & CR4_SMAP && !cpuid_bit(7, 1, 20))
		return "no SMAP";
	if (is_cr4 && attack->bits & CR4_UMIP && !cpuid_bit(7, 2, 2))
		return "no UMIP";
	if (attack->what != TEST_XCR0)
		return NULL;
	if (!cpuid_bit(1, 2, 26) || !cpuid_bit(1, 2, 27))
		return "no XSAVE, or it is hidden because XSETBV cannot be intercepted";

	return cpuid_bit(1, 2, 28) ? NULL : "no AVX";
}

static __u64 denied(void)
{
	return redoubt_status().vtl1.denied_register_writes;
}

static __u64 allowed(void)
{
	return redoubt_status().vtl1.allowed_register_writes;
}

static void attacks_succeed(void)
{
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < ATTACK_COUNT; i++) {
		if (attacks[i].is_deadly || why_not(&attacks[i]))
			continue;
		write = write_bits(&attacks[i], attacks[i].bits);
		if (!check(write.fault == TEST_NO_FAULT && write.after != write.before,
			   "%s can be changed before", attacks[i].name))
			note("fault %lld, 0x%llx", write.fault, write.before);
	}
	check_equal(denied() + allowed(), 0, "VTL1 is not asked");
}

static void attacks_fail(unsigned int cpu)
{
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < ATTACK_COUNT; i++) {
		__u64 before = denied();
		const char *reason = why_not(&attacks[i]);

		if (reason) {
			check_skip(attacks[i].name, reason);
			continue;
		}
		write = write_bits(&attacks[i], attacks[i].bits);
		if (!check(write.fault == GENERAL_PROTECTION && write.after == write.before,
			   "CPU %u: %s is denied", cpu, attacks[i].name))
			note("fault %lld, 0x%llx before, 0x%llx after", write.fault, write.before,
			     write.after);
		/* APIC_BASE: the hypervisor refuses it too. */
		if (attacks[i].msr != MSR_APIC_BASE)
			check_equal(denied(), before + 1, "and counted");
	}
}

static void same_values(void)
{
	struct test_system_write write;
	__u64 before, denied_before = denied();
	unsigned int i;

	for (i = 0; i < ATTACK_COUNT; i++) {
		bool is_masked = attacks[i].what == TEST_CR0 || attacks[i].what == TEST_CR4 ||
				 attacks[i].what == TEST_CR4_PREFIXED;

		if (why_not(&attacks[i]))
			continue;
		before = allowed();
		write = write_bits(&attacks[i], 0);
		if (!check(write.fault == TEST_NO_FAULT && write.after == write.before &&
				   allowed() == before + !is_masked,
			   "%s: the value that it has is allowed", attacks[i].name))
			note("fault %lld, 0x%llx before, 0x%llx after", write.fault, write.before,
			     write.after);
	}
	check_equal(denied(), denied_before, "nothing was denied");
}

static void free_bits(void)
{
	static const struct attack bits[] = {
		{ "CR0.TS and MP", TEST_CR0, 0, CR0_TS | CR0_MP, false },
		{ "CR4.PGE", TEST_CR4, 0, CR4_PGE, false },
		{ "CR4.PCE", TEST_CR4, 0, CR4_PCE, false },
		{ "CR4.TSD", TEST_CR4, 0, CR4_TSD, false },
	};
	__u64 before = denied() + allowed();
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		write = write_bits(&bits[i], bits[i].bits);
		check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ bits[i].bits),
		      "%s can be changed", bits[i].name);
	}
	write = write_bits(&(struct attack){ .what = TEST_LDTR }, 0);
	check(write.fault == TEST_NO_FAULT, "LDTR can be written");
	check_equal(denied() + allowed(), before, "VTL1 is not asked");
}

static __u64 pin_on(unsigned int cpu)
{
	pin_to_cpu(cpu);

	return vtl_call(VTL_CALL_PIN, 0, 0).status;
}

/* On this CPU, from now on */
static void set_msr(__u32 msr, __u64 value)
{
	if (write_msr(msr, value) != TEST_NO_FAULT)
		bail_out("MSR 0x%x cannot be written", msr);
}

/* Values that no kernel has, or that differ from the other CPUs' */
static void refused_values(void)
{
	unsigned int last = cpu_count() - 1;
	__u64 sysenter_cs = 0, sfmask = 0;

	pin_to_cpu(0);
	read_msr(MSR_SYSENTER_CS, &sysenter_cs);
	set_msr(MSR_SYSENTER_CS, 3);
	check_equal(pin_on(0), VTL_STATUS_REFUSED, "a user's SYSENTER_CS is not pinned");
	set_msr(MSR_SYSENTER_CS, sysenter_cs);
	check_equal(redoubt_status().vtl1.pinned_vp_count, 0, "no CPU is pinned");
	check_equal(pin_on(0), VTL_STATUS_OK, "CPU 0 is pinned");
	if (last == 0)
		return;
	pin_to_cpu(last);
	read_msr(MSR_SFMASK, &sfmask);
	set_msr(MSR_SFMASK, sfmask ^ 1);
	check_equal(pin_on(last), VTL_STATUS_REFUSED, "another SFMASK than CPU 0's is not pinned");
	set_msr(MSR_SFMASK, sfmask);
	check_equal(redoubt_status().vtl1.pinned_vp_count, 1, "CPU 0 stays pinned alone");
}

static void pin_all(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		check_equal(pin_on(cpu), VTL_STATUS_OK, "CPU %u is pinned", cpu);
		check_equal(pin_on(cpu), VTL_STATUS_OK, "once more changes nothing");
	}
	if (!check(redoubt_status().vtl1.pinned_vp_count == cpu_count(), "all are pinned"))
		bail_out("what follows would be deadly");
}

static void life_goes_on(void)
{
	__u64 before = denied();
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		check(run_quietly("i=0; while [ $i -lt 50 ]; do i=$((i + 1)); /bin/true; done; sleep 1"),
		      "programs run on CPU %u, and timers", cpu);
	}
	check_equal(denied(), before, "nothing that the kernel did was denied");
}

static bool switch_cpu(unsigned int cpu, bool on)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "sh -c 'echo %d >/sys/devices/system/cpu/cpu%u/online'", on, cpu);

	return run_quietly(command);
}

/* A CPU that starts sets its registers one after the other, up to what they are pinned to. */
static void cpu_comes_back(void)
{
	unsigned int last = cpu_count() - 1;
	__u64 before = denied();

	pin_to_cpu(0);
	if (last == 0 || !switch_cpu(last, false)) {
		check_skip("a CPU comes back", "it cannot be switched off");
		return;
	}
	check(switch_cpu(last, true), "CPU %u comes back", last);
	check_equal(denied(), before, "nothing that it did was denied");
	check_equal(redoubt_status().vtl1.pinned_vp_count, last + 1, "it is pinned again");
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "pin") != 0)
		skip_all("it pins registers until reboot: for a machine of its own");
	hostile_open();
	pin_to_cpu(cpu_count() - 1);
	attacks_succeed();
	refused_values();
	pin_all();
	life_goes_on();
	cpu_comes_back();
	pin_to_cpu(cpu_count() - 1);
	attacks_fail(cpu_count() - 1);
	same_values();
	free_bits();
	pin_to_cpu(0);
	attacks_fail(0);
	life_goes_on();
	check(!trouble_in(kernel_log()), "no trouble in the kernel's log");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
