// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/wire.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/mm/frame_pool.h"
#include "vtl1/seal/manifest_header.h"

namespace vtl1 {

/// A page of a section, by the section's number in the header.
struct ManifestPlace {
    u32 section;
    u32 page;

    friend constexpr bool operator==(const ManifestPlace&, const ManifestPlace&) = default;
};

/// The manifest in VTL1's own memory. Pages come in the order of the header's sections, and within
/// a section in order; each section is compared with its digest when it is whole.
class Manifest {
public:
    /// Takes the header and memory for all sections.
    /// @return Error::TooLate if there is a header, Error::NoMemory; nothing has changed
    Result<void> begin(const ManifestHeader& header, FramePool& pool);

    bool has_header() const { return has_header_; }

    const ManifestHeader& header() const { return header_; }

    /// The page that comes next; nothing if all are there, or no header.
    std::optional<ManifestPlace> wanted() const;

    /// Where the next page goes, to be filled by the caller.
    /// @return Error::BadArgument if it is not that page's turn, or nothing is missing
    Result<PageBytes*> next_page(const ManifestPlace& place);

    /// The page from next_page() has been filled.
    /// @return Error::Refused: the section is not the one that was signed; it begins anew
    Result<void> accept_page();

    bool is_complete() const { return has_header_ && current_ == header_.sections().size(); }

    /// A section as an array; empty if the manifest does not have it. @pre is_complete()
    template <base::WireType T>
    std::span<const T> table(u32 kind) const {
        const std::span<const std::byte> bytes = bytes_of(kind);
        // SAFETY: pages are aligned for every wire type, and any bytes are a T.
#pragma clang unsafe_buffer_usage begin
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
#pragma clang unsafe_buffer_usage end
    }

private:
    std::span<const std::byte> bytes_of(u32 kind) const;
    void begin_section();

    ManifestHeader header_;
    std::array<std::span<PageBytes>, MANIFEST_SECTIONS_MAX> pages_{};
    bool has_header_ = false;
    usize current_ = 0;  // section that is being taken
    u32 taken_ = 0;      // pages of it
    crypto::Sha512Cut256 hash_;
};

}  // namespace vtl1
