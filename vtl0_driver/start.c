// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "address_space.h"
#include "boot_info.h"
#include "compat.h"
#include "cpus.h"
#include "firmware.h"
#include "memory.h"
#include "ram_map.h"
#include "text.h"
#include "vsm.h"
#include "vtl1.h"
#include "vtl_call.h"

/**
 * struct first_entry - the first VTL call of all
 * @context: where VTL1 begins
 * @is_enabled: out: VTL1 can be entered, so its memory is not ours any more
 * @version: out: VTL1_VERSION() of what runs there
 */
struct first_entry {
	struct tlfs_initial_vp_context context;
	bool is_enabled;
	u32 version;
};

/* The boot ABI's initial context; attributes as in TLFS' segment register */
static void make_context(struct tlfs_initial_vp_context *context, u64 entry,
			 u64 cr3)
{
	const struct tlfs_segment_register data = {
		.limit = U32_MAX,
		.selector = 0x10,
		.attributes = 0xc093, /* G D/B P S, data read-write accessed */
	};

	*context = (struct tlfs_initial_vp_context) {
		.rip = entry,
		.rflags = 2, /* bit 1 is always set */
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
		.efer = VTL1_BOOT_EFER,
		.cr0 = VTL1_BOOT_CR0,
		.cr3 = cr3,
		.cr4 = VTL1_BOOT_CR4,
		.pat = VTL1_BOOT_PAT,
	};
}

static int check_version(struct first_entry *first, u64 value)
{
	if (lower_32_bits(value) != VTL_CALL_ABI_VERSION) {
		pr_err("not loaded: VTL1 speaks ABI version %u, this driver %u\n",
		       lower_32_bits(value), VTL_CALL_ABI_VERSION);
		return -EPROTO;
	}
	first->version = upper_32_bits(value);

	return 0;
}

static void report_refusal(u64 status)
{
	if (status == VTL_STATUS_NO_ENTROPY)
		pr_err("not loaded: VTL1 did not start: this CPU has neither RDSEED nor RDRAND\n");
	else
		pr_err("not loaded: VTL1 did not start (status %llu)\n",
		       status);
}

/* Runs on the boot CPU, whose VP is the first to get VTL1. */
static int enter_first(void *argument)
{
	struct vtl_call call = { .id = VTL_CALL_VERSION };
	struct first_entry *first = argument;
	void *address;
	int error;

	error = vsm_enable_vp_vtl1(&first->context);
	if (error)
		return error;
	first->is_enabled = true;

	address = vsm_vtl_call_address();
	if (!address || !vsm_is_vp_in_vtl1()) {
		pr_err("not loaded: the hypervisor enabled VTL1, but there is no way in\n");
		return -EIO;
	}
	vtl_call_set_address(address);

	if (vtl1_call(&call)) {
		report_refusal(call.status);
		return -EIO;
	}

	return check_version(first, call.value);
}

static int enter_all(struct first_entry *first)
{
	int error;

	error = vsm_enable_partition_vtl1(vsm_can_use_mbec());
	if (error)
		return error;
	error = smp_call_on_cpu(cpus_boot_cpu(), enter_first, first, false);
	if (error)
		return error;
	error = cpus_start_others();
	if (error)
		return error;
	cpus_keep();

	return 0;
}

/* All that can be refused has been checked: from here on VTL1 is enabled. */
static int run(struct vtl1_memory *memory, u64 entry, u64 cr3, u32 vp_count,
	       struct vtl1_facts *facts)
{
	struct first_entry first = {};
	u64 bytes = (u64)memory->frame_count << PAGE_SHIFT;
	int error;

	make_context(&first.context, entry, cr3);
	error = enter_all(&first);
	if (!first.is_enabled) {
		vtl1_memory_free(memory);
		return error;
	}

	/*
	 * VTL1 may have closed its memory, whatever has happened since. To
	 * give it back would be to hand out pages that fault.
	 */
	vtl1_memory_forget(memory);
	if (error) {
		pr_err("VTL1's memory, %s, stays lost until reboot\n",
		       mib_text(bytes).chars);
		return error;
	}

	*facts = (struct vtl1_facts) {
		.version = first.version,
		.vp_count = vp_count,
		.memory_bytes = bytes,
	};

	return 0;
}

static int prepare(struct vtl1_memory *memory, const struct vtl1_image *image,
		   const u8 *file, const struct ram_map *map,
		   const struct vp_list *vps, u64 *cr3)
{
	struct vtl1_boot_info *info;
	int error;

	error = vtl1_memory_allocate(memory, vps->count,
				     ram_map_frame_count(map));
	if (error)
		return error;

	info = boot_info_make(memory, map, vps);
	if (IS_ERR(info)) {
		vtl1_memory_free(memory);
		return PTR_ERR(info);
	}

	error = address_space_build(memory, image, file, info, cr3);
	kvfree(info);
	if (error)
		vtl1_memory_free(memory);

	return error;
}

static int start_on_all_cpus(const struct vtl1_image *image, const u8 *file,
			     struct vtl1_facts *facts)
{
	struct ram_map *map __free(kfree) = kzalloc(sizeof(*map), GFP_KERNEL);
	struct vtl1_memory memory;
	struct vp_list vps;
	u64 cr3;
	int error;

	if (!map)
		return -ENOMEM;

	error = ram_map_read(map);
	if (error)
		return error;
	error = cpus_list(&vps);
	if (error)
		return error;
	error = prepare(&memory, image, file, map, &vps, &cr3);
	if (error)
		return error;

	return run(&memory, image->entry, cr3, vps.count, facts);
}

/**
 * vtl1_start() - load VTL1 and start it on every CPU
 * @facts: what runs; filled in on success
 *
 * Context: Module initialisation, may sleep, takes cpus_read_lock().
 * Return: 0, or an error and one line has been printed, VTL0 goes on as before.
 * Where VTL1 was entered and something failed after that, its memory is lost.
 */
int vtl1_start(struct vtl1_facts *facts)
{
	const struct firmware *firmware;
	struct vtl1_image image;
	int error;

	error = vsm_detect();
	if (error)
		return error;
	error = vtl1_firmware_get(&firmware, &image);
	if (error)
		return error;

	cpus_read_lock();
	error = start_on_all_cpus(&image, firmware->data, facts);
	cpus_read_unlock();

	release_firmware(firmware);

	return error;
}
