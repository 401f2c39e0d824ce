// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "selftests/fuzz/calls.h"
#include "selftests/fuzz/world.h"

namespace fuzz {

/// Follows one exit of a guest from its beginning until a VP enters again, and judges what the
/// hypervisor made of it: results, memory, VTL1's state, and the rights of every page by a list of
/// its own.
class ExitJudge {
public:
    /// As after boot.
    void reset();

    /// The guest leaves: VMCB and registers are as the hypervisor will find them.
    void begin(Vp& vp);

    /// The hypervisor has done its part. Does nothing if no exit has begun.
    void end();

private:
    void judge_hypercall();
    void judge_msr();
    void judge_memory() const;
    void judge_vtl1() const;
    void follow_config();
    void follow_protection(u64 result);
    void check_rights() const;
    bool has_event() const;

    Vp* vp_ = nullptr;  // whose exit is open
    Vtl vtl_{};
    u64 code_ = 0;
    u64 rip_ = 0;
    GuestRegisters registers_{};
    bool is_msr_write_ = false;
    bool had_vtl1_ = false;
    FastInput fast_input_{};
    std::array<u8, sizeof(Vmcb)> vtl1_{};                                     // VTL1's VMCB
    std::array<std::array<u8, base::page_size>, hot_pages.size()> memory_{};  // the hot pages

    bool has_protection_ = false;
    std::vector<u8> rights_;  // of each page of `ram`, in order
};

}  // namespace fuzz
