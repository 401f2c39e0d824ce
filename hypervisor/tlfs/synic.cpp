// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synic.h"

#include <algorithm>
#include <cstring>

namespace hypervisor {

bool post_intercept(Vp& vp, u32 type, std::span<const u8> body) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    const u64 sint = vtl1.synic.sint[TLFS_INTERCEPT_SINT];
    if (!vp.has_vtl1.load() || (vtl1.synic.control & 1) == 0 || !vtl1.synic.messages.is_placed ||
        (sint & TLFS_SINT_MASKED) != 0) {
        return false;
    }
    const std::span slot = std::span{vtl1.synic.messages.bytes}.first(TLFS_MESSAGE_SLOT_BYTES);
    tlfs_message_header header{};
    std::memcpy(&header, slot.data(), sizeof(header));
    if (header.type != TLFS_MESSAGE_NONE) {
        header.flags |= TLFS_MESSAGE_PENDING;
        std::memcpy(slot.data(), &header, sizeof(header));
    } else {
        header = {type, static_cast<u8>(body.size()), 0, 0, 0};
        std::ranges::copy(body, slot.subspan(sizeof(header)).begin());
        std::memcpy(slot.data(), &header, sizeof(header));  // the type last
    }
    vtl1.apic.vector = static_cast<u8>(sint & TLFS_SINT_VECTOR);
    vtl1.apic.auto_eoi = (sint & TLFS_SINT_AUTO_EOI) != 0;
    return true;
}

}  // namespace hypervisor
