// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/types.h"
#include "hypervisor/boot/memory_map.h"

namespace hypervisor {

/// A bzImage that can be entered in 64-bit mode. Sizes and offsets are within the file.
/// @source Linux, Documentation/arch/x86/boot.rst, "Details of Header Fields"
struct LinuxImage {
    std::span<const std::byte> setup_header;    // from file offset 0x1f1 on; goes to boot_params
    std::span<const std::byte> protected_mode;  // to be copied to the load address
    u64 setup_bytes = 0;                        // the real-mode part; where protected_mode begins
    u64 pref_address = 0;                       // bytes; where it wants to be loaded
    u64 init_size = 0;                          // bytes needed from the load address on, >= file
    u64 kernel_alignment = 0;                   // bytes; of a load address other than pref_address
    u64 cmdline_size = 0;                       // longest command line, without the final zero
    bool is_relocatable = false;
    bool takes_high_addresses = false;  // initrd and command line may lie above 4 GiB

    /// Bytes from the load address to the 64-bit entry point.
    static constexpr u64 entry_64_offset = 0x200;
};

/// Checks and reads the header of a bzImage.
///
/// @param file  the whole file
/// @return Error::BadArgument if it is no bzImage or its sizes contradict each other or the file,
///         Error::Refused if it is one that cannot be entered in 64-bit mode (protocol below 2.12,
///         loaded low, or 32-bit).
base::Result<LinuxImage> parse_linux_image(std::span<const std::byte> file);

inline constexpr usize boot_params_bytes = 4096;

/// Where the loader put what belongs to the kernel; guest physical addresses.
struct BootParamsInput {
    u64 command_line = 0;  // address of a zero-terminated text; 0: none
    u64 initrd_address = 0;
    u64 initrd_size = 0;  // bytes; 0: none
};

/// Writes boot_params ("zero page") for the 64-bit entry point, with the map as e820 table.
///
/// @return Error::BadAddress if a range wraps around or lies above 4 GiB and this kernel cannot
///         take it there; `out` is then unchanged.
/// @source Linux, Documentation/arch/x86/zero-page.rst and boot.rst, "64-bit Boot Protocol"
base::Result<void> build_boot_params(std::span<std::byte, boot_params_bytes> out,
                                     const LinuxImage& image,
                                     const BootParamsInput& input,
                                     const MemoryMap& memory);

}  // namespace hypervisor
