/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_COMPAT_H
#define REDOUBT_COMPAT_H

/* All that differs between the supported kernels: Debian's 6.1 and 6.12. */

#include <linux/cleanup.h>
#include <linux/mmzone.h>

/* 6.8 renamed MAX_ORDER, and 6.4 made it the highest order instead of one more. */
#ifdef MAX_PAGE_ORDER
#define COMPAT_PAGE_ORDER_MAX MAX_PAGE_ORDER
#else
#define COMPAT_PAGE_ORDER_MAX (MAX_ORDER - 1)
#endif

#endif
