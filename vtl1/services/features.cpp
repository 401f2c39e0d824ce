// SPDX-License-Identifier: MIT
#include "vtl1/services/features.h"

#include "vtl1/intercept/cpu_start.h"

namespace vtl1::services {

CallResult features() {
    return u64{VTL_FEATURE_ECHO | VTL_FEATURE_LOG} |
           (are_cpu_starts_intercepted() ? u64{VTL_FEATURE_CPU_START} : 0);
}

}  // namespace vtl1::services
