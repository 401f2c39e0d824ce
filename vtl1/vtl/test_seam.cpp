// SPDX-License-Identifier: MIT
#include "vtl1/vtl/test_seam.h"

#include "vtl1/vtl/call.h"

namespace vtl1::test_seam {

[[gnu::weak]] std::span<const Call> extra_calls() {
    return {};
}

[[gnu::weak]] void in_boot(u32 /*vp_count*/) {}

[[gnu::weak]] void in_first_entry(u32 /*vp_count*/) {}

[[gnu::weak]] void in_intercept() {}

[[gnu::weak]] void in_nmi() {}

}  // namespace vtl1::test_seam
