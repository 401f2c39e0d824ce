// SPDX-License-Identifier: MIT
// test-with: vtl1/services/admit.cpp vtl1/mm/vtl0_memory.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp base/text.cpp
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp selftests/host/lock_ranks.cpp
#include "vtl1/services/admit.h"

#include <algorithm>

#include "selftests/host/vtl0_world.h"
#include "vtl1/vtl/phase.h"

namespace vtl1 {
namespace {

using enum FrameState;

Phase phase = Phase::Sealed;
bool are_modules_allowed = true;

constexpr u64 argument_frame = 0x700;

class Admit : public host::Vtl0World {
protected:
    Admit() {
        phase = Phase::Sealed;
        are_modules_allowed = true;
        change(0x500, 2, Open, FrozenText, Proof::BeforeClose);
        change(0x500, 2, FrozenText, KernelText, Proof::Compared);
        close_all();
        fake::hypervisor.changes.clear();
    }

    /// As a hostile driver fills it.
    static Vtl0In<vtl_frames> frames(const std::vector<u64>& list, u32 reserved = 0) {
        vtl_frames page{.count = static_cast<u32>(list.size()), .reserved = reserved, .frames = {}};
        std::copy_n(list.begin(), std::min<usize>(list.size(), VTL_FRAMES_MAX), page.frames);
        base::store_wire(fake::vtl0_ram.pages[argument_frame], 0, page);
        return Vtl0In<vtl_frames>{base::Untrusted<u64>{argument_frame * page_size}};
    }

    static CallResult admit(const std::vector<u64>& list) { return services::admit(frames(list)); }

    static CallResult release(const std::vector<u64>& list) {
        return services::release(frames(list));
    }

    /// Never written and executed at once, on the way either.
    static void expect_never_both() {
        for (const fake::Change& change : fake::hypervisor.changes) {
            EXPECT_FALSE((change.after & fake::writable) != 0 &&
                         (change.after & fake::kernel_executable) != 0)
                << change.page;
        }
    }
};

TEST_F(Admit, text_comes_and_goes) {
    ASSERT_EQ(admit({0x900, 0x910, 0x901}), 0U);
    EXPECT_EQ(state(0x910), Unproved);
    EXPECT_EQ(access(0x910), 0xdU);
    ASSERT_EQ(release({0x910, 0x900, 0x901}), 0U);
    EXPECT_EQ(state(0x910), Ordinary);
    EXPECT_EQ(access(0x910), 0xbU);
    EXPECT_EQ(total(Unproved), 0U);
    expect_never_both();
}

TEST_F(Admit, all_frames_or_none) {
    for (const u64 bad :
         {u64{0x900}, u64{0x500}, own_first, ram_frames, u64{1} << 40, u64{1} << 52, ~u64{0}}) {
        EXPECT_FALSE(admit({0x900, 0x901, bad}).has_value()) << bad;
        EXPECT_EQ(total(Unproved) + total(Admitting), 0U) << bad;
        EXPECT_EQ(access(0x900), 0xbU);
    }
    EXPECT_EQ(admit({0x900, own_first}), fail(Error::BadAddress));
    EXPECT_EQ(admit({0x900, 0x500}), fail(Error::Refused));
    EXPECT_EQ(admit({0x900, 0x900}), fail(Error::Refused)) << "twice";
    EXPECT_EQ(state(own_first), Vtl1);
    EXPECT_EQ(state(0x500), KernelText);
    expect_never_both();
}

TEST_F(Admit, only_what_was_admitted_is_released) {
    ASSERT_EQ(admit({0x900, 0x901}), 0U);
    EXPECT_EQ(release({0x900, 0x500}), fail(Error::Refused));
    EXPECT_EQ(release({0x900, 0x900}), fail(Error::Refused));
    EXPECT_EQ(release({0x900, own_first}), fail(Error::BadAddress));
    EXPECT_EQ(total(Unproved), 2U);
    EXPECT_EQ(access(0x900), 0xdU);
    EXPECT_EQ(state(0x500), KernelText);
}

// Whichever hypercall fails: the first takes write access, the second grants execution.
TEST_F(Admit, a_refusal_of_the_hypervisor_leaves_no_frame_half_way) {
    for (u64 failing = 1; failing <= 4; ++failing) {
        fake::hypervisor.calls_until_failure = failing;
        EXPECT_EQ(admit({0x900, 0x901}), fail(Error::HypervisorFailed)) << failing;
        EXPECT_EQ(total(Unproved) + total(Admitting), 0U) << failing;
        EXPECT_EQ(access(0x900), 0xbU) << failing;
        EXPECT_EQ(access(0x901), 0xbU) << failing;
    }
    fake::hypervisor.calls_until_failure = 0;
    EXPECT_EQ(admit({0x900, 0x901}), 0U);
}

TEST_F(Admit, what_stays_changed_is_logged_in_one_line) {
    const std::vector<u64> list{0x900, 0x901, 0x902, 0x903, 0x500};
    ASSERT_EQ(admit({0x900}), 0U);
    ASSERT_EQ(release({0x900}), 0U);
    // The frames go another way on another CPU meanwhile.
    fake::hypervisor.calls_until_failure = 9;  // the first of the undoing
    fake::hypervisor.failures_in_a_row = 20;
    EXPECT_FALSE(admit(list).has_value());
    EXPECT_EQ(fake::vtl0_ram.log.size(), 1U);
    EXPECT_TRUE(fake::vtl0_ram.has_logged("4 frames of a call that failed stay as they are"));
}

TEST_F(Admit, arguments_are_checked) {
    EXPECT_EQ(admit({}), fail(Error::BadArgument));
    EXPECT_EQ(admit(std::vector<u64>(VTL_FRAMES_MAX + 1, 0x900)), fail(Error::BadArgument));
    EXPECT_EQ(services::admit(frames({0x900}, 1)), fail(Error::BadArgument));
    const auto at = [](u64 address) {
        return services::admit(Vtl0In<vtl_frames>{base::Untrusted<u64>{address}});
    };
    EXPECT_EQ(at(own_first * page_size), fail(Error::BadAddress));
    EXPECT_EQ(at(argument_frame * page_size + 8), fail(Error::BadAddress));
    EXPECT_EQ(at(~u64{0}), fail(Error::BadAddress));
    EXPECT_EQ(total(Unproved), 0U);
}

TEST_F(Admit, needs_the_phase_and_the_operators_leave) {
    phase = Phase::Boot;
    EXPECT_EQ(admit({0x900}), fail(Error::Refused));
    EXPECT_EQ(release({0x900}), fail(Error::Refused));
    phase = Phase::Sealed;
    are_modules_allowed = false;
    EXPECT_EQ(admit({0x900}), fail(Error::Refused));
    EXPECT_EQ(state(0x900), Ordinary);
}

TEST_F(Admit, the_list_is_read_once) {
    const auto argument = [&] { return frames({0x900, 0x901}); };
    fake::vtl0_ram.after_read = [](u64 frame) {
        if (frame == argument_frame) {
            vtl_frames page{.count = 511, .reserved = 1, .frames = {}};
            std::ranges::fill(page.frames, own_first);
            base::store_wire(fake::vtl0_ram.pages[frame], 0, page);
        }
    };
    EXPECT_EQ(services::admit(argument()), 0U);
    EXPECT_EQ(total(Unproved), 2U);
}

}  // namespace

Phase current_phase() {
    return phase;
}

bool are_unproved_modules_allowed() {
    return are_modules_allowed;
}

}  // namespace vtl1
