// SPDX-License-Identifier: MIT
#include "vtl1/intercept/intercept_message.h"

namespace vtl1 {

Result<MemoryIntercept> parse_memory_intercept(const tlfs_message& message) {
    if (message.header.type != TLFS_MESSAGE_GPA_INTERCEPT) {
        return fail(Error::NotFound);
    }
    if (message.header.payload_bytes < sizeof(tlfs_gpa_intercept)) {
        return fail(Error::BadArgument);
    }
    const auto wire =
        base::load_wire<tlfs_gpa_intercept>(std::as_bytes(std::span{message.payload}), 0);
    if (wire.header.access_type > TLFS_ACCESS_TYPE_EXECUTE) {
        return fail(Error::BadArgument);
    }
    return MemoryIntercept{.access = static_cast<Access>(wire.header.access_type),
                           .gpa = Gpa{wire.gpa},
                           .rip = wire.header.rip};
}

Result<policies::StartVector> parse_start_intercept(const tlfs_message& message, u32 own_vp_index) {
    if (message.header.type != TLFS_MESSAGE_SIPI_INTERCEPT) {
        return fail(Error::NotFound);
    }
    if (message.header.payload_bytes < sizeof(tlfs_sipi_intercept)) {
        return fail(Error::BadArgument);
    }
    const auto wire =
        base::load_wire<tlfs_sipi_intercept>(std::as_bytes(std::span{message.payload}), 0);
    if (wire.target_vp_index != own_vp_index || wire.vector > 0xff) {
        return fail(Error::BadArgument);
    }
    return static_cast<policies::StartVector>(wire.vector);
}

}  // namespace vtl1
