// SPDX-License-Identifier: MIT
#include "vtl1/seal/manifest.h"

#include <algorithm>

namespace vtl1 {

Result<void> Manifest::begin(const ManifestHeader& header, FramePool& pool) {
    if (has_header_) {
        return fail(Error::TooLate);
    }
    u32 total = 0;
    for (const ManifestSection& section : header.sections()) {
        total += section.page_count();
    }
    const FrameIndex first = TRY(pool.take(total, FrameUse::Data));
    std::span<PageBytes> rest = pool.pages(first, total);
    for (usize i = 0; i < header.sections().size(); ++i) {
        const u32 count = header.sections()[i].page_count();
        pages_[i] = rest.first(count);
        rest = rest.subspan(count);
    }
    header_ = header;
    has_header_ = true;
    begin_section();
    return {};
}

std::optional<ManifestPlace> Manifest::wanted() const {
    if (!has_header_ || is_complete()) {
        return std::nullopt;
    }
    return ManifestPlace{.section = header_.sections()[current_].number, .page = taken_};
}

Result<PageBytes*> Manifest::next_page(const ManifestPlace& place) {
    if (wanted() != place) {
        return fail(Error::BadArgument);
    }
    return &pages_[current_][taken_];
}

Result<void> Manifest::accept_page() {
    const ManifestSection& section = header_.sections()[current_];
    const u64 before = u64{taken_} * page_size;
    hash_.update(std::span{pages_[current_][taken_]}.first(
        std::min<u64>(page_size, section.bytes - before)));
    ++taken_;
    if (taken_ < section.page_count()) {
        return {};
    }
    const auto digest = hash_.finish();
    const bool is_signed = digest == section.digest;
    current_ += is_signed ? 1 : 0;
    begin_section();
    return is_signed ? Result<void>{} : fail(Error::Refused);
}

void Manifest::begin_section() {
    taken_ = 0;
    hash_ = crypto::Sha512Cut256{};
}

std::span<const std::byte> Manifest::bytes_of(u32 kind) const {
    const auto sections = header_.sections();
    const auto found = std::ranges::find(sections, kind, &ManifestSection::kind);
    if (found == sections.end()) {
        return {};
    }
    const auto index = static_cast<usize>(found - sections.begin());
    return std::as_bytes(pages_[index]).first(found->bytes);
}

}  // namespace vtl1
