// SPDX-License-Identifier: MIT
#pragma once

/// Written while VTL1 boots, read-only afterwards; a later write is a page fault. `_ZEROED` is for
/// what starts as zero and takes no room in the image file.
#ifdef REDOUBT_HOST_TEST
#define RO_AFTER_BOOT
#define RO_AFTER_BOOT_ZEROED
#else
#define RO_AFTER_BOOT [[gnu::section(".ro_after_boot")]]
#define RO_AFTER_BOOT_ZEROED [[gnu::section(".bss.ro_after_boot")]]
#endif
