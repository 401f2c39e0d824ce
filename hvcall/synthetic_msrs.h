// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/vtl.h"

namespace hv {

/// An MSR that puts an overlay page at a guest page.
template <u32 Number>
struct PageMsr : base::Register<PageMsr<Number>> {
    static constexpr u32 msr = Number;

    using Base = base::Register<PageMsr<Number>>;
    static constexpr typename Base::template Field<bool, 0> enable{};
    static constexpr typename Base::template Field<u64, 63, 12> page_number{};
};

/// @source TLFS, "Synthetic MSRs"
using HypercallMsr = PageMsr<TLFS_MSR_HYPERCALL>;
using VpAssistPageMsr = PageMsr<TLFS_MSR_VP_ASSIST_PAGE>;
using SimpMsr = PageMsr<TLFS_MSR_SIMP>;

/// @source TLFS, HV_X64_MSR_GUEST_OS_ID
struct GuestOsIdMsr : base::Register<GuestOsIdMsr> {
    static constexpr u32 msr = TLFS_MSR_GUEST_OS_ID;
};

/// @source TLFS, HV_X64_MSR_VP_INDEX
struct VpIndexMsr : base::Register<VpIndexMsr> {
    static constexpr u32 msr = TLFS_MSR_VP_INDEX;
};

/// @source TLFS, HV_X64_MSR_TIME_REF_COUNT
struct TimeRefCountMsr : base::Register<TimeRefCountMsr> {
    static constexpr u32 msr = TLFS_MSR_TIME_REF_COUNT;
};

/// @source TLFS, HV_X64_MSR_SCONTROL
struct ScontrolMsr : base::Register<ScontrolMsr> {
    static constexpr u32 msr = TLFS_MSR_SCONTROL;

    static constexpr Field<bool, 0> enable{};
};

/// @source TLFS, HV_X64_MSR_EOM
struct EomMsr : base::Register<EomMsr> {
    static constexpr u32 msr = TLFS_MSR_EOM;
};

/// The interrupt source of secure intercepts.
/// @source TLFS, HV_X64_MSR_SINT0
struct Sint0Msr : base::Register<Sint0Msr> {
    static constexpr u32 msr = TLFS_MSR_SINT0;

    static constexpr Field<u8, 7, 0> vector{};
    static constexpr Field<bool, 16> masked{};
    static constexpr Field<bool, 17> auto_eoi{};
};

/// @source TLFS, HV_X64_MSR_CRASH_Pn
template <u32 Index>
struct CrashParameterMsr : base::Register<CrashParameterMsr<Index>> {
    static_assert(Index <= TLFS_MSR_CRASH_P4 - TLFS_MSR_CRASH_P0);
    static constexpr u32 msr = TLFS_MSR_CRASH_P0 + Index;
};

/// @source TLFS, HV_X64_MSR_CRASH_CTL
struct CrashControlMsr : base::Register<CrashControlMsr> {
    static constexpr u32 msr = TLFS_MSR_CRASH_CTL;

    static constexpr Field<bool, 62> message{};  // P3, P4: guest page and bytes of a text
    static constexpr Field<bool, 63> notify{};
};

static_assert(TLFS_CRASH_MESSAGE == u64{1} << 62 && TLFS_CRASH_NOTIFY == u64{1} << 63);

}  // namespace hv
