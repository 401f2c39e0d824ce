/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_TLFS_MSR_H
#define REDOUBT_ABI_TLFS_MSR_H

#include "types.h"

/* TLFS, "Synthetic MSRs". Each VTL has its own unless it says shared. */

#define TLFS_MSR_GUEST_OS_ID 0x40000000u
#define TLFS_MSR_HYPERCALL 0x40000001u
#define TLFS_MSR_VP_INDEX 0x40000002u       /* shared, read-only */
#define TLFS_MSR_TIME_REF_COUNT 0x40000020u /* shared, read-only; units of 100 ns */
#define TLFS_MSR_REFERENCE_TSC 0x40000021u
#define TLFS_MSR_TSC_FREQUENCY 0x40000022u  /* shared, read-only; Hz */
#define TLFS_MSR_APIC_FREQUENCY 0x40000023u /* read-only; Hz */
#define TLFS_MSR_EOI 0x40000070u
#define TLFS_MSR_ICR 0x40000071u
#define TLFS_MSR_TPR 0x40000072u
#define TLFS_MSR_VP_ASSIST_PAGE 0x40000073u
#define TLFS_MSR_SCONTROL 0x40000080u
#define TLFS_MSR_SVERSION 0x40000081u
#define TLFS_MSR_SIEFP 0x40000082u
#define TLFS_MSR_SIMP 0x40000083u
#define TLFS_MSR_EOM 0x40000084u
#define TLFS_MSR_SINT0 0x40000090u
#define TLFS_MSR_SINT15 0x4000009fu
#define TLFS_MSR_STIMER0_CONFIG 0x400000b0u /* STIMERn_CONFIG: + 2n; STIMERn_COUNT: + 2n + 1 */
#define TLFS_MSR_STIMER0_COUNT 0x400000b1u
#define TLFS_MSR_STIMER3_COUNT 0x400000b7u
#define TLFS_MSR_CRASH_P0 0x40000100u
#define TLFS_MSR_CRASH_P4 0x40000104u
#define TLFS_MSR_CRASH_CTL 0x40000105u
#define TLFS_MSR_TSC_INVARIANT_CONTROL 0x40000118u

/* An enable bit 0 and a page number in 63:12: HYPERCALL, REFERENCE_TSC, VP_ASSIST_PAGE, SIEFP, SIMP */
#define TLFS_PAGE_MSR_ENABLE 0x1ull
#define TLFS_PAGE_MSR_ADDRESS 0xfffffffffffff000ull

/* SINTn */
#define TLFS_SINT_VECTOR 0xffull
#define TLFS_SINT_MASKED (1ull << 16)
#define TLFS_SINT_AUTO_EOI (1ull << 17)
#define TLFS_SINT_POLLING (1ull << 18)
#define TLFS_SINT_PROXY (1ull << 20)
#define TLFS_SINT_RESET TLFS_SINT_MASKED

/* STIMERn_CONFIG */
#define TLFS_STIMER_ENABLE (1ull << 0)
#define TLFS_STIMER_PERIODIC (1ull << 1)
#define TLFS_STIMER_LAZY (1ull << 2)
#define TLFS_STIMER_AUTO_ENABLE (1ull << 3)
#define TLFS_STIMER_VECTOR_SHIFT 4 /* 11:4 */
#define TLFS_STIMER_DIRECT (1ull << 12)
#define TLFS_STIMER_SINT_SHIFT 16 /* 19:16 */
#define TLFS_STIMER_DEFINED 0xf1fffull

/* CRASH_CTL */
#define TLFS_CRASH_MESSAGE (1ull << 62) /* P3 = GPA, P4 = bytes of a text */
#define TLFS_CRASH_NOTIFY (1ull << 63)

/* GUEST_OS_ID of something that is not a listed operating system: bit 63 set, vendor in 62:56
 * (TLFS, "Guest OS Identity"); 0x52 is 'R'. */
#define TLFS_GUEST_OS_ID_REDOUBT 0xd200000000000001ull

struct tlfs_reference_tsc_page {
	__u32 sequence; /* 0: not valid, use the MSR */
	__u32 reserved;
	__u64 scale;    /* time = (tsc * scale >> 64) + offset, in 100 ns */
	__s64 offset;
};
ABI_ASSERT(sizeof(struct tlfs_reference_tsc_page) == 24);

#endif
