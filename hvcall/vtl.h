// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hvcall/abi/tlfs_hypercall.h"

namespace hv {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

/// A virtual trust level. Here there are two.
enum class Vtl : u8 { Vtl0 = 0, Vtl1 = 1 };

/// The byte that names the target VTL; always explicit (tlfs.rst 8.1, rule 5).
/// @source TLFS, HV_INPUT_VTL
constexpr u8 input_vtl(Vtl vtl) {
    return static_cast<u8>(TLFS_INPUT_VTL_USE_TARGET | static_cast<u8>(vtl));
}

}  // namespace hv
