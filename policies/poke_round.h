// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "policies/types.h"

namespace policies {

inline constexpr usize poke_round_bytes_max = 5;  // a conditional jump's tail

/// Whether a store into text of which nobody knows the sites looks like one of the three rounds in
/// which Linux changes an instruction (text_poke.h): a breakpoint comes, goes, or stands before
/// the bytes that change.
///
/// Why it suffices: it tells patching from ordinary data. What such text may hold is not known, so
/// nothing more can be asked.
///
/// @param bytes    that would be written
/// @param current  what they are now, as many
/// @param before   up to two bytes in front of them, as far as they lie on the same page; a tail of
///                 5 bytes is written in two stores, of which the second begins at its second byte
bool is_poke_round(std::span<const u8> bytes,
                   std::span<const u8> current,
                   std::span<const u8> before);

}  // namespace policies
