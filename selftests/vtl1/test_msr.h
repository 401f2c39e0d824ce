// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/instructions.h"

namespace selftest {

/// An MSR that only tests know. @source AMD APM vol. 2, appendix A, "MSR Cross-Reference"
template <base::u32 Number>
struct Msr : base::Register<Msr<Number>> {
    static constexpr base::u32 msr = Number;
};

}  // namespace selftest
