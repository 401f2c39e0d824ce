// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/decode/store.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Decodes the instruction at which VTL0 stopped.
/// @return what decode_memory_access() does; Error::BadArgument too if it cannot be read
base::Result<MemoryAccess> decode_guest_access(const Vp& vp);

struct GuestStore {
    u64 value;  // of `width` bytes
    u8 width;   // 1, 2, 4 or 8
    u8 length;  // of the instruction
};

/// The same for who only understands a plain store. Nothing: it is something else.
std::optional<GuestStore> decode_guest_store(Vp& vp);

}  // namespace hypervisor
