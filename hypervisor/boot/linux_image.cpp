// SPDX-License-Identifier: MIT
#include "hypervisor/boot/linux_image.h"

#include <algorithm>
#include <bit>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using base::u16;
using base::u8;

// Offsets of the setup header's fields, the same in the file and in boot_params
// (Linux, Documentation/arch/x86/boot.rst, "Details of Header Fields")
constexpr u64 setup_sects_offset = 0x1f1;
constexpr u64 syssize_offset = 0x1f4;
constexpr u64 boot_flag_offset = 0x1fe;
constexpr u64 jump_target_offset = 0x201;  // the header's end, counted from the next byte
constexpr u64 magic_offset = 0x202;
constexpr u64 version_offset = 0x206;
constexpr u64 type_of_loader_offset = 0x210;
constexpr u64 loadflags_offset = 0x211;
constexpr u64 ramdisk_image_offset = 0x218;
constexpr u64 ramdisk_size_offset = 0x21c;
constexpr u64 cmd_line_ptr_offset = 0x228;
constexpr u64 kernel_alignment_offset = 0x230;
constexpr u64 relocatable_offset = 0x234;
constexpr u64 xloadflags_offset = 0x236;
constexpr u64 cmdline_size_offset = 0x238;
constexpr u64 payload_offset_offset = 0x248;
constexpr u64 payload_length_offset = 0x24c;
constexpr u64 setup_data_offset = 0x250;
constexpr u64 pref_address_offset = 0x258;
constexpr u64 init_size_offset = 0x260;

constexpr u64 header_first = setup_sects_offset;
constexpr u64 header_end_min = init_size_offset + sizeof(u32);
constexpr u64 header_end_max = 0x290;  // boot_params has other fields from there on

// Fields of boot_params outside of the header (Documentation/arch/x86/zero-page.rst)
constexpr u64 ext_ramdisk_image_offset = 0x0c0;
constexpr u64 ext_ramdisk_size_offset = 0x0c4;
constexpr u64 ext_cmd_line_ptr_offset = 0x0c8;
constexpr u64 e820_entries_offset = 0x1e8;
constexpr u64 e820_table_offset = 0x2d0;
constexpr u64 e820_entry_bytes = 20;  // address 8, size 8, type 4
static_assert(e820_table_offset + MemoryMap::max_entries * e820_entry_bytes <= boot_params_bytes);

constexpr u16 boot_flag = 0xaa55;
constexpr u32 magic = 0x5372'6448;       // "HdrS"
constexpr u16 version_min = 0x020c;      // 2.12: xloadflags
constexpr u8 loaded_high = 1U << 0;      // loadflags
constexpr u16 kernel_64 = 1U << 0;       // xloadflags: entry point at 0x200
constexpr u16 above_4g = 1U << 1;        // xloadflags: initrd, command line
constexpr u8 unknown_loader = 0xff;      // type_of_loader: none of the listed ones
constexpr u64 sector_bytes = 512;        // unit of setup_sects
constexpr u64 paragraph_bytes = 16;      // unit of syssize
constexpr u8 setup_sects_default = 4;    // what a 0 means
constexpr u64 low_limit = u64{1} << 32;  // 4 GiB

u64 rounded_up(u64 value, u64 unit) {
    return (value + unit - 1) / unit * unit;
}

/// The header's signs that this is a bzImage with a 64-bit entry point.
Result<void> check_identity(std::span<const std::byte> file) {
    if (TRY(read_number<u16>(file, boot_flag_offset)) != boot_flag ||
        TRY(read_number<u32>(file, magic_offset)) != magic) {
        return base::fail(Error::BadArgument);
    }
    const u16 version = TRY(read_number<u16>(file, version_offset));
    if (version < version_min) {
        return base::fail(Error::Refused);
    }
    const u8 loadflags = TRY(read_number<u8>(file, loadflags_offset));
    const u16 xloadflags = TRY(read_number<u16>(file, xloadflags_offset));
    if ((loadflags & loaded_high) == 0 || (xloadflags & kernel_64) == 0) {
        return base::fail(Error::Refused);
    }
    return {};
}

/// Finds the header and the two parts of the file. What follows syssize (a signature, padding)
/// stays with the second part.
Result<void> split(std::span<const std::byte> file, LinuxImage& image) {
    const u8 jump = TRY(read_number<u8>(file, jump_target_offset));
    const u8 sectors = TRY(read_number<u8>(file, setup_sects_offset));
    const u64 header_end = jump_target_offset + 1 + jump;
    const u64 setup_sectors = sectors == 0 ? setup_sects_default : sectors;
    image.setup_bytes = (setup_sectors + 1) * sector_bytes;
    if (header_end < header_end_min || header_end > header_end_max ||
        image.setup_bytes >= file.size()) {
        return base::fail(Error::BadArgument);
    }
    image.setup_header = file.subspan(header_first, header_end - header_first);
    image.protected_mode = file.subspan(image.setup_bytes);
    return {};
}

/// Whether the second part holds all that the header says is in it.
Result<void> check_protected_mode(std::span<const std::byte> file, const LinuxImage& image) {
    const u64 available = image.protected_mode.size();
    const u64 syssize = TRY(read_number<u32>(file, syssize_offset));
    const u32 payload = TRY(read_number<u32>(file, payload_offset_offset));
    const u32 payload_length = TRY(read_number<u32>(file, payload_length_offset));
    if (syssize * paragraph_bytes > rounded_up(available, paragraph_bytes) ||
        available <= LinuxImage::entry_64_offset ||
        !is_within(available, payload, payload_length)) {
        return base::fail(Error::BadArgument);
    }
    return {};
}

Result<void> read_flags(std::span<const std::byte> file, LinuxImage& image) {
    const u16 xloadflags = TRY(read_number<u16>(file, xloadflags_offset));
    image.takes_high_addresses = (xloadflags & above_4g) != 0;
    image.is_relocatable = TRY(read_number<u8>(file, relocatable_offset)) != 0;
    return {};
}

Result<void> read_placement(std::span<const std::byte> file, LinuxImage& image) {
    image.pref_address = TRY(read_number<u64>(file, pref_address_offset));
    image.init_size = TRY(read_number<u32>(file, init_size_offset));
    image.kernel_alignment = TRY(read_number<u32>(file, kernel_alignment_offset));
    image.cmdline_size = TRY(read_number<u32>(file, cmdline_size_offset));
    if (image.init_size < image.protected_mode.size() ||
        image.init_size > ~u64{0} - image.pref_address ||
        !std::has_single_bit(image.kernel_alignment)) {
        return base::fail(Error::BadArgument);
    }
    return {};
}

Result<void> check_input(const LinuxImage& image, const BootParamsInput& input) {
    if (input.initrd_size > ~u64{0} - input.initrd_address) {
        return base::fail(Error::BadAddress);
    }
    const bool is_high =
        input.command_line >= low_limit || input.initrd_address + input.initrd_size > low_limit;
    if (is_high && !image.takes_high_addresses) {
        return base::fail(Error::BadAddress);
    }
    return {};
}

/// Writes a number of which the upper half lies elsewhere.
void write_split(std::span<std::byte> out, u64 low_offset, u64 high_offset, u64 value) {
    write_number(out, low_offset, static_cast<u32>(value));
    write_number(out, high_offset, static_cast<u32>(value >> 32));
}

void write_e820(std::span<std::byte> out, const MemoryMap& memory) {
    u64 offset = e820_table_offset;
    for (const MemoryEntry& entry : memory.entries()) {
        write_number(out, offset, entry.first);
        write_number(out, offset + 8, entry.end - entry.first);
        write_number(out, offset + 16, static_cast<u32>(entry.kind));
        offset += e820_entry_bytes;
    }
    write_number(out, e820_entries_offset, static_cast<u8>(memory.entries().size()));
}

}  // namespace

Result<LinuxImage> parse_linux_image(std::span<const std::byte> file) {
    LinuxImage image;
    if (file.size() < header_end_min) {
        return base::fail(Error::BadArgument);
    }
    TRY(check_identity(file));
    TRY(split(file, image));
    TRY(check_protected_mode(file, image));
    TRY(read_flags(file, image));
    TRY(read_placement(file, image));
    return image;
}

Result<void> build_boot_params(std::span<std::byte, boot_params_bytes> out,
                               const LinuxImage& image,
                               const BootParamsInput& input,
                               const MemoryMap& memory) {
    TRY(check_input(image, input));
    std::ranges::fill(out, std::byte{0});
    std::ranges::copy(image.setup_header, out.subspan(header_first).begin());
    write_number(out, type_of_loader_offset, unknown_loader);
    write_number(out, loadflags_offset, loaded_high);
    write_number(out, setup_data_offset, u64{0});
    write_split(out, cmd_line_ptr_offset, ext_cmd_line_ptr_offset, input.command_line);
    write_split(out, ramdisk_image_offset, ext_ramdisk_image_offset, input.initrd_address);
    write_split(out, ramdisk_size_offset, ext_ramdisk_size_offset, input.initrd_size);
    write_e820(out, memory);
    return {};
}

}  // namespace hypervisor
