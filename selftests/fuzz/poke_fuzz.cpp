// SPDX-License-Identifier: MIT
// Any stores into kernel text with any table of sites: no site ever holds what could be executed
// and is no legal value, nothing else changes, and Linux's three rounds go through.
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/manifest_input.h"
#include "selftests/fuzz/seeds.h"
#include "selftests/host/poke_model.h"

namespace {

using namespace fuzz;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;
using host::Bytes;
using host::PokedText;
using policies::PokeVerdict;

constexpr u64 slide = 0x1000'0000;

/// Bytes at a site: of a legal value, with some of them other ones, or any.
struct Store {
    u32 offset = 0;
    Bytes bytes;
};

Store take_store(Input& input, const host::ManifestTables& made, const PokedText& text) {
    const usize number = input.take() % made.sites.size();
    const auto& values = text.values(number);
    Store store{.offset = made.sites[number].offset, .bytes = {}};
    if (values.empty() || input.take() % 8 == 0) {
        const auto any = input.take_bytes(input.take() % 16);
        store.bytes.assign(any.begin(), any.end());
    } else {
        store.bytes = values[input.take() % values.size()];
    }
    if (!store.bytes.empty() && input.flip()) {
        store.bytes[0] = policies::int3;
    }
    if (!store.bytes.empty() && input.take() % 8 == 0) {
        store.bytes[input.take() % store.bytes.size()] = input.take();
    }
    const usize begin = std::min<usize>(input.take() % 4, store.bytes.size());
    const usize count = std::min<usize>(input.take() % 8, store.bytes.size() - begin);
    const auto part = std::span{store.bytes}.subspan(begin, count);
    store.offset += static_cast<u32>(begin) + (input.take() % 16 == 0 ? 1 : 0);
    store.bytes = Bytes{part.begin(), part.end()};
    return store;
}

void judge(PokedText& text, const host::ManifestTables& made, const Bytes& first) {
    Bytes rest{text.bytes().begin(), text.bytes().end()};
    for (usize site = 0; site < made.sites.size(); ++site) {
        if (text.is_fixed(site)) {
            continue;
        }
        if (!text.is_right(site)) {
            finding("a site holds what is not legal", made.sites[site].offset);
        }
        std::copy_n(first.begin() + made.sites[site].offset, made.sites[site].length,
                    rest.begin() + made.sites[site].offset);
    }
    if (rest != first) {
        finding("what stays has changed");
    }
}

/// From whatever state a site is in.
void poke_as_linux(PokedText& text, const manifest_site& site, const Bytes& value) {
    const u8 int3 = policies::int3;
    const std::span<const u8> bytes{value};
    if (!policies::is_allowed(text.poke(site.offset, {&int3, 1})) ||
        !policies::is_allowed(text.poke(site.offset + 1, bytes.subspan(1))) ||
        !policies::is_allowed(text.poke(site.offset, bytes.first(1)))) {
        finding("a patch of Linux's is denied", site.offset);
    }
}

void finish(Input& input, PokedText& text, const host::ManifestTables& made) {
    for (usize site = 0; site < made.sites.size(); ++site) {
        const auto& values = text.values(site);
        if (!text.is_fixed(site) && !values.empty() && made.sites[site].length < 6) {
            poke_as_linux(text, made.sites[site], values[input.take() % values.size()]);
        }
    }
}

void poke_some(Input& input) {
    const host::ManifestTables made = take_tables(input);
    const auto image = policies::check_tables(made.tables());
    if (!image) {
        finding("tables that are right are refused");
    }
    const std::vector<base::Gva> trampolines{base::Gva{made.link_base + slide + 0x10'0000}};
    PokedText text{made, *image, slide, trampolines};
    for (usize site = 0; site < made.sites.size(); ++site) {
        if (const auto& values = text.values(site); !values.empty()) {
            text.set(site, values[input.take() % values.size()]);
        } else if (!text.is_fixed(site)) {
            return;  // no state is legal
        }
    }
    const Bytes first{text.bytes().begin(), text.bytes().end()};
    while (!input.is_empty()) {
        const Store store = take_store(input, made, text);
        const Bytes before{text.bytes().begin(), text.bytes().end()};
        const PokeVerdict verdict = text.poke(store.offset, store.bytes);
        if ((verdict == PokeVerdict::Write) == std::ranges::equal(before, text.bytes())) {
            finding("written, and nothing has changed, or the other way round", store.offset);
        }
        judge(text, made, first);
    }
    finish(input, text, made);
    judge(text, made, first);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{
        fuzz::Seed(300, 0),
        fuzz::Seed(300, 3),
        fuzz::Seed(300, 5),
        fuzz::Seed(300, 6),
    };
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    Input input{{data, size}};
    poke_some(input);
    return 0;
}
