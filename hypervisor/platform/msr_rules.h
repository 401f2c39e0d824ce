// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "base/types.h"

namespace hypervisor {

/// What a guest may do with an MSR of the CPU that no part of the hypervisor plays itself. One that
/// no range names is #GP, which stock kernels take as "not there" where they have to ask.
enum class MsrRule : base::u8 {
    Open,      // the CPU's own
    ReadOnly,  // a write is #GP
    Ignored,   // a write vanishes: stock kernels insist, and what it changes is everybody's
};

struct MsrRange {
    base::u32 first;
    base::u32 last;  // the last one that belongs to it
    MsrRule rule;
};

/// In order. Missing on purpose are those that place memory (IORR, TOP_MEM writes, SMM, MMIO
/// configuration), load microcode, or belong to SVM.
/// @source AMD APM vol. 2, appendix A; Intel SDM vol. 4, chapter 2
inline constexpr std::array msr_ranges{
    MsrRange{0x10, 0x10, MsrRule::Open},        // TSC; writes are played
    MsrRange{0x17, 0x17, MsrRule::ReadOnly},    // PLATFORM_ID
    MsrRange{0x1b, 0x1b, MsrRule::Open},        // APIC_BASE; played
    MsrRange{0x3a, 0x3a, MsrRule::ReadOnly},    // FEATURE_CONTROL
    MsrRange{0x48, 0x49, MsrRule::Open},        // SPEC_CTRL, PRED_CMD
    MsrRange{0x8b, 0x8b, MsrRule::Ignored},     // microcode revision; written before read
    MsrRange{0xce, 0xce, MsrRule::ReadOnly},    // PLATFORM_INFO
    MsrRange{0xe7, 0xe8, MsrRule::ReadOnly},    // MPERF, APERF
    MsrRange{0xfe, 0xfe, MsrRule::ReadOnly},    // MTRRcap
    MsrRange{0x10a, 0x10b, MsrRule::Open},      // ARCH_CAPABILITIES, FLUSH_CMD
    MsrRange{0x140, 0x140, MsrRule::Open},      // MISC_FEATURES_ENABLES
    MsrRange{0x174, 0x176, MsrRule::Open},      // SYSENTER_*
    MsrRange{0x179, 0x17b, MsrRule::Open},      // MCG_*
    MsrRange{0x1a0, 0x1a0, MsrRule::Ignored},   // MISC_ENABLE
    MsrRange{0x1d9, 0x1d9, MsrRule::Open},      // DEBUGCTL
    MsrRange{0x1db, 0x1de, MsrRule::ReadOnly},  // last branch and exception
    MsrRange{0x200, 0x20f, MsrRule::Ignored},   // MTRRs
    MsrRange{0x250, 0x250, MsrRule::Ignored},
    MsrRange{0x258, 0x259, MsrRule::Ignored},
    MsrRange{0x268, 0x26f, MsrRule::Ignored},
    MsrRange{0x2ff, 0x2ff, MsrRule::Ignored},
    MsrRange{0x400, 0x47f, MsrRule::Open},              // machine-check banks
    MsrRange{0x6a0, 0x6a8, MsrRule::Open},              // CET
    MsrRange{0x6e0, 0x6e0, MsrRule::Open},              // TSC_DEADLINE
    MsrRange{0x800, 0x8ff, MsrRule::Open},              // x2APIC; what leaves it is played
    MsrRange{0xda0, 0xda0, MsrRule::Open},              // XSS
    MsrRange{0xc000'0081, 0xc000'0084, MsrRule::Open},  // STAR, LSTAR, CSTAR, SFMASK
    MsrRange{0xc000'00e7, 0xc000'00e9, MsrRule::ReadOnly},
    MsrRange{0xc000'0100, 0xc000'0103, MsrRule::Open},      // FS, GS, KERNEL_GS_BASE, TSC_AUX
    MsrRange{0xc001'0010, 0xc001'0010, MsrRule::ReadOnly},  // SYSCFG
    MsrRange{0xc001'0015, 0xc001'0015, MsrRule::Ignored},   // HWCR
    MsrRange{0xc001'001a, 0xc001'001a, MsrRule::ReadOnly},  // TOP_MEM
    MsrRange{0xc001'001d, 0xc001'001d, MsrRule::ReadOnly},  // TOP_MEM2
    MsrRange{0xc001'001f, 0xc001'001f, MsrRule::Ignored},   // NB_CFG
    MsrRange{0xc001'0055, 0xc001'0055, MsrRule::ReadOnly},  // interrupt pending message
    MsrRange{0xc001'011f, 0xc001'011f, MsrRule::Open},      // VIRT_SPEC_CTRL
    MsrRange{0xc001'0140, 0xc001'0141, MsrRule::ReadOnly},  // OSVW
    MsrRange{0xc001'1020, 0xc001'102f, MsrRule::Ignored},   // LS_CFG, DE_CFG and their like
};

/// The rule of one MSR; nothing: #GP.
constexpr std::optional<MsrRule> msr_rule(base::u32 msr) {
    for (const MsrRange& range : msr_ranges) {
        if (range.first <= msr && msr <= range.last) {
            return range.rule;
        }
    }
    return std::nullopt;
}

static_assert(!msr_rule(0x79) && !msr_rule(0xc001'0020), "microcode");
static_assert(!msr_rule(0xc001'0016) && !msr_rule(0xc001'0111) && !msr_rule(0xc001'0114));
static_assert(msr_rule(0x2ff) == MsrRule::Ignored && msr_rule(0xc001'001a) == MsrRule::ReadOnly);
static_assert(msr_rule(0xc000'0082) == MsrRule::Open && !msr_rule(0x3b));

}  // namespace hypervisor
