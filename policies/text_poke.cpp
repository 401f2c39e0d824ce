// SPDX-License-Identifier: MIT
#include "policies/text_poke.h"

#include <algorithm>

namespace policies {

namespace {

using SiteBytes = std::array<u8, run_time_site_bytes_max>;

/// The first bytes of all legal values of such sites.
constexpr std::array<u8, 7> first_bytes{0x0f, 0x2e, 0x66, 0xc3, 0xe8, 0xe9, 0xeb};

bool is_guarded(const manifest_site& site) {
    return site.kind == MANIFEST_SITE_FTRACE && (site.key & MANIFEST_FTRACE_GUARDED) != 0;
}

bool is_breakpoint(const TextStore& store, ChangedBytes changed) {
    return changed.end - changed.begin == 1 && store.bytes[changed.begin] == int3;
}

/// Whether the bytes are a legal value with some other first byte.
bool has_legal_tail(const KernelText& text, const manifest_site& site, SiteBytes bytes) {
    return std::ranges::any_of(first_bytes, [&](u8 first) {
        bytes[0] = first;
        return is_legal_value(text, site, std::span{bytes}.first(site.length));
    });
}

/// Whether the tail is a legal one but for its last byte, which is that of `before`, a legal one.
bool is_half_way(const KernelText& text,
                 const manifest_site& site,
                 const SiteBytes& before,
                 SiteBytes bytes) {
    if (bytes.back() != before.back() || !has_legal_tail(text, site, before)) {
        return false;
    }
    for (u32 last = 0; last <= 0xff; ++last) {
        bytes.back() = static_cast<u8>(last);
        if (has_legal_tail(text, site, bytes)) {
            return true;
        }
    }
    return false;
}

bool is_tail_allowed(const KernelText& text,
                     const manifest_site& site,
                     const SiteBytes& before,
                     const SiteBytes& after) {
    if (site.length < run_time_site_bytes_max) {
        return has_legal_tail(text, site, after);
    }
    const bool keeps_condition = before[1] == after[1];
    return keeps_condition &&
           (has_legal_tail(text, site, after) || is_half_way(text, site, before, after));
}

PokeVerdict judge_change(const KernelText& text,
                         const manifest_site& site,
                         const SiteBytes& before,
                         const SiteBytes& after) {
    const bool changes_first = before[0] != after[0];
    const bool changes_tail =
        !std::ranges::equal(std::span{before}.subspan(1), std::span{after}.subspan(1));
    if (changes_first && changes_tail) {
        return PokeVerdict::NotStopped;
    }
    if (before[0] != int3) {
        return after[0] == int3 ? PokeVerdict::Write : PokeVerdict::NotStopped;
    }
    if (changes_tail) {
        return is_tail_allowed(text, site, before, after) ? PokeVerdict::Write
                                                          : PokeVerdict::BadTail;
    }
    return is_legal_value(text, site, std::span{after}.first(site.length)) ? PokeVerdict::Write
                                                                           : PokeVerdict::BadValue;
}

}  // namespace

bool changes_at_run_time(const manifest_site& site) {
    switch (site.kind) {
        case MANIFEST_SITE_FTRACE:
        case MANIFEST_SITE_JUMP_LABEL:
        case MANIFEST_SITE_STATIC_CALL:
        case MANIFEST_SITE_TRAMPOLINE:
        case MANIFEST_SITE_FTRACE_CORE:
            return true;
        default:
            return false;
    }
}

ChangedBytes changed_bytes(const TextStore& store) {
    ChangedBytes changed{};
    for (usize i = 0; i < store.bytes.size(); ++i) {
        if (store.bytes[i] == store.current[i]) {
            continue;
        }
        if (changed.end == 0) {
            changed.begin = i;
        }
        changed.end = i + 1;
    }
    return changed;
}

std::expected<manifest_site, PokeVerdict> find_poked_site(const KernelImage& image,
                                                          const TextStore& store) {
    const ChangedBytes changed = changed_bytes(store);
    if (changed.begin == changed.end) {
        return std::unexpected(PokeVerdict::Unchanged);
    }
    const u64 begin = store.offset + changed.begin;
    const u64 end = store.offset + changed.end;
    if (end > image.tables().image_bytes) {
        return std::unexpected(PokeVerdict::NoSite);
    }
    const Result<manifest_site> site = image.find_site(static_cast<u32>(begin));
    if (!site.has_value() || !changes_at_run_time(*site)) {
        if (is_breakpoint(store, changed)) {
            return std::unexpected(PokeVerdict::Probe);
        }
        return std::unexpected(site.has_value() ? PokeVerdict::BootOnly : PokeVerdict::NoSite);
    }
    if (end > end_of(*site)) {
        return std::unexpected(PokeVerdict::NoSite);
    }
    return *site;
}

PokeVerdict judge_poke(const KernelText& text,
                       const manifest_site& site,
                       std::span<const u8> before,
                       const TextStore& store) {
    if (text.image.is_frozen(site)) {
        return PokeVerdict::Frozen;
    }
    if (is_guarded(site)) {
        return PokeVerdict::Guarded;
    }
    SiteBytes old_bytes{};
    std::ranges::copy(before, old_bytes.begin());
    SiteBytes new_bytes = old_bytes;
    const ChangedBytes changed = changed_bytes(store);
    for (usize i = changed.begin; i < changed.end; ++i) {
        new_bytes[store.offset + i - site.offset] = store.bytes[i];
    }
    return judge_change(text, site, old_bytes, new_bytes);
}

}  // namespace policies
