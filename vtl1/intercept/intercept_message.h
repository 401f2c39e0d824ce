// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
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

}  // namespace vtl1
