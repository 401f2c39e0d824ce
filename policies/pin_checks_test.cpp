// SPDX-License-Identifier: MIT
// test-with: policies/pin_checks.cpp selftests/host/panic.cpp
#include "policies/pin_checks.h"

#include <bit>
#include <gtest/gtest.h>

namespace policies {
namespace {

constexpr PinTraits all_of_them{.has_smep = true, .has_smap = true, .has_umip = true};
constexpr PinTraits none_of_them{.has_smep = false, .has_smap = false, .has_umip = false};
constexpr u64 kernel = 0xffff'ffff'8180'0080;
constexpr u64 user = 0x7fff'ffff'f000;
constexpr u64 not_canonical = 0x8000'0000'0000'0000;

bool is_fit(Pin pin, u64 low, const PinTraits& traits = all_of_them) {
    return is_fit_to_pin(pin, {.low = low, .high = 0}, traits);
}

bool is_fit_table(Pin pin, u64 base, u16 limit) {
    const tlfs_table_register table{{}, limit, base};
    return is_fit_to_pin(pin, std::bit_cast<tlfs_register_value>(table), all_of_them);
}

bool is_fit_task(u64 base, u16 selector) {
    const tlfs_segment_register task{base, 0x206f, selector, 0x8b};
    return is_fit_to_pin(Pin::Tr, std::bit_cast<tlfs_register_value>(task), all_of_them);
}

TEST(PinChecks, cr0_has_write_protection_and_paging) {
    EXPECT_TRUE(is_fit(Pin::Cr0, 0x8005'0033));
    EXPECT_FALSE(is_fit(Pin::Cr0, 0x8004'0033));
    EXPECT_FALSE(is_fit(Pin::Cr0, 0x0005'0033));
}

TEST(PinChecks, cr4_has_what_the_cpu_offers) {
    constexpr u64 all = 0x30'08a0;  // SMAP, SMEP, UMIP, PGE, PAE
    EXPECT_TRUE(is_fit(Pin::Cr4, all));
    for (const unsigned bit : {5U, 11U, 20U, 21U}) {
        EXPECT_FALSE(is_fit(Pin::Cr4, all & ~(u64{1} << bit))) << bit;
    }
    EXPECT_TRUE(is_fit(Pin::Cr4, 0x20, none_of_them));
    EXPECT_FALSE(is_fit(Pin::Cr4, all | 1U << 13));  // VMXE
}

TEST(PinChecks, efer_has_nxe_and_no_svme) {
    EXPECT_TRUE(is_fit(Pin::Efer, 0xd01));
    EXPECT_FALSE(is_fit(Pin::Efer, 0x501));
    EXPECT_FALSE(is_fit(Pin::Efer, 0xd00));
    EXPECT_FALSE(is_fit(Pin::Efer, 0x1d01));
}

TEST(PinChecks, system_calls_enter_the_kernel) {
    EXPECT_TRUE(is_fit(Pin::Lstar, kernel));
    EXPECT_TRUE(is_fit(Pin::Lstar, 0xff00'0000'0000'0000));  // five levels
    EXPECT_FALSE(is_fit(Pin::Lstar, user));
    EXPECT_FALSE(is_fit(Pin::Lstar, not_canonical));
    EXPECT_FALSE(is_fit(Pin::Lstar, 0));
    for (const Pin pin : {Pin::Cstar, Pin::SysenterEip, Pin::SysenterEsp}) {
        EXPECT_TRUE(is_fit(pin, kernel));
        EXPECT_TRUE(is_fit(pin, 0));
        EXPECT_FALSE(is_fit(pin, user));
    }
}

TEST(PinChecks, system_calls_get_the_kernels_segments_and_flags) {
    EXPECT_TRUE(is_fit(Pin::Star, 0x0023'0010'0000'0000));
    EXPECT_FALSE(is_fit(Pin::Star, 0x0023'0013'0000'0000));
    EXPECT_FALSE(is_fit(Pin::Star, 0x0023'0000'0000'0000));
    EXPECT_FALSE(is_fit(Pin::Star, 0x0020'0010'0000'0000));
    EXPECT_TRUE(is_fit(Pin::SysenterCs, 0x10));
    EXPECT_TRUE(is_fit(Pin::SysenterCs, 0));
    EXPECT_FALSE(is_fit(Pin::SysenterCs, 0x13));
    EXPECT_TRUE(is_fit(Pin::Sfmask, 0x25'7fd5));
    for (const unsigned bit : {8U, 9U, 10U}) {
        EXPECT_FALSE(is_fit(Pin::Sfmask, 0x25'7fd5 & ~(u64{1} << bit)));
    }
}

TEST(PinChecks, tables_are_the_kernels) {
    for (const Pin pin : {Pin::Gdtr, Pin::Idtr}) {
        EXPECT_TRUE(is_fit_table(pin, kernel, 0xfff));
        EXPECT_FALSE(is_fit_table(pin, user, 0xfff));
        EXPECT_FALSE(is_fit_table(pin, kernel, 0));
    }
    EXPECT_TRUE(is_fit_task(kernel, 0x40));
    EXPECT_FALSE(is_fit_task(user, 0x40));
    EXPECT_FALSE(is_fit_task(kernel, 0));
}

TEST(PinChecks, others) {
    EXPECT_TRUE(is_fit(Pin::ApicBase, 0xfee0'0d00));
    EXPECT_FALSE(is_fit(Pin::ApicBase, 0xfee0'0500));
    EXPECT_TRUE(is_fit(Pin::Xcr0, 7));
    EXPECT_FALSE(is_fit(Pin::Xcr0, 6));
}

}  // namespace
}  // namespace policies
