// SPDX-License-Identifier: MIT
#include "hypervisor/iommu/registers.h"

namespace hypervisor::iommu {

namespace {

// SAFETY: the page is the unit's and identity-mapped; offsets are below its size, and a register
// must be accessed as written.
template <class T>
volatile T* at(u64 page, u64 offset) {
    return reinterpret_cast<volatile T*>(page + offset);
}

}  // namespace

u32 read32(u64 page, u64 offset) {
    return *at<u32>(page, offset);
}

u64 read64(u64 page, u64 offset) {
    return *at<u64>(page, offset);
}

void write32(u64 page, u64 offset, u32 value) {
    *at<u32>(page, offset) = value;
}

void write64(u64 page, u64 offset, u64 value) {
    *at<u64>(page, offset) = value;
}

}  // namespace hypervisor::iommu
