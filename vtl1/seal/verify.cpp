// SPDX-License-Identifier: MIT
#include "vtl1/seal/verify.h"

#include <algorithm>

#include "policies/text_poke.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/intercept/text_write.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/scratch.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {

namespace {

constexpr u32 page_bytes = static_cast<u32>(page_size);

/// The part of the sorted offsets that lies in [begin, end).
std::span<const u32> between(std::span<const u32> offsets, u32 begin, u32 end) {
    const auto first = std::ranges::lower_bound(offsets, begin) - offsets.begin();
    const auto last = std::ranges::lower_bound(offsets, end) - offsets.begin();
    return offsets.subspan(static_cast<usize>(first), static_cast<usize>(last - first));
}

template <class T>
void add_to_fields(std::span<const u32> fields, u32 page_offset, PageBytes& page, T change) {
    for (const u32 field : between(fields, page_offset, page_offset + page_bytes)) {
        const usize at = field - page_offset;
        const T now = base::load_wire<T>(page, at);
        base::store_wire(page, at, static_cast<T>(now + change));
    }
}

/// Overwrites with 0 what of [begin, end) lies in the page.
/// @return how many bytes
u64 mask_out(u32 begin, u32 end, u32 page_offset, PageBytes& page) {
    const u32 from = std::max(begin, page_offset) - page_offset;
    const u32 to = std::min(end, page_offset + page_bytes) - page_offset;
    std::ranges::fill(std::span{page}.subspan(from, to - from), std::byte{0});
    return to - from;
}

constexpr u32 end_of_mask(const manifest_mask& mask) {
    return mask.offset + mask.bytes;
}

}  // namespace

void KernelCheck::remove_slide(u32 offset, PageBytes& page) const {
    const u64 slide = kernel_.location.slide();
    add_to_fields<u64>(tables().relocations64, offset, page, u64{0} - slide);
    add_to_fields<u32>(tables().relocations32, offset, page, static_cast<u32>(u64{0} - slide));
    add_to_fields<u32>(tables().inverse32, offset, page, static_cast<u32>(slide));
}

// A site may begin in the page before or end in the next: it is read apart, and looked at where it
// begins.
Result<void> KernelCheck::check_site(const manifest_site& site) {
    std::array<u8, 255> storage{};
    const std::span bytes = std::as_writable_bytes(std::span{storage}).first(site.length);
    const u64 room = page_size - Gpa{site.offset}.page_offset();
    const usize in_first = std::min<usize>(site.length, room);
    TRY(copy_part_from_vtl0(kernel_.location.gpa_of(site.offset), bytes.first(in_first)));
    if (in_first < site.length) {
        TRY(copy_part_from_vtl0(kernel_.location.gpa_of(site.offset + static_cast<u32>(in_first)),
                                bytes.subspan(in_first)));
    }
    return judge_site(site, std::span{storage}.first(site.length));
}

Result<void> KernelCheck::judge_site(const manifest_site& site, std::span<const u8> bytes) {
    const bool is_legal = policies::is_legal_value(kernel_.text, site, bytes) &&
                          (site.kind != MANIFEST_SITE_CONSTANT || constants_.agrees(site, bytes));
    if (is_legal) {
        return {};
    }
    if (bytes.front() == policies::int3 && policies::changes_at_run_time(site)) {
        return fail(Error::Busy);
    }
    log("seal: no legal value of a site of kind ", u64{site.kind}, " at _text+",
        base::Hex{site.offset}, ": ", base::Hex{bytes.front()}, " ", base::Hex{bytes.back()});
    return fail(Error::Refused);
}

// Nothing else looks at what leads into the region's first page.
Result<u64> KernelCheck::check_sites(u32 offset, bool is_first, PageBytes& page) {
    u64 count = 0;
    for (const manifest_site& site :
         kernel_.text.image.sites_between(offset, offset + page_bytes)) {
        if (site.offset >= offset || is_first) {
            TRY(check_site(site));
            ++count;
        }
        mask_out(site.offset, policies::end_of(site), offset, page);
    }
    return count;
}

u64 KernelCheck::mask(u32 offset, PageBytes& page) const {
    const auto masks = tables().masks;
    u64 bytes = 0;
    for (auto each = std::ranges::upper_bound(masks, offset, {}, end_of_mask);
         each != masks.end() && each->offset < offset + page_bytes; ++each) {
        bytes += mask_out(each->offset, end_of_mask(*each), offset, page);
    }
    return bytes;
}

Result<void> KernelCheck::check_page(const manifest_region& region, u32 page_number) {
    const u32 offset = region.offset + page_number * page_bytes;
    PageBytes& page = scratch_page();
    const auto held = hold_text_writes();
    TRY(copy_from_vtl0(kernel_.location.gpa_of(offset), page));
    remove_slide(offset, page);
    const u64 sites = TRY(check_sites(offset, page_number == 0, page));
    const u64 masked_bytes = mask(offset, page);
    const auto digest = crypto::sha512_256(page);
    const usize index = usize{region.first_digest} + page_number;
    if (!std::ranges::equal(digest,
                            tables().digests.subspan(index * digest.size(), digest.size()))) {
        log("seal: page at _text+", base::Hex{offset}, " is not the manifest's");
        return fail(Error::Refused);
    }
    totals_.pages += 1;
    totals_.sites += sites;
    totals_.masked_bytes += masked_bytes;
    return {};
}

}  // namespace vtl1
