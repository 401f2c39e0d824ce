// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

namespace vtl1 {
struct Call;
}

/// Where the self-test image differs from the real one. The functions do nothing; that image links
/// others in their place.
namespace vtl1::test_seam {

/// More VTL calls, sorted by id.
std::span<const Call> extra_calls();

/// The boot VP has closed its memory and set up nothing else yet.
void in_boot(u32 vp_count);

/// A VP other than the boot VP is at its first entry.
void in_first_entry(u32 vp_count);

/// An intercept is about to be handled.
void in_intercept();

/// In the NMI handler.
void in_nmi();

}  // namespace vtl1::test_seam
