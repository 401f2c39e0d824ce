/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_BOOT_H
#define REDOUBT_ABI_BOOT_H

#include "types.h"

/*
 * The boot ABI: what the driver prepares before the first VTL call (Documentation/vtl-call-abi.rst,
 * "Boot ABI").
 *
 * The driver allocates frames in blocks of 4 KiB to 4 MiB, sorts them by address, and numbers
 * them: frame 0 is the lowest. It then builds page tables in some of those frames that map
 *
 *   - each PT_LOAD segment of the image at its linked address, with the segment's rights, 4 KiB
 *     pages, every page a frame of its own;
 *   - the boot info at VTL1_BOOT_INFO_VA, read-only, no-execute;
 *   - frame n at VTL1_POOL_VA + n * 4096, read-write, no-execute;
 *
 * and nothing else. Frames that hold neither image, boot info nor page tables are zero. VTL1
 * checks all of this after it has closed the frames to VTL0, builds its own tables and wipes
 * these.
 *
 * The initial VP context: RIP = the ELF's entry, RSP = 0, RFLAGS = 2, CR3 = the tables' root,
 * CR0 = VTL1_BOOT_CR0, CR4 = VTL1_BOOT_CR4, EFER = VTL1_BOOT_EFER, PAT = VTL1_BOOT_PAT,
 * CS flat 64-bit code at CPL 0, DS ES SS flat data, TR a busy 64-bit TSS of 104 bytes at 0 (VM entry
 * of Intel CPUs asks for one), all else zero. IF is 0.
 */
#define VTL1_BOOT_ABI_VERSION 1u
#define VTL1_BOOT_MAGIC 0x31544f4f42544452ull /* "RDTBOOT1" */

#define VTL1_IMAGE_VA 0xffffffff80000000ull
#define VTL1_IMAGE_BYTES_MAX 0x200000ull /* all segments lie in the first 2 MiB */
#define VTL1_BOOT_INFO_VA 0xffffffffa0000000ull
#define VTL1_POOL_VA 0xffffffffb0000000ull
#define VTL1_POOL_BYTES_MAX 0x10000000ull /* 256 MiB */

#define VTL1_BOOT_CR0 0x80010033ull /* PG WP NE ET MP PE (Intel SDM vol. 3A, 2.5) */
#define VTL1_BOOT_CR4 0x20ull       /* PAE */
#define VTL1_BOOT_EFER 0xd00ull     /* NXE LMA LME (AMD APM vol. 2, 3.1.7) */
#define VTL1_BOOT_PAT 0x0007040600070406ull /* reset value (Intel SDM vol. 3A, 13.12.4) */

#define VTL1_BOOT_INFO_PAGES_MAX 16u
#define VTL1_VP_COUNT_MAX 64u
#define VTL1_RAM_RANGES_MAX 256u

/* Memory that the driver must give: a fixed part, a part for each VP, a part for each VTL0 frame. */
#define VTL1_MEMORY_FIXED_BYTES 0x700000ull   /* 7 MiB; the image and the initial tables included */
#define VTL1_MEMORY_PER_VP_BYTES 0x20000ull   /* 128 KiB */
#define VTL1_MEMORY_BYTES_PER_FRAME 4ull

struct vtl1_frame_range {
	__u64 first_frame; /* 0: page number */
	__u64 frame_count; /* 8: not 0 */
};
ABI_ASSERT(sizeof(struct vtl1_frame_range) == 16);

/*
 * At VTL1_BOOT_INFO_VA. The three tables follow in this order, without gaps: frame ranges of
 * VTL1's own memory, RAM ranges of the machine (VTL1's own memory included), VP indices (__u32).
 * Both kinds of range are sorted, do not touch or overlap within one table.
 */
struct vtl1_boot_info {
	__u64 magic;             /* 0 */
	__u32 abi_version;       /* 8: VTL1_BOOT_ABI_VERSION */
	__u32 size_bytes;        /* 12: of this struct and the tables together */
	__u32 frame_range_count; /* 16 */
	__u32 ram_range_count;   /* 20 */
	__u32 vp_count;          /* 24: VPs to enable VTL1 on, the boot VP included and first */
	__u32 offline_vp_count;  /* 28: the last ones of these, where VTL0 does not run */
	__u64 seed[4];           /* 32: additional input to VTL1's random numbers, never trusted */
	__u64 manifest_gpa;      /* 64: 0: none */
	__u64 manifest_bytes;    /* 72: 0: none */
};
ABI_ASSERT(sizeof(struct vtl1_boot_info) == 80);
ABI_OFFSET(vtl1_boot_info, seed, 32);
ABI_OFFSET(vtl1_boot_info, manifest_bytes, 72);

#endif
