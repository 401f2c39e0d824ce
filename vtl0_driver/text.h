/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_TEXT_H
#define REDOUBT_TEXT_H

#include <linux/kernel.h>
#include <linux/types.h>

/* For messages: pr_info("%s\n", version_text(version).chars) */
struct short_text {
	char chars[32];
};

/* VTL1_VERSION() as "0.1.0" */
static inline struct short_text version_text(u32 version)
{
	struct short_text text;

	snprintf(text.chars, sizeof(text.chars), "%u.%u.%u", version >> 24,
		 (version >> 16) & 0xff, version & 0xffff);

	return text;
}

/* Bytes as "4.3 MiB" */
static inline struct short_text mib_text(u64 bytes)
{
	struct short_text text;

	snprintf(text.chars, sizeof(text.chars), "%llu.%llu MiB", bytes >> 20,
		 ((bytes & 0xfffff) * 10) >> 20);

	return text;
}

#endif
