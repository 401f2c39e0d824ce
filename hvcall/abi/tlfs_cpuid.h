/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_TLFS_CPUID_H
#define REDOUBT_ABI_TLFS_CPUID_H

#include "types.h"

/* TLFS, "Feature and Interface Discovery" */

#define TLFS_CPUID_VENDOR 0x40000000u    /* EAX highest leaf, EBX ECX EDX "Microsoft Hv" */
#define TLFS_CPUID_INTERFACE 0x40000001u /* EAX "Hv#1" */
#define TLFS_CPUID_VERSION 0x40000002u
#define TLFS_CPUID_FEATURES 0x40000003u
#define TLFS_CPUID_HINTS 0x40000004u
#define TLFS_CPUID_LIMITS 0x40000005u
#define TLFS_CPUID_HARDWARE 0x40000006u

#define TLFS_VENDOR_EBX 0x7263694du /* "Micr" */
#define TLFS_VENDOR_ECX 0x666f736fu /* "osof" */
#define TLFS_VENDOR_EDX 0x76482074u /* "t Hv" */
#define TLFS_INTERFACE_EAX 0x31237648u /* "Hv#1" */

/* Leaf 0x40000003 EAX: low half of HV_PARTITION_PRIVILEGE_MASK */
#define TLFS_ACCESS_REFERENCE_COUNTER (1u << 1)
#define TLFS_ACCESS_SYNIC_REGS (1u << 2)
#define TLFS_ACCESS_SYNTHETIC_TIMER_REGS (1u << 3)
#define TLFS_ACCESS_INTR_CTRL_REGS (1u << 4)
#define TLFS_ACCESS_HYPERCALL_MSRS (1u << 5)
#define TLFS_ACCESS_VP_INDEX (1u << 6)
#define TLFS_ACCESS_REFERENCE_TSC (1u << 9)
#define TLFS_ACCESS_FREQUENCY_REGS (1u << 11)
#define TLFS_ACCESS_TSC_INVARIANT (1u << 15)

/* Leaf 0x40000003 EBX: high half of the privilege mask */
#define TLFS_ACCESS_VSM (1u << 16)
#define TLFS_ACCESS_VP_REGISTERS (1u << 17)
#define TLFS_START_VIRTUAL_PROCESSOR (1u << 21)

/* Leaf 0x40000003 EDX */
#define TLFS_XMM_INPUT_AVAILABLE (1u << 4)
#define TLFS_FREQUENCY_MSRS_AVAILABLE (1u << 8)
#define TLFS_CRASH_MSRS_AVAILABLE (1u << 10)
#define TLFS_SINT_POLLING_AVAILABLE (1u << 17)
#define TLFS_DIRECT_SYNTHETIC_TIMERS (1u << 19)
#define TLFS_VSM_PAT_AVAILABLE (1u << 20)

/* Leaf 0x40000004 EAX */
#define TLFS_HINT_REMOTE_TLB_FLUSH (1u << 2)
#define TLFS_HINT_RELAXED_TIMING (1u << 5)

/* Leaf 0x40000004 EBX: never call HvCallNotifyLongSpinWait (tlfs.rst 1.1) */
#define TLFS_SPIN_NEVER_NOTIFY 0xffffffffu

/* Leaf 0x40000006 EAX */
#define TLFS_HARDWARE_SLAT (1u << 3)
#define TLFS_HARDWARE_DMA_REMAPPING (1u << 4)

#endif
