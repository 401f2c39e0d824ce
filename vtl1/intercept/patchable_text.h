// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "policies/text_site.h"
#include "vtl1/types.h"

namespace vtl1 {

/// VTL0's kernel text and where it lies. @pre it was verified, and VTL0 cannot write it
struct PatchableText {
    const policies::KernelText& text;
    Gpa first;  // of _text; the image is one run of frames

    /// @return Error::NotFound: not in the image
    Result<u32> offset_of(Gpa gpa) const;

    /// @pre the bytes lie in the image
    void read(u32 offset, std::span<u8> into) const;

    /// A first byte is written alone, so at once; a tail while the first byte is a breakpoint.
    /// @pre as above
    void write(u32 offset, std::span<const u8> from) const;
};

}  // namespace vtl1
