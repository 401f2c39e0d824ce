// SPDX-License-Identifier: MIT
#pragma once

#include "base/wire.h"
#include "vtl1/types.h"

namespace vtl1 {

/// This CPU's page for a copy of what VTL0 sent or will get; such structs are too large for the
/// stack. It holds what the last call left. The seam: host tests have their own.
PageBytes& scratch_page();

/// The page as a T.
template <base::WireType T>
    requires(sizeof(T) <= page_size)
T& scratch() {
    // SAFETY: the page is aligned and large enough, and every byte pattern is a T.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    return reinterpret_cast<T&>(scratch_page());
}

}  // namespace vtl1
