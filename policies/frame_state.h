// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "base/types.h"
#include "hvcall/vtl_protection.h"

// What a frame of memory is to VTL0: its states, what VTL0 may do in each, and which changes are
// legal. Pure; vtl1/mm/frame_ledger.h applies it.
namespace policies {

using base::u64;
using base::u8;
using base::usize;

/// Each frame of RAM has one. The numbers are known to selftests/vtl1/calls.h.
enum class FrameState : u8 {
    Open,        // as VTL1 found it. After the close only where the hypervisor refused
    Foreign,     // outside the RAM map: never changed
    Vtl1,        // VTL1's own
    LogRing,     // VTL1's own, VTL0 reads it
    Ordinary,    // VTL0's to use, its kernel's code excepted
    FrozenText,  // text that keeps running while it is compared with the manifest
    KernelText,  // compared; for good
    FrozenData,  // read-only data, or an executable page of users', while it is compared
    Sealed,      // compared read-only data; for good
    SealedUser,  // compared, executed by users (vdso); for good
    Admitting,   // no longer written, not yet executed
    ModuleText,  // every byte is explained
    Unproved,    // text of modules that nothing explains
};

inline constexpr usize frame_state_count = 13;

/// What a caller has made sure of before it asks for a change.
enum class Proof : u8 {
    NotNeeded,    // takes execution away, or gives back what never was executable
    BeforeClose,  // VTL0 is still trusted: kernel execution is open everywhere
    Compared,     // equal to what the manifest says, since it was frozen
    Explained,    // every byte is, since it was frozen
    Permitted,    // nobody has explained it, and the operator's manifest lets it run
    Published,    // VTL1 has put into it only what VTL0 may know
};

/// What VTL0 may do with a frame. Ordinary, FrozenData and SealedUser exist only where the host
/// tells user execution from kernel execution (MBEC).
///
/// Why one table: rights that do not follow from the state cannot be checked against it.
constexpr hv::PageAccess access_of(FrameState state) {
    using enum FrameState;
    using hv::PageAccess;
    switch (state) {
        case Foreign:
        case Open:
            return PageAccess::All;
        case Vtl1:
            return PageAccess::None;
        case Ordinary:
            return PageAccess::ReadWriteUserExecute;
        case FrozenText:
        case KernelText:
        case ModuleText:
        case Unproved:
            return PageAccess::ReadExecute;
        case FrozenData:
        case SealedUser:
            return PageAccess::ReadUserExecute;
        case LogRing:
        case Sealed:
        case Admitting:
            return PageAccess::Read;
    }
    __builtin_trap();
}

/// A legal change, and what it takes.
struct Transition {
    FrameState from;
    FrameState to;
    Proof proof;
};

/// All that are legal. From a state without a row there is no way out. No row leads to Open: VTL0
/// gets memory back as Ordinary, before the close too.
inline constexpr std::array transitions{
    Transition{FrameState::Open, FrameState::FrozenText, Proof::BeforeClose},
    Transition{FrameState::Open, FrameState::FrozenData, Proof::BeforeClose},
    Transition{FrameState::Open, FrameState::Unproved, Proof::BeforeClose},
    Transition{FrameState::Open, FrameState::Ordinary, Proof::NotNeeded},
    Transition{FrameState::FrozenText, FrameState::KernelText, Proof::Compared},
    Transition{FrameState::FrozenData, FrameState::Sealed, Proof::Compared},
    Transition{FrameState::FrozenData, FrameState::SealedUser, Proof::Compared},
    Transition{FrameState::Ordinary, FrameState::Admitting, Proof::NotNeeded},
    Transition{FrameState::Admitting, FrameState::ModuleText, Proof::Explained},
    Transition{FrameState::Admitting, FrameState::Unproved, Proof::Permitted},
    Transition{FrameState::Admitting, FrameState::Ordinary, Proof::NotNeeded},
    Transition{FrameState::ModuleText, FrameState::Ordinary, Proof::NotNeeded},
    Transition{FrameState::Unproved, FrameState::Ordinary, Proof::NotNeeded},
    Transition{FrameState::Vtl1, FrameState::LogRing, Proof::Published},
};

/// What this change takes; nothing if it is not legal.
constexpr std::optional<Proof> proof_for(FrameState from, FrameState to) {
    for (const Transition& transition : transitions) {
        if (transition.from == from && transition.to == to) {
            return transition.proof;
        }
    }
    return {};
}

/// Whether the frame belongs to VTL1; such a frame cannot be named by a VTL call.
constexpr bool is_vtl1s(FrameState state) {
    return state == FrameState::Vtl1 || state == FrameState::LogRing;
}

/// Whether VTL0 may write it, and so VTL1 where VTL0 asks for an answer there.
constexpr bool is_writable(FrameState state) {
    return state != FrameState::Foreign && has_right(access_of(state), TLFS_PROTECT_WRITE);
}

/// For the log and the tests.
constexpr const char* name_of(FrameState state) {
    constexpr std::array<const char*, frame_state_count> names{
        "open",        "foreign",     "VTL1's",      "log ring", "ordinary",
        "frozen text", "kernel text", "frozen data", "sealed",   "sealed, users execute",
        "admitting",   "module text", "unproved"};
    return names[static_cast<usize>(state)];
}

}  // namespace policies
