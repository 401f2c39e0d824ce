// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "vtl1/types.h"

namespace vtl1 {

/// @source Intel SDM vol. 3A, 2.5, "Control Registers"; AMD APM vol. 2, 3.1.3
struct Cr4 : base::Register<Cr4> {
    static constexpr Field<bool, 5> pae{};
    static constexpr Field<bool, 6> mce{};  // without it a machine check shuts the CPU down
    static constexpr Field<bool, 11> umip{};
    static constexpr Field<bool, 20> smep{};
    static constexpr Field<bool, 21> smap{};
};

/// @source AMD APM vol. 2, "EFER", "PAT", "FS and GS base", "Branch Prediction"
struct GsBaseMsr : base::Register<GsBaseMsr> {
    static constexpr u32 msr = 0xc000'0101;
};

}  // namespace vtl1
