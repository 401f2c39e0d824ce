// SPDX-License-Identifier: MIT
// test-with: policies/pinned_registers.cpp selftests/host/panic.cpp
#include <gtest/gtest.h>
#include <string>

#include "hvcall/abi/manifest.h"
#include "policies/frame_state.h"
#include "policies/pinned_registers.h"
#include "policies/text_poke.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
extern "C" {
#include "tools/redoubt/names.c"
}
#pragma clang diagnostic pop

// The command knows VTL1's numbers by names of its own.
namespace {

using policies::FrameState;
using policies::PokeVerdict;

// "sealed, users execute" is a sealed_user, "VTL1's" a vtl1.
std::string as_key(const char* text) {
    std::string key;
    for (const char* at = text; *at != '\0' && *at != '\'' && *at != ','; ++at) {
        key += *at == ' ' ? '_' : static_cast<char>(std::tolower(*at));
    }
    return key;
}

TEST(Names, of_frame_states) {
    static_assert(NAMES_FRAME_STATE_COUNT == policies::frame_state_count);
    static_assert(FRAME_OPEN == static_cast<int>(FrameState::Open));
    static_assert(FRAME_KERNEL_TEXT == static_cast<int>(FrameState::KernelText));
    static_assert(FRAME_MODULE_TEXT == static_cast<int>(FrameState::ModuleText));
    static_assert(FRAME_UNPROVED == static_cast<int>(FrameState::Unproved));
    for (unsigned i = 0; i < NAMES_FRAME_STATE_COUNT; ++i) {
        const std::string key = as_key(name_of(static_cast<FrameState>(i)));
        EXPECT_TRUE(std::string{names_frame_state(i)}.starts_with(key)) << key;
    }
    EXPECT_EQ(names_frame_state(NAMES_FRAME_STATE_COUNT), nullptr);
}

TEST(Names, of_verdicts) {
    static_assert(NAMES_VERDICT_COUNT == policies::poke_verdict_count);
    static_assert(VERDICT_BOOT_ONLY == static_cast<int>(PokeVerdict::BootOnly));
    static_assert(VERDICT_BAD_VALUE == static_cast<int>(PokeVerdict::BadValue));
    for (unsigned i = 0; i < NAMES_VERDICT_COUNT; ++i) {
        EXPECT_STREQ(names_verdict_text(i), name_of(static_cast<PokeVerdict>(i)));
        EXPECT_NE(names_verdict(i), nullptr);
    }
    EXPECT_EQ(names_verdict(NAMES_VERDICT_COUNT), nullptr);
    EXPECT_EQ(names_verdict_text(NAMES_VERDICT_COUNT), nullptr);
}

TEST(Names, of_registers) {
    for (unsigned i = 0; i < policies::pin_count; ++i) {
        EXPECT_STREQ(names_register(i), info_of(static_cast<policies::Pin>(i)).name);
    }
    EXPECT_EQ(names_register(policies::pin_count), nullptr);
}

TEST(Names, of_policies_and_causes) {
    EXPECT_STREQ(names_policy(MANIFEST_POLICY_MODULES), "modules");
    EXPECT_EQ(names_policy(MANIFEST_POLICY_MODULES + 1), nullptr);
    EXPECT_EQ(names_policy(99), nullptr);
    EXPECT_STREQ(names_mode(MANIFEST_MODE_ENFORCE), "enforce");
    EXPECT_STREQ(names_cause(WITNESS_POLICY_OWN_MEMORY, 1), "write");
    EXPECT_STREQ(names_cause(MANIFEST_POLICY_REGISTERS, 1), "CR4");
    EXPECT_STREQ(names_cause(MANIFEST_POLICY_PATCHING, VERDICT_PROBE), "probe");
    EXPECT_EQ(names_cause(MANIFEST_POLICY_TEXT, 3), nullptr);
    EXPECT_EQ(names_cause(MANIFEST_POLICY_DATA, 0), nullptr);
}

}  // namespace
