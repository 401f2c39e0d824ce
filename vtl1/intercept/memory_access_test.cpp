// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/memory_access.cpp policies/table_check.cpp policies/kernel_image.cpp
// test-with: vtl1/intercept/patch_state.cpp vtl1/intercept/trampoline_table.cpp
// test-with: vtl1/mm/vtl0_memory.cpp vtl1/mm/memory.cpp base/text.cpp
// test-with: vtl1/seal/kernel_location.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp
#include "vtl1/intercept/memory_access.h"

#include <functional>
#include <optional>

#include "hvcall/abi/manifest.h"
#include "selftests/host/manifest_tables.h"
#include "selftests/host/vtl0_world.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/text_write.h"
#include "vtl1/intercept/trampolines.h"
#include "vtl1/intercept/unproved_write.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/vtl0_walk.h"
#include "vtl1/seal/sealed_kernel.h"

namespace vtl1 {
namespace {

using enum FrameState;
using policies::PokeVerdict;

struct Parts {
    std::optional<SealedKernel> kernel;
    Result<TextWrite> patch = fail(Error::NotFound);
    int patches_asked = 0;
    std::vector<WitnessEvent> events;
    std::array<u64, 3> denials{};
    std::function<void()> before_ledger;  // once, before the first lock
    bool is_round = false;                // a store into unproved text is one of patching
    std::optional<Gva> trampoline;        // a page that is one
    Gpa fetched;                          // where RIP's page lies
};

Parts parts;
EntryFrame registers;

constexpr u64 rip = 0xffff'ffff'8123'4567;
constexpr u64 text_frame = 0x500;
constexpr u64 module_frame = 0x900;

class MemoryAccess : public host::Vtl0World {
protected:
    MemoryAccess() {
        parts = Parts{};
        patch_state.lock()->trampolines = {};
        change(text_frame, 2, Open, FrozenText, Proof::BeforeClose);
        change(text_frame, 2, FrozenText, KernelText, Proof::Compared);
        change(module_frame, 8, Open, Unproved, Proof::BeforeClose);
        close_all();
    }

    static void publish_kernel() {
        const host::ManifestTables made;
        const auto image = base::must(policies::check_tables(made.tables()));
        parts.kernel = SealedKernel{
            .text = {.image = image, .slide = 0, .trampolines = {}},
            .location = KernelLocation{made.link_base, 0, Gpa::of_page(text_frame), 0x2000}};
    }

    bool answer(Access access, u64 frame) {
        return answer_memory_access(
            cpu_, {.access = access, .gpa = Gpa{frame * page_size + 0x123}, .rip = rip});
    }

    static void expect_denied(Access access, u16 policy, u16 cause) {
        EXPECT_EQ(parts.denials[static_cast<usize>(access)], 1U);
        ASSERT_EQ(parts.events.size(), 1U);
        EXPECT_EQ(parts.events[0].policy, policy);
        EXPECT_EQ(parts.events[0].cause, cause);
        EXPECT_EQ(parts.events[0].rip, rip);
        EXPECT_TRUE(fake::vtl0_ram.has_logged("denied: "));
    }

    static bool is_quiet() { return parts.events.empty() && parts.denials == std::array<u64, 3>{}; }

    Cpu cpu_;
};

TEST_F(MemoryAccess, what_is_granted_by_now_is_tried_again_after_a_change) {
    const auto answer_after_change = [&](Access access, u64 frame) {
        cpu_.seen_changes = 0;
        return answer(access, frame);
    };
    EXPECT_TRUE(answer_after_change(Access::Write, 0x700));
    EXPECT_TRUE(answer_after_change(Access::Read, text_frame));
    EXPECT_TRUE(answer_after_change(Access::Execute, text_frame));
    EXPECT_TRUE(answer_after_change(Access::Execute, module_frame));
    EXPECT_TRUE(is_quiet());
}

// The hypervisor gives less than the ledger says.
TEST_F(MemoryAccess, nothing_is_tried_for_ever) {
    EXPECT_TRUE(answer(Access::Read, 0x700));
    EXPECT_FALSE(answer(Access::Read, 0x700));
    EXPECT_FALSE(answer(Access::Read, 0x700));
}

TEST_F(MemoryAccess, nobody_grants_what_is_no_ram) {
    for (const u64 frame : {ram_frames, u64{1} << 40, ~u64{0} >> 12}) {
        parts = Parts{};
        EXPECT_FALSE(answer(Access::Read, frame));
        expect_denied(Access::Read, MANIFEST_POLICY_TEXT, static_cast<u16>(Access::Read));
    }
}

TEST_F(MemoryAccess, execution_of_ordinary_memory_is_denied) {
    EXPECT_FALSE(answer(Access::Execute, 0x700));
    expect_denied(Access::Execute, MANIFEST_POLICY_TEXT, static_cast<u16>(Access::Execute));
    EXPECT_TRUE(fake::vtl0_ram.has_logged("denied: execute of 0x700123 (ordinary)"));
}

TEST_F(MemoryAccess, vtl1s_memory_has_a_policy_of_its_own) {
    EXPECT_FALSE(answer(Access::Read, own_first));
    expect_denied(Access::Read, WITNESS_POLICY_OWN_MEMORY, static_cast<u16>(Access::Read));
}

TEST_F(MemoryAccess, a_store_takes_execution_from_unproved_text) {
    publish_kernel();
    EXPECT_TRUE(answer(Access::Write, module_frame));
    EXPECT_EQ(state(module_frame), Ordinary);
    EXPECT_EQ(access(module_frame), 0xbU);
    EXPECT_EQ(state(module_frame + 1), Unproved) << "that frame only";
    EXPECT_EQ(parts.patches_asked, 0);
    EXPECT_TRUE(is_quiet());
    EXPECT_FALSE(answer(Access::Execute, module_frame));
}

TEST_F(MemoryAccess, a_round_of_patching_leaves_unproved_text_executable) {
    parts.is_round = true;
    EXPECT_TRUE(answer(Access::Write, module_frame));
    EXPECT_EQ(state(module_frame), Unproved);
    EXPECT_TRUE(is_quiet());
}

TEST_F(MemoryAccess, a_written_trampoline_is_forgotten) {
    patch_state.lock()->trampolines.add(Gva{0x5000}, Gpa::of_page(module_frame));
    patch_state.lock()->trampolines.add(Gva{0x6000}, Gpa::of_page(module_frame + 1));
    EXPECT_TRUE(answer(Access::Write, module_frame));
    ASSERT_EQ(patch_state.lock()->trampolines.addresses().size(), 1U);
    EXPECT_EQ(patch_state.lock()->trampolines.addresses()[0], Gva{0x6000});
}

TEST_F(MemoryAccess, a_trampoline_that_runs_is_examined) {
    publish_kernel();
    parts.trampoline = Gva{rip}.page();
    parts.fetched = Gpa::of_page(0x701);
    EXPECT_FALSE(answer(Access::Execute, 0x700)) << "RIP is elsewhere";
    parts.events.clear();
    parts.fetched = Gpa::of_page(0x700);
    EXPECT_TRUE(answer(Access::Execute, 0x700));
    EXPECT_FALSE(answer(Access::Write, text_frame)) << "only execution";
    parts.trampoline.reset();
    EXPECT_FALSE(answer(Access::Execute, 0x700));
}

TEST_F(MemoryAccess, a_store_waits_for_an_examination) {
    change(0x700, 1, Ordinary, Admitting, Proof::NotNeeded);
    parts.before_ledger = [] { change(0x700, 1, Admitting, Ordinary, Proof::NotNeeded); };
    EXPECT_TRUE(answer(Access::Write, 0x700));
    EXPECT_TRUE(is_quiet());
}

TEST_F(MemoryAccess, stores_of_two_cpus_into_freed_text_both_go_on) {
    parts.before_ledger = [] { change(module_frame, 1, Unproved, Ordinary, Proof::NotNeeded); };
    EXPECT_TRUE(answer(Access::Write, module_frame));
    EXPECT_TRUE(is_quiet());
}

TEST_F(MemoryAccess, text_that_keeps_execution_is_not_written) {
    fake::hypervisor.calls_until_failure = 1;
    EXPECT_FALSE(answer(Access::Write, module_frame));
    expect_denied(Access::Write, MANIFEST_POLICY_TEXT, static_cast<u16>(Access::Write));
    EXPECT_EQ(state(module_frame), Unproved);
}

TEST_F(MemoryAccess, a_legal_patch_goes_on) {
    publish_kernel();
    parts.patch = TextWrite{.verdict = PokeVerdict::Write, .offset = 0x123, .size_bytes = 1};
    EXPECT_TRUE(answer(Access::Write, text_frame));
    parts.patch = TextWrite{.verdict = PokeVerdict::Unchanged, .offset = 0x123, .size_bytes = 1};
    EXPECT_TRUE(answer(Access::Write, text_frame));
    EXPECT_EQ(parts.patches_asked, 2);
    EXPECT_TRUE(is_quiet());
}

TEST_F(MemoryAccess, a_patch_that_is_denied_is_witnessed_as_such) {
    publish_kernel();
    parts.patch = TextWrite{.verdict = PokeVerdict::Guarded, .offset = 0x123, .size_bytes = 1};
    EXPECT_FALSE(answer(Access::Write, text_frame));
    expect_denied(Access::Write, MANIFEST_POLICY_PATCHING, static_cast<u16>(PokeVerdict::Guarded));
    EXPECT_EQ(parts.events[0].value, 0x123U);
    EXPECT_TRUE(fake::vtl0_ram.has_logged("_text+0x123: guarded function"));
}

TEST_F(MemoryAccess, what_is_no_store_of_a_patch_is_denied) {
    publish_kernel();
    EXPECT_FALSE(answer(Access::Write, text_frame));
    expect_denied(Access::Write, MANIFEST_POLICY_TEXT, static_cast<u16>(Access::Write));
    EXPECT_EQ(parts.patches_asked, 1);
}

TEST_F(MemoryAccess, without_a_kernel_nothing_is_patched) {
    parts.patch = TextWrite{.verdict = PokeVerdict::Write, .offset = 0, .size_bytes = 1};
    EXPECT_FALSE(answer(Access::Write, text_frame));
    EXPECT_EQ(parts.patches_asked, 0);
}

TEST_F(MemoryAccess, vtl0_cannot_flood_the_log) {
    for (int i = 0; i < 5000; ++i) {
        EXPECT_TRUE(answer(Access::Write, module_frame));
        change(module_frame, 1, Ordinary, Admitting, Proof::NotNeeded);
        change(module_frame, 1, Admitting, Unproved, Proof::Permitted);
    }
    EXPECT_LT(fake::vtl0_ram.log.size(), 25U);
    const usize before = fake::vtl0_ram.log.size();
    for (int i = 0; i < 5000; ++i) {
        EXPECT_FALSE(answer(Access::Execute, 0x700));
    }
    EXPECT_LT(fake::vtl0_ram.log.size() - before, 25U);
}

}  // namespace

EntryFrame& Cpu::entry_frame() const {
    return registers;
}

const SealedKernel* sealed_kernel() {
    return parts.kernel ? &*parts.kernel : nullptr;
}

Result<TextWrite> apply_text_write(const hv::HypercallPort& /*port*/,
                                   EntryFrame& frame,
                                   const MemoryIntercept& intercept,
                                   const PatchableText& place) {
    EXPECT_EQ(&frame, &registers);
    EXPECT_EQ(place.first, Gpa::of_page(text_frame));
    EXPECT_EQ(intercept.access, Access::Write);
    ++parts.patches_asked;
    return parts.patch;
}

Result<void> apply_unproved_write(const hv::HypercallPort& /*port*/,
                                  EntryFrame& /*frame*/,
                                  const MemoryIntercept& /*intercept*/) {
    return parts.is_round ? Result<void>{} : fail(Error::Refused);
}

Result<void> admit_trampoline(TrampolineTable& /*trampolines*/,
                              const PatchableText& place,
                              const Vtl0Paging& /*paging*/,
                              Gva address) {
    EXPECT_EQ(place.first, Gpa::of_page(text_frame));
    return parts.trampoline == address ? Result<void>{} : fail(Error::Refused);
}

Result<Vtl0Paging> read_vtl0_paging(const hv::HypercallPort& /*port*/) {
    return Vtl0Paging{};
}

Result<Gpa> translate_vtl0(const Vtl0Paging& /*paging*/, Gva /*address*/) {
    return parts.fetched;
}

void witness(u16 policy, u16 cause, u64 at, Gpa gpa, u64 value) {
    parts.events.push_back({.policy = policy,
                            .cause = cause,
                            .vp = 0,
                            .rip = at,
                            .gpa = gpa,
                            .value = value,
                            .time = 0});
}

u64 count_denial(Access access) {
    return ++parts.denials[static_cast<usize>(access)];
}

}  // namespace vtl1

namespace base {

void enter_rank(u8 /*rank*/) {
    if (vtl1::parts.before_ledger) {
        std::exchange(vtl1::parts.before_ledger, nullptr)();
    }
}

void leave_rank(u8 /*rank*/) {}

}  // namespace base
