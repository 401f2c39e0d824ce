// SPDX-License-Identifier: MIT
// expect: static assertion failed
// There is no bit 64.
#include "base/register.h"

struct Wide : base::Register<Wide> {
    static constexpr Field<base::u64, 64, 60> top{};
};
