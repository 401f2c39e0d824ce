// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hvcall/hypercall.h"
#include "policies/kernel_image.h"
#include "vtl1/types.h"

namespace vtl1 {

/// Where VTL0's kernel lies: one run of frames, mapped at its linked address plus the slide.
class KernelLocation {
public:
    KernelLocation() = default;

    /// @param first  of _text; frames for the whole image follow
    KernelLocation(u64 link_base, u64 slide, Gpa first, u32 image_bytes)
        : link_base_(link_base), slide_(slide), first_(first), image_bytes_(image_bytes) {}

    u64 slide() const { return slide_; }

    Gva address_of(u32 offset) const { return Gva{link_base_ + slide_ + offset}; }

    /// @pre offset is within the image
    Gpa gpa_of(u32 offset) const { return Gpa{first_.raw() + offset}; }

    /// Nothing if the place is not the image's.
    std::optional<u32> offset_of(Gpa gpa) const;

private:
    u64 link_base_ = 0;
    u64 slide_ = 0;
    Gpa first_;
    u32 image_bytes_ = 0;
};

/// Finds the kernel from what the running VP's VTL0 uses: where SYSCALL leads gives the slide,
/// VTL0's page tables give the frames. If VTL0 lies here, what is found there does not match the
/// manifest.
/// @return Error::Refused: SYSCALL does not lead into this kernel, or it is not mapped;
///         Error::BadAddress: it does not lie in RAM, in one run; Error::HypervisorFailed. Frames
///         of VTL1's may be among it: Linux gives the memory of its start-up code away
Result<KernelLocation> locate_kernel(const hv::HypercallPort& port,
                                     const policies::KernelImage& image);

}  // namespace vtl1
