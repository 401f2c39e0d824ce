// SPDX-License-Identifier: MIT
#pragma once

#include <expected>

#include "policies/text_site.h"

namespace policies {

/// What becomes of a store of VTL0's into its sealed kernel text.
enum class PokeVerdict : u8 {
    Write,       // allowed
    Unchanged,   // allowed: the bytes are there already
    NoSite,      // changes bytes that belong to no site, or to two
    Probe,       // a breakpoint where there is no patch site: kprobes; policy: off
    BootOnly,    // the site's kind does not change after boot
    Frozen,      // the site's key stays as it is at seal
    Guarded,     // the function is never traced
    NotStopped,  // changes an instruction that a CPU may be executing
    BadTail,     // behind the breakpoint, bytes that are part of no legal instruction
    BadValue,    // would replace the breakpoint, and the instruction is not legal
};

inline constexpr usize poke_verdict_count = static_cast<usize>(PokeVerdict::BadValue) + 1;
inline constexpr usize run_time_site_bytes_max = 6;  // of a site that may change after boot

/// For the log.
constexpr const char* name_of(PokeVerdict verdict) {
    switch (verdict) {
        case PokeVerdict::Write:
            return "written";
        case PokeVerdict::Unchanged:
            return "unchanged";
        case PokeVerdict::NoSite:
            return "no patch site";
        case PokeVerdict::Probe:
            return "probe";
        case PokeVerdict::BootOnly:
            return "site does not change after boot";
        case PokeVerdict::Frozen:
            return "frozen key";
        case PokeVerdict::Guarded:
            return "guarded function";
        case PokeVerdict::NotStopped:
            return "no breakpoint before the change";
        case PokeVerdict::BadTail:
            return "bytes of no legal instruction behind the breakpoint";
        case PokeVerdict::BadValue:
            return "no legal instruction";
    }
    __builtin_trap();
}

constexpr bool is_allowed(PokeVerdict verdict) {
    return verdict <= PokeVerdict::Unchanged;
}

/// One store into the image. `current` is what the bytes are now, as many as there are new ones.
struct TextStore {
    u32 offset = 0;
    std::span<const u8> bytes;
    std::span<const u8> current;
};

/// Whether sites of this kind are patched after boot, in rounds. The others are done before VTL0 is
/// sealed.
bool changes_at_run_time(const manifest_site& site);

/// The part of a store that makes a difference: indices into its bytes. Empty: begin == end.
struct ChangedBytes {
    usize begin = 0;
    usize end = 0;
};

ChangedBytes changed_bytes(const TextStore& store);

/// The first half of a decision: which site it is about. The second needs all of that site's bytes,
/// some of which may lie outside the store.
/// @return the site, which has at most run_time_site_bytes_max bytes, to be judged; or the verdict,
/// if that is all there is to say
std::expected<manifest_site, PokeVerdict> find_poked_site(const KernelImage& image,
                                                          const TextStore& store);

/// The second half: a step of the site's machine, which is this. Linux changes an instruction that
/// other CPUs may execute in three rounds: a breakpoint on the first byte; the bytes behind it, the
/// tail; the first byte (arch/x86/kernel/alternative.c, text_poke_bp_batch). So
///
/// - while the first byte is no breakpoint, it can only become one;
/// - while it is one, either the tail changes, and then it is that of a legal value afterwards; or
///   the first byte does, and then the whole is a legal value.
///
/// No state is kept: the bytes of the site are the state. Never are bytes executed that are no
/// legal value, for a store that changes both first byte and tail is not one step for other CPUs.
///
/// A tail that is half old and half new exists in one case: Linux copies 5 bytes (of a conditional
/// jump, which has 6) by two MOVs of 4 that overlap. After the first of them, the last byte may
/// still be the old one's. A 4-byte tail is always written as a whole, if a repeated string
/// instruction is judged as one store. A conditional jump keeps its condition.
///
/// Not covered: a CPU that has fetched the old first byte and will fetch the tail only after two
/// stores, each of which is an exit of another CPU.
///
/// @param site    what find_poked_site() has found
/// @param before  all of its bytes as they are now
PokeVerdict judge_poke(const KernelText& text,
                       const manifest_site& site,
                       std::span<const u8> before,
                       const TextStore& store);

}  // namespace policies
