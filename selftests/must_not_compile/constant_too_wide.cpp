// SPDX-License-Identifier: MIT
// expect: must be initialized by a constant expression
// 16 does not fit into four bits, and is not cut.
#include "base/register.h"

struct Code : base::Register<Code> {
    static constexpr Field<base::u32, 3, 0> vtl{};
};

constexpr Code code = Code{}.with(Code::vtl, 16U);
