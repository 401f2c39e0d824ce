// SPDX-License-Identifier: MIT
#include "vtl1/vtl/call_table.h"

#include <algorithm>

#include "vtl1/services/admit.h"
#include "vtl1/services/echo.h"
#include "vtl1/services/features.h"
#include "vtl1/services/log_read.h"
#include "vtl1/services/manifest.h"
#include "vtl1/services/pin.h"
#include "vtl1/services/seal.h"
#include "vtl1/services/statement.h"
#include "vtl1/services/status.h"
#include "vtl1/services/version.h"
#include "vtl1/services/witness.h"
#include "vtl1/vtl/status.h"
#include "vtl1/vtl/test_seam.h"

namespace vtl1 {

namespace {

#define CALL(id, name, last_phase) row<services::name>(id, #name, last_phase, services::name)

constexpr std::array calls{
    CALL(VTL_CALL_VERSION, version, Phase::Sealed),
    CALL(VTL_CALL_FEATURES, features, Phase::Sealed),
    CALL(VTL_CALL_STATUS, status, Phase::Sealed),
    CALL(VTL_CALL_ECHO, echo, Phase::Sealed),
    CALL(VTL_CALL_LOG_READ, log_read, Phase::Sealed),
    CALL(VTL_CALL_MANIFEST_HEADER, manifest_header, Phase::Boot),
    CALL(VTL_CALL_MANIFEST_PAGE, manifest_page, Phase::Boot),
    CALL(VTL_CALL_PIN, pin, Phase::Sealed),
    CALL(VTL_CALL_SEAL, seal, Phase::Boot),
    CALL(VTL_CALL_STATEMENT, statement, Phase::Sealed),
    CALL(VTL_CALL_WITNESS, witness, Phase::Sealed),
    CALL(VTL_CALL_ADMIT, admit, Phase::Sealed),
    CALL(VTL_CALL_RELEASE, release, Phase::Sealed),
};

#undef CALL

constexpr bool is_not_below(u32 id, u32 next_id) {
    return id >= next_id;
}

static_assert(std::ranges::adjacent_find(calls, is_not_below, &Call::id) == calls.end(),
              "sorted by id, and no id twice");

}  // namespace

std::span<const Call> call_table() {
    return calls;
}

void answer_call(EntryFrame& frame) {
    const u64 id = frame.rdi;
    const Call* call = find_call(id, calls);
    if (call == nullptr) {
        call = find_call(id, test_seam::extra_calls());
    }
    const CallResult result =
        run_call(call, current_phase(), {frame.rsi, frame.rdx, frame.r8, frame.r9, frame.r10});
    frame.r8 = result.has_value() ? VTL_STATUS_OK : to_status(result.error());
    frame.r9 = result.has_value() ? *result : 0;
}

}  // namespace vtl1
