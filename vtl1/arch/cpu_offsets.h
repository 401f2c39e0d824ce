/* SPDX-License-Identifier: MIT */
#ifndef VTL1_ARCH_CPU_OFFSETS_H
#define VTL1_ARCH_CPU_OFFSETS_H

/* Offsets of struct Cpu and EntryFrame for assembler code; checked in cpu.cpp. */

#define CPU_SELF 0
#define CPU_ENTRY_STACK_TOP 8
#define CPU_FAILURE_STACK_TOP 16
#define CPU_ASSIST 24

#define FRAME_CR2 0
#define FRAME_R9 56
#define FRAME_R8 64
#define FRAME_RCX 112
#define FRAME_RAX 120
#define FRAME_BYTES 128

/* struct tlfs_vp_assist */
#define ASSIST_ENTRY_REASON 8
#define ASSIST_RETURN_RAX 16
#define ASSIST_RETURN_RCX 24

/* Bits of vtl1_mitigations */
#define MITIGATE_IBPB 1
#define MITIGATE_VERW 2

#endif
