// SPDX-License-Identifier: MIT
// test-with: policies/cpu_start.cpp
#include "policies/cpu_start.h"

#include <gtest/gtest.h>

namespace policies {
namespace {

bool is_reserved(unsigned vector) {
    return vector >= 0xa0 && vector < 0xc0;
}

StartVectors set_of(unsigned vector) {
    StartVectors set;
    set.words[vector / 64] = base::u64{1} << (vector % 64);
    return set;
}

TEST(StartVectors, contains_what_is_in_it_and_nothing_else) {
    for (unsigned in = 0; in < 256; ++in) {
        for (unsigned asked = 0; asked < 256; ++asked) {
            EXPECT_EQ(set_of(in).contains(static_cast<StartVector>(asked)), in == asked);
        }
    }
}

TEST(CpuStart, a_trusted_kernel_chooses_any_vector_that_is_not_reserved) {
    for (unsigned vector = 0; vector < 256; ++vector) {
        EXPECT_EQ(may_start(static_cast<StartVector>(vector), StartTrust::Boot, {}),
                  !is_reserved(vector))
            << vector;
    }
}

TEST(CpuStart, a_sealed_kernel_uses_the_vectors_that_are_known) {
    for (unsigned vector = 0; vector < 256; ++vector) {
        EXPECT_EQ(may_start(static_cast<StartVector>(vector), StartTrust::Sealed, set_of(0x9a)),
                  vector == 0x9a)
            << vector;
    }
}

TEST(CpuStart, a_sealed_kernel_that_has_started_nothing_starts_nothing) {
    for (unsigned vector = 0; vector < 256; ++vector) {
        EXPECT_FALSE(may_start(static_cast<StartVector>(vector), StartTrust::Sealed, {}));
    }
}

TEST(CpuStart, a_reserved_vector_is_refused_even_if_it_is_known) {
    for (unsigned vector = 0xa0; vector < 0xc0; ++vector) {
        EXPECT_FALSE(
            may_start(static_cast<StartVector>(vector), StartTrust::Sealed, set_of(vector)));
    }
}

}  // namespace
}  // namespace policies
