// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace base {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using usize = std::size_t;

/// Bytes of the smallest page; also the granularity of VTL protections.
/// @source Intel SDM vol. 3A, 4.5; TLFS, "HvCallModifyVtlProtectionMask"
inline constexpr u64 page_size = 4096;
inline constexpr u64 page_shift = 12;  // log2(page_size)

}  // namespace base
