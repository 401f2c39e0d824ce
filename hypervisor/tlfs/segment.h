// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

using base::u16;

/// The attributes of a tlfs_segment_register (type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14,
/// G 15) in the VMCB's form (the same without the hole: AVL 8, L 9, D/B 10, G 11). The reserved
/// bits 11:8 are dropped.
/// @source TLFS, HV_X64_SEGMENT_REGISTER; AMD APM vol. 2, 15.5.1
constexpr u16 vmcb_attributes_of_tlfs(u16 tlfs_attributes) {
    return static_cast<u16>((tlfs_attributes & 0x00ff) | (tlfs_attributes & 0xf000) >> 4);
}

/// The way back. Bits 15:12 of the VMCB's field are reserved and dropped.
constexpr u16 tlfs_attributes_of_vmcb(u16 vmcb_attributes) {
    return static_cast<u16>((vmcb_attributes & 0x00ff) | (vmcb_attributes & 0x0f00) << 4);
}

static_assert(vmcb_attributes_of_tlfs(0xa09b) == 0xa9b, "64-bit code: G, L, present, accessed");
static_assert(vmcb_attributes_of_tlfs(0xc093) == 0xc93, "flat data: G, B, present, accessed");
static_assert(vmcb_attributes_of_tlfs(0x008b) == 0x08b, "busy TSS");
static_assert(vmcb_attributes_of_tlfs(0x1000) == 0x100, "AVL");
static_assert(vmcb_attributes_of_tlfs(0x0f00) == 0, "reserved bits of the TLFS form");
static_assert(tlfs_attributes_of_vmcb(0xa9b) == 0xa09b);
static_assert(tlfs_attributes_of_vmcb(0xf000) == 0, "reserved bits of the VMCB form");

}  // namespace hypervisor
