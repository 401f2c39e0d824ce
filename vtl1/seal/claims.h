// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "hvcall/abi/manifest.h"
#include "hvcall/abi/vtl_call.h"
#include "hvcall/abi/witness.h"
#include "vtl1/mm/frame_states.h"
#include "vtl1/seal/sealed_kernel.h"
#include "vtl1/seal/verify.h"
#include "vtl1/vtl/phase.h"

// What VTL1 says that it enforces, in status and statements alike.
namespace vtl1 {

/// What was found while VTL0 was sealed.
struct SealFacts {
    VerifyTotals verified;
    KernelLocation location;
    u32 manifest_version = 0;
    std::array<u8, MANIFEST_RELEASE_BYTES> manifest_release{};
};

/// Null until VTL0 is sealed; then the same for ever. Takes no lock.
const SealFacts* seal_facts();

/// Says so, once, before the phase changes.
void publish_seal_facts(const SealFacts& facts);

/// MANIFEST_MODE_* by policy.
using PolicyModes = std::array<u8, MANIFEST_POLICY_COUNT>;

/// The modes that are in force. There is no audit mode: what is not enforced is off. Sealed data
/// and modules have no policy yet.
constexpr PolicyModes policy_modes(Phase phase) {
    PolicyModes modes{};
    modes[WITNESS_POLICY_OWN_MEMORY] = MANIFEST_MODE_ENFORCE;
    if (phase == Phase::Sealed) {
        modes[MANIFEST_POLICY_TEXT] = MANIFEST_MODE_ENFORCE;
        modes[MANIFEST_POLICY_REGISTERS] = MANIFEST_MODE_ENFORCE;
        modes[MANIFEST_POLICY_PATCHING] = MANIFEST_MODE_ENFORCE;
    }
    return modes;
}

/// The ledger, at one moment.
struct FrameClaims {
    FrameTotals totals;
    u64 unproved_start = 0;  // of the Unproved frames those that CPUs can start in
};

static_assert(policies::frame_state_count <= VTL_STATUS_FRAME_STATES);

/// @locks  LockRank::Ledger
FrameClaims frame_claims();

}  // namespace vtl1
