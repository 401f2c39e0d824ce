// SPDX-License-Identifier: MIT
#include "vtl1/boot/address_space.h"

#include "vtl1/mm/address_map.h"

namespace vtl1 {

Result<void> map_image(PageTables& tables,
                       std::span<const Segment> image,
                       const ImageFrames& image_frames) {
    for (const Segment& segment : image) {
        for (u64 i = 0; i < segment.page_count; ++i) {
            const Hva page{segment.first.raw() + i * page_size};
            const u64 number = (page.raw() - image_start.raw()) / page_size;
            TRY(tables.map(page, image_frames[number], segment.rights));
        }
    }
    return {};
}

// Tables taken on the way come from frames that are mapped here too, since free ones are.
Result<void> map_pool(PageTables& tables, const FramePool& pool) {
    for (u32 i = 0; i < pool.list().frame_count(); ++i) {
        const FrameUse use = pool.use_of(FrameIndex{i});
        if (use == FrameUse::Image || use == FrameUse::CpuArea) {
            continue;
        }
        const Hva page{pool_start.raw() + i * page_size};
        TRY(tables.map(page, pool.gpa_of(FrameIndex{i}), PageRights::ReadWrite));
    }
    return {};
}

}  // namespace vtl1
