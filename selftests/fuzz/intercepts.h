// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

/// Whether a CPU leaves the guest for something, as the VMCB and its permission maps say.
namespace fuzz {

/// By exit code. @source AMD APM vol. 2, appendix B, table B-1; appendix C
inline bool is_intercepted(const Vmcb& vmcb, u64 code) {
    const auto bit = [&](u32 vector, u64 first) { return (vector >> (code - first) & 1) != 0; };
    if (code < 0x10) {
        return bit(vmcb.intercept_cr_read, 0);
    }
    if (code < 0x20) {
        return bit(vmcb.intercept_cr_write, 0x10);
    }
    if (code < 0x30) {
        return bit(vmcb.intercept_dr_read, 0x20);
    }
    if (code < 0x40) {
        return bit(vmcb.intercept_dr_write, 0x30);
    }
    if (code < 0x60) {
        return bit(vmcb.intercept_exceptions, 0x40);
    }
    return code < 0x80 ? bit(vmcb.intercept_misc1, 0x60)
                       : code < 0xa0 && bit(vmcb.intercept_misc2, 0x80);
}

inline bool map_bit(u64 map, u64 bit) {
    return (reinterpret_cast<const u8*>(map)[bit / 8] >> bit % 8 & 1) != 0;
}

/// @source AMD APM vol. 2, 15.11
inline bool is_msr_intercepted(const Vmcb& vmcb, u32 msr, bool is_write) {
    constexpr std::array<u32, 3> ranges{0, 0xc000'0000, 0xc001'0000};
    for (u64 i = 0; i < ranges.size(); ++i) {
        if (msr - ranges[i] < 0x2000) {
            return map_bit(vmcb.msrpm_base_pa,
                           (i * 0x2000 + msr - ranges[i]) * 2 + (is_write ? 1 : 0));
        }
    }
    return true;
}

/// @source AMD APM vol. 2, 15.10.1
inline bool is_port_intercepted(const Vmcb& vmcb, base::u16 port, u64 width) {
    for (u64 at = port; at < port + width; ++at) {
        if (map_bit(vmcb.iopm_base_pa, at)) {
            return true;
        }
    }
    return false;
}

}  // namespace fuzz
