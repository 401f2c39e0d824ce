// SPDX-License-Identifier: MIT

/* What the hypervisor advertises: exactly what it has, the same on every CPU. */

#include <cpuid.h>

#include "hostile.h"
#include "hvcall/abi/tlfs_cpuid.h"

struct leaf {
	__u32 eax, ebx, ecx, edx;
};

static struct leaf cpuid_leaf(__u32 number)
{
	struct leaf leaf;

	__cpuid_count(number, 0, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);

	return leaf;
}

static void check_discovery(void)
{
	struct leaf vendor = cpuid_leaf(TLFS_CPUID_VENDOR);

	check(cpuid_leaf(1).ecx & 1u << 31, "a hypervisor is present");
	check(vendor.ebx == TLFS_VENDOR_EBX && vendor.ecx == TLFS_VENDOR_ECX &&
		      vendor.edx == TLFS_VENDOR_EDX,
	      "it is called Microsoft Hv");
	check(vendor.eax >= TLFS_CPUID_LIMITS && vendor.eax <= 0x4000ffff, "its leaves have an end");
	check_equal(cpuid_leaf(TLFS_CPUID_INTERFACE).eax, TLFS_INTERFACE_EAX, "the interface is Hv#1");
	check(!(cpuid_leaf(0x80000001).ecx & 1u << 2), "SVM is hidden");
	check_equal(cpuid_leaf(0x8000000a).edx, 0, "with its features");
}

/* As numbers, not by the names that the hypervisor uses: EAX bits 1 2 4 5 6 9 11 15, EBX 16 17,
 * EDX 4 8 20, hints 2 5. Hint 3 would make Linux write EOI to an MSR. */
static void check_features(void)
{
	struct leaf features = cpuid_leaf(TLFS_CPUID_FEATURES);
	struct leaf hints = cpuid_leaf(TLFS_CPUID_HINTS);

	check_equal(features.eax, 0x8a76, "privileges, low half");
	check_equal(features.ebx, 0x30000, "privileges, high half");
	check_equal(features.edx, 0x100110, "features");
	check_equal(hints.eax, 0x24, "hints");
	check_equal(hints.ebx, 0xffffffff, "never notify of long spin waits");
}

static void check_every_cpu(void)
{
	struct leaf first = cpuid_leaf(TLFS_CPUID_FEATURES);
	unsigned int cpu, bad = 0;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		struct leaf other;

		pin_to_cpu(cpu);
		other = cpuid_leaf(TLFS_CPUID_FEATURES);
		bad += memcmp(&first, &other, sizeof(first)) != 0;
	}
	check_equal(bad, 0, "the same on every CPU");
}

int main(void)
{
	check_discovery();
	check_features();
	check_every_cpu();

	return tap_end();
}
