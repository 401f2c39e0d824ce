// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/multiboot.cpp hypervisor/boot/memory_map.cpp
// test-with: selftests/host/panic.cpp
#include "hypervisor/boot/multiboot.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {
namespace {

using base::Error;

constexpr u64 window_first = 0x1000;
constexpr u32 info_address = 0x1100;
constexpr u64 modules_address = 0x1200;
constexpr u64 map_address = 0x1300;
constexpr u64 text_address = 0x1800;

/// Memory as a loader leaves it, from window_first on. The heap block ends where the window does,
/// so that a read past it is seen.
class Loader {
public:
    explicit Loader(usize size = 0x1000) : bytes_(size) {
        put(info_address, (1U << 2) | (1U << 3) | (1U << 6));
        put(info_address + 16, text_address);
        put(info_address + 20, 2);
        put(info_address + 24, modules_address);
        put(info_address + 48, map_address);
        put_text(text_address, "hypervisor.elf verbose");
        put_module(0, 0x20'0000, 0x90'0000, text_address + 0x40);
        put_module(1, 0x90'0000, 0xa0'0000, text_address + 0x80);
        put_text(text_address + 0x40, "vmlinuz quiet");
        put_text(text_address + 0x80, "initrd");
        put_entry(0, 0x9'fc00, 1);
        put_entry(0x10'0000, 0x3ff0'0000, 1);
        put_entry(0xf'0000, 0x1'0000, 2);
    }

    void put(u64 address, u64 value) {
        write_number(std::span{bytes_}, address - window_first, static_cast<u32>(value));
    }

    void put_text(u64 address, const std::string& text) {
        for (usize i = 0; i <= text.size(); ++i) {
            bytes_.at(address - window_first + i) = static_cast<std::byte>(text.c_str()[i]);
        }
    }

    void put_module(u64 index, u64 first, u64 end, u64 text) {
        put(modules_address + index * 16, first);
        put(modules_address + index * 16 + 4, end);
        put(modules_address + index * 16 + 8, text);
    }

    /// @param size  as the entry states it; it takes 4 bytes more
    void put_entry(u64 first, u64 length, u32 type, u32 size = 20) {
        const u64 at = map_address + map_bytes_;
        put(at, size);
        put(at + 4, first);
        put(at + 8, first >> 32);
        put(at + 12, length);
        put(at + 16, length >> 32);
        put(at + 20, type);
        map_bytes_ += 4 + size;
        put(info_address + 44, map_bytes_);
    }

    base::Result<MultibootInfo> parse(u32 address = info_address) const {
        return parse_multiboot({window_first, bytes_}, address);
    }

    std::vector<std::byte>& bytes() { return bytes_; }

private:
    std::vector<std::byte> bytes_;
    u64 map_bytes_ = 0;
};

TEST(multiboot, reads_what_the_loader_left) {
    const Loader loader;
    const auto info = loader.parse();
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->command_line, "hypervisor.elf verbose");
    ASSERT_EQ(info->modules().size(), 2U);
    EXPECT_EQ(info->modules()[0].extent, (MemoryExtent{0x20'0000, 0x90'0000}));
    EXPECT_EQ(info->modules()[0].text, "vmlinuz quiet");
    EXPECT_EQ(info->modules()[1].extent, (MemoryExtent{0x90'0000, 0xa0'0000}));
    EXPECT_EQ(info->modules()[1].text, "initrd");
    ASSERT_EQ(info->memory.entries().size(), 3U);
    EXPECT_EQ(info->memory.ram_end(), 0x4000'0000U);
}

TEST(multiboot, works_with_a_window_that_starts_at_zero) {
    Loader loader;
    std::vector<std::byte> memory(window_first + loader.bytes().size());
    std::ranges::copy(loader.bytes(), memory.begin() + window_first);
    EXPECT_TRUE(parse_multiboot({0, memory}, info_address).has_value());
}

TEST(multiboot, a_missing_part_is_empty) {
    Loader loader;
    loader.put(info_address, 1U << 6);
    loader.put(info_address + 16, 0xffff'ffff);
    loader.put(info_address + 24, 0xffff'ffff);
    const auto info = loader.parse();
    ASSERT_TRUE(info.has_value());
    EXPECT_TRUE(info->command_line.empty());
    EXPECT_TRUE(info->modules().empty());
}

TEST(multiboot, the_memory_map_must_be_there) {
    Loader loader;
    loader.put(info_address, ~u32{0} & ~(1U << 6));
    EXPECT_EQ(loader.parse().error(), Error::NotFound);
    loader.put(info_address, 1U << 6);
    loader.put(info_address + 44, 0);
    EXPECT_EQ(loader.parse().error(), Error::BadArgument);
}

TEST(multiboot, a_module_without_text_is_fine) {
    Loader loader;
    loader.put_module(1, 0x90'0000, 0xa0'0000, 0);
    const auto info = loader.parse();
    ASSERT_TRUE(info.has_value());
    EXPECT_TRUE(info->modules()[1].text.empty());
}

TEST(multiboot, takes_four_modules_and_refuses_five) {
    Loader loader;
    for (u64 i = 0; i < 5; ++i) {
        loader.put_module(i, 0x20'0000, 0x20'0000, text_address);
    }
    loader.put(info_address + 20, 4);
    const auto info = loader.parse();
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->modules().size(), 4U);
    loader.put(info_address + 20, 5);
    EXPECT_EQ(loader.parse().error(), Error::BadArgument);
    loader.put(info_address + 20, 0xffff'ffff);
    EXPECT_EQ(loader.parse().error(), Error::BadArgument);
}

TEST(multiboot, refuses_a_module_that_ends_before_it_begins) {
    Loader loader;
    loader.put_module(0, 0x20'0000, 0x1f'ffff, 0);
    EXPECT_EQ(loader.parse().error(), Error::BadArgument);
}

TEST(multiboot, refuses_addresses_outside_of_the_window) {
    const Loader good;
    for (const u64 address : {u64{0}, window_first - 1, window_first + 0x1000 - 3,
                              window_first + 0x1000, u64{0xffff'ffff}, u64{0xffff'ffd0}}) {
        EXPECT_EQ(good.parse(static_cast<u32>(address)).error(), Error::BadAddress) << address;
    }
    for (const u64 field : {16U, 24U, 48U}) {
        for (const u64 address :
             {u64{0}, window_first - 1, window_first + 0x1000, u64{0xffff'ffff}}) {
            Loader loader;
            loader.put(info_address + field, address);
            EXPECT_EQ(loader.parse().error(), Error::BadAddress) << field << " " << address;
        }
    }
    Loader loader;
    loader.put_module(0, 0, 0, window_first + 0x1000);
    EXPECT_EQ(loader.parse().error(), Error::BadAddress);
}

TEST(multiboot, refuses_texts_without_an_end) {
    Loader loader;
    std::ranges::fill(std::span{loader.bytes()}.subspan(text_address - window_first),
                      std::byte{'x'});
    EXPECT_EQ(loader.parse().error(), Error::BadAddress);
    Loader large{0x4000};
    std::ranges::fill(std::span{large.bytes()}.subspan(text_address - window_first),
                      std::byte{'x'});
    EXPECT_EQ(large.parse().error(), Error::BadArgument);
}

TEST(multiboot, a_text_of_4095_characters_is_the_longest) {
    Loader loader{0x4000};
    loader.put(info_address, (1U << 2) | (1U << 6));
    loader.put_text(text_address, std::string(4095, 'x'));
    ASSERT_TRUE(loader.parse().has_value());
    EXPECT_EQ(loader.parse()->command_line.size(), 4095U);
    loader.put_text(text_address, std::string(4096, 'x'));
    EXPECT_EQ(loader.parse().error(), Error::BadArgument);
}

TEST(multiboot, takes_entries_longer_than_needed) {
    Loader loader;
    loader.put_entry(0x1'0000'0000, 0x1000'0000, 1, 24);
    loader.put_entry(0x2'0000'0000, 0x1000, 3);
    const auto info = loader.parse();
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->memory.ram_end(), 0x1'1000'0000U);
    EXPECT_EQ(info->memory.entries().back(),
              (MemoryEntry{0x2'0000'0000, 0x2'0000'1000, MemoryKind::AcpiReclaimable}));
}

TEST(multiboot, refuses_entries_that_do_not_fit_the_table) {
    for (const u32 size : {0U, 19U, 21U, 72U, 0xffff'fffcU, 0xffff'ffffU}) {
        Loader loader;
        loader.put(map_address + 48, size);  // the last of three
        EXPECT_EQ(loader.parse().error(), Error::BadArgument) << size;
    }
    for (const u32 length : {1U, 3U, 4U, 23U, 73U, 75U, 0xffff'ffffU}) {
        Loader loader;
        loader.put(info_address + 44, length);
        EXPECT_EQ(loader.parse().error(), Error::BadArgument) << length;
    }
    Loader loader;
    loader.put(info_address + 44, 0x1000);
    EXPECT_EQ(loader.parse().error(), Error::BadAddress);
    Loader with_short_entry;
    with_short_entry.put_entry(0x1'0000'0000, 0x1000, 1, 16);
    EXPECT_EQ(with_short_entry.parse().error(), Error::BadArgument);
}

TEST(multiboot, passes_on_what_the_memory_map_refuses) {
    Loader loader;
    loader.put_entry(~u64{0} - 0xfff, 0x1000, 2);
    EXPECT_EQ(loader.parse().error(), Error::BadAddress);
    Loader crowded{0x4000};
    for (u64 i = 0; i < MemoryMap::max_entries; ++i) {
        crowded.put_entry(0x1'0000'0000 + i * 0x2000, 0x1000, 1);
    }
    crowded.put(info_address, 1U << 6);
    EXPECT_EQ(crowded.parse().error(), Error::NoMemory);
}

TEST(multiboot, survives_any_window_length) {
    Loader loader;
    const auto whole = loader.bytes();
    constexpr u64 needed = text_address + 0x80 + sizeof("initrd") - window_first;
    for (usize size = 0; size <= whole.size(); ++size) {
        const std::vector<std::byte> part(whole.begin(),
                                          whole.begin() + static_cast<std::ptrdiff_t>(size));
        const auto info = parse_multiboot({window_first, part}, info_address);
        ASSERT_EQ(info.has_value(), size >= needed) << size;
    }
}

TEST(multiboot, survives_random_memory) {
    std::mt19937 random{1};
    for (int round = 0; round < 20000; ++round) {
        Loader loader;
        for (int i = 0; i < 8; ++i) {
            loader.bytes()[0x100 + random() % 0x300] = static_cast<std::byte>(random());
        }
        const auto info = loader.parse();
        if (info.has_value()) {
            ASSERT_LE(info->modules().size(), MultibootInfo::max_modules);
        }
    }
}

}  // namespace
}  // namespace hypervisor
