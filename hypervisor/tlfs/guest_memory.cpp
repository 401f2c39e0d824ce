// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/guest_memory.h"

#include <algorithm>
#include <cstring>

namespace hypervisor {

namespace {

// Guest page table entries. @source AMD APM vol. 2, 5.3 and 5.4
constexpr u64 entry_present = 1;
constexpr u64 entry_large = u64{1} << 7;
constexpr u64 entry_address = 0x000f'ffff'ffff'f000;

bool is_accessible(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, u64 length, bool write) {
    const u64 page = gpa & ~(base::page_size - 1);
    if (length == 0 || length > base::page_size - (gpa - page) || !locked->is_ram(page)) {
        return false;
    }
    const std::optional<Leaf> leaf = locked->of(vtl).nested.find(page);
    return leaf && leaf->target == page && (!write || leaf->rights.writable);
}

/// Walks long-mode tables; other paging modes only without paging. Nothing here is trusted: a wrong
/// answer only yields wrong instruction bytes of the guest's own.
std::optional<u64> translate(LockedPartition::Guard& locked, const Vmcb& vmcb, u64 address) {
    if ((vmcb.cr0 & cr0_pg) == 0) {
        return address;
    }
    if ((vmcb.efer & efer_lma) == 0) {
        return std::nullopt;
    }
    u64 table = vmcb.cr3 & entry_address;
    for (unsigned level = (vmcb.cr4 & cr4_la57) != 0 ? 4 : 3;; --level) {
        const u64 shift = base::page_shift + u64{9} * level;
        u64 entry = 0;
        const u64 at = table + (address >> shift & 0x1ff) * sizeof(entry);
        std::array<u8, sizeof(entry)> bytes{};
        if (!read_guest(locked, Vtl::Vtl0, at, bytes)) {
            return std::nullopt;
        }
        entry = std::bit_cast<u64>(bytes);
        if ((entry & entry_present) == 0) {
            return std::nullopt;
        }
        if (level == 0 || (level <= 2 && (entry & entry_large) != 0)) {
            const u64 within = (u64{1} << shift) - 1;
            return (entry & entry_address & ~within) | (address & within);
        }
        table = entry & entry_address;
    }
}

}  // namespace

base::Result<void> read_guest(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, std::span<u8> out) {
    if (!is_accessible(locked, vtl, gpa, out.size(), false)) {
        return base::fail(base::Error::BadAddress);
    }
    // SAFETY: identity-mapped RAM of the guest, checked above, and not the hypervisor's.
    std::memcpy(out.data(), reinterpret_cast<const void*>(gpa), out.size());
    return {};
}

base::Result<void> write_guest(LockedPartition::Guard& locked,
                               Vtl vtl,
                               u64 gpa,
                               std::span<const u8> bytes) {
    if (!is_accessible(locked, vtl, gpa, bytes.size(), true)) {
        return base::fail(base::Error::BadAddress);
    }
    // SAFETY: as above; VTL0's rights allow the write.
    std::memcpy(reinterpret_cast<void*>(gpa), bytes.data(), bytes.size());
    return {};
}

usize read_linear(LockedPartition::Guard& locked,
                  const Vmcb& vmcb,
                  u64 address,
                  std::span<u8> out) {
    usize done = 0;
    while (done < out.size()) {
        const u64 left_in_page = base::page_size - address % base::page_size;
        const usize chunk = std::min<usize>(out.size() - done, left_in_page);
        const std::optional<u64> gpa = translate(locked, vmcb, address);
        if (!gpa || !read_guest(locked, Vtl::Vtl0, *gpa, out.subspan(done, chunk))) {
            break;
        }
        done += chunk;
        address += chunk;
    }
    return done;
}

usize fetch_instruction(LockedPartition::Guard& locked, const Vmcb& vmcb, std::span<u8> out) {
    const bool is_64_bit = (vmcb.efer & efer_lma) != 0 && (vmcb.cs.attributes & segment_long) != 0;
    const u64 address = is_64_bit ? vmcb.rip : (vmcb.cs.base + vmcb.rip) & 0xffff'ffff;
    return read_linear(locked, vmcb, address, out);
}

}  // namespace hypervisor
