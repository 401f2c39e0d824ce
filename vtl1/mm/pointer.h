// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

// The only two ways between addresses and pointers.
namespace vtl1 {

template <class T>
T* pointer_to(Hva address) {
    // SAFETY: the caller knows that a T is mapped there; no other address type gets here.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): this is the one place
    return reinterpret_cast<T*>(address.raw());
}

inline Hva address_of(const void* pointer) {
    // SAFETY: makes a number, which is not dereferenced.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): this is the one place
    return Hva{reinterpret_cast<u64>(pointer)};
}

}  // namespace vtl1
