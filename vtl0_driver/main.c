// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/path.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "device.h"
#include "modules.h"
#include "status.h"
#include "text.h"
#include "version.h"
#include "vsm.h"
#include "vtl1.h"

/* VTL1 runs and cannot be stopped: without its files it is still better. */
static void register_files(void)
{
	int error;

	error = device_register_redoubt();
	if (error)
		pr_warn("no /dev/redoubt (error %d)\n", error);
	error = status_register();
	if (error)
		pr_warn("no status file in securityfs (error %d)\n", error);
}

/*
 * The root of who loads us is still the one that the kernel has unpacked. Whoever keeps the whole
 * system in such a file system is not late either.
 */
static bool is_in_initramfs(void)
{
	struct path root;
	unsigned long magic;

	get_fs_root(current->fs, &root);
	magic = root.dentry->d_sb->s_magic;
	path_put(&root);

	return magic == RAMFS_MAGIC || magic == TMPFS_MAGIC;
}

static int __init redoubt_init(void)
{
	struct vtl1_facts facts;
	int error;

	error = vsm_init();
	if (error)
		return error;

	error = vtl1_start(&facts);
	vsm_exit();
	if (error)
		return error;

	facts.is_late = !is_in_initramfs();
	vtl1_set_facts(&facts);
	register_files();
	error = modules_watch();
	if (error)
		pr_warn("modules are not watched (error %d)\n", error);
	pr_info("VTL1 %s on %u CPUs, %s\n", version_text(facts.version).chars,
		facts.vp_count, mib_text(facts.memory_bytes).chars);

	return 0;
}
module_init(redoubt_init);

/* No module_exit: the module cannot be removed, nor can VTL1. */

MODULE_DESCRIPTION("Redoubt: starts the secure kernel at VTL1 and talks to it");
MODULE_AUTHOR("The Redoubt authors");
MODULE_VERSION(REDOUBT_DRIVER_VERSION_TEXT);
MODULE_LICENSE("Dual MIT/GPL");
