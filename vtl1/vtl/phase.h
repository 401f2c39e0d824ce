// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/vtl_call.h"
#include "vtl1/types.h"

namespace vtl1 {

/// How far VTL1 is. It only goes on. A failure is not looked up here but before every entry
/// (failure/service.h).
/// @source Documentation/architecture.rst, "Not there yet"
enum class Phase : u8 {
    Boot = VTL_PHASE_BOOT,      // VTL0's kernel is trusted, nothing is sealed
    Sealed = VTL_PHASE_SEALED,  // only tightening is possible
};

Phase current_phase();

/// All that sealing promises is in place.
void enter_sealed_phase();

}  // namespace vtl1
