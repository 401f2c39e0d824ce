/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_REGISTER_ATTACKS_H
#define REDOUBT_TEST_REGISTER_ATTACKS_H

/*
 * Writes of registers that are to be denied once they are pinned.
 *
 * Bit numbers and MSRs are spelled out here; VTL1's names are not used.
 */

#include <cpuid.h>

#include "hostile.h"

#define CR0_MP (1ull << 1)
#define CR0_WP (1ull << 16)
#define CR0_AM (1ull << 18)
#define CR4_DE (1ull << 3)
#define CR4_PGE (1ull << 7)
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
struct register_attack {
	const char *name;
	__u32 what;
	__u32 msr;
	__u64 bits;
	bool is_deadly; /* or impossible, where nothing denies it */
};

static const struct register_attack register_attacks[] = {
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
#define REGISTER_ATTACK_COUNT (sizeof(register_attacks) / sizeof(*register_attacks))

static struct test_system_write write_bits(const struct register_attack *attack, __u64 bits)
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
static const char *why_not(const struct register_attack *attack)
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

TAP_UNUSED static __u64 allowed(void)
{
	return redoubt_status().vtl1.allowed_register_writes;
}

TAP_UNUSED static void register_attacks_succeed(void)
{
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < REGISTER_ATTACK_COUNT; i++) {
		if (register_attacks[i].is_deadly || why_not(&register_attacks[i]))
			continue;
		write = write_bits(&register_attacks[i], register_attacks[i].bits);
		if (!check(write.fault == TEST_NO_FAULT && write.after != write.before,
			   "%s can be changed before", register_attacks[i].name))
			note("fault %lld, 0x%llx", write.fault, write.before);
	}
	check_equal(denied() + allowed(), 0, "VTL1 is not asked");
}

TAP_UNUSED static void register_attacks_fail(unsigned int cpu)
{
	struct test_system_write write;
	unsigned int i;

	for (i = 0; i < REGISTER_ATTACK_COUNT; i++) {
		__u64 before = denied();
		const char *reason = why_not(&register_attacks[i]);

		if (reason) {
			check_skip(register_attacks[i].name, reason);
			continue;
		}
		write = write_bits(&register_attacks[i], register_attacks[i].bits);
		if (!check(write.fault == GENERAL_PROTECTION && write.after == write.before,
			   "CPU %u: %s is denied", cpu, register_attacks[i].name))
			note("fault %lld, 0x%llx before, 0x%llx after", write.fault, write.before,
			     write.after);
		/* APIC_BASE: the hypervisor refuses it too. */
		if (register_attacks[i].msr != MSR_APIC_BASE)
			check_equal(denied(), before + 1, "and counted");
	}
}

#endif
