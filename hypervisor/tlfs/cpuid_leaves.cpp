// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/cpuid_leaves.h"

#include "hvcall/abi/redoubt_cpuid.h"
#include "hvcall/abi/tlfs_cpuid.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {

namespace {

constinit std::atomic<bool> invariant_tsc{false};

// The hypervisor's version as leaf 0x40000002 has it; only printed by guests.
constexpr u32 version_build = 1;
constexpr u32 version_major_minor = 0 << 16 | 1;

constexpr u32 features_eax = TLFS_ACCESS_REFERENCE_COUNTER | TLFS_ACCESS_SYNIC_REGS |
                             TLFS_ACCESS_INTR_CTRL_REGS | TLFS_ACCESS_HYPERCALL_MSRS |
                             TLFS_ACCESS_VP_INDEX | TLFS_ACCESS_REFERENCE_TSC |
                             TLFS_ACCESS_FREQUENCY_REGS | TLFS_ACCESS_TSC_INVARIANT;
constexpr u32 features_ebx = TLFS_ACCESS_VSM | TLFS_ACCESS_VP_REGISTERS;
constexpr u32 features_edx =
    TLFS_XMM_INPUT_AVAILABLE | TLFS_FREQUENCY_MSRS_AVAILABLE | TLFS_VSM_PAT_AVAILABLE;

CpuidResult features(Vtl vtl) {
    CpuidResult result{features_eax, features_ebx, 0, features_edx};
    if (vtl == Vtl::Vtl1) {
        // VTL1 alone may start VPs, report a crash and set timers: stock Linux would use the crash
        // MSRs of VTL0, and make a timer its clock.
        result.ebx |= TLFS_START_VIRTUAL_PROCESSOR;
        result.edx |= TLFS_CRASH_MSRS_AVAILABLE | TLFS_SINT_POLLING_AVAILABLE;
        if (hpet::is_usable()) {
            result.eax |= TLFS_ACCESS_SYNTHETIC_TIMER_REGS;
            result.edx |= TLFS_DIRECT_SYNTHETIC_TIMERS;
        }
    }
    return result;
}

CpuidResult machine() {
    return {(pci::is_checked_platform() ? REDOUBT_PLATFORM_CHECKED : 0) |
                (xcr0::is_hidden() ? 0 : REDOUBT_MACHINE_XCR0_INTERCEPT),
            0, 0, 0};
}

CpuidResult counters(const Vp& vp) {
    const u64 entries = vp.entries.load(std::memory_order_relaxed);
    const u64 switches = vp.view_switches.load(std::memory_order_relaxed);
    return {static_cast<u32>(entries), static_cast<u32>(entries >> 32), static_cast<u32>(switches),
            static_cast<u32>(switches >> 32)};
}

/// VTL0 is not told what it cannot use; VTL1 wants to know whether devices reach its memory.
CpuidResult hardware(Vtl vtl) {
    const bool remaps = vtl == Vtl::Vtl1 && iommu::is_active();
    return {TLFS_HARDWARE_SLAT | (remaps ? TLFS_HARDWARE_DMA_REMAPPING : 0), 0, 0, 0};
}

CpuidResult hypervisor_leaf(const Vp& vp, u32 leaf) {
    switch (leaf) {
        case TLFS_CPUID_VENDOR:
            return {TLFS_CPUID_HARDWARE, TLFS_VENDOR_EBX, TLFS_VENDOR_ECX, TLFS_VENDOR_EDX};
        case TLFS_CPUID_INTERFACE:
            return {TLFS_INTERFACE_EAX, 0, 0, 0};
        case TLFS_CPUID_VERSION:
            return {version_build, version_major_minor, 0, 0};
        case TLFS_CPUID_FEATURES:
            return features(vp.active);
        case TLFS_CPUID_HINTS:
            return {TLFS_HINT_REMOTE_TLB_FLUSH | TLFS_HINT_RELAXED_TIMING, TLFS_SPIN_NEVER_NOTIFY,
                    cpuid(0x8000'0008).eax & 0x7f, 0};
        case TLFS_CPUID_LIMITS:
            return {max_vps, max_vps, 0, 0};
        case TLFS_CPUID_HARDWARE:
            return hardware(vp.active);
        case REDOUBT_CPUID_SIGNATURE:
            return {REDOUBT_CPUID_COUNTERS, 0x6f64'6552, 0x2074'6275, 0x2020'2020};  // "Redoubt "
        case REDOUBT_CPUID_MACHINE:
            return machine();
        case REDOUBT_CPUID_COUNTERS:
            return counters(vp);
        default:
            return {};
    }
}

void replace_bit(u32& word, unsigned bit, bool value) {
    word = (word & ~(1U << bit)) | (value ? 1U << bit : 0);
}

}  // namespace

CpuidResult guest_cpuid(const Vp& vp, u32 leaf, u32 subleaf) {
    if (leaf >= 0x4000'0000 && leaf <= 0x4fff'ffff) {
        return hypervisor_leaf(vp, leaf);
    }
    CpuidResult result = cpuid(leaf, subleaf);
    const u64 cr4 = vp.vtl[static_cast<usize>(vp.active)].vmcb.cr4;
    switch (leaf) {  // @source AMD APM vol. 3, appendix E
        case 1:
            replace_bit(result.ecx, 27, (cr4 & cr4_osxsave) != 0);
            replace_bit(result.ecx, 31, true);  // a hypervisor is present
            if (vp.active == Vtl::Vtl1) {
                replace_bit(result.ecx, 21, true);  // VTL1's APIC is ours and has x2APIC mode
            }
            break;
        case 7:
            if (subleaf == 0) {
                replace_bit(result.ecx, 4, (cr4 & cr4_pke) != 0);
            }
            break;
        case 0x8000'0001:
            replace_bit(result.ecx, 2, false);  // SVM
            break;
        case 0x8000'0007:
            if (tsc_invariant_shown()) {
                replace_bit(result.edx, 8, true);
            }
            break;
        case 0x8000'000a:  // SVM features
            return {};
        default:
            break;
    }
    xcr0::hide(leaf, subleaf, result);
    return result;
}

bool tsc_invariant_shown() {
    return invariant_tsc.load(std::memory_order_relaxed);
}

void show_tsc_invariant() {
    invariant_tsc.store(true, std::memory_order_relaxed);
}

}  // namespace hypervisor
