/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_COMPAT_H
#define REDOUBT_COMPAT_H

/* All that differs between the supported kernels: Debian's 6.1 and 6.12. */

#include <linux/cleanup.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/version.h>

/* 6.8 renamed MAX_ORDER, and 6.4 made it the highest order instead of one more. */
#ifdef MAX_PAGE_ORDER
#define COMPAT_PAGE_ORDER_MAX MAX_PAGE_ORDER
#else
#define COMPAT_PAGE_ORDER_MAX (MAX_ORDER - 1)
#endif

/* A run of a module's executable pages. */
struct compat_text {
	const void *start;
	size_t bytes;
};

/* 6.4 replaced the two layouts by one region for each kind of memory. */
static inline struct compat_text compat_core_text(const struct module *module)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return (struct compat_text) { module->mem[MOD_TEXT].base,
				      module->mem[MOD_TEXT].size };
#else
	return (struct compat_text) { module->core_layout.base,
				      module->core_layout.text_size };
#endif
}

static inline struct compat_text compat_init_text(const struct module *module)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return (struct compat_text) { module->mem[MOD_INIT_TEXT].base,
				      module->mem[MOD_INIT_TEXT].size };
#else
	return (struct compat_text) { module->init_layout.base,
				      module->init_layout.text_size };
#endif
}

#endif
