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

/* Leaf 0x40000101 EAX: a write of XCR0 can be intercepted, or there is no XCR0 */
#define REDOUBT_MACHINE_XCR0_INTERCEPT (1u << 1)

#endif
