// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "hypervisor/boot/memory_map.h"

namespace hypervisor {

/// In EAX when a multiboot loader jumps to the image; the caller of parse_multiboot() compares.
/// @source Multiboot Specification 0.6.96, 3.2
inline constexpr u32 multiboot_magic = 0x2bad'b002;

/// Physical memory that may be read: `bytes[0]` is the byte at `first`.
struct PhysicalWindow {
    u64 first = 0;  // bytes
    std::span<const std::byte> bytes;
};

struct MultibootModule {
    MemoryExtent extent;    // where the loader put it; not checked against any memory map
    std::string_view text;  // under QEMU the file's name and all that follows it
};

/// What the loader handed over. The texts point into the window.
struct MultibootInfo {
    static constexpr usize max_modules = 4;

    std::string_view command_line;  // under QEMU it begins with the image's name
    std::array<MultibootModule, max_modules> module_table{};
    usize module_count = 0;
    MemoryMap memory;

    std::span<const MultibootModule> modules() const {
        return std::span{module_table}.first(module_count);
    }
};

/// Reads the loader's information. The memory map is mandatory, all else may be missing and is
/// then empty.
///
/// @param window        need not hold the modules themselves
/// @param info_address  EBX at entry; bytes
/// @return Error::NotFound without a memory map, Error::BadAddress if something lies outside of
///         the window or wraps around, Error::BadArgument for a table or text that contradicts
///         itself or is too long, Error::NoMemory for more than MemoryMap::max_entries entries.
/// @context boot only; needs about 10 KiB of stack
/// @source Multiboot Specification 0.6.96, 3.3
base::Result<MultibootInfo> parse_multiboot(const PhysicalWindow& window, u32 info_address);

}  // namespace hypervisor
