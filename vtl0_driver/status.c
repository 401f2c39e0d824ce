// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/seq_file.h>

#include "compat.h"
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
	seq_puts(file, "policies: none\n");
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
