// SPDX-License-Identifier: MIT
#include "vtl1/services/status.h"

#include <algorithm>

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "vtl1/arch/cpu_list.h"
#include "vtl1/arch/cpuid.h"
#include "vtl1/arch/port.h"
#include "vtl1/crypto/operator_key.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/register_intercept.h"
#include "vtl1/intercept/text_write.h"
#include "vtl1/mm/memory.h"
#include "vtl1/seal/claims.h"
#include "vtl1/version.h"

namespace vtl1::services {

namespace {

static_assert(policies::poke_verdict_count <= VTL_STATUS_VERDICTS);

/// @return VTL_STATUS_*
u32 facts_of_the_machine() {
    const auto status = hv::get_register<hv::VsmPartitionStatus>(hypercall_port(), hv::Vtl::Vtl1);
    const bool has_mbec = status.has_value() && status->get(hv::VsmPartitionStatus::vtl1_has_mbec);
    const bool has_hardware_leaf = cpuid(TLFS_CPUID_VENDOR).eax >= TLFS_CPUID_HARDWARE;
    const bool is_dma_filtered =
        has_hardware_leaf && (cpuid(TLFS_CPUID_HARDWARE).eax & TLFS_HARDWARE_DMA_REMAPPING) != 0;
    return (has_mbec ? VTL_STATUS_MBEC : 0) | (is_dma_filtered ? VTL_STATUS_DMA_FILTERED : 0) |
           (crypto::is_operator_key_own() ? VTL_STATUS_OPERATOR_KEY_OWN : 0);
}

void fill_counts(vtl_status& answer) {
    const CpuTotals cpus = cpu_totals();
    const DenialCounts denied = denial_counts();
    const RegisterWriteCounts writes = register_write_counts();
    answer.vp_count = cpus.online;
    answer.calls = cpus.calls;
    answer.nmis = cpus.nmis;
    answer.pinned_vp_count = cpus.pinned;
    answer.denied_reads = denied.reads;
    answer.denied_writes = denied.writes;
    answer.denied_executes = denied.executes;
    answer.denied_register_writes = writes.denied;
    answer.allowed_register_writes = writes.allowed;
    std::ranges::copy(text_write_counts(), answer.text_writes);
}

void fill_claims(vtl_status& answer) {
    std::ranges::copy(policy_modes(current_phase()), answer.modes);
    const FrameClaims frames = frame_claims();
    std::ranges::copy(frames.totals.all(), answer.frames);
    answer.unproved_start_frames = frames.unproved_start;
    if (const SealFacts* facts = seal_facts(); facts != nullptr) {
        answer.verified_pages = facts->verified.pages;
        answer.verified_sites = facts->verified.sites;
        answer.masked_bytes = facts->verified.masked_bytes;
        answer.kernel_address = facts->location.address_of(0).raw();
        answer.kernel_gpa = facts->location.gpa_of(0).raw();
        answer.manifest_version = facts->manifest_version;
        std::ranges::copy(facts->manifest_release, answer.manifest_release);
    }
}

}  // namespace

CallResult status(Vtl0Out<vtl_status> out) {
    vtl_status answer{};
    answer.abi_version = VTL_CALL_ABI_VERSION;
    answer.vtl1_version = vtl1::version;
    answer.phase = static_cast<u32>(current_phase());
    answer.memory_bytes = own_frames.frame_count() * page_size;
    answer.facts = facts_of_the_machine();
    fill_counts(answer);
    fill_claims(answer);
    TRY(std::move(out).store(answer));
    return 0;
}

}  // namespace vtl1::services
