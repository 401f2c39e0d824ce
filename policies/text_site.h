// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "policies/table_check.h"

namespace policies {

inline constexpr u8 int3 = 0xcc;
inline constexpr usize constant_groups_max = 16;  // that a kernel may have

/// VTL0's kernel where it runs. Made for one question: the arrays behind it live elsewhere.
struct KernelText {
    KernelImage image;
    u64 slide = 0;                     // bytes, from where it is linked
    std::span<const Gva> trampolines;  // admitted for ftrace, outside the image; ascending
};

/// Whether the site may hold these bytes while its instruction can be executed. A breakpoint that
/// stands for an instruction is not among them: nothing may be in flight at seal.
///
/// Guarded functions and frozen keys make no difference here: what they may be at seal they may
/// stay. All sites of kind CONSTANT hold a legal value; see ConstantGroups.
///
/// Not covered: which condition a conditional jump has. The manifest does not say it.
/// @source Linux: arch/x86/kernel/{alternative,ftrace,jump_label,static_call}.c, asm/nops.h
bool is_legal_value(const KernelText& text, const manifest_site& site, std::span<const u8> bytes);

/// The numbers in sites of kind CONSTANT. All of a group must be the same, and the first that is
/// looked at says which.
class ConstantGroups {
public:
    /// @param site   of kind CONSTANT
    /// @param bytes  site.length of them
    /// @return whether it is the group's number, or its first; false for a 17th group
    bool agrees(const manifest_site& site, std::span<const u8> bytes);

private:
    struct Group {
        u32 name;  // of the manifest
        u64 number;
    };

    std::array<Group, constant_groups_max> groups_{};
    usize group_count_ = 0;
};

}  // namespace policies
