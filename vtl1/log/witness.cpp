// SPDX-License-Identifier: MIT
#include "vtl1/log/witness.h"

#include "hvcall/synthetic_msrs.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/lock.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"

namespace vtl1 {

namespace {

constinit Locked<WitnessLog, LockRank::Witness> witness_log;
RO_AFTER_BOOT_ZEROED constinit std::array<Gpa, WITNESS_PAGE_COUNT> page_addresses{};
RO_AFTER_BOOT_ZEROED constinit bool is_time_known = false;

}  // namespace

Result<void> open_witness_log(bool has_reference_time) {
    using Pages = std::array<WitnessLog::Page, WITNESS_PAGE_COUNT>;
    is_time_known = has_reference_time;
    const FrameIndex first = TRY(frame_pool.take(WITNESS_PAGE_COUNT, FrameUse::Data));
    for (u32 i = 0; i < WITNESS_PAGE_COUNT; ++i) {
        const Gpa page = frame_pool.gpa_of(FrameIndex{static_cast<u32>(first) + i});
        const base::GpaRange range = TRY(base::GpaRange::of_pages(page, 1));
        TRY(frame_ledger.lock()->change(range, FrameState::Vtl1, FrameState::LogRing,
                                        Proof::Published));
        page_addresses[i] = page;
    }
    auto held = witness_log.lock();
    held->open(*pointer_to<Pages>(address_of(frame_pool.page(first).data())));
    return {};
}

void witness(u16 policy, u16 cause, u64 rip, Gpa gpa, u64 value) {
    const WitnessEvent event{.policy = policy,
                             .cause = cause,
                             .vp = this_cpu().vp_index,
                             .rip = rip,
                             .gpa = gpa,
                             .value = value,
                             .time = reference_time()};
    auto held = witness_log.lock();
    held->add(event);
}

WitnessLog::Totals witness_totals() {
    auto held = witness_log.lock();
    return held->totals();
}

u64 reference_time() {
    return is_time_known ? read_msr<hv::TimeRefCountMsr>().raw() : 0;
}

std::array<Gpa, WITNESS_PAGE_COUNT> witness_pages() {
    return page_addresses;
}

}  // namespace vtl1
