// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"

namespace vtl1 {

/// The running CPU's. The seam: host tests have their own.
const hv::HypercallPort& hypercall_port();

}  // namespace vtl1
