// SPDX-License-Identifier: MIT
#include "vtl1/failure/service.h"

#include "hvcall/abi/vtl_call.h"

constinit std::atomic<base::u8> vtl1_out_of_service{0};

namespace vtl1 {

namespace {

constinit std::atomic<u32> answer{VTL_STATUS_OK};

}  // namespace

void end_service(u32 status) {
    u32 none = VTL_STATUS_OK;
    answer.compare_exchange_strong(none, status, std::memory_order_seq_cst);
    vtl1_out_of_service.store(1, std::memory_order_seq_cst);
}

u32 out_of_service_status() {
    return answer.load(std::memory_order_seq_cst);
}

}  // namespace vtl1
