// SPDX-License-Identifier: MIT
// The sections of a manifest: whatever is in them, nothing is read out of bounds; and what is taken
// is in order, as a second look says.
#include "selftests/fuzz/fake_cpu.h"
#include "selftests/fuzz/manifest_input.h"
#include "selftests/fuzz/seeds.h"

namespace {

using namespace fuzz;  // NOLINT: a fuzzer's own namespace
using fake_cpu::finding;

template <class Record>
void take_records(Input& input, std::vector<Record>& records) {
    for (u32 count = input.take() % 5; count != 0; --count) {
        records.push_back(input.take<Record>());
    }
}

/// All sections are any bytes.
host::ManifestTables take_anything(Input& input) {
    host::ManifestTables made;
    made.image_bytes = input.take<u32>();
    made.link_base = input.take<u64>() & ~u64{0x1f'ffff};
    made.digests.resize(input.take() % 5 * u64{MANIFEST_DIGEST_BYTES});
    take_records(input, made.sites);
    take_records(input, made.symbols);
    take_records(input, made.regions);
    take_records(input, made.relocations64);
    take_records(input, made.relocations32);
    take_records(input, made.inverse32);
    take_records(input, made.values);
    take_records(input, made.targets);
    take_records(input, made.keys);
    take_records(input, made.masks);
    return made;
}

/// One number in one section is something else.
void change_one(Input& input, host::ManifestTables& made) {
    manifest_site& site = made.sites[input.take() % made.sites.size()];
    switch (input.take() % 6) {
        case 0:
            site = input.take<manifest_site>();
            break;
        case 1:
            site.offset = input.take<u32>();
            break;
        case 2:
            site.argument = input.take<u32>();
            break;
        case 3:
            site.key = input.take<u16>();
            break;
        case 4:
            made.relocations32.push_back(input.take<u16>() % fuzzed_image_bytes);
            break;
        default:
            made.image_bytes = input.take<u16>();
            break;
    }
}

void judge_sites(const host::ManifestTables& made) {
    u64 end = 0;
    for (const manifest_site& site : made.sites) {
        if (site.offset < end) {
            finding("sites are not in order", site.offset);
        }
        end = u64{site.offset} + site.length;
        if (site.length == 0 || end > made.image_bytes) {
            finding("a site outside of the image", site.offset);
        }
        for (const u32 field : made.relocations32) {
            if (field < end && u64{field} + 4 > site.offset) {
                finding("a field in a site", field);
            }
        }
    }
}

void use(Input& input, const host::ManifestTables& made, const policies::KernelImage& image) {
    const std::vector<base::Gva> trampolines{base::Gva{input.take<u64>()}};
    const policies::KernelText text{
        .image = image, .slide = input.take<u64>(), .trampolines = trampolines};
    policies::ConstantGroups constants;
    for (const manifest_site& site : made.sites) {
        const auto found = image.find_site(site.offset + site.length - 1);
        if (!found || found->offset != site.offset) {
            finding("a site is not found", site.offset);
        }
        std::vector<u8> bytes(site.length);
        std::ranges::copy(input.take_bytes(site.length), bytes.begin());
        static_cast<void>(policies::is_legal_value(text, site, bytes));
        static_cast<void>(image.is_frozen(site));
        if (site.kind == MANIFEST_SITE_CONSTANT) {
            static_cast<void>(constants.agrees(site, bytes));
        }
        for (usize i = 0; site.kind == MANIFEST_SITE_VALUES && i < site.key; ++i) {
            const auto value = image.value(site, i);
            if (!policies::is_legal_value(text, site, value.bytes)) {
                finding("a listed value is not legal", i);
            }
        }
    }
    for (const manifest_target& target : made.targets) {
        if (!image.is_target(target.group, target.offset)) {
            finding("a target is not found", target.offset);
        }
    }
}

void check_some(Input& input) {
    const u8 mode = input.take() % 4;
    host::ManifestTables made = mode == 0 ? take_anything(input) : take_tables(input);
    if (mode > 1) {
        change_one(input, made);
    }
    const auto image = policies::check_tables(made.tables());
    if (!image) {
        if (mode == 1) {
            finding("tables that are right are refused");
        }
        return;
    }
    judge_sites(made);
    use(input, made, *image);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    const std::array seeds{
        fuzz::Seed(300, 0),
        fuzz::Seed(300, 1),
        fuzz::Seed(300, 2),
        fuzz::Seed(300, 7),
    };
    fuzz::write_seeds(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const base::u8* data, base::usize size) {
    Input input{{data, size}};
    check_some(input);
    return 0;
}
