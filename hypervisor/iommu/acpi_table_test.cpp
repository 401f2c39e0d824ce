// SPDX-License-Identifier: MIT
// test-with: hypervisor/iommu/acpi_table.cpp selftests/host/panic.cpp
#include "hypervisor/iommu/acpi_table.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {
namespace {

using base::Error;

constexpr u64 window_first = 0xe'0000;
constexpr u64 root_address = 0xe'09d0;
constexpr u64 list_address = 0x10'0000;
constexpr u64 wanted_address = 0x10'0123;  // need not be aligned

/// Memory as a firmware leaves it; ends where the window does, so that a read past it is seen.
class Firmware {
public:
    Firmware() : bytes_(0x10'1000 - window_first) {}

    std::span<std::byte> at(u64 address, u64 length) {
        return std::span{bytes_}.subspan(address - window_first, length);
    }

    void text(u64 address, std::string_view text) {
        for (usize i = 0; i < text.size(); ++i) {
            at(address + i, 1)[0] = static_cast<std::byte>(text[i]);
        }
    }

    template <class T>
    void put(u64 address, T value) {
        write_number<T>(at(address, sizeof(T)), 0, value);
    }

    void balance(u64 address, u64 length, u64 checksum_offset) {
        std::byte& checksum = at(address, length)[checksum_offset];
        checksum = std::byte{0};
        checksum = static_cast<std::byte>(-acpi_sum(at(address, length)));
    }

    void table(u64 address, std::string_view signature, u32 length) {
        text(address, signature);
        put<u32>(address + 4, length);
        balance(address, length, acpi_checksum_offset);
    }

    void root(u8 revision, u32 rsdt, u64 xsdt) {
        text(root_address, "RSD PTR ");
        put<u8>(root_address + 15, revision);
        put<u32>(root_address + 16, rsdt);
        put<u64>(root_address + 24, xsdt);
        balance(root_address, 20, 8);
    }

    PhysicalWindow window() const { return {window_first, bytes_}; }

private:
    std::vector<std::byte> bytes_;
};

Firmware with_rsdt() {
    Firmware firmware;
    firmware.root(0, list_address, 0);
    firmware.put<u32>(list_address + 36, 0xffff'fff0);  // another table, out of reach
    firmware.put<u32>(list_address + 40, wanted_address);
    firmware.table(list_address, "RSDT", 44);
    firmware.table(wanted_address, "DMAR", 50);
    return firmware;
}

TEST(AcpiTable, IsFoundByTheRsdt) {
    const Firmware firmware = with_rsdt();
    const auto table = find_acpi_table(firmware.window(), "DMAR");
    ASSERT_TRUE(table);
    EXPECT_EQ(table->address, wanted_address);
    EXPECT_EQ(table->bytes.size(), 50);
    EXPECT_EQ(find_acpi_table(firmware.window(), "HPET").error(), Error::NotFound);
}

TEST(AcpiTable, IsFoundByTheXsdtFromRevision2On) {
    Firmware firmware = with_rsdt();
    constexpr u64 xsdt = 0x10'0800;
    firmware.root(2, 0, xsdt);
    firmware.put<u64>(xsdt + 36, wanted_address);
    firmware.table(xsdt, "XSDT", 44);
    EXPECT_TRUE(find_acpi_table(firmware.window(), "DMAR"));
    firmware.root(0, 0, xsdt);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadAddress);
}

TEST(AcpiTable, NoRootPointerOrOneWithAWrongSum) {
    Firmware firmware;
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::NotFound);
    firmware = with_rsdt();
    firmware.put<u8>(root_address + 10, 1);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::NotFound);
}

TEST(AcpiTable, UnsoundTablesAreRefused) {
    Firmware firmware = with_rsdt();
    firmware.put<u8>(wanted_address + 49, 1);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadArgument);
    firmware = with_rsdt();
    firmware.table(wanted_address, "DMAR", 35);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadArgument);
    firmware = with_rsdt();
    firmware.put<u32>(wanted_address + 4, 0x10'1000);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadArgument);
    firmware = with_rsdt();
    firmware.put<u32>(wanted_address + 4, 0x1000);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadAddress);
    firmware = with_rsdt();
    firmware.put<u8>(list_address + 30, 1);
    EXPECT_EQ(find_acpi_table(firmware.window(), "DMAR").error(), Error::BadArgument);
}

TEST(AcpiTable, AnyBytesAreHarmless) {
    std::mt19937 random{1};
    for (int round = 0; round < 200; ++round) {
        Firmware firmware = with_rsdt();
        for (int i = 0; i < 3; ++i) {
            const u64 places[] = {root_address + random() % 36, list_address + random() % 44,
                                  wanted_address + random() % 50};
            firmware.put<u8>(places[random() % 3], static_cast<u8>(random()));
        }
        firmware.balance(root_address, 20, 8);
        firmware.balance(list_address, 44, acpi_checksum_offset);
        static_cast<void>(find_acpi_table(firmware.window(), "DMAR"));
    }
}

}  // namespace
}  // namespace hypervisor
