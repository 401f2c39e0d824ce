// SPDX-License-Identifier: MIT
#include "vtl1/services/manifest.h"

#include "vtl1/mm/scratch.h"
#include "vtl1/seal/seal.h"

namespace vtl1::services {

namespace {

Result<Gpa> parse_page(u64 raw) {
    const Gpa page{raw};
    return page.is_page_aligned() ? Result<Gpa>{page} : fail(Error::BadAddress);
}

// Every place can be asked for; only one is wanted.
Result<ManifestPlace> parse_place(u64 raw) {
    return ManifestPlace{.section = static_cast<u32>(raw >> 32), .page = static_cast<u32>(raw)};
}

}  // namespace

CallResult manifest_header(Vtl0In<::manifest_header> page) {
    auto& copy = scratch<::manifest_header>();
    const base::Untrusted<const ::manifest_header*> wire = TRY(std::move(page).fetch(copy));
    return wire.parse([](const ::manifest_header* header) -> CallResult {
        return take_manifest_header(*header);
    });
}

CallResult manifest_page(base::Untrusted<u64> page, base::Untrusted<u64> place) {
    const Gpa from = TRY(page.parse(parse_page));
    const ManifestPlace wanted = TRY(place.parse(parse_place));
    return take_manifest_page(from, wanted);
}

}  // namespace vtl1::services
