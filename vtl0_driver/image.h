/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_IMAGE_H
#define REDOUBT_IMAGE_H

/* Compiles in the kernel and, for its unit test, in user space. */

#include <linux/types.h>
#include "hvcall/abi/boot.h"

#define VTL1_SEGMENT_COUNT_MAX 16

/**
 * struct vtl1_segment - a PT_LOAD segment that has passed the checks
 * @va: linked address, bytes, page aligned
 * @page_count: 4 KiB pages in memory, not 0
 * @file_offset: bytes from the start of the file
 * @file_bytes: what the file has of it; the rest of the pages is zero
 * @is_writable: mapped read-write
 * @is_executable: mapped executable; never together with @is_writable
 */
struct vtl1_segment {
	__u64 va;
	__u64 page_count;
	__u64 file_offset;
	__u64 file_bytes;
	__u8 is_writable;
	__u8 is_executable;
};

/**
 * struct vtl1_image - what the driver needs to know of the ELF file
 * @entry: virtual address of the first instruction
 * @page_count: pages of all segments together
 * @segment_count: used entries of @segments
 * @segments: in the order of the file
 */
struct vtl1_image {
	__u64 entry;
	__u64 page_count;
	__u32 segment_count;
	struct vtl1_segment segments[VTL1_SEGMENT_COUNT_MAX];
};

const char *vtl1_image_parse(const void *file, size_t size_bytes,
			     struct vtl1_image *image);

#endif
