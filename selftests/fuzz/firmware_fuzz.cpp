// SPDX-License-Identifier: MIT
// Tables of the firmware: how one is found, and the one that names the IOMMU.
#include <algorithm>

#include "hypervisor/boot/processors.h"
#include "hypervisor/iommu/acpi_table.h"
#include "hypervisor/iommu/dmar_table.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/input.h"
#include "selftests/fuzz/seeds.h"

namespace {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;
using Bytes = std::span<const std::byte>;

constexpr u64 bios_first = 0xe'0000;
constexpr usize bios_bytes = 0x2'0000;
constexpr std::array<usize, 4> table_offsets{0x40, 0x100, 0x200, 0x300};
constexpr u64 checksum_offset = 9;

std::array<u8, bios_bytes> bios;

template <class T>
T number_at(usize at) {
    T value{};
    std::memcpy(&value, &bios[at], sizeof(value));
    return value;
}

void fix_sum(usize first, usize length, usize checksum) {
    const usize end = std::min(first + length, bios.size());
    bios[first + checksum] = 0;
    u8 sum = 0;
    for (usize i = first; i < end; ++i) {
        sum = static_cast<u8>(sum + bios[i]);
    }
    bios[first + checksum] = static_cast<u8>(-sum);
}

/// Random input does not hit a sum: tables at fixed places get theirs, unless they overlap.
void fill_bios(std::span<const u8> bytes) {
    constexpr usize root_bytes = 20;
    constexpr usize root_checksum = 8;
    bios.fill(0);
    std::ranges::copy(bytes.first(std::min<usize>(bytes.size(), 0x1000)), bios.begin());
    std::memcpy(bios.data(), "RSD PTR ", 8);
    fix_sum(0, root_bytes, root_checksum);
    for (const usize at : table_offsets) {
        fix_sum(at, number_at<u32>(at + 4), checksum_offset);
    }
}

void find_table(std::span<const u8> bytes) {
    fill_bios(bytes);
    const Bytes window = std::as_bytes(std::span{bios});
    const auto found = find_acpi_table({bios_first, window}, "DMAR");
    if (!found) {
        return;
    }
    const u64 at = found->address - bios_first;
    if (at >= window.size() || found->bytes.size() > window.size() - at ||
        found->bytes.data() != &window[at] || found->bytes.size() < acpi_header_bytes ||
        acpi_sum(found->bytes) != 0 || std::memcmp(&bios[at], "DMAR", 4) != 0) {
        finding("a table that is none", found->address);
    }
}

void read_dmar(std::span<const u8> bytes) {
    const auto registers = parse_dmar(std::as_bytes(bytes));
    if (registers && (*registers == 0 || *registers % base::page_size != 0)) {
        finding("registers at no page", *registers);
    }
}

/// Each comes once, in order.
void read_madt(std::span<const u8> bytes) {
    std::optional<u32> last;
    while (const auto next = next_processor(std::as_bytes(bytes), last)) {
        if (last && *next <= *last) {
            finding("processors out of order", *next);
        }
        last = next;
    }
}

template <class T>
void put(fuzz::Seed& seed, usize at, T value) {
    seed.resize(std::max(seed.size(), at + sizeof(value)));
    std::memcpy(&seed[at], &value, sizeof(value));
}

/// A root, an RSDT with one entry, and the table that it names.
fuzz::Seed table_seed() {
    fuzz::Seed seed{0};
    put<u32>(seed, 1 + 16, bios_first + 0x100);
    put<u32>(seed, 1 + 0x100 + 4, 40);
    put<u32>(seed, 1 + 0x100 + 36, bios_first + 0x200);
    put<u32>(seed, 1 + 0x200, 0x5241'4d44);
    put<u32>(seed, 1 + 0x200 + 4, 64);
    put<u32>(seed, 1 + 0x200 + 60, 0);
    return seed;
}

/// A local APIC and a local x2APIC.
fuzz::Seed madt_seed() {
    fuzz::Seed seed{2};
    put<base::u16>(seed, 1 + 44, 0x0800);
    put<u8>(seed, 1 + 44 + 3, 5);
    put<u32>(seed, 1 + 44 + 4, 1);
    put<base::u16>(seed, 1 + 52, 0x1009);
    put<u32>(seed, 1 + 52 + 4, 0x100);
    put<u32>(seed, 1 + 52 + 8, 1);
    put<u32>(seed, 1 + 52 + 12, 0);
    return seed;
}

fuzz::Seed unit_seed() {
    fuzz::Seed seed{1};
    put<base::u16>(seed, 1 + 48, 0);
    put<base::u16>(seed, 1 + 50, 16);
    put<u64>(seed, 1 + 56, 0xfed9'0000);
    return seed;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{table_seed(), unit_seed(), madt_seed()};
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, usize size) {
    fuzz::Input input{{data, size}};
    switch (input.take() % 3) {
        case 0:
            find_table(input.take_all());
            break;
        case 1:
            read_dmar(input.take_all());
            break;
        default:
            read_madt(input.take_all());
            break;
    }
    return 0;
}
