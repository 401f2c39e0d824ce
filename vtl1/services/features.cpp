// SPDX-License-Identifier: MIT
#include "vtl1/services/features.h"

namespace vtl1::services {

CallResult features() {
    return u64{VTL_FEATURE_ECHO | VTL_FEATURE_LOG};
}

}  // namespace vtl1::services
