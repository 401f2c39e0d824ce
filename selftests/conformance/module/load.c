// SPDX-License-Identifier: MIT OR GPL-2.0-only

/* Where VTL1 lies: image, zeros, page tables, in one block that is never freed. */

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/pgtable.h>

#include "pair.h"

extern const u8 pair_image[], pair_image_end[];

static struct {
	u8 *memory;
	u64 bytes;
	u64 used; /* by page tables, from the end of the image */
	u64 cr3;
} block;

#define TABLE_ENTRIES 512
#define ENTRY_FLAGS (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define LOCAL_APIC_GPA 0xfee00000ull

static u64 *new_table(void)
{
	u64 *table = (u64 *)(block.memory + block.used);

	block.used += PAGE_SIZE;

	return table;
}

static u64 to_table(u64 *table)
{
	return virt_to_phys(table) | ENTRY_FLAGS;
}

/* 4 KiB pages: the image */
static u64 *map_image(u64 image_bytes)
{
	u64 *top = new_table(), *middle = new_table(), *pages = new_table();
	u64 gpa = virt_to_phys(block.memory), i;

	BUILD_BUG_ON(PAIR_IMAGE_VA != 1ull << 30);
	top[1] = to_table(middle); /* PDPT: the second GiB */
	middle[0] = to_table(pages);
	for (i = 0; i < image_bytes / PAGE_SIZE; i++)
		pages[i] = (gpa + i * PAGE_SIZE) | ENTRY_FLAGS;

	return top;
}

/* 2 MiB pages: all of guest-physical memory, devices' registers not cached */
static u64 *map_all(u64 gib)
{
	u64 *top = new_table(), i, j;

	for (i = 0; i < gib; i++) {
		u64 *pages = new_table();

		for (j = 0; j < TABLE_ENTRIES; j++) {
			u64 gpa = i << 30 | j << 21;

			pages[j] = gpa | ENTRY_FLAGS | _PAGE_PSE;
			if (gpa == (LOCAL_APIC_GPA & ~0x1fffffull))
				pages[j] |= _PAGE_PCD | _PAGE_PWT;
		}
		top[i] = to_table(pages);
	}

	return top;
}

static u64 ram_gib(void)
{
	unsigned long end = 0;
	int node;

	for_each_online_node(node)
		end = max(end, node_end_pfn(node));

	return clamp(DIV_ROUND_UP((u64)end << PAGE_SHIFT, 1ull << 30), 4ull,
		     (u64)TABLE_ENTRIES);
}

static void make_context(struct tlfs_initial_vp_context *context, u64 entry,
			 u64 rsp)
{
	const struct tlfs_segment_register data = {
		.limit = U32_MAX,
		.selector = 0x10,
		.attributes = 0xc093, /* G D/B P S, data read-write accessed */
	};

	*context = (struct tlfs_initial_vp_context) {
		.rip = entry,
		.rsp = rsp,
		.rflags = 2,
		.cs = {
			.limit = U32_MAX,
			.selector = 0x08,
			.attributes = 0xa09b, /* G L P S, code accessed */
		},
		.ds = data,
		.es = data,
		.ss = data,
		/* A VM entry on Intel CPUs wants a busy TSS in TR. */
		.tr = { .limit = 0x67, .attributes = 0x8b },
		.efer = EFER_LME | EFER_LMA | EFER_NX,
		.cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE |
		       X86_CR0_WP | X86_CR0_PG,
		.cr3 = block.cr3,
		.cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT |
		       (boot_cpu_has(X86_FEATURE_XSAVE) ? X86_CR4_OSXSAVE : 0),
		.pat = 0x0007040600070406ull, /* as after reset */
	};
}

static int build(u64 has_mbec)
{
	const struct pair_header *file = (const void *)pair_image;
	size_t file_bytes = pair_image_end - pair_image;
	u64 gib = ram_gib(), *top;
	struct pair_header *header;

	if (file->magic != PAIR_IMAGE_MAGIC ||
	    file->total_bytes > PAIR_IMAGE_MAX)
		return -ENOEXEC;

	block.bytes = file->total_bytes + (1 + 3 + 1 + gib) * PAGE_SIZE;
	block.memory = alloc_pages_exact(block.bytes, GFP_KERNEL | __GFP_ZERO);
	if (!block.memory)
		return -ENOMEM;
	memcpy(block.memory, pair_image, file_bytes);
	block.used = file->total_bytes;

	top = new_table();
	top[0] = to_table(map_image(file->total_bytes));
	top[PAIR_DIRECT_VA >> 39 & 511] = to_table(map_all(gib));
	block.cr3 = virt_to_phys(top);

	header = (struct pair_header *)block.memory;
	header->image_gpa = virt_to_phys(block.memory);
	header->block_bytes = block.bytes;
	header->has_mbec = has_mbec;
	make_context(&header->context, header->entry, header->stack_tops);

	return 0;
}

int pair_prepare(struct pair_prepare *prepare)
{
	struct pair_header *header;
	int error;

	if (block.memory)
		return -EBUSY;
	error = build(prepare->has_mbec);
	if (error)
		return error;
	header = (struct pair_header *)block.memory;
	prepare->image_gpa = header->image_gpa;
	prepare->block_bytes = block.bytes;
	prepare->context = header->context;

	return 0;
}
