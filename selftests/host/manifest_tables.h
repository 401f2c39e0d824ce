// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "policies/text_site.h"

namespace host {

using base::u32;
using base::u64;
using base::u8;
using base::usize;

/// The sections of a manifest, to be filled by a test.
struct ManifestTables {
    u64 link_base = 0xffff'ffff'8100'0000;
    u32 image_bytes = 0x10000;
    std::vector<manifest_symbol> symbols{};
    std::vector<manifest_region> regions{};
    std::vector<u8> digests{};
    std::vector<u32> relocations64{};
    std::vector<u32> relocations32{};
    std::vector<u32> inverse32{};
    std::vector<manifest_site> sites{};
    std::vector<u8> values{};
    std::vector<manifest_target> targets{};
    std::vector<manifest_key> keys{};
    std::vector<manifest_mask> masks{};

    policies::KernelTables tables() const {
        return {.link_base = link_base,
                .image_bytes = image_bytes,
                .symbols = symbols,
                .regions = regions,
                .digests = digests,
                .relocations64 = relocations64,
                .relocations32 = relocations32,
                .inverse32 = inverse32,
                .sites = sites,
                .values = values,
                .targets = targets,
                .keys = keys,
                .masks = masks};
    }
};

}  // namespace host
