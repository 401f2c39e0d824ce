// SPDX-License-Identifier: MIT
#include "vtl1/services/status.h"

#include "vtl1/arch/cpu_list.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/register_intercept.h"
#include "vtl1/mm/memory.h"
#include "vtl1/version.h"

namespace vtl1::services {

CallResult status(Vtl0Out<vtl_status> out) {
    const CpuTotals cpus = cpu_totals();
    const DenialCounts denied = denial_counts();
    const RegisterWriteCounts writes = register_write_counts();
    const vtl_status answer{.abi_version = VTL_CALL_ABI_VERSION,
                            .vtl1_version = vtl1::version,
                            .phase = static_cast<u32>(current_phase()),
                            .vp_count = cpus.online,
                            .memory_bytes = own_frames.frame_count() * page_size,
                            .calls = cpus.calls,
                            .denied_reads = denied.reads,
                            .denied_writes = denied.writes,
                            .denied_executes = denied.executes,
                            .nmis = cpus.nmis,
                            .denied_register_writes = writes.denied,
                            .allowed_register_writes = writes.allowed,
                            .pinned_vp_count = cpus.pinned,
                            .reserved = 0};
    TRY(std::move(out).store(answer));
    return 0;
}

}  // namespace vtl1::services
