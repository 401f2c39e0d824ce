// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"
#include "selftests/fuzz/input.h"

/// A machine for the shipped hypervisor: guest RAM that is identity-mapped for real, nested tables,
/// two VPs that run VTL0 in long mode.
namespace fuzz {

using namespace hypervisor;  // NOLINT: a fuzzer's own namespace

struct Range {
    u64 first;
    u64 bytes;
};

/// Two whole 2 MiB pages, and a chunk that is RAM in part.
inline constexpr Range main_ram{0x1000'0000, u64{4} << 20};
inline constexpr Range small_ram{0x1080'0000, 8 * base::page_size};
inline constexpr std::array ram{main_ram, small_ram};

/// The hypervisor's own frames.
inline constexpr Range pool{0x2000'0000, u64{2} << 20};

/// Pages that inputs name most, so that steps meet each other. The first hold VTL0's page tables.
inline constexpr std::array<u64, 12> hot_pages{
    0x1000'0000, 0x1000'1000, 0x1000'2000, 0x1000'3000, 0x1000'4000, 0x1000'5000,
    0x1001'f000, 0x1020'0000, 0x1020'1000, 0x1020'2000, 0x103f'f000, 0x1080'0000,
};

inline constexpr u64 default_cr3 = 0x1000'0000;

/// Thrown by what never returns on the real machine.
struct MachineReset {
    std::string_view why;
};

/// Maps guest RAM and the pool, starts the VPs. Once.
void build_world();

/// State as after boot.
void reset_world();

/// The reference time, which passes when it is read.
u64 next_time();

/// Units of 100 ns.
void pass_time(u64 units);

/// Whether the page is RAM of the guest.
bool is_ram_page(u64 gpa);

/// A number that means something: small, a page, a bit, a known constant, or anything.
u64 take_value(Input& input);

/// An address in one of the hot pages, a page of devices, or anything.
u64 take_gpa(Input& input);

}  // namespace fuzz
