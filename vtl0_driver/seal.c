// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/cpu.h>
#include <linux/firmware.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "compat.h"
#include "cpus.h"
#include "hvcall/abi/manifest.h"
#include "modules.h"
#include "seal.h"
#include "vtl_call.h"

/* What MANIFEST_HEADER and MANIFEST_PAGE answer when nothing is missing */
#define PLACE_NONE U64_MAX

static DEFINE_MUTEX(seal_lock);
static bool is_sealed; /* under seal_lock */

static int get_manifest(const struct firmware **firmware)
{
	const char *release = utsname()->release;
	const struct manifest_header *header;
	char name[96];
	int error;

	snprintf(name, sizeof(name), "redoubt/manifest-%s.bin", release);
	error = firmware_request_nowarn(firmware, name, NULL);
	if (error) {
		pr_warn("not sealed: no manifest %s (error %d)\n", name, error);
		return -ENODATA;
	}

	header = (const struct manifest_header *)(*firmware)->data;
	if ((*firmware)->size >= sizeof(*header) &&
	    strncmp((const char *)header->release, release,
		    sizeof(header->release)) == 0)
		return 0;

	pr_warn("not sealed: %s is not a manifest for kernel %s\n", name,
		release);
	release_firmware(*firmware);

	return -EBADMSG;
}

/* The part of the file that belongs on @page, or an error where it is cut off. */
static int fill_page(void *page, const struct firmware *firmware, u64 place)
{
	const struct manifest_header *header =
		(const struct manifest_header *)firmware->data;
	u32 section = upper_32_bits(place);
	u64 start, bytes;

	if (section >= MANIFEST_SECTIONS_MAX)
		return -EBADMSG;
	start = header->sections[section].file_offset +
		(u64)lower_32_bits(place) * PAGE_SIZE;
	if (start >= firmware->size)
		return -EBADMSG;

	bytes = min_t(u64, PAGE_SIZE, firmware->size - start);
	memset(page, 0, PAGE_SIZE);
	memcpy(page, firmware->data + start, bytes);

	return 0;
}

/* VTL1 checks its cryptography against known answers first, step by step. */
static int hand_over_header(void *page, const struct firmware *firmware,
			    u64 *place)
{
	int error;

	memcpy(page, firmware->data, sizeof(struct manifest_header));
	do {
		error = vtl1_call_with_page(VTL_CALL_MANIFEST_HEADER, page, 0,
					    place);
		cond_resched();
	} while (error == -EAGAIN && !fatal_signal_pending(current));

	return error;
}

static int hand_over(void *page, const struct firmware *firmware)
{
	u64 place;
	int error = hand_over_header(page, firmware, &place);

	while (!error && place != PLACE_NONE) {
		error = fill_page(page, firmware, place);
		if (!error)
			error = vtl1_call_with_page(VTL_CALL_MANIFEST_PAGE,
						    page, place, &place);
		cond_resched();
	}

	return error;
}

static int hand_over_manifest(void)
{
	const struct firmware *firmware;
	void *page;
	int error;

	error = get_manifest(&firmware);
	if (error)
		return error;

	page = (void *)get_zeroed_page(GFP_KERNEL);
	error = page ? hand_over(page, firmware) : -ENOMEM;
	free_page((unsigned long)page);
	release_firmware(firmware);
	if (error)
		pr_warn("not sealed: the manifest is refused (error %d)\n",
			error);

	return error;
}

static int run_steps(void)
{
	int error;

	do {
		struct vtl_call call = { .id = VTL_CALL_SEAL };

		error = vtl1_call(&call);
		cond_resched();
	} while (error == -EAGAIN && !fatal_signal_pending(current));

	if (error)
		pr_warn("not sealed: VTL1 refuses (error %d), its log says why\n",
			error);

	return error;
}

/**
 * seal_kernel() - hand the manifest to VTL1, pin all CPUs and seal
 *
 * Interrupted or refused, it can be called again; frames that VTL1 has frozen
 * stay frozen.
 *
 * Context: May sleep.
 * Return: 0: VTL0 is not trusted any more. -EALREADY: nor was it before.
 * Otherwise an error, and one line has been printed: -ENODATA without a
 * manifest, -EBADMSG with another kernel's, -EPERM if VTL1 refuses.
 */
int seal_kernel(void)
{
	int error;

	guard(mutex)(&seal_lock);

	if (is_sealed)
		return -EALREADY;
	error = hand_over_manifest();
	if (error)
		return error;
	cpus_read_lock();
	error = cpus_pin_all();
	cpus_read_unlock();
	if (error)
		return error;
	error = run_steps();
	if (error)
		return error;

	is_sealed = true;
	modules_sealed();
	pr_info("sealed\n");

	return 0;
}
