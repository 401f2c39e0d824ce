// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synic.h"

#include <algorithm>
#include <cstring>

namespace hypervisor {

namespace {

constexpr u64 synic_version = 1;

enum class Outcome : u8 { Closed, SlotTaken, Posted };

/// Marks a message that is in the way: whoever takes it then writes EOM.
Outcome fill_slot(Synic& synic, u32 sint, u32 type, std::span<const u8> body) {
    if ((synic.control & 1) == 0 || !synic.messages.is_placed ||
        (synic.sint[sint] & TLFS_SINT_MASKED) != 0) {
        return Outcome::Closed;
    }
    const std::span slot = std::span{synic.messages.bytes}.subspan(
        usize{sint} * TLFS_MESSAGE_SLOT_BYTES, TLFS_MESSAGE_SLOT_BYTES);
    tlfs_message_header header{};
    std::memcpy(&header, slot.data(), sizeof(header));
    const bool is_taken = header.type != TLFS_MESSAGE_NONE;
    if (is_taken) {
        header.flags |= TLFS_MESSAGE_PENDING;
    } else {
        header = {type, static_cast<u8>(body.size()), 0, 0, 0};
        std::ranges::copy(body, slot.subspan(sizeof(header)).begin());
    }
    std::memcpy(slot.data(), &header, sizeof(header));  // the type last
    return is_taken ? Outcome::SlotTaken : Outcome::Posted;
}

void raise(VtlContext& vtl1, u32 sint) {
    const u64 value = vtl1.synic.sint[sint];
    if ((value & TLFS_SINT_POLLING) == 0) {
        vtl1.apic.request_here(static_cast<u8>(value & TLFS_SINT_VECTOR),
                               (value & TLFS_SINT_AUTO_EOI) != 0);
    }
}

/// A vector that does not exist is refused where it could be used; proxies are not offered.
bool is_valid_sint(u64 value) {
    const bool interrupts = (value & (TLFS_SINT_MASKED | TLFS_SINT_POLLING)) == 0;
    const bool has_vector = (value & TLFS_SINT_VECTOR) >= VirtualApic::first_vector;
    return (value & TLFS_SINT_PROXY) == 0 && (has_vector || !interrupts);
}

bool is_sint(u32 msr) {
    return msr >= TLFS_MSR_SINT0 && msr <= TLFS_MSR_SINT15;
}

}  // namespace

bool post_intercept(Vp& vp, u32 type, std::span<const u8> body) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    if (!vp.has_vtl1.load() ||
        fill_slot(vtl1.synic, TLFS_INTERCEPT_SINT, type, body) == Outcome::Closed) {
        return false;
    }
    raise(vtl1, TLFS_INTERCEPT_SINT);
    return true;
}

bool post_message(Vp& vp, u32 sint, u32 type, std::span<const u8> body) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    if (fill_slot(vtl1.synic, sint, type, body) != Outcome::Posted) {
        return false;
    }
    raise(vtl1, sint);
    return true;
}

std::optional<u64> read_synic_msr(const Vp& vp, Vtl vtl, u32 msr) {
    const Synic& synic = vp.vtl[static_cast<usize>(vtl)].synic;
    switch (msr) {
        case TLFS_MSR_SCONTROL:
            return synic.control;
        case TLFS_MSR_SVERSION:
            return synic_version;
        case TLFS_MSR_EOM:
            return 0;
        default:
            return is_sint(msr) ? std::optional{synic.sint[msr - TLFS_MSR_SINT0]} : std::nullopt;
    }
}

bool write_synic_msr(Vp& vp, Vtl vtl, u32 msr, u64 value) {
    Synic& synic = vp.of(vtl).synic;
    switch (msr) {
        case TLFS_MSR_SCONTROL:
            synic.control = value;
            return true;
        case TLFS_MSR_EOM:
            return true;  // slots are looked at again before the next entry anyway
        default:
            break;
    }
    if (!is_sint(msr) || !is_valid_sint(value)) {
        return false;
    }
    synic.sint[msr - TLFS_MSR_SINT0] = value;
    return true;
}

}  // namespace hypervisor
