// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/input.h"
#include "selftests/host/manifest_tables.h"

namespace fuzz {

constexpr u32 fuzzed_image_bytes = 0x1000;
constexpr u32 fuzzed_key_count = 4;
constexpr u32 plain_value_bytes = 3 * 7 + 4;
constexpr std::array<u8, 2> slid_lengths{4, 7};  // three values of each behind the plain ones

/// As long as its kind asks for, mostly.
inline u8 take_length(Input& input, u8 kind) {
    constexpr std::array<std::array<u8, 2>, 13> lengths{{{1, 1},
                                                         {1, 7},
                                                         {5, 8},
                                                         {4, 4},
                                                         {5, 5},
                                                         {2, 5},
                                                         {5, 5},
                                                         {5, 6},
                                                         {1, 1},
                                                         {1, 8},
                                                         {4, 8},
                                                         {5, 5},
                                                         {4, 7}}};
    return lengths[kind % lengths.size()][input.take() % 2];
}

/// A label's target is near; other arguments are groups and places.
inline u32 take_argument(Input& input, const manifest_site& site) {
    switch (site.kind) {
        case MANIFEST_SITE_ENDBR:
        case MANIFEST_SITE_SMP_LOCK:
            return 0;
        case MANIFEST_SITE_JUMP_LABEL:
            return (site.offset + site.length + input.take()) % fuzzed_image_bytes;
        case MANIFEST_SITE_SLID_VALUES:
            return plain_value_bytes +
                   (site.length == slid_lengths[0] ? 0 : 3 * (4 + slid_lengths[0]));
        default:
            return input.take() % 4;
    }
}

inline u16 take_key(Input& input, u8 kind) {
    switch (kind) {
        case MANIFEST_SITE_VALUES:
        case MANIFEST_SITE_SLID_VALUES:
            return static_cast<u16>(1 + input.take() % 3);
        case MANIFEST_SITE_FTRACE:
            return input.take() % 2;
        case MANIFEST_SITE_JUMP_LABEL:
        case MANIFEST_SITE_STATIC_CALL:
        case MANIFEST_SITE_TRAMPOLINE:
            return static_cast<u16>(input.take() % fuzzed_key_count);
        default:
            return 0;
    }
}

/// Sites, targets, keys and values that are right, all of a small image.
inline host::ManifestTables take_tables(Input& input) {
    host::ManifestTables made;
    made.image_bytes = fuzzed_image_bytes;
    for (u32 i = 0; i < fuzzed_key_count; ++i) {
        made.keys.push_back({.offset = i * 8, .freedom = i % 2});
    }
    const std::span<const u8> values = input.take_bytes(3 * 7);
    made.values.assign(values.begin(), values.end());
    made.values.resize(plain_value_bytes);
    for (const u8 length : slid_lengths) {
        for (int i = 0; i < 3; ++i) {
            const u8 how = input.take() % 3;
            made.values.insert(made.values.end(),
                               {0, how, 0, how == 0 ? u8{0} : static_cast<u8>(input.take() % 3)});
            made.values.insert(made.values.end(), length, input.take());
        }
    }
    for (u32 group = 0; group < 4; ++group) {
        u32 offset = 0;
        for (u32 count = input.take() % 4; count != 0; --count) {
            offset += 1 + input.take<u16>() % (fuzzed_image_bytes / 4);
            made.targets.push_back({.group = group, .offset = offset});
        }
    }
    u32 offset = 0;
    for (u32 count = 1 + input.take() % 12; count != 0; --count) {
        manifest_site site{};
        site.kind = static_cast<u8>(1 + input.take() % MANIFEST_SITE_SLID_VALUES);
        site.length = take_length(input, site.kind);
        site.offset = offset + input.take() % 8;
        site.argument = take_argument(input, site);
        if (site.kind == MANIFEST_SITE_JUMP_LABEL && site.length == 2) {
            site.argument = site.offset + 2 + input.take() % 128;
        }
        site.key = take_key(input, site.kind);
        offset = site.offset + site.length;
        made.sites.push_back(site);
    }
    return made;
}

}  // namespace fuzz
