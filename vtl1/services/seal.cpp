// SPDX-License-Identifier: MIT
#include "vtl1/services/seal.h"

#include "vtl1/seal/seal.h"

namespace vtl1::services {

CallResult seal() {
    const u64 steps_left = TRY(seal_step());
    return steps_left == 0 ? CallResult{0} : fail(Error::Busy);
}

}  // namespace vtl1::services
