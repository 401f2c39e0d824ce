// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/vtl/call.h"

namespace vtl1 {

/// The VTL calls, sorted by id.
std::span<const Call> call_table();

}  // namespace vtl1
