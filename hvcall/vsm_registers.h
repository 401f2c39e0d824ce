// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vtl_protection.h"

namespace hv {

/// How VTL1 constrains the partition. Write-once fields are marked [once].
/// @source TLFS, HV_REGISTER_VSM_PARTITION_CONFIG (tlfs.rst 3.3)
struct VsmPartitionConfig : base::Register<VsmPartitionConfig> {
    static constexpr u32 name = TLFS_REG_VSM_PARTITION_CONFIG;

    static constexpr Field<bool, 0> enable_vtl_protection{};        // [once]
    static constexpr Field<PageAccess, 4, 1> default_protection{};  // [once]
    static constexpr Field<bool, 5> zero_memory_on_reset{};
    static constexpr Field<bool, 6> deny_lower_vtl_startup{};
    static constexpr Field<bool, 9> intercept_vp_startup{};
};

static_assert(VsmPartitionConfig{}
                  .with(VsmPartitionConfig::enable_vtl_protection, true)
                  .with(VsmPartitionConfig::default_protection, PageAccess::All)
                  .raw() == 0b1'1111);

/// Which VTLs exist, and which of them control execution by mode.
/// @source TLFS, HV_REGISTER_VSM_PARTITION_STATUS (tlfs.rst 3.3)
struct VsmPartitionStatus : base::Register<VsmPartitionStatus> {
    static constexpr u32 name = TLFS_REG_VSM_PARTITION_STATUS;

    static constexpr Field<bool, TLFS_VSM_MBEC_ENABLED_SET_SHIFT + 1> vtl1_has_mbec{};
};

/// What VTL1 has switched on against VTL0 on one VP.
/// @source TLFS, HV_REGISTER_VSM_VP_SECURE_VTL_CONFIG (tlfs.rst 3.3)
struct VsmVpSecureConfigVtl0 : base::Register<VsmVpSecureConfigVtl0> {
    static constexpr u32 name = TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0;

    static constexpr Field<bool, 0> mbec_enabled{};
};

/// Where the hypercall page has its VTL call and VTL return sequences.
/// @source TLFS, HV_REGISTER_VSM_CODE_PAGE_OFFSETS (tlfs.rst 3.3)
struct VsmCodePageOffsets : base::Register<VsmCodePageOffsets> {
    static constexpr u32 name = TLFS_REG_VSM_CODE_PAGE_OFFSETS;

    static constexpr Field<u64, 11, 0> vtl_call{};     // bytes
    static constexpr Field<u64, 23, 12> vtl_return{};  // bytes
};

/// Which writes of VTL0's VTL1 is asked about on one VP: TLFS_CR_INTERCEPT_*.
/// @source TLFS, HV_REGISTER_CR_INTERCEPT_CONTROL (tlfs.rst 3.3)
struct CrInterceptControl : base::Register<CrInterceptControl> {
    static constexpr u32 name = TLFS_REG_CR_INTERCEPT_CONTROL;
};

/// The bits of CR0 and of CR4 whose change VTL1 is asked about.
struct CrInterceptCr0Mask : base::Register<CrInterceptCr0Mask> {
    static constexpr u32 name = TLFS_REG_CR_INTERCEPT_CR0_MASK;
};

struct CrInterceptCr4Mask : base::Register<CrInterceptCr4Mask> {
    static constexpr u32 name = TLFS_REG_CR_INTERCEPT_CR4_MASK;
};

/// The low half of an event that a VP takes before its next instruction.
/// @source TLFS, HV_X64_PENDING_EXCEPTION_EVENT (tlfs.rst 3.5)
struct PendingException : base::Register<PendingException> {
    static constexpr u32 name = TLFS_REG_PENDING_EVENT0;

    static constexpr Field<bool, 0> pending{};
    static constexpr Field<bool, 8> deliver_error_code{};
    static constexpr Field<u64, 31, 16> vector{};
    static constexpr Field<u64, 63, 32> error_code{};
};

/// The general protection fault that VTL0 gets for what it may not do.
/// @source AMD APM vol. 2, 8.2.14 (#GP, vector 13)
inline constexpr PendingException general_protection =
    PendingException{}
        .with(PendingException::pending, true)
        .with(PendingException::deliver_error_code, true)
        .with(PendingException::vector, u64{13});

static_assert(general_protection.raw() == (1 | 1 << 8 | 13 << 16));

}  // namespace hv
