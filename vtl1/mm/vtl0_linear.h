// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

// What an instruction of VTL0's would read. VTL0 owns the tables that say where, and can change
// them at any time: what comes out is VTL0's choice, as any argument of a call is.
namespace vtl1 {

/// How VTL0 translates addresses.
struct Vtl0Translation {
    u64 cr0;
    u64 cr3;
    u64 cr4;
    u64 efer;
};

/// Copies from a linear address of VTL0's. Access rights in VTL0's tables are not looked at.
/// Overwrites the scratch page.
///
/// @param into  at most one page
/// @return Error::BadAddress if something is not mapped, or not in VTL0's RAM; Error::Refused for
/// 32-bit paging. `into` is in disorder then.
/// @source AMD APM vol. 2, 5.3, "Long-Mode Page Translation"
Result<void> copy_from_vtl0_linear(const Vtl0Translation& paging,
                                   u64 linear,
                                   std::span<std::byte> into);

}  // namespace vtl1
