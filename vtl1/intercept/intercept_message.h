// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
#include "policies/cpu_start.h"
#include "vtl1/types.h"

namespace vtl1 {

enum class Access : u8 {
    Read = TLFS_ACCESS_TYPE_READ,
    Write = TLFS_ACCESS_TYPE_WRITE,
    Execute = TLFS_ACCESS_TYPE_EXECUTE,
};

/// VTL0 touched a page that VTL1 has restricted. Of the message only what every hypervisor fills is
/// kept (tlfs.rst 8.1, rule 7); VTL0 chooses RIP, which is for the log only.
struct MemoryIntercept {
    Access access;
    Gpa gpa;
    u64 rip;
};

/// @param message  a copy
/// @return Error::NotFound for another kind of message, Error::BadArgument for a broken one
/// @source TLFS, HV_X64_MEMORY_INTERCEPT_MESSAGE; its size: tlfs.rst E20
Result<MemoryIntercept> parse_memory_intercept(const tlfs_message& message);

/// Where VTL0 of this VP is to be started.
/// @param message  a copy
/// @param own_vp_index  the running VP's: a message about another is broken
/// @return as above
/// @source TLFS, VsmPartitionConfig.InterceptVpStartup; HV_X64_SIPI_INTERCEPT_MESSAGE
Result<policies::StartVector> parse_start_intercept(const tlfs_message& message, u32 own_vp_index);

}  // namespace vtl1
