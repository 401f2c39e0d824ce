// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hvcall/abi/vtl_call.h"

namespace vtl1 {

inline constexpr base::u32 version = VTL1_VERSION(0, 1, 0);

}  // namespace vtl1
