// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/boot.h"
#include "vtl1/types.h"

// Where things lie in VTL1's address space. The image and the pool keep the addresses that the boot
// ABI gives them.
namespace vtl1 {

inline constexpr Hva image_start{VTL1_IMAGE_VA};
inline constexpr Hva pool_start{VTL1_POOL_VA};
inline constexpr u64 pool_frames_max = VTL1_POOL_BYTES_MAX / page_size;

/// Each CPU has an area of this many pages; most pages in it are mapped nowhere and guard the
/// others.
inline constexpr Hva cpu_areas_start{0xffff'ffff'c000'0000};
inline constexpr u64 cpu_area_pages = 32;
inline constexpr u64 cpu_count_max = VTL1_VP_COUNT_MAX;

/// A page of one CPU's area.
constexpr Hva cpu_area_page(u64 cpu, u64 page) {
    return Hva{cpu_areas_start.raw() + (cpu * cpu_area_pages + page) * page_size};
}

static_assert(cpu_area_page(cpu_count_max, 0) > cpu_areas_start, "the areas do not wrap around");
static_assert(VTL1_IMAGE_VA + VTL1_IMAGE_BYTES_MAX <= VTL1_BOOT_INFO_VA);
static_assert(VTL1_BOOT_INFO_VA + VTL1_BOOT_INFO_PAGES_MAX * page_size <= VTL1_POOL_VA);
static_assert(VTL1_POOL_VA + VTL1_POOL_BYTES_MAX <= cpu_areas_start.raw());

}  // namespace vtl1
