// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>

#include "selftests/host/manifest_tables.h"

// What a patch site may hold, made the other way round: every legal value is written down. Slow.
namespace host {

using Bytes = std::vector<u8>;

struct SiteModel {
    const ManifestTables& tables;
    u64 slide;
    const std::vector<base::Gva>& trampolines;

    /// opcode and displacement; the address of the end of the branch is the site's plus the length.
    static Bytes branch(std::initializer_list<u8> opcode, u64 from, u64 to, usize width = 4) {
        Bytes bytes{opcode};
        const u64 distance = to - (from + bytes.size() + width);
        for (usize i = 0; i < width; ++i) {
            bytes.push_back(static_cast<u8>(distance >> (8 * i)));
        }
        return bytes;
    }

    u64 start() const { return tables.link_base + slide; }

    /// Of kinds that may change at run time, and of VALUES, ENDBR, SMP_LOCK.
    std::vector<Bytes> legal_values(const manifest_site& site) const {
        const Bytes nop2{0x66, 0x90};
        const Bytes nop5{0x0f, 0x1f, 0x44, 0x00, 0x00};
        const Bytes ret{0xc3, 0xcc, 0xcc, 0xcc, 0xcc};
        const u64 from = start() + site.offset;
        std::vector<u64> group;
        for (const manifest_target& target : tables.targets) {
            if (target.group == site.argument) {
                group.push_back(start() + target.offset);
            }
        }
        std::vector<Bytes> found;
        const auto branches = [&](std::initializer_list<u8> opcode) {
            for (const u64 to : group) {
                found.push_back(branch(opcode, from, to));
            }
        };
        switch (site.kind) {
            case MANIFEST_SITE_VALUES:
                for (usize i = 0; i < site.key; ++i) {
                    const auto begin = tables.values.begin() + site.argument +
                                       static_cast<std::ptrdiff_t>(i * site.length);
                    found.emplace_back(begin, begin + site.length);
                }
                break;
            case MANIFEST_SITE_ENDBR:
                found = {{0xf3, 0x0f, 0x1e, 0xfa}, {0x66, 0x0f, 0x1f, 0x00}};
                break;
            case MANIFEST_SITE_SMP_LOCK:
                found = {{0xf0}, {0x3e}};
                break;
            case MANIFEST_SITE_FTRACE:
                for (const base::Gva to : trampolines) {
                    if (to.raw() - start() >= tables.image_bytes) {
                        found.push_back(reachable_call(from, to.raw()));
                    }
                }
                [[fallthrough]];
            case MANIFEST_SITE_FTRACE_CORE:
                found.push_back(nop5);
                branches({0xe8});
                break;
            case MANIFEST_SITE_JUMP_LABEL:
                found.push_back(site.length == 2 ? nop2 : nop5);
                found.push_back(site.length == 2 ? branch({0xeb}, from, start() + site.argument, 1)
                                                 : branch({0xe9}, from, start() + site.argument));
                break;
            case MANIFEST_SITE_STATIC_CALL:
                found = {nop5, {0x2e, 0x2e, 0x2e, 0x31, 0xc0}};
                branches({0xe8});
                break;
            case MANIFEST_SITE_TRAMPOLINE:
                if (site.length == 6) {
                    for (u8 condition = 0x80; condition < 0x90; ++condition) {
                        branches({0x0f, condition});
                    }
                    break;
                }
                found.push_back(ret);
                branches({0xe9});
                break;
            default:
                break;
        }
        return found;
    }

    /// A call; nothing if the address is too far away.
    static Bytes reachable_call(u64 from, u64 to) {
        const auto distance = static_cast<std::int64_t>(to - from - 5);
        const bool is_near = distance == static_cast<std::int32_t>(distance);
        return is_near ? branch({0xe8}, from, to) : Bytes{};
    }
};

}  // namespace host
