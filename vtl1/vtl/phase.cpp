// SPDX-License-Identifier: MIT
#include "vtl1/vtl/phase.h"

namespace vtl1 {

// There is no sealing yet, so nothing ends the first phase.
Phase current_phase() {
    return Phase::Boot;
}

}  // namespace vtl1
