// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/boot/initial_tables.h"
#include "vtl1/mm/page_tables.h"

namespace vtl1 {

/// Maps the image, each segment with its rights.
/// @return Error::NoMemory
Result<void> map_image(PageTables& tables,
                       std::span<const Segment> image,
                       const ImageFrames& image_frames);

/// Maps the pool: all frames but those of the image and of CPU areas, which have one address only.
/// @return Error::NoMemory
Result<void> map_pool(PageTables& tables, const FramePool& pool);

}  // namespace vtl1
