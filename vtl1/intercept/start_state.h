// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "hvcall/abi/tlfs_hypercall.h"
#include "policies/cpu_start.h"
#include "vtl1/types.h"

namespace vtl1 {

/// The registers of a CPU that INIT and a start-up IPI have put at `vector`, in the order in which
/// they are written. What INIT leaves alone, and what the VTLs share, is not in it.
/// @source Intel SDM vol. 3A, table "IA-32 and Intel 64 Processor States Following Power-up, Reset,
///         or INIT"; AMD APM vol. 2, 14.1.3
std::array<tlfs_register_assignment, 19> start_state(policies::StartVector vector);

}  // namespace vtl1
