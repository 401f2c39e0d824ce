// SPDX-License-Identifier: MIT
#include "vtl1/boot/initial_tables.h"

#include <algorithm>
#include <optional>

#include "vtl1/mm/address_map.h"

namespace vtl1 {

namespace {

/// The number of a page within a region of address space.
constexpr std::optional<u64> page_in(Hva page, u64 start, u64 size_bytes) {
    const u64 offset = page.raw() - start;
    return page.raw() >= start && offset < size_bytes ? std::optional{offset / page_size}
                                                      : std::nullopt;
}

bool has_rights(PageTableEntry entry, PageRights rights) {
    return entry.get(PageTableEntry::writable) == (rights == PageRights::ReadWrite) &&
           entry.get(PageTableEntry::no_execute) == (rights != PageRights::ReadExecute);
}

// The address of entry `index` of a table that begins at `base_address`; the upper half of the
// address space is reached by sign extension.
Hva address_of_entry(Hva base_address, usize index, u64 level) {
    const u64 offset = u64{index} << table_shift(level);
    const u64 sign =
        level == table_levels && index >= table_entries / 2 ? 0xffff'0000'0000'0000 : 0;
    return Hva{base_address.raw() | offset | sign};
}

class TableCheck {
public:
    TableCheck(FramePool& pool, std::span<const Segment> image, u64 info_pages, ImageFrames& frames)
        : pool_(pool), image_(image), boot_info_pages_(info_pages), image_frames_(frames) {}

    // A table that is reached twice is refused, so this ends.
    Result<void> check_table(Gpa table, u64 level, Hva base_address) {
        TRY(pool_.claim(table, FrameUse::InitialTable));
        const FrameIndex index = TRY(pool_.list().index_of(table));
        const PageTable& entries = as_table(pool_.page(index));
        for (usize i = 0; i < entries.size(); ++i) {
            if (entries[i].get(PageTableEntry::present)) {
                TRY(check_entry(entries[i], level, address_of_entry(base_address, i, level)));
            }
        }
        return {};
    }

    bool is_complete() const {
        u64 image_pages = 0;
        for (const Segment& segment : image_) {
            image_pages += segment.page_count;
        }
        return seen_image_pages_ == image_pages && seen_boot_info_pages_ == boot_info_pages_ &&
               seen_pool_pages_ == pool_.list().frame_count();
    }

private:
    Result<void> check_entry(PageTableEntry entry, u64 level, Hva page) {
        if (level == 1) {
            return check_page(entry, page);
        }
        if (entry.get(PageTableEntry::large)) {
            return fail(Error::BadArgument);
        }
        return check_table(entry.gpa(), level - 1, page);
    }

    Result<void> check_page(PageTableEntry entry, Hva page) {
        if (const auto n = page_in(page, VTL1_IMAGE_VA, VTL1_IMAGE_BYTES_MAX)) {
            return check_image_page(entry, page, *n);
        }
        if (page_in(page, VTL1_BOOT_INFO_VA, boot_info_pages_ * page_size)) {
            ++seen_boot_info_pages_;
            return has_rights(entry, PageRights::ReadOnly)
                       ? pool_.claim(entry.gpa(), FrameUse::BootInfo)
                       : fail(Error::BadArgument);
        }
        const u64 pool_bytes = pool_.list().frame_count() * page_size;
        if (const auto n = page_in(page, VTL1_POOL_VA, pool_bytes)) {
            ++seen_pool_pages_;
            const Gpa expected = pool_.gpa_of(FrameIndex{static_cast<u32>(*n)});
            const bool is_right =
                entry.gpa() == expected && has_rights(entry, PageRights::ReadWrite);
            return is_right ? Result<void>{} : fail(Error::BadArgument);
        }
        return fail(Error::BadArgument);
    }

    Result<void> check_image_page(PageTableEntry entry, Hva page, u64 number) {
        const auto segment = std::ranges::find_if(
            image_, [&](const Segment& candidate) { return candidate.contains(page); });
        if (segment == image_.end() || !has_rights(entry, segment->rights)) {
            return fail(Error::BadArgument);
        }
        TRY(pool_.claim(entry.gpa(), FrameUse::Image));
        image_frames_[number] = entry.gpa();
        ++seen_image_pages_;
        return {};
    }

    FramePool& pool_;
    std::span<const Segment> image_;
    u64 boot_info_pages_;
    ImageFrames& image_frames_;
    u64 seen_image_pages_ = 0;
    u64 seen_boot_info_pages_ = 0;
    u64 seen_pool_pages_ = 0;
};

}  // namespace

Result<Gpa> translate(FramePool& pool, Gpa root, Hva page) {
    Gpa table = root;
    for (u64 level = table_levels; level > 0; --level) {
        const FrameIndex index = TRY(pool.list().index_of(table));
        const PageTableEntry entry = as_table(pool.page(index))[table_index(page, level)];
        const bool is_usable =
            entry.get(PageTableEntry::present) && (level == 1 || !entry.get(PageTableEntry::large));
        if (!is_usable) {
            return fail(Error::BadAddress);
        }
        table = entry.gpa();
    }
    return table;
}

Result<void> check_initial_tables(FramePool& pool,
                                  Gpa root,
                                  std::span<const Segment> image,
                                  u64 boot_info_pages,
                                  ImageFrames& image_frames) {
    image_frames.fill(Gpa{});
    TableCheck check{pool, image, boot_info_pages, image_frames};
    TRY(check.check_table(root, table_levels, Hva{}));
    return check.is_complete() ? Result<void>{} : fail(Error::BadArgument);
}

}  // namespace vtl1
