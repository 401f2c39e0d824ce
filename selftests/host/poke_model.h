// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "policies/text_poke.h"
#include "selftests/host/site_model.h"

// Kernel text in a byte array, poked as VTL1 does it, and judged by what a person would say.
namespace host {

class PokedText {
public:
    PokedText(const ManifestTables& made,
              const policies::KernelImage& image,
              u64 slide,
              const std::vector<base::Gva>& trampolines)
        : made_(made),
          model_{.tables = made, .slide = slide, .trampolines = trampolines},
          text_{.image = image, .slide = slide, .trampolines = trampolines},
          bytes_(made.image_bytes) {
        for (const manifest_site& site : made.sites) {
            values_.push_back(model_.legal_values(site));
            values_.back().erase(std::remove(values_.back().begin(), values_.back().end(), Bytes{}),
                                 values_.back().end());
        }
    }

    /// What the site may be, and the bytes that it is.
    const std::vector<Bytes>& values(usize site) const { return values_[site]; }

    std::span<u8> bytes_of(usize site) {
        return std::span{bytes_}.subspan(made_.sites[site].offset, made_.sites[site].length);
    }

    std::span<const u8> bytes() const { return bytes_; }

    void set(usize site, const Bytes& value) { std::ranges::copy(value, bytes_of(site).begin()); }

    /// As at run time: nothing is written unless it is allowed.
    policies::PokeVerdict poke(u32 offset, std::span<const u8> bytes) {
        const auto target = std::span{bytes_}.subspan(offset, bytes.size());
        const policies::TextStore store{.offset = offset, .bytes = bytes, .current = target};
        const auto site = policies::find_poked_site(text_.image, store);
        if (!site.has_value()) {
            return site.error();
        }
        const auto before = std::span{bytes_}.subspan(site->offset, site->length);
        const policies::PokeVerdict verdict = policies::judge_poke(text_, *site, before, store);
        if (policies::is_allowed(verdict)) {
            std::ranges::copy(bytes, target.begin());
        }
        return verdict;
    }

    /// Whether executing it is right: a legal value, or a breakpoint before the bytes of legal
    /// values; the last byte of a conditional jump may be another's.
    bool is_right(usize site) {
        const auto now = bytes_of(site);
        const Bytes whole{now.begin(), now.end()};
        const auto& legal = values_[site];
        if (std::ranges::find(legal, whole) != legal.end()) {
            return true;
        }
        if (whole[0] != policies::int3 || !changes(made_.sites[site])) {
            return false;
        }
        const auto agrees = [&](usize begin, usize end) {
            return std::ranges::any_of(legal, [&](const Bytes& value) {
                return std::equal(value.begin() + static_cast<std::ptrdiff_t>(begin),
                                  value.begin() + static_cast<std::ptrdiff_t>(end),
                                  whole.begin() + static_cast<std::ptrdiff_t>(begin));
            });
        };
        return agrees(1, whole.size()) ||
               (whole.size() == 6 && agrees(1, 5) && agrees(1, 2) && agrees(5, 6));
    }

    /// Whether the site has the bytes that it has in another copy of the text.
    bool is_as_in(std::span<const u8> other, usize site) {
        const manifest_site& one = made_.sites[site];
        return std::ranges::equal(bytes_of(site), other.subspan(one.offset, one.length));
    }

    static bool changes(const manifest_site& site) {
        return site.kind == MANIFEST_SITE_FTRACE || site.kind == MANIFEST_SITE_JUMP_LABEL ||
               site.kind == MANIFEST_SITE_STATIC_CALL || site.kind == MANIFEST_SITE_TRAMPOLINE ||
               site.kind == MANIFEST_SITE_FTRACE_CORE;
    }

    /// Whether VTL0 may never change it.
    bool is_fixed(usize site) const {
        const manifest_site& one = made_.sites[site];
        if (!changes(one)) {
            return true;
        }
        if (one.kind == MANIFEST_SITE_FTRACE) {
            return (one.key & MANIFEST_FTRACE_GUARDED) != 0;
        }
        return one.kind != MANIFEST_SITE_FTRACE_CORE &&
               made_.keys[one.key].freedom == MANIFEST_KEY_FROZEN;
    }

private:
    const ManifestTables& made_;
    SiteModel model_;
    policies::KernelText text_;
    std::vector<std::vector<Bytes>> values_;
    Bytes bytes_;
};

}  // namespace host
