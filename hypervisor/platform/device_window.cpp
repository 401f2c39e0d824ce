// SPDX-License-Identifier: MIT
#include "hypervisor/platform/device_window.h"

#include "hypervisor/svm/instructions.h"

namespace hypervisor {

extern "C" u64 host_cr3;

namespace device_window {

namespace {

constexpr u64 window = u64{1} << 46;  // where the host, which is identity-mapped, has nothing else

// SAFETY: the window maps one page of a device for whoever holds the lock; a register must be
// accessed as written.
template <class T>
void store_as(u64 gpa, u64 value) {
    *reinterpret_cast<volatile T*>(window | (gpa & (base::page_size - 1))) = static_cast<T>(value);
}

}  // namespace

base::Result<void> reserve(FramePool& pool, PageTable& host) {
    return host.reserve_page(pool, window);
}

void store(LockedPartition::Guard& locked, u64 gpa, unsigned width, u64 value) {
    PageTable host = PageTable::at(host_cr3);
    base::must(
        host.set_page(locked->pool, window,
                      Leaf{gpa & ~(base::page_size - 1), {.writable = true, .executable = false}}));
    write_cr3(host_cr3);  // this CPU may have had another page there
    switch (width) {
        case 1:
            return store_as<u8>(gpa, value);
        case 2:
            return store_as<u16>(gpa, value);
        case 4:
            return store_as<u32>(gpa, value);
        default:
            return store_as<u64>(gpa, value);
    }
}

}  // namespace device_window

}  // namespace hypervisor
