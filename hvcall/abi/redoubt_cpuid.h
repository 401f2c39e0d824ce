/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_REDOUBT_CPUID_H
#define REDOUBT_ABI_REDOUBT_CPUID_H

/*
 * CPUID leaves of Redoubt's own hypervisor, next to those of "Microsoft Hv". They are for people:
 * nothing decides by them.
 */

#define REDOUBT_CPUID_SIGNATURE 0x40000100u /* EAX highest leaf; EBX ECX EDX "Redoubt     " */
#define REDOUBT_CPUID_MACHINE 0x40000101u   /* EAX: what the machine below can do */
#define REDOUBT_CPUID_COUNTERS 0x40000102u  /* of this VP, low and high half:
					     * EAX EBX entries into the guest,
					     * ECX EDX those of them on the user view */

/* Leaf 0x40000101 EAX */
#define REDOUBT_PLATFORM_CHECKED (1u << 0) /* the board's registers are known and guarded */
#define REDOUBT_MACHINE_XCR0_INTERCEPT (1u << 1) /* writes are intercepted, or there is none */

#endif
