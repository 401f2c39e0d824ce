// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "vtl1/types.h"

namespace vtl1 {

/// @source Intel SDM vol. 3A, 2.5, "Control Registers"; AMD APM vol. 2, 3.1.3
struct Cr4 : base::Register<Cr4> {
    static constexpr Field<bool, 5> pae{};
    static constexpr Field<bool, 6> mce{};  // without it a machine check shuts the CPU down
    static constexpr Field<bool, 11> umip{};
    static constexpr Field<bool, 20> smep{};
    static constexpr Field<bool, 21> smap{};
};

/// @source AMD APM vol. 2, appendix A, "MSR Cross-Reference"
struct GsBaseMsr : base::Register<GsBaseMsr> {
    static constexpr u32 msr = 0xc000'0101;
};

/// @source Intel SDM vol. 3A, figure 11-26, "IA32_APIC_BASE MSR Supporting x2APIC"
struct ApicBaseMsr : base::Register<ApicBaseMsr> {
    static constexpr u32 msr = 0x1b;

    static constexpr Field<bool, 10> x2apic{};
    static constexpr Field<bool, 11> enable{};
};

/// @source Intel SDM vol. 3A, figure 11-23, "Spurious-Interrupt Vector Register"; table 11-6
struct ApicSpuriousMsr : base::Register<ApicSpuriousMsr> {
    static constexpr u32 msr = 0x80f;

    static constexpr Field<u8, 7, 0> vector{};
    static constexpr Field<bool, 8> software_enable{};
};

}  // namespace vtl1
