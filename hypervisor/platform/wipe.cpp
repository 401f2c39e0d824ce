// SPDX-License-Identifier: MIT
#include "hypervisor/platform/wipe.h"

#include <algorithm>

#include "hypervisor/npt/page_table.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/cmos.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

namespace {

constexpr u8 memory_is_clean = 0;  // also what a machine is switched on with
constexpr u8 memory_has_secrets = 0xa5;

// Below, the firmware and the loader have written anew, and Linux gives nothing of it away.
constexpr u64 first_address = u64{1} << 20;

constinit MemoryMap ram;

// SAFETY: identity-mapped memory that nobody uses any more.
#pragma clang unsafe_buffer_usage begin

/// Unrolled stores, since QEMU emulates REP STOS word by word. @param bytes  whole words
void zero(u64 address, u64 bytes) {
    // SAFETY: volatile, or the compiler would make it a call of memset(), which is REP STOS.
    volatile u64* const words = reinterpret_cast<volatile u64*>(address);
#pragma clang loop unroll_count(16)
    for (u64 i = 0; i < bytes / sizeof(u64); ++i) {
        words[i] = 0;
    }
}

#pragma clang unsafe_buffer_usage end

/// Calls `decide` for each page of RAM and zeroes those it wants. @return how many
template <class Decide>
u64 zero_pages(Decide decide) {
    u64 count = 0;
    for (const MemoryEntry& entry : ram.entries()) {
        if (entry.kind != MemoryKind::Ram) {
            continue;
        }
        for (u64 page = std::max(entry.first, first_address); page < entry.end;
             page += base::page_size) {
            if (decide(page)) {
                zero(page, base::page_size);
                ++count;
            }
        }
    }
    return count;
}

}  // namespace

void wipe_leftovers(const MemoryMap& memory, const MemoryExtent& keep) {
    ram = memory;
    if (cmos::read(cmos::memory_state) != memory_is_clean) {
        const u64 begin = clock::reference_time();
        const u64 count =
            zero_pages([&](u64 page) { return !keep.overlaps({page, page + base::page_size}); });
        console::Line{} << "wiped at start: " << (count >> 8) << " MiB in "
                        << (clock::reference_time() - begin) / 10'000 << " ms";
    }
    cmos::write(cmos::memory_state, memory_has_secrets);
}

void wipe_secrets() {
    if (is_open(Door::Wipe)) {
        return;
    }
    const PageTable vtl0 = PageTable::at(nested_roots.vtl[static_cast<usize>(Vtl::Vtl0)]);
    const u64 count = zero_pages([&](u64 page) { return !vtl0.find(page); });
    for (Vp& vp : vps()) {
        zero(std::bit_cast<u64>(&vp.of(Vtl::Vtl1)), sizeof(VtlContext));
    }
    if (!ram.entries().empty()) {
        cmos::write(cmos::memory_state, memory_is_clean);
        console::Line{} << "wiped " << (count << 2) << " KiB";
    }
}

}  // namespace hypervisor
