// SPDX-License-Identifier: MIT
// Reading through page tables of the guest's own: any entries, four or five levels, closed pages,
// and the same read byte by byte with a walk of this file's own.
#include <optional>

#include "hypervisor/svm/code_size.h"
#include "hypervisor/tlfs/guest_memory.h"
#include "hypervisor/tlfs/page_view.h"
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/seeds.h"
#include "selftests/fuzz/world.h"

namespace {

using namespace fuzz;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;

std::array<bool, hot_pages.size()> is_closed{};

template <class T>
std::optional<T> read_ram(u64 gpa) {
    const u64 page = gpa & ~(base::page_size - 1);
    for (usize i = 0; i < hot_pages.size(); ++i) {
        if (page == hot_pages[i] && is_closed[i]) {
            return std::nullopt;
        }
    }
    if (!is_ram_page(page)) {
        return std::nullopt;
    }
    T value{};
    std::memcpy(&value, reinterpret_cast<const void*>(gpa), sizeof(value));
    return value;
}

/// @source AMD APM vol. 2, 5.3, written out level by level
std::optional<u64> walk(const Vmcb& vmcb, u64 address) {
    if ((vmcb.cr0 & cr0_pg) == 0) {
        return address;
    }
    if ((vmcb.efer & efer_lma) == 0) {
        return std::nullopt;
    }
    constexpr u64 frame_bits = 0x000f'ffff'ffff'f000;
    const bool has_five = (vmcb.cr4 >> 12 & 1) != 0;
    u64 table = vmcb.cr3 & frame_bits;
    for (const unsigned shift : {48U, 39U, 30U, 21U, 12U}) {
        if (shift == 48 && !has_five) {
            continue;
        }
        const std::optional<u64> entry = read_ram<u64>(table + (address >> shift) % 512 * 8);
        if (!entry || *entry % 2 == 0) {
            return std::nullopt;
        }
        const u64 size = u64{1} << shift;
        if (shift == 12 || (shift <= 30 && (*entry >> 7 & 1) != 0)) {
            return (*entry & frame_bits) / size * size + address % size;
        }
        table = *entry & frame_bits;
    }
    return std::nullopt;
}

void judge(const Vmcb& vmcb, u64 address, std::span<const u8> got, usize count) {
    for (usize i = 0; i < got.size(); ++i) {
        const std::optional<u64> gpa = walk(vmcb, address + i);
        const std::optional<u8> expected = gpa ? read_ram<u8>(*gpa) : std::nullopt;
        if (expected.has_value() != (i < count)) {
            finding("more or less was read than there is", address + i);
        }
        if (!expected) {
            return;
        }
        if (*expected != got[i]) {
            finding("another byte was read", address + i);
        }
    }
}

void write_entries(Input& input) {
    const u8 count = input.take() % 24;
    for (u8 i = 0; i < count; ++i) {
        const u64 page = hot_pages[input.take() % hot_pages.size()];
        const u64 at = page + (input.flip() ? input.take<base::u16>() % 512U : 0U) * 8;
        const u64 bits = input.take();
        const u64 entry = bits == 0xff ? input.take<u64>() : take_gpa(input) | bits;
        std::memcpy(reinterpret_cast<void*>(at), &entry, sizeof(entry));
    }
}

void close_pages(Input& input) {
    const u16 closed = input.take<u16>() & input.take<u16>();
    auto locked = partition.lock();
    for (usize i = 0; i < hot_pages.size(); ++i) {
        is_closed[i] = (closed >> i & 1) != 0;
        if (is_closed[i]) {
            base::must(set_page(locked, Vtl::Vtl0, hot_pages[i], {hot_pages[i], PageRights::None}));
        }
    }
}

void take_mode(Vmcb& vmcb, Input& input) {
    const u8 mode = input.take();
    vmcb.cr0 = (mode & 1) != 0 ? 0x10 : 0x8005'0033;
    vmcb.efer = efer_svme | efer_lme | ((mode & 6) == 6 ? 0 : efer_lma);
    vmcb.cr4 = 0x20 | ((mode & 8) != 0 ? u64{1} << 12 : 0);
    vmcb.cs.attributes = (mode & 0x30) == 0x30 ? 0xc9b : 0xa9b;
    vmcb.cs.base = (mode & 0x40) != 0 ? take_value(input) : 0;
    vmcb.cr3 = take_value(input);
    vmcb.rip = take_value(input);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    build_world();
    const std::array seeds{
        Seed{0, 0, 0, 0, 0, 0, 0, 0x63, 0x63},  // mode, CR3 and RIP
        Seed{4, 2, 0, 7, 0x63, 3,    0,    7, 0x64, 4, 0, 7, 0x65, 5, 0, 7, 0x66,  // four levels
             0, 0, 0, 0, 0,    0x63, 0x62, 0},
    };
    write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    reset_world();
    Input input{{data, size}};
    write_entries(input);
    close_pages(input);
    Vmcb& vmcb = vps()[0].of(Vtl::Vtl0).vmcb;
    take_mode(vmcb, input);
    std::array<u8, 40> out{};
    auto locked = partition.lock();
    judge(vmcb, vmcb.rip, out, read_linear(locked, vmcb, vmcb.rip, out));
    const bool is_64_bit = code_size(vmcb) == CodeSize::Code64;
    const u64 address = is_64_bit ? vmcb.rip : (vmcb.cs.base + vmcb.rip) & 0xffff'ffff;
    judge(vmcb, address, out, fetch_instruction(locked, vmcb, out));
    return 0;
}
