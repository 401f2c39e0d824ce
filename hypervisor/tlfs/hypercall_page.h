// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "base/types.h"

namespace hypervisor {

/// The code of the hypercall page, the same in both VTLs. Each entry begins with ENDBR64: stock
/// 6.12 turns kernel IBT off if the page does not. @source TLFS, "Establishing the Hypercall
/// Interface", "VTL Call", "VTL Return"; AMD APM vol. 3, VMMCALL
namespace hypercall_page {

inline constexpr base::u64 call_offset = 0x10;    // bytes from the start of the page
inline constexpr base::u64 return_offset = 0x20;  // bytes from the start of the page

inline constexpr std::array<base::u8, 8> hypercall{
    0xf3, 0x0f, 0x1e, 0xfa,  // endbr64
    0x0f, 0x01, 0xd9,        // vmmcall
    0xc3,                    // ret
};

/// RCX is the control input; the instruction wants it in RAX, and the call code in RCX.
constexpr std::array<base::u8, 16> vtl_stub(base::u8 call_code) {
    return {
        0xf3, 0x0f,      0x1e, 0xfa,        // endbr64
        0x48, 0x89,      0xc8,              // mov %rcx, %rax
        0xb9, call_code, 0x00, 0x00, 0x00,  // mov $call_code, %ecx
        0x0f, 0x01,      0xd9,              // vmmcall
        0xc3,                               // ret
    };
}

inline constexpr base::u8 filler = 0xcc;  // int3

}  // namespace hypercall_page

}  // namespace hypervisor
