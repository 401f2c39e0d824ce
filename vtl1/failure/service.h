// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

#include "vtl1/types.h"

// Read by entry.S before anything else at every entry: 0 while VTL1 serves.
extern "C" std::atomic<base::u8> vtl1_out_of_service;

namespace vtl1 {

/// True once VTL1 has failed, or has refused to start. It stays so until the machine is reset.
inline bool is_out_of_service() {
    // Pairs with the store in end_service().
    return vtl1_out_of_service.load(std::memory_order_seq_cst) != 0;
}

/// From here on every call is answered with `status`, and every intercept with a denial. Nothing
/// that protects is undone. The first caller's status stays.
/// @param status  VTL_STATUS_*
void end_service(u32 status);

/// What calls are answered with once VTL1 is out of service.
u32 out_of_service_status();

}  // namespace vtl1
