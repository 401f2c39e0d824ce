// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "selftests/host/hypervisor_world.h"

/// Hypercalls that most tests of hypervisor/tlfs/ make, as VP 0 unless they say otherwise.
namespace fake {

inline constexpr u8 use_vtl1 = TLFS_INPUT_VTL_USE_TARGET | 1;
inline constexpr u8 use_vtl0 = TLFS_INPUT_VTL_USE_TARGET;

inline tlfs_initial_vp_context long_mode_context() {
    tlfs_initial_vp_context context{};
    context.rip = 0xffff'ffff'8000'0000;
    context.cs = {0, 0, 8, 0xa09b};
    context.efer = 0xd00;
    context.cr0 = 0x8001'0033;
    context.cr4 = 0x20;
    context.cr3 = 0x20'0000;
    return context;
}

inline tlfs_enable_vp_vtl enable_vp(u32 index) {
    return {TLFS_PARTITION_SELF, index, 1, {}, long_mode_context()};
}

class HypercallFixture : public testing::Test {
protected:
    void SetUp() override { reset_world(); }

    u64 enable_partition(u8 flags = 0) {
        const tlfs_enable_partition_vtl input{TLFS_PARTITION_SELF, 1, flags, {}};
        return status_of(hypercall(vp(0), TLFS_CALL_ENABLE_PARTITION_VTL, bytes_of(input)));
    }

    u64 enable(Vp& caller, u32 index) {
        return status_of(hypercall(caller, TLFS_CALL_ENABLE_VP_VTL, bytes_of(enable_vp(index))));
    }

    /// VTL1 enabled on VP 0 and active there.
    void enter_vtl1() {
        ASSERT_EQ(enable_partition(), TLFS_STATUS_SUCCESS);
        ASSERT_EQ(enable(vp(0), TLFS_VP_SELF), TLFS_STATUS_SUCCESS);
        vp(0).active = Vtl::Vtl1;
    }

    u64 set(u8 vtl, u32 name, u64 value, u64 high = 0) {
        const tlfs_vp_registers_header header{TLFS_PARTITION_SELF, TLFS_VP_SELF, vtl, {}};
        const tlfs_register_assignment assignment{name, {}, {value, high}};
        return status_of(hypercall(vp(0), rep_call(TLFS_CALL_SET_VP_REGISTERS, 1),
                                   bytes_of(header, assignment)));
    }

    u64 get(u8 vtl, u32 name) {
        const tlfs_vp_registers_header header{TLFS_PARTITION_SELF, TLFS_VP_SELF, vtl, {}};
        return status_of(
            hypercall(vp(0), rep_call(TLFS_CALL_GET_VP_REGISTERS, 1), bytes_of(header, name)));
    }
};

}  // namespace fake
