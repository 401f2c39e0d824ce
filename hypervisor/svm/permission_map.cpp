// SPDX-License-Identifier: MIT
#include "hypervisor/svm/permission_map.h"

#include <bit>

#include "hypervisor/platform/door.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/platform/msr_rules.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

// Two bits to an MSR, for three ranges.
struct alignas(base::page_size) MsrMap {
    static constexpr unsigned read = 1;
    static constexpr unsigned write = 2;

    std::array<u8, 0x2000> bytes;

    void set(u32 msr, unsigned bits, unsigned value) {
        const auto [byte, shift] = locate(msr);
        bytes[byte] = static_cast<u8>((bytes[byte] & ~(bits << shift)) | value << shift);
    }

    unsigned get(u32 msr, unsigned bits) const {
        const auto [byte, shift] = locate(msr);
        return bytes[byte] >> shift & bits;
    }

private:
    struct Place {
        usize byte;
        unsigned shift;
    };

    static Place locate(u32 msr) {
        constexpr u32 range_msrs = 0x2000;
        const u32 range = msr < range_msrs ? 0 : msr < 0xc001'0000 ? 1 : 2;
        const u32 bit = (range * range_msrs + msr % range_msrs) * 2;
        return {bit / 8, bit % 8};
    }
};

// One bit to a port, and one page more than 64 Ki bits need.
struct alignas(base::page_size) IoMap {
    std::array<u8, 0x3000> bytes;

    /// Everything is intercepted but these.
    void open(const PortRange& range) {
        for (u32 port = range.first; port <= range.last; ++port) {
            bytes[port / 8] = static_cast<u8>(bytes[port / 8] & ~(1U << port % 8));
        }
    }
};

constinit std::array<MsrMap, 2> always{};  // by VTL; VTL1's VMCBs use theirs as it is
constinit std::array<MsrMap, max_vps> vtl0_maps{};
constinit IoMap io_map{};

void intercept(MsrMap& map, u32 msr, unsigned bits) {
    map.set(msr, bits, bits);
}

/// Everything is intercepted but what the list lets through.
void apply_rules(MsrMap& map) {
    map.bytes.fill(is_open(Door::Msrs) ? 0 : 0xff);
    for (const MsrRange& range : msr_ranges) {
        const unsigned through =
            range.rule == MsrRule::Open ? MsrMap::read | MsrMap::write : MsrMap::read;
        for (u32 msr = range.first; msr <= range.last; ++msr) {
            map.set(msr, through, 0);
        }
    }
}

}  // namespace

void initialise_permission_maps() {
    constexpr unsigned both = MsrMap::read | MsrMap::write;
    for (MsrMap& map : always) {
        apply_rules(map);
        intercept(map, msr_efer, both);
        intercept(map, msr_pat, both);
        intercept(map, msr_tsc, MsrMap::write);
        intercept(map, msr_vm_cr, both);
        intercept(map, msr_ignne, both);
        intercept(map, msr_smm_ctl, both);
        intercept(map, msr_vm_hsave_pa, both);
    }
    auto& [vtl0, vtl1] = always;
    intercept(vtl0, msr_apic_base, MsrMap::write);
    intercept(vtl0, msr_x2apic_icr, MsrMap::write);
    for (u32 msr = msr_x2apic_first; msr <= msr_x2apic_last; ++msr) {
        if (is_x2apic_lvt(msr)) {
            intercept(vtl0, msr, MsrMap::write);
        }
    }
    // VTL1 must not reach VTL0's APIC.
    intercept(vtl1, msr_apic_base, both);
    for (u32 msr = msr_x2apic_first; msr <= msr_x2apic_last; ++msr) {
        intercept(vtl1, msr, both);
    }
    io_map.bytes.fill(is_open(Door::Ports) ? 0 : 0xff);
    for (const PortRange& range : port_ranges) {
        if (range.rule == PortRule::Open) {
            io_map.open(range);
        }
    }
}

void use_permission_maps(Vp& vp) {
    const auto& [always0, always1] = always;
    MsrMap& vtl0 = vtl0_maps[vp.index];
    vtl0 = always0;
    vp.of(Vtl::Vtl0).vmcb.msrpm_base_pa = std::bit_cast<u64>(&vtl0);
    vp.of(Vtl::Vtl1).vmcb.msrpm_base_pa = std::bit_cast<u64>(&always1);
    for (VtlContext& context : vp.vtl) {
        context.vmcb.iopm_base_pa = std::bit_cast<u64>(&io_map);
    }
}

void intercept_msr_write(Vp& vp, u32 msr, bool armed) {
    const unsigned value = armed ? MsrMap::write : always[0].get(msr, MsrMap::write);
    vtl0_maps[vp.index].set(msr, MsrMap::write, value);
}

}  // namespace hypervisor
