// SPDX-License-Identifier: MIT
#include "vtl1/services/version.h"

#include "vtl1/version.h"

namespace vtl1::services {

CallResult version() {
    return u64{VTL_CALL_ABI_VERSION} | u64{vtl1::version} << 32;
}

}  // namespace vtl1::services
