// SPDX-License-Identifier: MIT
#include "vtl1/boot/close_memory.h"

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "hvcall/vtl_protection.h"

namespace vtl1 {

Result<void> enable_protection(const hv::HypercallPort& port) {
    using Config = hv::VsmPartitionConfig;
    const Config before = TRY(hv::get_register<Config>(port, hv::Vtl::Vtl1));
    TRY(hv::set_register(port, hv::Vtl::Vtl1,
                         before.with(Config::enable_vtl_protection, true)
                             .with(Config::default_protection, hv::PageAccess::All)));
    const Config after = TRY(hv::get_register<Config>(port, hv::Vtl::Vtl1));
    if (!after.get(Config::enable_vtl_protection) ||
        after.get(Config::default_protection) != hv::PageAccess::All) {
        return fail(Error::HypervisorFailed);
    }
    return {};
}

Result<void> close_frames(const hv::HypercallPort& port, const FrameList& frames) {
    for (const FrameList::Run& run : frames.runs()) {
        const base::GpaRange range =
            TRY(base::GpaRange::of_pages(Gpa::of_page(run.first_frame), run.frame_count));
        TRY(hv::modify_vtl_protection(port, hv::PageAccess::None, range));
    }
    return {};
}

}  // namespace vtl1
