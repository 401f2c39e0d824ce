// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/seq_file.h>

#include "compat.h"
#include "hvcall/abi/manifest.h"
#include "hvcall/abi/witness.h"
#include "status.h"
#include "text.h"
#include "version.h"
#include "vsm.h"
#include "vtl1.h"

static const char *phase_name(u32 phase)
{
	switch (phase) {
	case VTL_PHASE_BOOT:
		return "boot";
	case VTL_PHASE_SEALED:
		return "sealed";
	case VTL_PHASE_FAILED:
		return "failed";
	default:
		return "unknown";
	}
}

static void show_counts(struct seq_file *file, const char *name,
			const u64 *counts, unsigned int count)
{
	unsigned int i;

	seq_printf(file, "%s:", name);
	for (i = 0; i < count; i++)
		seq_printf(file, " %llu", counts[i]);
	seq_putc(file, '\n');
}

/* Those that are enforced; the rest is off. After a failure VTL1 does not say. */
static void show_policies(struct seq_file *file, const struct vtl_status *status)
{
	static const struct {
		unsigned int number;
		const char *name;
	} policies[] = {
		{ MANIFEST_POLICY_TEXT, "text" },
		{ MANIFEST_POLICY_REGISTERS, "registers" },
		{ MANIFEST_POLICY_PATCHING, "patching" },
		{ MANIFEST_POLICY_DATA, "data" },
		{ MANIFEST_POLICY_MODULES, "modules" },
		{ WITNESS_POLICY_OWN_MEMORY, "own_memory" },
	};
	unsigned int i;

	seq_puts(file, "enforced:");
	for (i = 0; i < ARRAY_SIZE(policies); i++)
		if (status->modes[policies[i].number] == MANIFEST_MODE_ENFORCE)
			seq_printf(file, " %s", policies[i].name);
	seq_putc(file, '\n');
}

static void show_claims(struct seq_file *file, const struct vtl_status *status)
{
	show_policies(file, status);
	show_counts(file, "frames", status->frames, VTL_STATUS_FRAME_STATES);
	show_counts(file, "text_writes", status->text_writes,
		    VTL_STATUS_VERDICTS);
	seq_printf(file, "unproved_start_frames: %llu\n",
		   status->unproved_start_frames);
	seq_printf(file, "verified_pages: %llu\n", status->verified_pages);
	seq_printf(file, "verified_sites: %llu\n", status->verified_sites);
	seq_printf(file, "masked_bytes: %llu\n", status->masked_bytes);
	seq_printf(file, "manifest_version: %u\n", status->manifest_version);
	seq_printf(file, "manifest_release: %.*s\n",
		   (int)sizeof(status->manifest_release),
		   (const char *)status->manifest_release);
	seq_printf(file, "operator_key: %s\n",
		   status->facts & VTL_STATUS_OPERATOR_KEY_OWN ? "own" :
								 "development");
	seq_printf(file, "mbec: %d\n", !!(status->facts & VTL_STATUS_MBEC));
	seq_printf(file, "dma_filtered: %d\n",
		   !!(status->facts & VTL_STATUS_DMA_FILTERED));
}

static int status_show(struct seq_file *file, void *unused)
{
	struct vsm_hypervisor hypervisor;
	struct vtl_status status;
	int error;

	error = vtl1_status(&status);
	if (error)
		return error;
	vsm_hypervisor(&hypervisor);

	seq_printf(file, "vtl1_version: %s\n",
		   version_text(status.vtl1_version).chars);
	seq_printf(file, "phase: %s\n", phase_name(status.phase));
	seq_printf(file, "cpus: %u\n", status.vp_count);
	seq_printf(file, "memory_bytes: %llu\n", status.memory_bytes);
	seq_printf(file, "calls: %llu\n", status.calls);
	seq_printf(file, "denied_reads: %llu\n", status.denied_reads);
	seq_printf(file, "denied_writes: %llu\n", status.denied_writes);
	seq_printf(file, "denied_executes: %llu\n", status.denied_executes);
	seq_printf(file, "nmis: %llu\n", status.nmis);
	seq_printf(file, "pinned_cpus: %u\n", status.pinned_vp_count);
	seq_printf(file, "denied_register_writes: %llu\n",
		   status.denied_register_writes);
	seq_printf(file, "allowed_register_writes: %llu\n",
		   status.allowed_register_writes);
	if (status.phase != VTL_PHASE_FAILED)
		show_claims(file, &status);
	seq_printf(file, "late: %d\n", vtl1_is_late());
	seq_printf(file, "hypervisor: %s\n", hypervisor.name);
	seq_puts(file, "driver_version: " REDOUBT_DRIVER_VERSION_TEXT "\n");

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

/* /sys/kernel/security/redoubt/status, for the administrator */
int status_register(void)
{
	struct dentry *folder, *file;

	folder = securityfs_create_dir("redoubt", NULL);
	if (IS_ERR(folder))
		return PTR_ERR(folder);

	file = securityfs_create_file("status", 0400, folder, NULL,
				      &status_fops);
	if (IS_ERR(file)) {
		securityfs_remove(folder);
		return PTR_ERR(file);
	}

	return 0;
}
