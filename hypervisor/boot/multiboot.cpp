// SPDX-License-Identifier: MIT
#include "hypervisor/boot/multiboot.h"

#include <algorithm>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;

// Multiboot Specification 0.6.96, 3.3: bits of `flags`, and offsets of the fields they vouch for
constexpr u32 has_command_line = 1U << 2;
constexpr u32 has_modules = 1U << 3;
constexpr u32 has_memory_map = 1U << 6;

constexpr u64 flags_offset = 0;
constexpr u64 command_line_offset = 16;
constexpr u64 module_count_offset = 20;
constexpr u64 module_table_offset = 24;
constexpr u64 map_bytes_offset = 44;
constexpr u64 map_address_offset = 48;

// One module: mod_start, mod_end, string, reserved; 32 bits each
constexpr u64 module_bytes = 16;

// One entry of the memory map: size (which does not count itself), base, length, type
constexpr u64 entry_size_bytes = 4;
constexpr u64 entry_base_offset = 4;
constexpr u64 entry_length_offset = 12;
constexpr u64 entry_type_offset = 20;
constexpr u64 entry_size_min = 20;

constexpr u64 text_bytes_max = 4096;  // twice what Linux takes (COMMAND_LINE_SIZE)
constexpr u64 map_bytes_max = 64 * base::page_size;

Result<std::span<const std::byte>> bytes_at(const PhysicalWindow& window, u64 address, u64 length) {
    if (address < window.first || !is_within(window.bytes.size(), address - window.first, length)) {
        return base::fail(Error::BadAddress);
    }
    return window.bytes.subspan(address - window.first, length);
}

template <class T>
Result<T> number_at(const PhysicalWindow& window, u64 address) {
    const auto bytes = TRY(bytes_at(window, address, sizeof(T)));
    return read_number<T>(bytes, 0);
}

Result<std::string_view> text_at(const PhysicalWindow& window, u64 address) {
    const auto start = TRY(bytes_at(window, address, 1));
    // SAFETY: the window reaches from here to its own end, and a char may look at any byte.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    const auto* characters = reinterpret_cast<const char*>(start.data());
    const std::string_view rest{characters, window.bytes.size() - (address - window.first)};
    for (usize length = 0; length < std::min<u64>(rest.size(), text_bytes_max); ++length) {
        if (rest[length] == '\0') {
            return rest.substr(0, length);
        }
    }
    return base::fail(rest.size() < text_bytes_max ? Error::BadAddress : Error::BadArgument);
}

Result<std::string_view> command_line_at(const PhysicalWindow& window, u32 info_address) {
    const u32 address = TRY(number_at<u32>(window, info_address + command_line_offset));
    return text_at(window, address);
}

Result<MultibootModule> module_at(const PhysicalWindow& window, u64 address) {
    const auto bytes = TRY(bytes_at(window, address, module_bytes));
    const u32 first = TRY(read_number<u32>(bytes, 0));
    const u32 end = TRY(read_number<u32>(bytes, 4));
    const u32 text = TRY(read_number<u32>(bytes, 8));
    if (end < first) {
        return base::fail(Error::BadArgument);
    }
    MultibootModule module{.extent = {first, end}, .text = {}};
    if (text != 0) {
        module.text = TRY(text_at(window, text));
    }
    return module;
}

Result<void> read_modules(const PhysicalWindow& window, u32 info_address, MultibootInfo& info) {
    const u32 count = TRY(number_at<u32>(window, info_address + module_count_offset));
    const u64 table = TRY(number_at<u32>(window, info_address + module_table_offset));
    if (count > MultibootInfo::max_modules) {
        return base::fail(Error::BadArgument);
    }
    for (usize i = 0; i < count; ++i) {
        info.module_table[i] = TRY(module_at(window, table + i * module_bytes));
    }
    info.module_count = count;
    return {};
}

/// Adds the entry at the start of `table`.
/// @return how many bytes it takes
Result<u64> read_map_entry(std::span<const std::byte> table, MemoryMap& memory) {
    const u32 size = TRY(read_number<u32>(table, 0));
    if (size < entry_size_min || size > table.size() - entry_size_bytes) {
        return base::fail(Error::BadArgument);
    }
    const u64 first = TRY(read_number<u64>(table, entry_base_offset));
    const u64 length = TRY(read_number<u64>(table, entry_length_offset));
    const u32 type = TRY(read_number<u32>(table, entry_type_offset));
    TRY(memory.add(first, length, type));
    return entry_size_bytes + size;
}

Result<void> read_memory_map(const PhysicalWindow& window, u32 info_address, MemoryMap& memory) {
    const u32 length = TRY(number_at<u32>(window, info_address + map_bytes_offset));
    const u32 address = TRY(number_at<u32>(window, info_address + map_address_offset));
    if (length == 0 || length > map_bytes_max) {
        return base::fail(Error::BadArgument);
    }
    auto table = TRY(bytes_at(window, address, length));
    while (!table.empty()) {
        if (table.size() < entry_size_bytes) {
            return base::fail(Error::BadArgument);
        }
        const u64 taken = TRY(read_map_entry(table, memory));
        table = table.subspan(taken);
    }
    return {};
}

}  // namespace

Result<MultibootInfo> parse_multiboot(const PhysicalWindow& window, u32 info_address) {
    Result<MultibootInfo> result{};
    const u32 flags = TRY(number_at<u32>(window, info_address + flags_offset));
    if ((flags & has_memory_map) == 0) {
        return base::fail(Error::NotFound);
    }
    TRY(read_memory_map(window, info_address, result->memory));
    if ((flags & has_command_line) != 0) {
        result->command_line = TRY(command_line_at(window, info_address));
    }
    if ((flags & has_modules) != 0) {
        TRY(read_modules(window, info_address, *result));
    }
    return result;
}

}  // namespace hypervisor
