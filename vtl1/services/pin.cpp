// SPDX-License-Identifier: MIT
#include "vtl1/services/pin.h"

#include "vtl1/intercept/pins.h"

namespace vtl1::services {

CallResult pin() {
    TRY(pin_registers(this_cpu()));
    return 0;
}

}  // namespace vtl1::services
