// SPDX-License-Identifier: MIT
#include "policies/poke_round.h"

#include <algorithm>

#include "policies/text_site.h"

namespace policies {

bool is_poke_round(std::span<const u8> bytes,
                   std::span<const u8> current,
                   std::span<const u8> before) {
    if (bytes.empty() || bytes.size() > poke_round_bytes_max) {
        return false;
    }
    if (bytes.size() == 1 && (bytes[0] == int3 || current[0] == int3)) {
        return true;
    }
    return std::ranges::any_of(before, [](u8 byte) { return byte == int3; });
}

}  // namespace policies
