// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/boot/image.h"
#include "vtl1/mm/frame_pool.h"

// The page tables that the driver built. They are looked at through the pool, and replaced as soon
// as they have been checked.
namespace vtl1 {

/// Where a page lies. Trusts the tables no more than to follow them within VTL1's own frames.
/// @return Error::BadAddress if nothing is mapped there, or a table is not VTL1's
Result<Gpa> translate(FramePool& pool, Gpa root, Hva page);

/// Where each page of the image lies, by its number from the image's start; Gpa{} for a page that
/// belongs to no segment.
using ImageFrames = std::array<Gpa, VTL1_IMAGE_BYTES_MAX / page_size>;

/// Requires that the tables map what the boot ABI says and nothing else: every page of the image,
/// with its rights, and of the boot info in a frame of its own; page n of the pool in frame n; all
/// of it, and the tables themselves, in VTL1's own frames. Claims all those frames.
///
/// @return Error::BadAddress (a frame that is not VTL1's), Error::Refused (a frame used twice),
///         Error::BadArgument (anything else). The pool's uses mean nothing then.
Result<void> check_initial_tables(FramePool& pool,
                                  Gpa root,
                                  std::span<const Segment> image,
                                  u64 boot_info_pages,
                                  ImageFrames& image_frames);

}  // namespace vtl1
